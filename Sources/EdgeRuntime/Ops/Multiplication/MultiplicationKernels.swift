import CVector

extension Multiplication {
  /// Multiplies with the kernels of `instructionSet`, which this machine has, or by the reference where they don't apply
  /// (`isVectorized`): the same bits either way.
  public static func run(_ a: MultiplicationArguments, instructionSet: InstructionSet) {
    guard unsafe isVectorized(a, instructionSet: instructionSet) else { return unsafe reference(a) }
    let width = unsafe a.width
    let rowCount = unsafe width &* a.channels
    // A single value of the second serves a pixel, or the row; otherwise its values are the row's or serve each pixel.
    let isOne = unsafe a.secondChannels == 1 && (a.channels > 1 || a.secondWidth == 1)
    let isByPixel = unsafe (a.secondWidth == 1) != isOne && width > 1
    let lefts = unsafe Self.lefts(shift: a.shift)
    for row in unsafe a.rows {
      let second = unsafe (a.secondHeight == 1 ? 0 : row) &* a.secondWidth &* a.secondChannels
      var task = unsafe FerriteMultiplication(
        first: a.first + (row &* rowCount), second: a.second + second, output: a.output + (row &* rowCount),
        runs: Int64(isByPixel ? width : 1), count: Int64(isByPixel ? a.channels : rowCount),
        secondStep: isOne ? 1 : 0, secondIsOne: isOne,
        firstLeft: lefts.first, secondLeft: lefts.second, minimum: Int16(a.minimum), maximum: Int16(a.maximum),
        firstIsSigned: a.firstFormat.isSigned, secondIsSigned: a.secondFormat.isSigned)
      unsafe run(&task, instructionSet)
    }
  }

  private static func run(_ task: inout FerriteMultiplication, _ instructionSet: InstructionSet) {
    #if arch(x86_64)
      switch instructionSet {
      case .avx512vnni: unsafe ferrite_multiply_values_avx512vnni(&task)
      default: unsafe ferrite_multiply_values_avx2(&task)
      }
    #elseif arch(arm64) || arch(arm)
      unsafe ferrite_multiply_values_neon(&task)
    #endif
  }

  /// The kernels multiply 8-bit values, moved left so that 15 bits of the product are dropped: 1 to 15 by itself.
  static func isVectorized(_ a: MultiplicationArguments, instructionSet: InstructionSet) -> Bool {
    unsafe instructionSet != .scalar && a.firstFormat.elementBytes == 1 && a.secondFormat.elementBytes == 1
      && a.outputFormat.elementBytes == 1 && a.shift >= 1 && a.shift <= 15
  }

  /// 15 - `shift` in two parts of at most 7, so that 16 bits hold each value: 255 << 7 is below 2^15.
  private static func lefts(shift: Int32) -> (first: Int16, second: Int16) {
    let first = min(15 &- shift, 7)
    return (Int16(first), Int16(15 &- shift &- first))
  }
}
