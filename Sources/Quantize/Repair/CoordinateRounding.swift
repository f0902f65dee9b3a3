/// Rounds one layer's weights so that its outputs, rather than its weights, change least: by coordinate descent on the
/// squared error of the outputs over samples of its quantised inputs.
///
/// With inputs x (samples x taps), the float layer's outputs y and weights w in steps, each row of raw weights q minimises
/// `|x q - y|^2 + ridge |q - w|^2` over integers in `-limit...limit`. The first sweep rounds one tap after the other, each
/// to the value that makes up best for the error so far (I. Lybrand, R. Saab, "A greedy algorithm for quantizing neural
/// networks", 2021); further sweeps change single taps as long as one helps.
public struct CoordinateRounding: Sendable {
  public static let sweeps = 6

  /// Sums of products of taps over the samples, taps x taps, symmetric.
  private let gram: [Float]
  private let taps: Int
  /// Taps by falling power.
  private let order: [Int]
  private let ridge: Float

  /// - Parameters:
  ///   - gram: taps x taps.
  ///   - ridge: how much a weight's own change counts, as a share of the taps' mean power.
  public init(gram: [Float], taps: Int, ridge: Float) {
    precondition(gram.count == taps * taps, "a product for each pair of taps")
    self.gram = gram
    self.taps = taps
    let powers = (0..<taps).map { gram[$0 * taps + $0] }
    order = (0..<taps).sorted { (powers[$1], $0) < (powers[$0], $1) }
    self.ridge = max(ridge * powers.reduce(0, +) / Float(max(taps, 1)), .leastNormalMagnitude)
  }

  /// - Parameters:
  ///   - weights: taps, in steps.
  ///   - target: sums of products of each tap with the wanted output over the samples; nil for what `weights` make.
  ///   - limit: the greatest raw value.
  public func round(_ weights: [Float], target: [Float]?, limit: Float) -> [Int8] {
    precondition(weights.count == taps && (target?.count ?? taps) == taps, "a weight and a target for each tap")
    var raws = weights
    // x^T (x q - y), for the current q.
    var gradient = target?.map { -$0 } ?? Array(repeating: 0, count: taps)
    unsafe gram.withUnsafeBufferPointer { gram in
      unsafe gradient.withUnsafeMutableBufferPointer { gradient in
        func move(_ tap: Int, by difference: Float) {
          // A row of `taps` products and as many sums: both buffers' sizes were checked.
          let row = unsafe gram.baseAddress! + tap * taps
          for index in 0..<taps { unsafe gradient[index] += row[index] * difference }
        }
        for tap in 0..<taps where target != nil && raws[tap] != 0 { move(tap, by: raws[tap]) }
        for _ in 0..<Self.sweeps {
          var isChanged = false
          for tap in order {
            let power = unsafe gram[tap * taps + tap] + ridge
            let slope = unsafe gradient[tap] + ridge * (raws[tap] - weights[tap])
            let best = min(max((raws[tap] - slope / power).rounded(), -limit), limit)
            if best != raws[tap] {
              move(tap, by: best - raws[tap])
              raws[tap] = best
              isChanged = true
            }
          }
          if !isChanged { break }
        }
      }
    }
    return raws.map { Int8($0) }
  }
}
