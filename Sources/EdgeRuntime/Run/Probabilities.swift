extension Session {
  /// Writes every class's `probability(_:)`, at a cost linear in the classes.
  ///
  /// - Parameter probabilities: `classCount` values; 16 fraction bits, `Softmax.one` is certainty.
  public func writeProbabilities(to probabilities: inout MutableSpan<UInt32>) {
    precondition(probabilities.count == classCount, "there is a probability for each class")
    guard classCount > 0 else { return }
    let fraction = logitFormat.fraction
    let greatest = Int64(logit(classIndex))
    func weight(_ index: Int) -> UInt64 {
      Softmax.weight(distance: greatest - Int64(logit(index)), fraction: fraction)
    }
    var sum: UInt64 = 0
    for index in 0..<classCount { sum += weight(index) }
    for index in 0..<classCount { probabilities[index] = Softmax.probability(weight: weight(index), sum: sum) }
  }
}
