import CVector

extension Pool2D {
  /// Max-pooling with the kernels of `instructionSet`, which this machine has, or by the reference where they don't apply
  /// (`isVectorized`): the same bits either way.
  public static func maximum(_ a: PoolArguments, instructionSet: InstructionSet) {
    guard unsafe isVectorized(a, instructionSet: instructionSet) else { return unsafe maximum(a) }
    unsafe run(kernelTask(a, averageShift: nil), instructionSet)
  }

  /// Average-pooling likewise, where the divisor is a power of two.
  public static func average(_ a: PoolArguments, multiplier: Int32, shift: Int32, instructionSet: InstructionSet) {
    guard unsafe isVectorized(a, instructionSet: instructionSet), multiplier == 1, (0...14).contains(shift) else {
      return unsafe average(a, multiplier: multiplier, shift: shift)
    }
    unsafe run(kernelTask(a, averageShift: Int16(shift)), instructionSet)
  }

  /// The kernels do 2x2 windows of stride 2 without padding, over 8-bit values.
  static func isVectorized(_ a: PoolArguments, instructionSet: InstructionSet) -> Bool {
    let twoByTwo = PoolParameters(kernelHeight: 2, kernelWidth: 2, strideHeight: 2, strideWidth: 2)
    return unsafe instructionSet != .scalar && a.parameters == twoByTwo && a.inputFormat.elementBytes == 1
      && a.outputFormat.elementBytes == 1
  }

  private static func run(_ task: FerritePooling, _ instructionSet: InstructionSet) {
    var task = unsafe task
    #if arch(x86_64)
      switch instructionSet {
      case .avx512vnni: unsafe ferrite_pool_avx512vnni(&task)
      default: unsafe ferrite_pool_avx2(&task)
      }
    #elseif arch(arm64) || arch(arm)
      unsafe ferrite_pool_neon(&task)
    #endif
  }

  private static func kernelTask(_ a: PoolArguments, averageShift: Int16?) -> FerritePooling {
    let outputWidth = unsafe a.parameters.outputWidth(a.inputWidth)
    let firstRow = unsafe a.rows.lowerBound
    return unsafe FerritePooling(
      input: a.input + 2 * firstRow * a.inputWidth * a.channels,
      output: a.output + firstRow * outputWidth * a.channels, inputWidth: Int64(a.inputWidth),
      channels: Int64(a.channels), outputHeight: Int64(a.rows.count), outputWidth: Int64(outputWidth),
      shift: averageShift ?? 0, minimum: Int16(a.minimum),
      maximum: Int16(a.maximum), isAverage: averageShift != nil, isSigned: a.inputFormat.isSigned)
  }
}
