import CVector

extension Pool2D {
  /// Max-pooling with the kernels of `instructionSet`, which this machine has, or by the reference where they don't apply
  /// (`isVectorized`): the same bits either way.
  public static func maximum(_ a: PoolArguments, instructionSet: InstructionSet) {
    guard unsafe isVectorized(a, instructionSet: instructionSet) else { return unsafe maximum(a) }
    if unsafe isTwoByTwo(a) { return unsafe run(squareTask(a, averageShift: nil), instructionSet) }
    unsafe overRuns(a) { task, _ in unsafe run(task, instructionSet) }
  }

  /// Average-pooling likewise.
  public static func average(_ a: PoolArguments, multiplier: Int32, shift: Int32, instructionSet: InstructionSet) {
    guard unsafe isVectorized(a, instructionSet: instructionSet) else {
      return unsafe average(a, multiplier: multiplier, shift: shift)
    }
    if unsafe isTwoByTwo(a) && multiplier == 1 && (0...14).contains(shift) {
      return unsafe run(squareTask(a, averageShift: Int16(shift)), instructionSet)
    }
    let half: Int64 = shift == 0 ? 0 : 1 &<< Int64(shift - 1)
    unsafe overRuns(a) { task, taps in
      var task = unsafe task
      let factor = unsafe a.parameters.multiplier(multiplier, taps: taps)
      unsafe task.isAverage = true
      unsafe task.multiplier = factor
      unsafe task.shift = Int64(shift)
      unsafe task.isShort = shift < 32 && factor < 1 << 31 && Int64(255 * taps) * factor + half < 1 << 31
      unsafe run(task, instructionSet)
    }
  }

  /// The kernels do 8-bit values, as many taps as 32 bits hold the sum of.
  static func isVectorized(_ a: PoolArguments, instructionSet: InstructionSet) -> Bool {
    unsafe instructionSet != .scalar && a.inputFormat.elementBytes == 1 && a.outputFormat.elementBytes == 1
      && a.parameters.kernelHeight * a.parameters.kernelWidth <= 1 << 23
  }

  /// Windows of 2x2 with stride 2 and no padding, which have a kernel of their own.
  private static func isTwoByTwo(_ a: PoolArguments) -> Bool {
    unsafe a.parameters == PoolParameters(kernelHeight: 2, kernelWidth: 2, strideHeight: 2, strideWidth: 2)
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

  private static func run(_ task: FerriteWindowPooling, _ instructionSet: InstructionSet) {
    var task = unsafe task
    #if arch(x86_64)
      switch instructionSet {
      case .avx512vnni: unsafe ferrite_pool_windows_avx512vnni(&task)
      default: unsafe ferrite_pool_windows_avx2(&task)
      }
    #elseif arch(arm64) || arch(arm)
      unsafe ferrite_pool_windows_neon(&task)
    #endif
  }

  private static func squareTask(_ a: PoolArguments, averageShift: Int16?) -> FerritePooling {
    let outputWidth = unsafe a.parameters.outputWidth(a.inputWidth)
    let firstRow = unsafe a.rows.lowerBound
    return unsafe FerritePooling(
      input: a.input + 2 * firstRow * a.inputWidth * a.channels,
      output: a.output + firstRow * outputWidth * a.channels, inputWidth: Int64(a.inputWidth),
      channels: Int64(a.channels), outputHeight: Int64(a.rows.count), outputWidth: Int64(outputWidth),
      shift: averageShift ?? 0, minimum: Int16(a.minimum),
      maximum: Int16(a.maximum), isAverage: averageShift != nil, isSigned: a.inputFormat.isSigned)
  }

  /// Calls `body` with each run of windows side by side that have as many taps inside the image, as for a maximum, and with their number:
  /// windows at the image's edges alone, those between them together.
  private static func overRuns(_ a: PoolArguments, _ body: (_ task: FerriteWindowPooling, _ taps: Int) -> Void) {
    let p = unsafe a.parameters
    let (inputWidth, channels) = unsafe (a.inputWidth, a.channels)
    let width = p.outputWidth(inputWidth)
    for row in unsafe a.rows {
      let rows = unsafe Taps(
        from: row * p.strideHeight - p.paddingTop, kernel: p.kernelHeight, dilation: p.dilationHeight,
        extent: a.inputHeight)
      var column = 0
      while column < width {
        let start = column * p.strideWidth - p.paddingLeft
        let columns = Taps(from: start, kernel: p.kernelWidth, dilation: p.dilationWidth, extent: inputWidth)
        let right = inputWidth - start - p.reachWidth
        let windows = start >= 0 && right >= 0 ? min(width - column, right / p.strideWidth + 1) : 1
        let task = unsafe FerriteWindowPooling(
          input: a.input + (rows.first * inputWidth + columns.first) * channels,
          output: a.output + (row * width + column) * channels, windows: Int64(windows), channels: Int64(channels),
          rows: Int64(rows.count), columns: Int64(columns.count),
          rowStep: Int64(p.dilationHeight * inputWidth * channels), columnStep: Int64(p.dilationWidth * channels),
          windowStep: Int64(p.strideWidth * channels), multiplier: 1, shift: 0, minimum: Int16(a.minimum),
          maximum: Int16(a.maximum), isAverage: false, isShort: false, isSigned: a.inputFormat.isSigned)
        unsafe body(task, rows.count * columns.count)
        column += windows
      }
    }
  }
}
