/// Makes decisions that last out of what a network says of each frame: smoothed over frames, with a threshold to enter and a lower
/// one to leave, held for a least time. All of it in integers: the same frames at the same times give the same decisions.
///
/// A score is a fraction of 65536 (`Softmax.one`): of each class its smoothed probability, or its share of the last frames' votes.
public struct DecisionFilter {
  public static let greatestClasses = 256
  public static let greatestFrames = 63

  public enum Smoothing: Equatable, Sendable {
    /// Each frame by itself.
    case none
    /// A score moves by 2^-shift (1...6) of its distance from the frame's probability.
    case exponential(shift: Int)
    /// Votes of so many frames (2...`greatestFrames`), those that are still to come as abstentions.
    case majority(frames: Int)
  }

  public struct Settings: Equatable, Sendable {
    public var smoothing = Smoothing.none
    /// The least score with which a class becomes the decision, and the one below which it ceases to be; not above `enter`.
    public var enter: UInt32 = 0
    public var leave: UInt32 = 0
    /// How long a class stays the decision at the least.
    public var holdNanoseconds: UInt64 = 0

    public init() {}
  }

  public let settings: Settings
  /// The class that is decided on; nil for none.
  public private(set) var decision: Int?
  private let classes: Int
  private var since: UInt64 = 0
  /// Exponential: probabilities with 8 more bits of fraction, enough for rounded steps to end within half of the last one.
  private var scores = InlineArray<256, Int32>(repeating: 0)
  private var hasScores = false
  /// Majority: the last frames' classes, `classes` for an abstention, and where the next one goes.
  private var votes = InlineArray<63, UInt16>(repeating: 0)
  private var next = 0

  /// - Parameter classes: 1...`greatestClasses`.
  public init(_ settings: Settings, classes: Int) {
    precondition(1...Self.greatestClasses ~= classes, "the classes are too many")
    self.settings = settings
    self.classes = classes
    votes = InlineArray(repeating: UInt16(classes))
  }

  /// Takes one frame.
  ///
  /// - Parameters:
  ///   - nanoseconds: when, by a clock that doesn't go back.
  ///   - probability: of a class, at most 65536; 0 of each where nobody is there to be judged.
  /// - Returns: whether the decision has changed.
  public mutating func update(at nanoseconds: UInt64, probability: (Int) -> UInt32) -> Bool {
    take(probability)
    let found = candidate(probability)
    guard found != decision else { return false }
    if decision != nil && nanoseconds &- since < settings.holdNanoseconds { return false }
    decision = found
    since = nanoseconds
    return true
  }

  private mutating func take(_ probability: (Int) -> UInt32) {
    switch settings.smoothing {
    case .none: break
    case .exponential(let shift):
      for index in 0..<classes {
        let target = Int32(probability(index)) << 8
        let distance = target - scores[index]
        // The first frame starts from itself.
        scores[index] += hasScores ? (distance + 1 << Int32(shift - 1)) >> Int32(shift) : distance
      }
      hasScores = true
    case .majority(let frames):
      let vote = best(score: probability)
      votes[next] = UInt16(probability(vote) > 0 ? vote : classes)
      next = (next + 1) % frames
    }
  }

  /// What the scores alone would decide on.
  private func candidate(_ probability: (Int) -> UInt32) -> Int? {
    func score(_ index: Int) -> UInt32 {
      switch settings.smoothing {
      case .none: probability(index)
      case .exponential: UInt32((scores[index] + 128) >> 8)
      case .majority(let frames): share(of: index, frames)
      }
    }
    let best = best(score: score)
    // Nothing is decided on without any sign of it.
    let enters = score(best) >= max(settings.enter, 1)
    guard let decision, score(decision) >= max(settings.leave, 1) else { return enters ? best : nil }
    return enters && score(best) > score(decision) ? best : decision
  }

  /// The first class of the greatest score.
  private func best(score: (Int) -> UInt32) -> Int {
    var best = 0
    for index in 1..<max(classes, 1) where score(index) > score(best) { best = index }
    return best
  }

  private func share(of index: Int, _ frames: Int) -> UInt32 {
    var count = 0
    for frame in 0..<frames where votes[frame] == UInt16(index) { count += 1 }
    return UInt32(count * 65536 / frames)
  }
}
