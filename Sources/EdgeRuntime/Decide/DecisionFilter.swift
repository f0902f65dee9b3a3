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
  /// With 8 more bits of fraction, enough for rounded steps to end within half of the last one.
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
    let found = candidate
    guard found != decision else { return false }
    if decision != nil && nanoseconds &- since < settings.holdNanoseconds { return false }
    decision = found
    since = nanoseconds
    return true
  }

  /// Asks for each class's probability once, and makes the scores of it.
  private mutating func take(_ probability: (Int) -> UInt32) {
    for index in 0..<classes {
      let distance = (Int32(probability(index)) << 8) - scores[index]
      // The first frame starts from itself, as every one does without smoothing.
      if case .exponential(let shift) = settings.smoothing, hasScores {
        scores[index] += (distance + (1 << Int32(shift - 1))) >> Int32(shift)
      } else {
        scores[index] += distance
      }
    }
    hasScores = true
    guard case .majority(let frames) = settings.smoothing else { return }
    votes[next] = UInt16(score(best) > 0 ? best : classes)
    next = (next + 1) % frames
    for index in 0..<classes { scores[index] = share(of: index, frames) }
  }

  /// What the scores alone would decide on.
  private var candidate: Int? {
    let best = best
    // Nothing is decided on without any sign of it.
    let enters = score(best) >= max(settings.enter, 1)
    guard let decision, score(decision) >= max(settings.leave, 1) else { return enters ? best : nil }
    return enters && score(best) > score(decision) ? best : decision
  }

  /// A class's score, of 65536.
  public func score(_ index: Int) -> UInt32 { UInt32((scores[index] + 128) >> 8) }

  /// The first class of the greatest score.
  private var best: Int {
    var best = 0
    for index in 1..<max(classes, 1) where score(index) > score(best) { best = index }
    return best
  }

  /// A class's share of the votes, as a score.
  private func share(of index: Int, _ frames: Int) -> Int32 {
    var count = 0
    for frame in 0..<frames where votes[frame] == UInt16(index) { count += 1 }
    return Int32(count * 65536 / frames) << 8
  }
}
