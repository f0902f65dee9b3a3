import CGpiod

/// An open GPIO chip: `/dev/gpiochipN`. Numbers differ between kernels, labels don't.
@safe
public struct GPIOChip: ~Copyable {
  /// Chips are looked for below this number.
  public static let maximumChips = 64

  public let number: Int
  let handle: OpaquePointer

  /// - Throws: the system's error number: ENOENT where there is no such chip, EACCES without permission.
  public init(number: Int) throws(SystemError) {
    var error: Int32 = 0
    guard let handle = unsafe gpio_chip_open(UInt32(number), &error) else { throw SystemError(number: error) }
    self.number = number
    unsafe self.handle = handle
  }

  deinit { unsafe gpio_chip_close(handle) }

  public var lineCount: Int { unsafe Int(gpio_chip_line_count(handle)) }

  /// The label's bytes; valid as long as the chip.
  public var unsafeLabel: UnsafeRawBufferPointer { unsafe cStringBytes(gpio_chip_label(handle)) }

  /// A line's name, empty if the kernel knows none; valid as long as the chip.
  public func unsafeName(of offset: Int) -> UnsafeRawBufferPointer { unsafe cStringBytes(line(offset)?.name) }

  /// Who holds a line, empty if nobody says; valid as long as the chip.
  public func unsafeConsumer(of offset: Int) -> UnsafeRawBufferPointer { unsafe cStringBytes(line(offset)?.consumer) }

  public func isUsed(_ offset: Int) -> Bool { unsafe line(offset)?.is_used ?? false }

  private func line(_ offset: Int) -> gpio_line? {
    var line = unsafe gpio_line()
    return unsafe gpio_chip_line(handle, UInt32(offset), &line) == 0 ? line : nil
  }
}

/// A system call's error number.
public struct SystemError: Error, Equatable, Sendable {
  public var number: Int32
}

private func cStringBytes(_ text: UnsafePointer<CChar>?) -> UnsafeRawBufferPointer {
  guard let text = unsafe text else { return unsafe UnsafeRawBufferPointer(start: nil, count: 0) }
  var count = 0
  while unsafe text[count] != 0 { count += 1 }
  return unsafe UnsafeRawBufferPointer(start: text, count: count)
}
