/// The multiple-choice knapsack: of each item one option is taken; costs and losses add up.
///
/// Dynamic programming over undominated partial sums (G. L. Nemhauser, Z. Ullmann, "Discrete dynamic programming and capital
/// allocation", Management Science 15, 1969), which gives the best choice for every budget at once.
public enum Knapsack {
  public struct Option: Equatable, Sendable {
    /// Of any sign.
    public var cost: Int
    /// Of any sign.
    public var loss: Double

    public init(cost: Int, loss: Double) {
      self.cost = cost
      self.loss = loss
    }
  }

  public struct Solution: Equatable, Sendable {
    public var cost: Int
    public var loss: Double
    /// By item, the index of the option taken.
    public var taken: [Int]
  }

  /// Partial sums that are kept after each item. With more, the best of each step of the cost stands for its neighbours.
  static let mostSums = 1 << 16

  private struct Sum {
    var cost: Int
    var loss: Double
    /// Index of the sum without the last item, and the last item's option.
    var parent: Int
    var option: Int
  }

  /// The Pareto front: solutions by rising cost and falling loss, none with another of no more cost and no more loss.
  ///
  /// - Parameter items: each with at least one option; none for a single empty solution.
  public static func front(_ items: [[Option]]) -> [Solution] {
    var stages: [[Sum]] = []
    var sums = [Sum(cost: 0, loss: 0, parent: -1, option: -1)]
    for options in items {
      precondition(!options.isEmpty, "an option for each item")
      sums = undominated(
        sums.indices.flatMap { parent in
          options.indices.map { option in
            Sum(
              cost: sums[parent].cost + options[option].cost, loss: sums[parent].loss + options[option].loss,
              parent: parent, option: option)
          }
        })
      stages.append(sums)
    }
    return sums.map { last in
      var taken: [Int] = []
      var sum = last
      for stage in stride(from: stages.count - 1, through: 0, by: -1) {
        taken.append(sum.option)
        if stage > 0 { sum = stages[stage - 1][sum.parent] }
      }
      return Solution(cost: last.cost, loss: last.loss, taken: taken.reversed())
    }
  }

  private static func undominated(_ sums: [Sum]) -> [Sum] {
    let sorted = sums.sorted { ($0.cost, $0.loss, $0.parent, $0.option) < ($1.cost, $1.loss, $1.parent, $1.option) }
    var kept: [Sum] = []
    for sum in sorted where kept.last.map({ sum.loss < $0.loss }) ?? true { kept.append(sum) }
    guard kept.count > mostSums, let first = kept.first, let last = kept.last else { return kept }
    let step = (last.cost - first.cost) / mostSums + 1
    // Costs rise and losses fall: the last sum of a step is its best.
    return kept.indices.filter { index in
      index + 1 == kept.count || (kept[index + 1].cost - first.cost) / step != (kept[index].cost - first.cost) / step
    }.map { kept[$0] }
  }
}
