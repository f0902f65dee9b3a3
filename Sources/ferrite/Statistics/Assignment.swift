/// The assignment of columns to rows, one to one, with the greatest sum: which class each output of a network means, by a confusion
/// matrix.
///
/// Rows are taken one by one along the cheapest alternating way, with potentials that keep every reduced cost at 0 or above. Source: H. W.
/// Kuhn, "The Hungarian method for the assignment problem", Naval Research Logistics Quarterly 2, 1955. O(n^3).
///
/// - Parameter weights: n rows of n columns.
/// - Returns: for each column its row.
func greatestAssignment(_ weights: [[Int]]) -> [Int] {
  let count = weights.count
  let greatest = weights.reduce(0) { max($0, $1.max() ?? 0) }
  // Column `count` stands for none: a way begins there with the row that is taken.
  var rowOfColumn = [Int](repeating: -1, count: count + 1)
  var rowPotential = [Int](repeating: 0, count: count)
  var columnPotential = [Int](repeating: 0, count: count + 1)
  for row in 0..<count {
    rowOfColumn[count] = row
    var column = count
    var least = [Int](repeating: .max, count: count)
    var previous = [Int](repeating: count, count: count)
    var isDone = [Bool](repeating: false, count: count + 1)
    while rowOfColumn[column] >= 0 {
      isDone[column] = true
      let current = rowOfColumn[column]
      var (step, next) = (Int.max, count)
      for other in 0..<count where !isDone[other] {
        let cost = greatest - weights[current][other] - rowPotential[current] - columnPotential[other]
        if cost < least[other] { (least[other], previous[other]) = (cost, column) }
        if least[other] < step { (step, next) = (least[other], other) }
      }
      for other in 0...count {
        if isDone[other] {
          rowPotential[rowOfColumn[other]] += step
          columnPotential[other] -= step
        } else if other < count {
          least[other] -= step
        }
      }
      column = next
    }
    while column != count {
      rowOfColumn[column] = rowOfColumn[previous[column]]
      column = previous[column]
    }
  }
  return Array(rowOfColumn[..<count])
}
