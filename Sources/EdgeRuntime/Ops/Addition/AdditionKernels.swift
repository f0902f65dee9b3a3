import CVector

extension Addition {
  /// Adds with the kernels of `instructionSet`, which this machine has, or by the reference where they don't apply
  /// (`isVectorized`): the same bits either way.
  public static func run(_ a: AdditionArguments, instructionSet: InstructionSet) {
    guard unsafe isVectorized(a, instructionSet: instructionSet) else { return unsafe reference(a) }
    var task = unsafe FerriteAddition(
      first: a.first, second: a.second, output: a.output, count: Int64(a.count), firstLeft: Int16(a.parameters.first),
      secondLeft: Int16(a.parameters.second), shift: Int16(a.parameters.shift), minimum: Int16(a.minimum),
      maximum: Int16(a.maximum), firstIsSigned: a.firstFormat.isSigned, secondIsSigned: a.secondFormat.isSigned)
    #if arch(x86_64)
      switch instructionSet {
      case .avx512vnni: unsafe ferrite_add_avx512vnni(&task)
      default: unsafe ferrite_add_avx2(&task)
      }
    #elseif arch(arm64) || arch(arm)
      unsafe ferrite_add_neon(&task)
    #endif
  }

  /// The kernels add in 16 bits, over 8-bit values.
  static func isVectorized(_ a: AdditionArguments, instructionSet: InstructionSet) -> Bool {
    let p = unsafe a.parameters
    return unsafe instructionSet != .scalar && a.firstFormat.elementBytes == 1 && a.secondFormat.elementBytes == 1
      && a.outputFormat.elementBytes == 1 && p.first >= 0 && p.second >= 0
      && p.bound(a.firstFormat, a.secondFormat) < 1 << 15
  }
}
