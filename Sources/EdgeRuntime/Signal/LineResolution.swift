/// Which line of the chip each entry of a board file means. Nothing is driven by finding out.
public struct LineResolution {
  var offsets = InlineArray<64, UInt32>(repeating: 0)

  /// The chip that carries the board file's label, whatever its number.
  public static func chip(of board: borrowing BoardFile) throws(LineError) -> GPIOChip {
    var refusal: Int32 = 0
    for number in 0..<GPIOChip.maximumChips {
      do throws(SystemError) {
        let chip = try GPIOChip(number: number)
        if unsafe board.equals(board.chipLabel, chip.unsafeLabel) { return chip }
      } catch {
        if refusal == 0 || refusal == LineError.noSuchFile { refusal = error.number }
      }
    }
    throw .noChip(systemError: refusal == LineError.noSuchFile ? 0 : refusal)
  }

  /// Names are resolved strictly: exactly one line of the chip carries the name.
  public init(_ board: borrowing BoardFile, on chip: borrowing GPIOChip) throws(LineError) {
    for index in 0..<board.lineCount {
      let offset = try Self.offset(board, index, chip)
      for earlier in 0..<index where offsets[earlier] == UInt32(offset) {
        throw .pinTwice(entry: index, offset: offset)
      }
      guard !chip.isUsed(offset) else {
        throw .inUse(entry: index, offset: offset, consumer: Self.consumer(of: offset, on: chip))
      }
      offsets[index] = UInt32(offset)
    }
  }

  /// The offset on the chip of the board file's entry.
  public func offset(_ entry: Int) -> Int { Int(offsets[entry]) }

  private static func consumer(of offset: Int, on chip: borrowing GPIOChip) -> InlineArray<32, UInt8> {
    let name = unsafe chip.unsafeConsumer(of: offset)
    return InlineArray { unsafe $0 < min(name.count, 31) ? name[$0] : 0 }
  }

  private static func offset(
    _ board: borrowing BoardFile, _ entry: Int, _ chip: borrowing GPIOChip
  ) throws(LineError) -> Int {
    switch board[entry].place {
    case .offset(let offset):
      guard offset < chip.lineCount else { throw .noSuchLine(entry: entry) }
      return offset
    case .name(let name):
      var found: Int?
      for offset in 0..<chip.lineCount where unsafe board.equals(name, chip.unsafeName(of: offset)) {
        guard found == nil else { throw .ambiguousName(entry: entry) }
        found = offset
      }
      guard let found else { throw .noSuchLine(entry: entry) }
      return found
    }
  }
}

/// Why a board's lines can't be had. `entry` is an index of the board file's lines.
public enum LineError: Error, Sendable {
  static let noSuchFile: Int32 = 2  // ENOENT
  static let noMemory: Int32 = 12  // ENOMEM

  /// No chip carries the label; `systemError` is not 0 if some chip could not be opened.
  case noChip(systemError: Int32)
  case noSuchLine(entry: Int)
  case ambiguousName(entry: Int)
  case pinTwice(entry: Int, offset: Int)
  /// `consumer` is who holds it, closed by zero; empty if nobody says.
  case inUse(entry: Int, offset: Int, consumer: InlineArray<32, UInt8>)
  /// The kernel refused the request.
  case request(systemError: Int32)
}
