import Testing

@testable import Quantize

/// SplitMix64: seeds make tests repeat.
private struct Numbers {
  var state: UInt64

  mutating func next() -> Float {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Float((z ^ (z >> 31)) >> 40) / Float(1 << 24) * 2 - 1
  }
}

@Suite struct CoordinateRoundingTests {
  /// Inputs whose taps depend on each other, weights of four taps, and the outputs that they make.
  private func problem(seed: UInt64, taps: Int) -> (samples: LayerSamples, weights: [Float]) {
    var numbers = Numbers(state: seed)
    let weights = (0..<taps).map { _ in 3 * numbers.next() }
    var (inputs, outputs): ([Float], [Float]) = ([], [])
    for _ in 0..<64 {
      let common = numbers.next()
      let row = (0..<taps).map { _ in common + 0.4 * numbers.next() }
      inputs += row
      outputs.append(zip(row, weights).reduce(0) { $0 + $1.0 * $1.1 })
    }
    return (LayerSamples(inputs: inputs, outputs: outputs, taps: taps, channels: 1), weights)
  }

  private func error(_ raws: [Float], _ samples: LayerSamples) -> Float {
    (0..<samples.count).reduce(0) { sum, row in
      let made = raws.indices.reduce(Float(0)) { $0 + raws[$1] * samples.inputs[row * samples.taps + $1] }
      return sum + (made - samples.outputs[row]) * (made - samples.outputs[row])
    }
  }

  @Test(arguments: 1...20)
  func itIsNoWorseThanPlainRoundingAndNearTheBestOfAll(seed: UInt64) throws {
    let (samples, weights) = problem(seed: seed, taps: 4)
    let rounding = CoordinateRounding(gram: try samples.gram(), taps: 4, ridge: 1e-6)
    let plain = error(weights.map { min(max($0.rounded(), -3), 3) }, samples)
    var best = Float.infinity
    for index in 0..<7 * 7 * 7 * 7 {
      let raws = [1, 7, 49, 343].map { Float(index / $0 % 7 - 3) }
      best = min(best, error(raws, samples))
    }
    for target in [try samples.targets(), nil] {
      let found = error(rounding.round(weights, target: target, limit: 3).map(Float.init), samples)
      #expect(found <= plain * 1.001)
      // Descent along single taps can end in a local minimum.
      #expect(found <= 12 * best + 1e-3)
    }
  }

  @Test func weightsOnTheGridStay() throws {
    let (samples, _) = problem(seed: 3, taps: 6)
    let rounding = CoordinateRounding(gram: try samples.gram(), taps: 6, ridge: 0.01)
    #expect(rounding.round([1, -3, 2, 0, 3, -1], target: nil, limit: 3) == [1, -3, 2, 0, 3, -1])
  }

  @Test func tapsThatAreAlwaysZeroAreRoundedAlone() throws {
    let samples = LayerSamples(
      inputs: Array(repeating: 0, count: 30), outputs: Array(repeating: 0, count: 10), taps: 3, channels: 1)
    let rounding = CoordinateRounding(gram: try samples.gram(), taps: 3, ridge: 0.01)
    #expect(rounding.round([0.6, -1.4, 9], target: try samples.targets(), limit: 7) == [1, -1, 7])
  }

  @Test func centringTakesTheMeansOut() {
    var samples = LayerSamples(inputs: [1, 10, 3, 20], outputs: [5, 7], taps: 2, channels: 1)
    let means = samples.centre()
    #expect(means.inputs == [2, 15] && means.outputs == [6])
    #expect(samples.inputs == [-1, -5, 1, 5] && samples.outputs == [-1, 1])
  }
}
