import EdgeRuntime
import Quantize
import Testing

@testable import Exporter

@Suite struct PackingTests {
  /// outputs, kernel height, kernel width, input channels, groups.
  @Test(arguments: [[1, 1, 1, 1, 1], [16, 3, 3, 1, 1], [17, 3, 3, 5, 1], [15, 1, 2, 7, 1], [6, 2, 3, 4, 2]])
  func packedWeightsAreFoundAtTheirIndexAndAllElseIsZero(extents: [Int]) {
    for bits in 2...8 { expectPacked(extents, bits: bits) }
  }

  private func expectPacked(_ extents: [Int], bits: Int) {
    let (outputs, height, width, channels) = (extents[0], extents[1], extents[2], extents[3])
    let geometry = ConvolutionParameters(
      kernelHeight: height, kernelWidth: width, groups: extents[4], weightWidth: bits)
    let taps = width * channels / extents[4]
    let raws = (0..<outputs * height * taps).map { Int8($0 % (1 << (bits - 1) - 1) + 1) }
    let format = FixedFormat(width: 8, fraction: 0, isSigned: true)
    let weights = QuantizedWeights(
      raws: raws, bias: Array(repeating: 0, count: outputs), shifts: Array(repeating: 0, count: outputs),
      fractions: Array(repeating: 0, count: outputs), accumulatorBound: 0, output: format)
    let bytes = FixedLinear(geometry: geometry, weights: weights).packed(inputChannels: channels)
    #expect(bytes.count == geometry.packedBytes(inputChannels: channels, outputChannels: outputs))
    let packed = WeightStorage.unpacked(bytes, bits: bits)
    for output in 0..<outputs {
      for row in 0..<height {
        for tap in 0..<taps {
          let index = geometry.packedIndex(output: output, row: row, tap: tap, inputChannels: channels)
          #expect(packed[index] == raws[(output * height + row) * taps + tap])
        }
      }
    }
    #expect(packed.filter { $0 != 0 }.count == raws.count)
  }

  @Test func blobsStartAtMultiplesOf64() throws {
    let weights = try export(.miniature()).content.weights
    for parameters in weights.parameters.compactMap({ $0 }) {
      #expect(parameters.weightsOffset % 64 == 0 && parameters.biasOffset % 64 == 0 && parameters.shiftOffset % 64 == 0)
    }
  }
}
