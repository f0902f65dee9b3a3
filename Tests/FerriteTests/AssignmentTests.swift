import Testing

@testable import ferrite

@Suite("The assignment with the greatest sum") struct AssignmentTests {
  /// The greatest sum over all orders.
  private func greatest(_ weights: [[Int]], from row: Int = 0, _ free: Set<Int>) -> Int {
    if row == weights.count { return 0 }
    return free.map { weights[row][$0] + greatest(weights, from: row + 1, free.subtracting([$0])) }.max() ?? 0
  }

  @Test("is as great as the best of all orders", arguments: 1...6)
  func bruteForce(_ count: Int) {
    var state = UInt64(count)
    for _ in 0..<40 {
      let weights = (0..<count).map { _ in
        (0..<count).map { _ in
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          // Few values, so that there are ties.
          return Int(state >> 61)
        }
      }
      let rows = greatestAssignment(weights)
      #expect(Set(rows) == Set(0..<count))
      let sum = rows.enumerated().reduce(0) { $0 + weights[$1.element][$1.offset] }
      #expect(sum == greatest(weights, Set(0..<count)))
    }
  }

  @Test("of a matrix of one order is that order")
  func permutation() {
    let order = [3, 0, 4, 1, 2]
    let weights = (0..<5).map { row in (0..<5).map { order[$0] == row ? 9 : 1 } }
    #expect(greatestAssignment(weights) == order)
    #expect(greatestAssignment([]) == [])
  }

  @Test("tells the order of a network's outputs on pictures that it wasn't found on")
  func reordered() {
    let pairs = (0..<60).map { Answers.Pair(truth: $0 / 2 % 3, answer: ($0 / 2 + 1) % 3) }
    let found = Answers(pairs: pairs).reordered(classes: 3)
    #expect(found?.order == [2, 0, 1])
    #expect(found?.answers.pairs.count == 30 && found?.answers.accuracy == 1)
    // The order that there is, is no other.
    #expect(Answers(pairs: pairs.map { .init(truth: $0.truth, answer: $0.truth) }).reordered(classes: 3) == nil)
  }
}

@Suite("Text on pictures") struct BitmapFontTests {
  @Test("has every printable character of ASCII, each its own")
  func complete() {
    let characters = (0x20...0x7E).map { Character(UnicodeScalar(UInt8($0))) }
    let drawn = characters.map(BitmapFont.rows)
    for (character, rows) in zip(characters, drawn) {
      #expect(rows.count == BitmapFont.height && rows.allSatisfy { $0.count == BitmapFont.width }, "\(character)")
      #expect(rows.allSatisfy { $0.allSatisfy { ".#".contains($0) } }, "\(character)")
    }
    #expect(Set(drawn.map { $0.joined() }).count == characters.count)
    #expect(BitmapFont.rows("é") == BitmapFont.rows("?"))
  }

  @Test("breaks between words, and within longer ones")
  func wrapped() {
    #expect("a bc def".wrapped(to: 4) == ["a bc", "def"])
    #expect("abcdefghij k".wrapped(to: 4) == ["abcd", "efgh", "ij k"])
    #expect("".wrapped(to: 4) == [""])
  }
}
