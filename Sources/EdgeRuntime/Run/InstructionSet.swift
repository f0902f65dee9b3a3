import CVector

/// The kernel families. All give the same bits; they differ in speed.
public enum InstructionSet: UInt8, Sendable {
  /// Plain loops: the specification.
  case scalar
  /// x86-64 with AVX2.
  case avx2
  /// x86-64 with AVX-512 BW, VL and VNNI.
  case avx512vnni
  /// Every 64-bit ARM, and most 32-bit ones.
  case neon
  /// 64-bit ARM with `sdot` (FEAT_DotProd): Cortex-A76 and later.
  case dotprod

  public var name: StaticString {
    switch self {
    case .scalar: "scalar"
    case .avx2: "avx2"
    case .avx512vnni: "avx512vnni"
    case .neon: "neon"
    case .dotprod: "dotprod"
    }
  }

  /// Whether this machine runs it: the processor has the instructions and the system saves their registers.
  public var isAvailable: Bool {
    #if arch(x86_64)
      switch self {
      case .scalar: true
      case .avx2: ferrite_hasAVX2()
      case .avx512vnni: ferrite_hasAVX512VNNI()
      case .neon, .dotprod: false
      }
    #elseif arch(arm64)
      switch self {
      case .scalar, .neon: true
      case .dotprod: ferrite_hasDotProduct()
      case .avx2, .avx512vnni: false
      }
    #elseif arch(arm)
      switch self {
      case .scalar: true
      case .neon: ferrite_hasNEON()
      case .dotprod, .avx2, .avx512vnni: false
      }
    #else
      self == .scalar
    #endif
  }

  /// The fastest that this machine has.
  public static var best: InstructionSet {
    if dotprod.isAvailable { return .dotprod }
    if neon.isAvailable { return .neon }
    if avx512vnni.isAvailable { return .avx512vnni }
    if avx2.isAvailable { return .avx2 }
    return .scalar
  }
}

#if !hasFeature(Embedded)
  // `allCases` is an array, which Embedded Swift without allocations lacks.
  extension InstructionSet: CaseIterable {}
#endif
