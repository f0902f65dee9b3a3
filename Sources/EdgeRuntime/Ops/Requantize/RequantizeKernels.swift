import CVector

extension Requantize {
  /// Changes formats with the kernels of `instructionSet`, which this machine has, or by the reference where they don't apply
  /// (`isVectorized`): the same bits either way.
  public static func run(_ a: RequantizeArguments, instructionSet: InstructionSet) {
    guard unsafe isVectorized(a, instructionSet: instructionSet) else { return unsafe reference(a) }
    let bytes: ClosedRange<Int32> = unsafe a.inputFormat.isSigned ? -128...127 : 0...255
    var task = unsafe FerriteRequantization(
      input: a.input, output: a.output, pixels: Int64(a.pixels), channels: Int64(a.channels),
      inputStep: Int64(a.channels), outputStep: Int64(a.outputChannels), left: Int16(max(0 - a.shift, 0)),
      right: Int16(max(a.shift, 0)), minimum: Int16(a.minimum), maximum: Int16(a.maximum),
      isSigned: a.inputFormat.isSigned,
      isCopy: a.shift == 0 && a.minimum <= bytes.lowerBound && a.maximum >= bytes.upperBound)
    #if arch(x86_64)
      switch instructionSet {
      case .avx512vnni: unsafe ferrite_requantize_avx512vnni(&task)
      default: unsafe ferrite_requantize_avx2(&task)
      }
    #elseif arch(arm64) || arch(arm)
      unsafe ferrite_requantize_neon(&task)
    #endif
  }

  /// The kernels do 8-bit values, moved within 16 bits.
  static func isVectorized(_ a: RequantizeArguments, instructionSet: InstructionSet) -> Bool {
    unsafe instructionSet != .scalar && a.inputFormat.elementBytes == 1 && a.outputFormat.elementBytes == 1
      && a.shift >= -7 && a.shift <= 15
  }
}
