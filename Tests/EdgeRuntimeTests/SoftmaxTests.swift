import EdgeRuntime
import Foundation
import Testing

@Suite struct SoftmaxTests {
  private func probabilities(_ logits: [Int64], fraction: Int) -> [Double] {
    let greatest = logits.max()!
    let weights = logits.map { Softmax.weight(distance: greatest - $0, fraction: fraction) }
    let sum = weights.reduce(0, +)
    return weights.map { Double(Softmax.probability(weight: $0, sum: sum)) / Double(Softmax.one) }
  }

  /// Two thirds of 65536 are 43690.67.
  @Test func sharesAreRoundedToTheNearest() {
    #expect(Softmax.probability(weight: 2, sum: 3) == 43691 && Softmax.probability(weight: 1, sum: 3) == 21845)
    #expect(Softmax.probability(weight: 1 << 30, sum: 1 << 30) == Softmax.one)
  }

  @Test(arguments: [0, 4, 8, 11, 15])
  func probabilitiesAreNearTheRealOnes(fraction: Int) {
    var generator = SeededGenerator(seed: UInt64(fraction) + 1)
    for _ in 0..<200 {
      let logits = (0..<7).map { _ in Int64.random(in: -32768...32767, using: &generator) }
      let real = logits.map { exp(Double($0 - logits.max()!) / pow(2, Double(fraction))) }
      for (fixed, exact) in zip(probabilities(logits, fraction: fraction), real) {
        #expect(abs(fixed - exact / real.reduce(0, +)) < 3e-4)
      }
    }
  }

  @Test func equalLogitsShareEqually() {
    #expect(probabilities([5, 5, 5, 5], fraction: 3) == [0.25, 0.25, 0.25, 0.25])
  }

  @Test func aGreaterLogitNeverHasASmallerWeight() {
    var last = UInt64.max
    for distance in Int64(0)...65535 {
      let weight = Softmax.weight(distance: distance, fraction: 11)
      #expect(weight <= last)
      last = weight
    }
  }

  /// The cubic's error is below 2^-12 of the value, and what is dropped behind the last bit is below one.
  @Test(arguments: [4, 8, 11]) func weightsAreNearTheExponential(fraction: Int) {
    for distance in stride(from: Int64(0), through: Int64(20) << Int64(fraction), by: 13) {
      let exact = exp(-Double(distance) / pow(2, Double(fraction))) * 0x1p30
      let weight = Double(Softmax.weight(distance: distance, fraction: fraction))
      #expect(abs(weight - exact) <= exact * 0x1p-12 + 1, "\(distance)")
    }
  }

  @Test(arguments: [-64, -17, -16, -1, 0, 60, 64])
  func everyBinaryPointIsSafe(fraction: Int) {
    #expect(Softmax.weight(distance: 0, fraction: fraction) == 1 << 30)
    #expect(Softmax.weight(distance: 65535, fraction: fraction) <= 1 << 30)
  }
}
