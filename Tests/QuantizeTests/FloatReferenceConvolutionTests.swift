import Quantize
import Testing

@Suite struct FloatReferenceConvolutionTests {
  /// Plain loops over the definition, in double precision.
  private func convolved(_ image: [Float], _ input: Shape, _ c: FloatConvolution, _ output: Shape) -> [Double] {
    let (inputs, outputs) = (input.channels / c.groups, output.channels / c.groups)
    var result: [Double] = []
    for oy in 0..<output.height {
      for ox in 0..<output.width {
        for oc in 0..<output.channels {
          var sum = Double(c.bias[oc])
          for ky in 0..<c.kernel.height {
            for kx in 0..<c.kernel.width {
              let y = oy * c.stride.height + ky * c.dilation.height - c.padding.top
              let x = ox * c.stride.width + kx * c.dilation.width - c.padding.left
              guard y >= 0, y < input.height, x >= 0, x < input.width else { continue }
              for ic in 0..<inputs {
                let weight = c.weights[((oc * c.kernel.height + ky) * c.kernel.width + kx) * inputs + ic]
                let pixel = image[(y * input.width + x) * input.channels + oc / outputs * inputs + ic]
                sum += Double(weight) * Double(pixel)
              }
            }
          }
          result.append(sum)
        }
      }
    }
    return result
  }

  private func difference(_ convolution: FloatConvolution, _ input: Shape, _ numbers: inout SeededNumbers) -> Double {
    var graph = FloatGraph(input: input)
    // The extents by the definition: the last place at which the spread kernel still fits.
    var output = Shape(height: 0, width: 0, channels: convolution.bias.count)
    let rows = input.height + convolution.padding.top + convolution.padding.bottom
    let columns = input.width + convolution.padding.left + convolution.padding.right
    while output.height * convolution.stride.height + convolution.dilation.height * (convolution.kernel.height - 1)
      < rows
    {
      output.height += 1
    }
    while output.width * convolution.stride.width + convolution.dilation.width * (convolution.kernel.width - 1)
      < columns
    {
      output.width += 1
    }
    graph.add(.convolution(convolution), of: [0], shape: output)
    let image = numbers.floats(input.count)
    return greatestDifference(graph.output(for: image), convolved(image, input, convolution, output))
  }

  @Test(arguments: UInt64(0)..<60)
  func stridesPaddingDilationAndGroupsFollowTheDefinition(seed: UInt64) {
    var numbers = SeededNumbers(seed: seed)
    let groups = [1, 1, 2, 3][numbers.integer(0...3)]
    check(inputs: numbers.integer(1...5), outputs: numbers.integer(1...5) * groups, groups: groups, &numbers)
  }

  @Test(arguments: UInt64(100)..<130) func soDoesAKernelForEachChannel(seed: UInt64) {
    var numbers = SeededNumbers(seed: seed)
    let channels = numbers.integer(6...21)
    check(inputs: 1, outputs: channels, groups: channels, &numbers)
  }

  private func check(inputs: Int, outputs: Int, groups: Int, _ numbers: inout SeededNumbers) {
    let kernel = Extent(numbers.integer(1...4), numbers.integer(1...4))
    let convolution = FloatConvolution(
      weights: numbers.floats(outputs * kernel.height * kernel.width * inputs), bias: numbers.floats(outputs),
      kernel: kernel, stride: Extent(numbers.integer(1...3), numbers.integer(1...3)),
      padding: Padding(
        top: numbers.integer(0...2), left: numbers.integer(0...2), bottom: numbers.integer(0...2),
        right: numbers.integer(0...2)), dilation: Extent(numbers.integer(1...2), numbers.integer(1...2)),
      groups: groups)
    let input = Shape(height: numbers.integer(7...12), width: numbers.integer(7...12), channels: inputs * groups)
    #expect(difference(convolution, input, &numbers) < 1e-5)
  }

  /// Its patches, 48 x 48 x 3 x 3 x 32 values, are gathered in three bands.
  @Test func aLargeImageIsConvolvedBandByBand() {
    var numbers = SeededNumbers(seed: 7)
    let convolution = FloatConvolution(
      weights: numbers.floats(6 * 9 * 32), bias: numbers.floats(6), kernel: Extent(3, 3),
      padding: Padding(top: 1, left: 1, bottom: 1, right: 1))
    #expect(difference(convolution, Shape(height: 48, width: 48, channels: 32), &numbers) < 1e-4)
  }

  @Test func fullyConnectedIsAMatrixProduct() {
    var numbers = SeededNumbers(seed: 8)
    let (inputs, outputs) = (37, 11)
    let (weights, bias) = (numbers.floats(inputs * outputs), numbers.floats(outputs))
    let image = numbers.floats(inputs)
    var graph = FloatGraph(input: .vector(inputs))
    graph.add(.fullyConnected(weights: weights, bias: bias), of: [0], shape: .vector(outputs))
    let expected = (0..<outputs).map { output in
      (0..<inputs).reduce(Double(bias[output])) { $0 + Double(weights[output * inputs + $1]) * Double(image[$1]) }
    }
    #expect(greatestDifference(graph.output(for: image), expected) < 1e-5)
  }
}
