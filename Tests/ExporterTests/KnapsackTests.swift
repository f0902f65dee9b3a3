import Testing

@testable import Exporter

@Suite struct KnapsackTests {
  /// All choices, by rising cost, that no other beats.
  private func frontByTrial(_ items: [[Knapsack.Option]]) -> [(cost: Int, loss: Double)] {
    var sums = [(cost: 0, loss: 0.0)]
    for options in items {
      sums = sums.flatMap { sum in options.map { (cost: sum.cost + $0.cost, loss: sum.loss + $0.loss) } }
    }
    var front: [(cost: Int, loss: Double)] = []
    for sum in sums.sorted(by: { ($0.cost, $0.loss) < ($1.cost, $1.loss) })
    where front.last.map({ sum.loss < $0.loss }) ?? true { front.append(sum) }
    return front
  }

  @Test(arguments: [UInt64(1), 2, 3, 4, 5, 6, 7, 8])
  func theFrontIsThatOfAllChoices(seed: UInt64) {
    var random = SplitMix(state: seed)
    for _ in 0..<40 {
      // Losses are whole, so that sums are exact and ties are met.
      let items = (0..<Int.random(in: 0...6, using: &random)).map { _ in
        (0..<Int.random(in: 1...4, using: &random)).map { _ in
          Knapsack.Option(
            cost: Int.random(in: -20...20, using: &random), loss: Double(Int.random(in: -9...30, using: &random)))
        }
      }
      let (found, wanted) = (Knapsack.front(items), frontByTrial(items))
      #expect(found.map(\.cost) == wanted.map(\.cost) && found.map(\.loss) == wanted.map(\.loss))
      for solution in found {
        let taken = zip(items, solution.taken).map { $0[$1] }
        #expect(taken.count == items.count)
        #expect(taken.reduce(0) { $0 + $1.cost } == solution.cost && taken.reduce(0) { $0 + $1.loss } == solution.loss)
      }
    }
  }

  /// 2^20 choices, none beaten by another: memory stays bounded, and the ends of the front are exact.
  @Test func aFrontOfAMillionIsThinnedOut() {
    let items = (0..<20).map { bit in
      [Knapsack.Option(cost: 0, loss: Double(1 << bit)), Knapsack.Option(cost: 1 << bit, loss: 0)]
    }
    let front = Knapsack.front(items)
    #expect(front.count <= Knapsack.mostSums + 1 && front.count > Knapsack.mostSums / 4)
    #expect(front.last?.loss == 0 && front.last?.cost == 1 << 20 - 1)
    #expect(zip(front, front.dropFirst()).allSatisfy { $0.cost < $1.cost && $0.loss > $1.loss })
    // No step of the cost is lost by more than its neighbours.
    #expect(front.allSatisfy { abs(Double($0.cost) + $0.loss - Double(1 << 20 - 1)) < 1 })
  }
}
