import CFerrite
import EdgeRuntime

/// The header's numbers, which stay as they are whatever the runtime's become.
extension InstructionSet {
  init?(number: Int32) {
    switch Int(number) {
    case FERRITE_BEST: self = .best
    case FERRITE_SCALAR: self = .scalar
    case FERRITE_AVX2: self = .avx2
    case FERRITE_AVX512VNNI: self = .avx512vnni
    case FERRITE_NEON: self = .neon
    case FERRITE_DOTPROD: self = .dotprod
    default: return nil
    }
  }

  var number: Int32 {
    let number =
      switch self {
      case .scalar: FERRITE_SCALAR
      case .avx2: FERRITE_AVX2
      case .avx512vnni: FERRITE_AVX512VNNI
      case .neon: FERRITE_NEON
      case .dotprod: FERRITE_DOTPROD
      }
    return Int32(number)
  }
}

@c @implementation
public func ferrite_instruction_set_name(_ instruction_set: Int32) -> UnsafePointer<CChar>? {
  guard instruction_set != FERRITE_BEST else { return unsafe ("best" as StaticString).unsafeText }
  return unsafe InstructionSet(number: instruction_set)?.name.unsafeText
}

@c @implementation
public func ferrite_instruction_set_is_available(_ instruction_set: Int32) -> Int32 {
  guard let set = InstructionSet(number: instruction_set) else { return 0 }
  return set.isAvailable ? 1 : 0
}
