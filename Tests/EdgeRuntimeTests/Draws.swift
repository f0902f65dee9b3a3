import EdgeRuntime

/// Numbers from a seed.
struct Draws {
  private var generator: SeededGenerator

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  mutating func next(in range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
  mutating func pick(_ choices: [Int]) -> Int { choices[next(in: 0...choices.count - 1)] }
  mutating func oneIn(_ n: Int) -> Bool { next(in: 1...n) == 1 }
}
