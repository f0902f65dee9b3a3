import CGpiod
import CLinux

/// A board's lines, held as outputs in one request, and the only thing that drives them.
///
/// They start at the safe level. Whoever holds them calls `driveSafe()` before letting go: kernels differ in whether a
/// released line keeps its level. A signal that ends the program meanwhile, faults included, drives them there too: at
/// most one `OutputLines` exists at a time.
@safe
public struct OutputLines: ~Copyable {
  /// In a page of its own, so that it stays where the signal handler looks for it.
  private let request: UnsafeMutablePointer<gpio_request>
  public let chip: GPIOChip
  private let count: Int
  private let safeValue: Int32
  private let heartbeatEntry: Int?
  /// Of each entry the bit of the decision's number that it shows, or -1.
  private let bits: InlineArray<64, Int>
  private var values: InlineArray<64, Int32>
  private var patterns = InlineArray<64, Pattern>(repeating: .steady)
  /// The entry whose line is shown, since when, and when its pattern was last looked at.
  private var shown: Int?
  private var since: UInt64 = 0
  private var updated: UInt64 = 0

  /// Takes the lines at the safe level. No line changes unless all of them can be had.
  public init(
    _ board: borrowing BoardFile, _ resolution: LineResolution, on chip: consuming GPIOChip
  ) throws(LineError) {
    let safe: Int32 = board.safeValue ? 1 : 0
    let initial = InlineArray<64, Int32>(repeating: safe)
    guard let page = unsafe linux_pages(MemoryLayout<gpio_request>.size) else {
      throw .request(systemError: LineError.noMemory)
    }
    let request = unsafe page.bindMemory(to: gpio_request.self, capacity: 1)
    let error = unsafe resolution.offsets.span.withUnsafeBufferPointer { offsets in
      unsafe initial.span.withUnsafeBufferPointer { values in
        unsafe board.consumerText.span.withUnsafeBufferPointer { consumer in
          unsafe gpio_request_outputs(
            chip.handle, offsets.baseAddress, values.baseAddress, UInt32(board.lineCount), consumer.baseAddress,
            board.isActiveLow, board.drive.shimValue, board.bias.shimValue, request)
        }
      }
    }
    guard error == 0 else {
      unsafe linux_unmap(request, MemoryLayout<gpio_request>.size)
      throw .request(systemError: error)
    }
    unsafe linux_before_ending(Int32(linux_ending_lines), gpio_request_set_initial, request)
    unsafe self.request = request
    self.chip = chip
    count = board.lineCount
    safeValue = safe
    values = initial
    heartbeatEntry = Self.heartbeat(board)
    var bits = InlineArray<64, Int>(repeating: -1)
    for entry in 0..<board.lineCount {
      if case .bit(let bit) = board[entry].role { bits[entry] = bit }
      patterns[entry] = board[entry].pattern
    }
    self.bits = bits
  }

  deinit {
    linux_before_ending(Int32(linux_ending_lines), nil, nil)
    unsafe gpio_request_release(request)
    unsafe linux_unmap(request, MemoryLayout<gpio_request>.size)
  }

  private static func heartbeat(_ board: borrowing BoardFile) -> Int? {
    for entry in 0..<board.lineCount where board[entry].role == .heartbeat { return entry }
    return nil
  }

  /// Makes one entry's line active (none for nil) and those of the other classes inactive, shows the bits of a number, and toggles
  /// the heartbeat: one update of all lines. The entry's pattern starts when it becomes the one that is shown.
  ///
  /// - Parameter nanoseconds: now, by the monotonic clock.
  public mutating func show(entry: Int?, number: Int, at nanoseconds: UInt64) throws(SystemError) {
    if entry != shown { since = nanoseconds }
    shown = entry
    updated = nanoseconds
    for index in 0..<count where index != heartbeatEntry {
      values[index] = bits[index] < 0 ? (index == entry && isActive ? 1 : 0) : Int32(number >> bits[index] & 1)
    }
    if let heartbeatEntry { values[heartbeatEntry] = 1 - values[heartbeatEntry] }
    try update()
  }

  /// Goes on with the pattern between two decisions.
  public mutating func advance(to nanoseconds: UInt64) throws(SystemError) {
    updated = nanoseconds
    guard let shown, values[shown] != (isActive ? 1 : 0) else { return }
    values[shown] = isActive ? 1 : 0
    try update()
  }

  /// When the pattern changes a line next, by the monotonic clock; nil for never.
  public var nextChange: UInt64? {
    guard let shown, let change = patterns[shown].nextChange(after: updated &- since) else { return nil }
    return since &+ change
  }

  /// Whether the entry that is shown is active now, as its pattern has it.
  private var isActive: Bool {
    guard let shown else { return false }
    return patterns[shown].isActive(after: updated &- since)
  }

  /// Drives every line to the board's safe level.
  public mutating func driveSafe() throws(SystemError) {
    values = InlineArray(repeating: safeValue)
    try update()
  }

  private mutating func update() throws(SystemError) {
    let error = unsafe values.span.withUnsafeBufferPointer { unsafe gpio_request_set(request, $0.baseAddress) }
    guard error == 0 else { throw SystemError(number: error) }
  }
}

extension BoardFile.Drive {
  fileprivate var shimValue: gpio_drive {
    switch self {
    case .pushPull: GPIO_PUSH_PULL
    case .openDrain: GPIO_OPEN_DRAIN
    case .openSource: GPIO_OPEN_SOURCE
    }
  }
}

extension BoardFile.Bias {
  fileprivate var shimValue: gpio_bias {
    switch self {
    case .asIs: GPIO_BIAS_AS_IS
    case .none: GPIO_BIAS_NONE
    case .pullUp: GPIO_PULL_UP
    case .pullDown: GPIO_PULL_DOWN
    }
  }
}

extension BoardFile {
  /// The consumer as the kernel takes it: a C string; `ferrite-edge` if the file names none.
  fileprivate var consumerText: InlineArray<32, CChar> {
    let fallback: StaticString = "ferrite-edge"
    return InlineArray { index in
      if consumer.count > 0 { return index < consumer.count ? CChar(byte(index, of: consumer)) : 0 }
      return unsafe index < fallback.utf8CodeUnitCount ? CChar(fallback.utf8Start[index]) : 0
    }
  }
}
