import EdgeRuntime

/// The command line after the command: options in any order, the rest operands.
struct Options {
  /// A set of options; the array literals of `OptionSet` would need a heap.
  struct Kinds {
    private let bits: UInt16
    static let none = Kinds(bits: 0)
    static let json = Kinds(bits: 1)
    static let frames = Kinds(bits: 2)
    static let threads = Kinds(bits: 4)
    static let instructionSet = Kinds(bits: 8)
    static let board = Kinds(bits: 16)
    static let standardInput = Kinds(bits: 32)
    static let processors = Kinds(bits: 64)
    static let priority = Kinds(bits: 128)
    /// Everything about how frames are computed.
    static let computing = instructionSet | threads | processors | priority

    static func | (left: Kinds, right: Kinds) -> Kinds { Kinds(bits: left.bits | right.bits) }
    static func == (left: Kinds, right: Kinds) -> Bool { left.bits == right.bits }
    func contains(_ other: Kinds) -> Bool { bits & other.bits == other.bits }
  }

  private var given = Kinds.none
  private var operands: Words
  var json: Bool { given.contains(.json) }
  private(set) var frames = 200
  private(set) var instructionSet = InstructionSet.best
  private(set) var threads = ThreadOptions()
  private(set) var board: Word?
  private(set) var standardInput: FrameEncoding?

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
      if kind == .json { continue }
      guard let value = arguments.next() else { throw .usage("no value after", word) }
      try set(kind, value, word)
    }
    try threads.check()
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
      guard value == "pgm" || value == "raw" else { throw .usage("--stdin takes pgm or raw, not", value) }
      standardInput = value == "pgm" ? .pgm : .raw
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

  func requiredBoard() throws(EdgeError) -> Word {
    guard let board else { throw .usage("no --board FILE given", nil) }
    return board
  }
}
