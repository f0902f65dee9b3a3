import EdgeRuntime
import Testing

/// The specification against a second writing of the textbook's sum, on unpacked OHWI weights.
@Suite struct Conv2DReferenceTests {
  struct Problem: Sendable, CustomTestStringConvertible {
    var height = 5
    var width = 6
    var inputs = 3
    var outputs = 5
    var kernel = (3, 3)
    var stride = (1, 1)
    var padding = (1, 1, 1, 1)
    var dilation = (1, 1)
    var groups = 1
    var pool = false

    var testDescription: String {
      "\(height)x\(width)x\(inputs)->\(outputs) k\(kernel) s\(stride) p\(padding) d\(dilation) g\(groups) pool \(pool)"
    }
  }

  static let problems = [
    Problem(), Problem(pool: true), Problem(inputs: 1, outputs: 17), Problem(kernel: (1, 1), padding: (0, 0, 0, 0)),
    Problem(kernel: (5, 3), padding: (2, 1, 2, 1)), Problem(stride: (2, 2)),
    Problem(stride: (2, 1), padding: (0, 1, 2, 0)),
    Problem(height: 9, width: 9, dilation: (2, 3)), Problem(inputs: 4, outputs: 8, groups: 4),
    Problem(inputs: 6, outputs: 4, groups: 2, pool: true), Problem(height: 1, width: 1, padding: (1, 1, 1, 1)),
  ]

  @Test(arguments: problems, 2...8)
  func equalsTheTextbook(problem: Problem, weightBits: Int) {
    var generator = SeededGenerator(seed: 7)
    let p = ConvolutionParameters(
      kernelHeight: problem.kernel.0, kernelWidth: problem.kernel.1, strideHeight: problem.stride.0,
      strideWidth: problem.stride.1, paddingTop: problem.padding.0, paddingLeft: problem.padding.1,
      paddingBottom: problem.padding.2, paddingRight: problem.padding.3, dilationHeight: problem.dilation.0,
      dilationWidth: problem.dilation.1, groups: problem.groups, hasMaxPool: problem.pool,
      weightWidth: weightBits)
    let perGroup = problem.inputs / problem.groups
    let taps = problem.kernel.0 * problem.kernel.1 * perGroup
    let input = (0..<problem.height * problem.width * problem.inputs).map { _ in
      Int8.random(in: .min ... .max, using: &generator)
    }
    let most = Int8(1 << (weightBits - 1) - 1)
    let weights = (0..<problem.outputs * taps).map { _ in Int8.random(in: -most...most, using: &generator) }
    var bias = (0..<problem.outputs).map { _ in Int32.random(in: -4000...4000, using: &generator) }
    var shifts = (0..<problem.outputs).map { _ in UInt8.random(in: 6...10, using: &generator) }

    let packedBytes = p.packedBytes(inputChannels: problem.inputs, outputChannels: problem.outputs)
    var ordered = [Int8](repeating: 0, count: packedBytes * 8 / weightBits)
    for oc in 0..<problem.outputs {
      for ky in 0..<problem.kernel.0 {
        for tap in 0..<problem.kernel.1 * perGroup {
          ordered[p.packedIndex(output: oc, row: ky, tap: tap, inputChannels: problem.inputs)] =
            weights[(oc * problem.kernel.0 + ky) * problem.kernel.1 * perGroup + tap]
        }
      }
    }
    let expected = textbook(problem, p, input, weights, bias, shifts)
    let blocks = 16 * ((problem.outputs + 15) / 16)
    bias += Array(repeating: 0, count: blocks - problem.outputs)
    shifts += Array(repeating: 0, count: blocks - problem.outputs)

    let (source, packedWeights) = (Memory(input), Memory(WeightStorage.packed(ordered, bits: weightBits)))
    let (biases, allShifts, workspace) = (Memory(bias), Memory(shifts), Memory([UInt8](repeating: 0, count: 64)))
    let output = Memory([Int8](repeating: 99, count: expected.count))
    let format = FixedFormat(width: 8, fraction: 0, isSigned: true)
    unsafe Conv2D.reference(
      ConvolutionArguments(
        parameters: p, input: source.pointer, inputFormat: format, inputHeight: problem.height,
        inputWidth: problem.width, inputChannels: problem.inputs, output: output.pointer, outputFormat: format,
        outputChannels: problem.outputs, weights: packedWeights.pointer, bias: biases.pointer,
        shifts: allShifts.pointer, minimum: -128, maximum: 127, workspace: workspace.pointer))
    #expect(output.elements == expected)
  }

  private func textbook(
    _ problem: Problem, _ p: ConvolutionParameters, _ input: [Int8], _ weights: [Int8], _ bias: [Int32],
    _ shifts: [UInt8]
  ) -> [Int8] {
    let perGroup = problem.inputs / problem.groups
    let (rows, columns) = (p.convolvedHeight(problem.height), p.convolvedWidth(problem.width))
    var sums = [[Int64]](repeating: [], count: rows * columns)
    for y in 0..<rows {
      for x in 0..<columns {
        for oc in 0..<problem.outputs {
          var sum = Int64(bias[oc])
          let group = oc / (problem.outputs / problem.groups)
          for ky in 0..<problem.kernel.0 {
            for kx in 0..<problem.kernel.1 {
              let iy = y * problem.stride.0 + ky * problem.dilation.0 - problem.padding.0
              let ix = x * problem.stride.1 + kx * problem.dilation.1 - problem.padding.1
              guard (0..<problem.height).contains(iy), (0..<problem.width).contains(ix) else { continue }
              for ic in 0..<perGroup {
                let w = weights[((oc * problem.kernel.0 + ky) * problem.kernel.1 + kx) * perGroup + ic]
                sum += Int64(w) * Int64(input[(iy * problem.width + ix) * problem.inputs + group * perGroup + ic])
              }
            }
          }
          sums[y * columns + x].append(sum)
        }
      }
    }
    func finish(_ sum: Int64, _ oc: Int) -> Int8 {
      Int8(max(-128, min(127, Rounding.rnd.shiftRight(sum, by: Int(shifts[oc])))))
    }
    if !problem.pool { return sums.flatMap { $0.enumerated().map { finish($1, $0) } } }
    var pooled: [Int8] = []
    for y in 0..<rows / 2 {
      for x in 0..<columns / 2 {
        for oc in 0..<problem.outputs {
          let window = [(0, 0), (0, 1), (1, 0), (1, 1)].map { sums[(2 * y + $0.0) * columns + 2 * x + $0.1][oc] }
          pooled.append(finish(window.max()!, oc))
        }
      }
    }
    return pooled
  }
}
