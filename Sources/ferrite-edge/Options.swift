import CLinux
import EdgeProgram
import EdgeRuntime

/// The command line after the command: options in any order, the rest operands.
struct Options {
  /// A set of options; the array literals of `OptionSet` would need a heap.
  struct Kinds {
    private let bits: UInt32
    static let none = Kinds(bits: 0)
    static let json = Kinds(bits: 1)
    static let frames = Kinds(bits: 2)
    static let threads = Kinds(bits: 4)
    static let instructionSet = Kinds(bits: 8)
    static let board = Kinds(bits: 16)
    static let standardInput = Kinds(bits: 32)
    static let processors = Kinds(bits: 64)
    static let priority = Kinds(bits: 128)
    static let size = Kinds(bits: 256)
    static let every = Kinds(bits: 512)
    static let smooth = Kinds(bits: 1024)
    static let majority = Kinds(bits: 2048)
    static let enter = Kinds(bits: 4096)
    static let leave = Kinds(bits: 8192)
    static let hold = Kinds(bits: 16384)
    static let destination = Kinds(bits: 32768)
    static let camera = Kinds(bits: 65536)
    static let detect = Kinds(bits: 1 << 17)
    static let noDetect = Kinds(bits: 1 << 18)
    static let minimumFace = Kinds(bits: 1 << 19)
    static let scaleFactor = Kinds(bits: 1 << 20)
    static let neighbours = Kinds(bits: 1 << 21)
    static let deadline = Kinds(bits: 1 << 22)
    static let metrics = Kinds(bits: 1 << 23)
    static let realTime = Kinds(bits: 1 << 24)
    static let watchdog = Kinds(bits: 1 << 25)
    static let summary = Kinds(bits: 1 << 26)
    static let publicKey = Kinds(bits: 1 << 27)
    static let allowOlder = Kinds(bits: 1 << 28)
    /// What is told beside decisions.
    static let telling = deadline | metrics | watchdog | summary
    /// How faces are looked for.
    static let detecting = minimumFace | scaleFactor | neighbours
    /// A stream of frames, and how it becomes decisions.
    static let stream =
      standardInput | camera | size | every | smooth | majority | enter | leave | hold | detect | noDetect | detecting
    /// Everything about how frames are computed.
    static let computing = instructionSet | threads | processors | priority | realTime

    static func | (left: Kinds, right: Kinds) -> Kinds { Kinds(bits: left.bits | right.bits) }
    static func == (left: Kinds, right: Kinds) -> Bool { left.bits == right.bits }
    func contains(_ other: Kinds) -> Bool { bits & other.bits == other.bits }
    /// Whether an option stands alone, without a value.
    var isFlag: Bool {
      (Self.json | Self.every | Self.realTime | Self.noDetect | Self.summary | Self.allowOlder).contains(self)
    }
  }

  private var given = Kinds.none
  private var operands: Words
  var json: Bool { given.contains(.json) }
  /// Whether a line that sums up follows a camera's frames.
  var summary: Bool { given.contains(.summary) }
  private(set) var frames = 200
  var hasFrames: Bool { given.contains(.frames) }
  private(set) var instructionSet = InstructionSet.best
  private(set) var threads = ThreadOptions()
  private(set) var board: Word?
  private(set) var destination: Word?
  /// Of whoever alone is trusted, if it was given.
  private(set) var publicKey: Word?
  var allowsOlder: Bool { given.contains(.allowOlder) }
  private(set) var standardInput: StandardInput?
  private(set) var camera: Word?
  private(set) var size: CameraSize?
  var keepsEvery: Bool { given.contains(.every) }
  private(set) var decisions = DecisionOptions()
  private(set) var telling = TellingOptions()
  /// Frames that newer ones may overtake: a live camera's. Of others none is lost, and no line about them either.
  var isLive: Bool {
    if case .camera = standardInput { return !keepsEvery && !linux_is_file(0) }
    return camera != nil
  }
  private(set) var detection = DetectionOptions()

  /// - Parameter accepted: the options that the command has; another one is a usage error.
  init(_ arguments: consuming Words, accepting accepted: Kinds) throws(EdgeError) {
    operands = arguments.empty()
    while let word = arguments.next() {
      guard word.count > 1, word[0] == UInt8(ascii: "-") else {
        operands.append(word)
        continue
      }
      guard let kind = Self.kind(word), accepted.contains(kind) else { throw .usage("unknown option", word) }
      guard !given.contains(kind) else { throw .usage("option given twice:", word) }
      given = given | kind
      if kind == .realTime { threads.setRealTime() }
      if kind.isFlag { continue }
      guard let value = arguments.next() else { throw .usage("no value after", word) }
      try set(kind, value, word)
    }
    try threads.check()
    try decisions.check()
    try checkStream(accepted)
  }

  private func checkStream(_ accepted: Kinds) throws(EdgeError) {
    guard standardInput == nil || camera == nil else { throw .usage("--stdin or --camera, one of the two", nil) }
    var isStream = false
    if case .camera = standardInput { isStream = true }
    guard isStream == (size != nil) || camera != nil else {
      throw .usage("--size WIDTHxHEIGHT goes with --stdin grey, yuv420, nv12 or yuyv, and they with it", nil)
    }
    guard json && (isStream || camera != nil) || !summary else {
      throw .usage("--summary goes with --json and --camera or a camera's frames on --stdin", nil)
    }
    guard isStream || camera != nil || telling.deadlineNanoseconds == nil else {
      throw .usage("--deadline goes with --camera or a camera's frames on --stdin", nil)
    }
    if accepted.contains(.detect) {
      try detection.check(isRefused: given.contains(.noDetect), goesWithFrames: isStream || camera != nil)
    }
    guard isStream || !keepsEvery else { throw .usage("--every goes with a camera's frames on --stdin", nil) }
    if case .camera(let encoding) = standardInput, encoding.sharesColours, let size {
      guard size.width % 2 == 0, size.height % 2 == 0 else { throw .usage("--size must be even for this format", nil) }
    }
  }

  private static func kind(_ word: Word) -> Kinds? {
    if word == "--json" { return .json }
    if word == "--frames" { return .frames }
    if word == "--threads" { return .threads }
    if word == "--cpus" { return .processors }
    if word == "--priority" { return .priority }
    if word == "--isa" { return .instructionSet }
    if word == "--board" { return .board }
    if word == "--stdin" { return .standardInput }
    if word == "--size" { return .size }
    if word == "--every" { return .every }
    if word == "--smooth" { return .smooth }
    if word == "--majority" { return .majority }
    if word == "--enter" { return .enter }
    if word == "--leave" { return .leave }
    if word == "--hold" { return .hold }
    if word == "--to" { return .destination }
    if word == "--camera" { return .camera }
    if word == "--deadline" { return .deadline }
    if word == "--metrics" { return .metrics }
    if word == "--watchdog-device" { return .watchdog }
    if word == "--summary" { return .summary }
    if word == "--public-key" { return .publicKey }
    if word == "--allow-older" { return .allowOlder }
    if word == "--realtime" { return .realTime }
    if word == "--detect" { return .detect }
    if word == "--no-detect" { return .noDetect }
    if word == "--min-face" { return .minimumFace }
    if word == "--scale-factor" { return .scaleFactor }
    if word == "--neighbours" { return .neighbours }
    return nil
  }

  private mutating func set(_ kind: Kinds, _ value: Word, _ word: Word) throws(EdgeError) {
    if kind == .frames {
      guard let number = value.number, number >= 1, number <= BenchCommand.maximumFrames else {
        throw .usage("--frames takes 1 to 10000, not", value)
      }
      frames = number
    } else if kind == .threads {
      try threads.setCount(value)
    } else if kind == .processors {
      try threads.setProcessors(value)
    } else if kind == .priority {
      try threads.setPriority(value)
    } else if kind == .instructionSet {
      guard let named = InstructionSet(named: value) else {
        throw .usage("--isa takes scalar, neon, dotprod, avx2 or avx512vnni, not", value)
      }
      guard named.isAvailable else { throw .usage("this machine lacks the instruction set", value) }
      instructionSet = named
    } else if kind == .standardInput {
      guard let input = StandardInput(named: value) else {
        throw .usage("--stdin takes pgm, raw, grey, yuv420, nv12 or yuyv, not", value)
      }
      standardInput = input
    } else if kind == .size {
      guard let size = CameraSize(value) else {
        throw .usage("--size takes WIDTHxHEIGHT, each 16 to 4096, not", value)
      }
      self.size = size
    } else if kind == .smooth {
      try decisions.setSmoothing(value)
    } else if kind == .majority {
      try decisions.setMajority(value)
    } else if kind == .enter {
      try decisions.setEnter(value)
    } else if kind == .leave {
      try decisions.setLeave(value)
    } else if kind == .hold {
      try decisions.setHold(value)
    } else if kind == .destination {
      destination = value
    } else if kind == .publicKey {
      publicKey = value
      detection.publicKey = value
    } else if kind == .camera {
      camera = value
    } else if kind == .deadline {
      try telling.setDeadline(value)
    } else if kind == .metrics {
      try telling.setMetrics(value)
    } else if kind == .watchdog {
      telling.watchdog = value
    } else if kind == .detect {
      detection.cascade = value
    } else if kind == .minimumFace {
      try detection.setMinimum(value)
    } else if kind == .scaleFactor {
      try detection.setFactor(value)
    } else if kind == .neighbours {
      try detection.setNeighbours(value)
    } else {
      board = value
    }
  }

  /// The model, which comes first.
  mutating func model() throws(EdgeError) -> Word {
    guard let word = operands.next() else { throw .usage("no model given", nil) }
    return word
  }

  /// The next file, if there is another.
  mutating func file() -> Word? { operands.next() }

  /// Ends the operands.
  mutating func end() throws(EdgeError) {
    if let word = operands.next() { throw .usage("one operand too many:", word) }
  }

  /// For commands that do nothing without one.
  func requiredBoard() throws(EdgeError) -> Word {
    guard let board else { throw .usage("no --board FILE given", nil) }
    return board
  }
}

/// What stands on standard input.
enum StandardInput {
  /// Frames of the model's size.
  case frames(FrameEncoding)
  case camera(CameraEncoding)

  init?(named word: Word) {
    if word == "pgm" {
      self = .frames(.pgm)
    } else if word == "raw" {
      self = .frames(.raw)
    } else if let encoding = CameraEncoding(named: word) {
      self = .camera(encoding)
    } else {
      return nil
    }
  }
}
