import CLinux
import Synchronization

/// What a stream of frames has come to so far: counts, and how long each stage of a frame took.
///
/// One thread writes, the one that the frames are on; any other may read at any time, a signal handler too. Every number is read
/// whole. A frame is counted last: whoever has read the count of frames finds all that these have changed, and maybe some of the next
/// one's. The memory, 59 KiB, stays until the program ends.
@safe
public struct FrameStatistics: @unchecked Sendable {
  /// What a frame's time goes to, in the order of its way.
  public enum Stage: Int, Sendable {
    /// From the capture's end, when the driver or the reader had the frame whole, to its being taken.
    case wait
    /// Looking for a face; no time where nobody looks.
    case detect
    /// From there to the model's input.
    case prepare
    /// The network.
    case infer
    /// Smoothing and thresholds.
    case decide
    /// Setting the lines.
    case pin
    /// All of these: from capture to pin.
    case whole

    /// For people.
    public var name: StaticString {
      switch self {
      case .wait: "wait"
      case .detect: "detect"
      case .prepare: "prepare"
      case .infer: "infer"
      case .decide: "decide"
      case .pin: "pin"
      case .whole: "frame to pin"
      }
    }

    /// The same in one word, for programs.
    public var key: StaticString { self == .whole ? "whole" : name }
  }

  /// When a frame passed from one stage to the next, by the monotonic clock.
  public struct Stamps: Sendable {
    public var captured: UInt64 = 0
    public var taken: UInt64 = 0
    public var found: UInt64 = 0
    public var prepared: UInt64 = 0
    public var inferred: UInt64 = 0
    public var decided: UInt64 = 0
    public var pinned: UInt64 = 0

    public init() {}
  }

  public static let stages = 7
  private static let wordsPerStage = LatencyHistogram.bins + 2
  private static let frameWord = 0
  private static let droppedWord = 1
  private static let missedWord = 2
  private static let decisionWord = 3
  private static let lastWord = 4
  private static let nobodyWord = 5
  private static let classWords = 6
  private static let stageWords = classWords + DecisionFilter.greatestClasses

  private let words: UnsafeMutablePointer<Atomic<UInt64>>

  /// Zeros; nil where there is no memory.
  public init?() {
    let count = Self.stageWords + Self.stages * Self.wordsPerStage
    guard let pages = unsafe linux_pages(count * MemoryLayout<Atomic<UInt64>>.stride) else { return nil }
    unsafe words = pages.bindMemory(to: Atomic<UInt64>.self, capacity: count)
    for index in 0..<count { unsafe (words + index).initialize(to: Atomic(0)) }
  }

  // Every index below is one of the layout's above, or a class's or a bin's that was checked.

  private func load(_ word: Int) -> UInt64 { unsafe words[word].load(ordering: .relaxed) }

  /// For the one thread that writes.
  private func store(_ word: Int, _ value: UInt64) { unsafe words[word].store(value, ordering: .relaxed) }

  /// Takes a frame that has been shown.
  ///
  /// - Parameters:
  ///   - decision: the class that is decided on; nil for none.
  ///   - isNobody: whether faces were looked for and none was found.
  ///   - dropped: frames before it that nobody saw, since the start.
  ///   - deadline: nanoseconds from capture to pin; one more is a miss.
  public func add(_ stamps: Stamps, decision: Int?, isNobody: Bool = false, dropped: UInt64, deadline: UInt64?) {
    add(.wait, from: stamps.captured, to: stamps.taken)
    add(.detect, from: stamps.taken, to: stamps.found)
    add(.prepare, from: stamps.found, to: stamps.prepared)
    add(.infer, from: stamps.prepared, to: stamps.inferred)
    add(.decide, from: stamps.inferred, to: stamps.decided)
    add(.pin, from: stamps.decided, to: stamps.pinned)
    let whole = add(.whole, from: stamps.captured, to: stamps.pinned)
    if let deadline, whole > deadline { store(Self.missedWord, load(Self.missedWord) + 1) }
    if isNobody { store(Self.nobodyWord, load(Self.nobodyWord) + 1) }
    if let decision {
      precondition(0..<DecisionFilter.greatestClasses ~= decision, "a class is out of range")
      store(Self.classWords + decision, load(Self.classWords + decision) + 1)
    }
    store(Self.decisionWord, UInt64(decision.map { $0 + 1 } ?? 0))
    store(Self.droppedWord, dropped)
    store(Self.lastWord, stamps.pinned)
    unsafe words[Self.frameWord].store(load(Self.frameWord) + 1, ordering: .releasing)
  }

  /// - Returns: the duration; 0 where a clock of a driver's own runs ahead.
  @discardableResult
  private func add(_ stage: Stage, from start: UInt64, to end: UInt64) -> UInt64 {
    let duration = end > start ? end - start : 0
    let base = Self.base(stage)
    let bin = base + LatencyHistogram.bin(duration)
    store(bin, load(bin) + 1)
    let (greatest, sum) = (base + LatencyHistogram.bins, base + LatencyHistogram.bins + 1)
    store(greatest, max(load(greatest), duration))
    store(sum, load(sum) &+ duration)
    return duration
  }

  private static func base(_ stage: Stage) -> Int { stageWords + stage.rawValue * wordsPerStage }

  /// Frames that were shown.
  public var frames: UInt64 { unsafe words[Self.frameWord].load(ordering: .acquiring) }
  public var dropped: UInt64 { load(Self.droppedWord) }
  /// Frames without a face, where faces were looked for.
  public var nobody: UInt64 { load(Self.nobodyWord) }
  public var deadlineMisses: UInt64 { load(Self.missedWord) }
  /// When the last frame was shown, by the monotonic clock; 0 before the first.
  public var lastNanoseconds: UInt64 { load(Self.lastWord) }

  /// The class that is decided on; nil for none.
  public var decision: Int? {
    let word = load(Self.decisionWord)
    return word == 0 ? nil : Int(word) - 1
  }

  /// Frames after which a class was the decision.
  public func frames(decidedFor index: Int) -> UInt64 {
    precondition(0..<DecisionFilter.greatestClasses ~= index, "a class is out of range")
    return load(Self.classWords + index)
  }

  public func histogram(_ stage: Stage) -> LatencyHistogram {
    let base = Self.base(stage)
    return LatencyHistogram(greatest: load(base + LatencyHistogram.bins)) { load(base + $0) }
  }

  /// Nanoseconds that all frames together have spent in a stage.
  public func sum(_ stage: Stage) -> UInt64 { load(Self.base(stage) + LatencyHistogram.bins + 1) }
}
