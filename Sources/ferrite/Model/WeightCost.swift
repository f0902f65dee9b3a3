import EdgeRuntime
import Foundation

/// What weights take: as the file stores them, as floats, and at least. Biases and shifts are not counted.
struct WeightCost {
  /// Weights that exist: without those that fill up blocks and groups.
  var count = 0
  /// In the file, filling included.
  var bytes = 0
  /// The zero-order entropy of raw weights, layer by layer: `-sum n(v) log2(n(v) / n)` bits over the values v that occur n(v)
  /// times among a layer's n weights. No code that gives each weight of a layer a word by its value alone needs fewer bits.
  var entropyBits = 0.0

  var floatBytes: Int { 4 * count }
  var entropyBytes: Int { Int((entropyBits / 8).rounded(.up)) }

  static func + (a: WeightCost, b: WeightCost) -> WeightCost {
    WeightCost(count: a.count + b.count, bytes: a.bytes + b.bytes, entropyBits: a.entropyBits + b.entropyBits)
  }
}

extension WeightCost {
  /// The weights of one layer of a file.
  init(_ file: borrowing ModelFile, _ parameters: ConvolutionParameters, inputChannels: Int, outputChannels: Int) {
    var histogram = [Int](repeating: 0, count: 256)
    let taps = parameters.kernelWidth * (inputChannels / parameters.groups)
    for output in 0..<outputChannels {
      for row in 0..<parameters.kernelHeight {
        for tap in 0..<taps {
          let index = parameters.packedIndex(output: output, row: row, tap: tap, inputChannels: inputChannels)
          histogram[file.weight(parameters, index) + 128] += 1
        }
      }
    }
    count = outputChannels * parameters.kernelHeight * taps
    bytes = parameters.weightsBytes
    let all = Double(count)
    entropyBits = histogram.reduce(0) { bits, times in
      times == 0 ? bits : bits - Double(times) * log2(Double(times) / all)
    }
  }
}
