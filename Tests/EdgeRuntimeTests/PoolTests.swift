import EdgeRuntime
import Testing

/// Pools with every kind of window, against what their definitions say of each output by itself.
@Suite struct PoolTests {
  private struct Problem {
    var parameters: PoolParameters
    var height: Int
    var width: Int
    var channels: Int
    var input: FixedFormat
    var raws: [Int64]

    init(seed: UInt64) {
      var random = Draws(seed: seed)
      (height, width, channels) = (random.next(in: 1...9), random.next(in: 1...8), random.next(in: 1...4))
      func axis(_ extent: Int) -> (kernel: Int, stride: Int, before: Int, behind: Int, dilation: Int) {
        while true {
          let (kernel, dilation) = (random.next(in: 1...4), min(random.pick([1, 1, 2, 3]), extent))
          let reach = (kernel - 1) * dilation + 1
          let (before, behind) = (random.next(in: 0...reach - 1), random.next(in: 0...reach - 1))
          if extent + before + behind >= reach { return (kernel, random.next(in: 1...3), before, behind, dilation) }
        }
      }
      let (rows, columns) = (axis(height), axis(width))
      parameters = PoolParameters(
        kernelHeight: rows.kernel, kernelWidth: columns.kernel, strideHeight: rows.stride, strideWidth: columns.stride,
        paddingTop: rows.before, paddingLeft: columns.before, paddingBottom: rows.behind, paddingRight: columns.behind,
        dilationHeight: rows.dilation, dilationWidth: columns.dilation, countsPadding: random.oneIn(2))
      input = FixedFormat(width: random.pick([5, 8, 8, 16]), fraction: 0, isSigned: random.oneIn(2))
      let range = Int(input.minimumRaw)...Int(input.maximumRaw)
      raws = (0..<height * width * channels).map { _ in Int64(random.next(in: range)) }
    }

    /// The taps inside the image of each output, in the order of outputs.
    var windows: [[Int64]] {
      let p = parameters
      var windows: [[Int64]] = []
      for row in 0..<p.outputHeight(height) {
        for column in 0..<p.outputWidth(width) {
          for channel in 0..<channels {
            var taps: [Int64] = []
            for ky in 0..<p.kernelHeight {
              for kx in 0..<p.kernelWidth {
                let y = row * p.strideHeight - p.paddingTop + ky * p.dilationHeight
                let x = column * p.strideWidth - p.paddingLeft + kx * p.dilationWidth
                if 0..<height ~= y, 0..<width ~= x { taps.append(raws[(y * width + x) * channels + channel]) }
              }
            }
            windows.append(taps)
          }
        }
      }
      return windows
    }

    /// What the runtime makes of it in three parts, the last one first.
    func outputs(_ format: FixedFormat, _ run: (PoolArguments) -> Void) -> [Int64] {
      let rows = parameters.outputHeight(height)
      let count = rows * parameters.outputWidth(width) * channels
      let source = Memory([UInt16](repeating: 0, count: raws.count))
      let target = Memory([UInt16](repeating: 0x5A5A, count: count))
      for (index, raw) in raws.enumerated() { unsafe source.bytes.baseAddress!.put(raw, at: index, input) }
      for part in (0..<3).reversed() {
        var arguments = unsafe PoolArguments(
          parameters: parameters, input: UnsafeRawPointer(source.bytes.baseAddress!), inputFormat: input,
          inputHeight: height, inputWidth: width, channels: channels, output: target.bytes.baseAddress!,
          outputFormat: format, minimum: Int32(format.minimumRaw), maximum: Int32(format.maximumRaw))
        unsafe arguments.rows = WorkShare(index: part, count: 3).range(of: rows)
        unsafe run(arguments)
      }
      return (0..<count).map { unsafe target.bytes.baseAddress!.raw(at: $0, format) }
    }
  }

  @Test(arguments: UInt64(0)..<200)
  func aMaximumIsThatOfTheTapsInside(seed: UInt64) {
    let problem = Problem(seed: seed)
    let found = unsafe problem.outputs(problem.input) { unsafe Pool2D.maximum($0, instructionSet: .best) }
    #expect(found == problem.windows.map { $0.max() ?? .min })
  }

  /// Half a step is that of rounding; a 2^15th of the mean that of the multiplier.
  @Test(arguments: UInt64(0)..<200)
  func anAverageIsThatOfTheKernelOrOfTheTapsInside(seed: UInt64) {
    let problem = Problem(seed: seed)
    let p = problem.parameters
    let taps = p.kernelHeight * p.kernelWidth
    let multiplier = Int32((Double(1 << 20) / Double(taps)).rounded())
    let found = unsafe problem.outputs(problem.input) {
      unsafe Pool2D.average($0, multiplier: multiplier, shift: 20, instructionSet: .best)
    }
    for (window, mean) in zip(problem.windows, found) {
      let exact = Double(window.reduce(0, +)) / Double(p.countsPadding ? taps : window.count)
      #expect(abs(Double(mean) - exact) <= 0.5 + abs(exact) * 0x1p-15, "\(p), \(window)")
    }
  }

  @Test func multipliersOfFewerTapsAreRoundedOnce() {
    var pool = PoolParameters(kernelHeight: 3, kernelWidth: 3, strideHeight: 1, strideWidth: 1, countsPadding: false)
    #expect((1...9).map { pool.multiplier(10, taps: $0) } == [90, 45, 30, 23, 18, 15, 13, 11, 10])
    pool.countsPadding = true
    #expect(pool.multiplier(10, taps: 4) == 10)
    (pool.kernelHeight, pool.kernelWidth, pool.countsPadding) = (4096, 65_535, false)
    #expect(pool.multiplier(1 << 16, taps: 1) == Int64(65_536) * 4096 * 65_535)
  }
}
