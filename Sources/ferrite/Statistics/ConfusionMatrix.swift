/// How often each class was taken for each: rows are true classes, columns predicted ones.
struct ConfusionMatrix: Equatable, Codable, Sendable {
  /// More pictures than anyone compares, and few enough that no sum over them overflows.
  static let greatestCount = 1 << 30

  let classes: Int
  private var counts: [Int]

  init(classes: Int) {
    self.classes = classes
    counts = [Int](repeating: 0, count: classes * classes)
  }

  subscript(truth: Int, predicted: Int) -> Int { counts[truth * classes + predicted] }

  mutating func record(truth: Int, predicted: Int) { counts[truth * classes + predicted] += 1 }

  mutating func merge(_ other: ConfusionMatrix) {
    precondition(classes == other.classes, "matrices of the same classes")
    for index in counts.indices { counts[index] += other.counts[index] }
  }

  var total: Int { counts.reduce(0, +) }
  var correct: Int { (0..<classes).reduce(0) { $0 + self[$1, $1] } }
  var accuracy: Double { ratio(correct, total) }
  var rows: [[Int]] { (0..<classes).map { truth in (0..<classes).map { self[truth, $0] } } }

  /// The rows as shares of their sums; zeros for a class without pictures.
  var normalizedRows: [[Double]] {
    rows.map { row in
      let total = row.reduce(0, +)
      return row.map { ratio($0, total) }
    }
  }

  /// Pictures of the class.
  func support(_ index: Int) -> Int { (0..<classes).reduce(0) { $0 + self[index, $1] } }

  /// Whether the counts could have been recorded for this many classes: of a file that claims so.
  func isSound(classes: Int) -> Bool {
    self.classes == classes && counts.count == classes * classes
      && counts.allSatisfy { 0...Self.greatestCount / max(counts.count, 1) ~= $0 }
  }

  /// Of those predicted as the class, the share that is; 0 when none is predicted.
  func precision(_ index: Int) -> Double {
    ratio(self[index, index], (0..<classes).reduce(0) { $0 + self[$1, index] })
  }

  /// Of those of the class, the share that is found; 0 when there are none.
  func recall(_ index: Int) -> Double { ratio(self[index, index], support(index)) }

  /// The harmonic mean of precision and recall; 0 when both are.
  func f1(_ index: Int) -> Double {
    let (precision, recall) = (precision(index), recall(index))
    return precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall)
  }

  private func ratio(_ part: Int, _ whole: Int) -> Double { whole == 0 ? 0 : Double(part) / Double(whole) }
}
