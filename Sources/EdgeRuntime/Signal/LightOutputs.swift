import CLinux

/// A board's LEDs and PWM channels, driven through the kernel's own drivers in /sys.
///
/// They start inactive, and are so again when the program ends, by `driveSafe()` or by a signal: at most one `LightOutputs` exists at a
/// time. A LED is taken from the trigger that the system has given it, and given back at the end.
@safe
public struct LightOutputs: ~Copyable {
  /// Exporting a channel and being permitted to use it takes udev a moment.
  private static let patience: UInt64 = 2_000_000_000

  private let attributes: OpaquePointer
  private let count: Int
  /// Of each light the attribute that drives it, and what is written to it while it is inactive and active.
  private var lights: InlineArray<16, Driven>
  private let followsProbability: Bool

  private struct Driven {
    var attribute: Int32 = 0
    var off = 0
    var on = 0
    var pattern = Pattern.steady
    /// What it shows now.
    var isDecided = false
    var since: UInt64 = 0
    var updated: UInt64 = 0
    var strength: UInt32 = 0
    var value = 0
  }

  /// Takes the lights of a board, at least one.
  public init(_ board: borrowing BoardFile) throws(LightError) {
    guard let attributes = unsafe linux_new_attributes() else { throw LightError(.system(12), light: 0) }
    // From the first light on a signal makes those inactive that have been taken.
    unsafe linux_before_ending(Int32(linux_ending_lights), linux_write_endings, UnsafeMutableRawPointer(attributes))
    var lights = InlineArray<16, Driven>(repeating: Driven())
    for index in 0..<board.lightCount {
      let light = board.light(index)
      do throws(LightFault) {
        switch light.driver {
        case .led(let name): unsafe lights[index] = try Self.take(led: name, of: board, attributes)
        case .pwm(let channel): unsafe lights[index] = try Self.take(channel, of: board, attributes)
        }
      } catch {
        _ = unsafe linux_write_endings(UnsafeMutableRawPointer(attributes))
        linux_before_ending(Int32(linux_ending_lights), nil, nil)
        throw LightError(error, light: index)
      }
      lights[index].pattern = light.pattern
    }
    unsafe self.attributes = attributes
    self.lights = lights
    count = board.lightCount
    followsProbability = board.followsProbability
  }

  deinit { linux_before_ending(Int32(linux_ending_lights), nil, nil) }

  private static func take(
    led name: BoardFile.TextRange, of board: borrowing BoardFile, _ attributes: OpaquePointer
  ) throws(LightFault) -> Driven {
    let folder = SystemPath("/sys/class/leds/").appending(name, of: board)
    guard let greatest = SystemText(folder.appending("/max_brightness"))?.decimal, greatest > 0 else {
      throw .noSuchLight
    }
    // Looked at first: a brightness of 0 takes a LED from its trigger. A kernel without triggers has no such file.
    var trigger = InlineArray<64, CChar>(repeating: 0)
    var storage = trigger.mutableSpan
    let length = unsafe storage.withUnsafeMutableBufferPointer { word in
      unsafe folder.appending("/trigger").withCString { unsafe linux_selected_word($0, word.baseAddress!) }
    }
    let brightness = unsafe try open(folder.appending("/brightness"), attributes)
    unsafe try writeAtEnd(0, to: brightness, attributes)
    if length > 0 { unsafe try take(folder.appending("/trigger"), from: trigger, count: Int(length), attributes) }
    unsafe try write(0, to: brightness, attributes)
    return Driven(attribute: brightness, off: 0, on: greatest)
  }

  /// Takes a LED from its trigger, which gets it back at the end.
  private static func take(
    _ path: SystemPath, from trigger: InlineArray<64, CChar>, count: Int, _ attributes: OpaquePointer
  ) throws(LightFault) {
    let none: StaticString = "none"
    let attribute = unsafe try open(path, attributes)
    var error = unsafe trigger.span.withUnsafeBufferPointer {
      unsafe linux_write_at_end(attributes, attribute, $0.baseAddress!, count)
    }
    guard error == 0 else { throw .system(error) }
    error = unsafe UnsafeRawPointer(none.utf8Start).withMemoryRebound(to: CChar.self, capacity: 4) {
      unsafe linux_write_attribute(attributes, attribute, $0, 4)
    }
    guard error == 0 else { throw .system(error) }
  }

  private static func take(
    _ channel: BoardFile.Channel, of board: borrowing BoardFile, _ attributes: OpaquePointer
  ) throws(LightFault) -> Driven {
    guard let chip = chip(channel.chip, of: board) else { throw .noSuchLight }
    guard let channels = SystemText(chip.appending("/npwm"))?.decimal, channel.number < channels else {
      throw .noSuchLight
    }
    let folder = chip.appending("/pwm").appending(number: channel.number)
    if SystemText(folder.appending("/period")) == nil {
      let export = unsafe try open(chip.appending("/export"), attributes)
      unsafe try write(channel.number, to: export, attributes)
    }
    let period = unsafe try open(folder.appending("/period"), attributes)
    let duty = unsafe try open(folder.appending("/duty_cycle"), attributes)
    let enable = unsafe try open(folder.appending("/enable"), attributes)
    // No period is refused for being shorter than the time that an earlier program left; without a period there is no time.
    if let before = SystemText(folder.appending("/period"))?.decimal, before > 0 {
      unsafe try write(0, to: duty, attributes)
    }
    unsafe try write(channel.periodNanoseconds, to: period, attributes)
    unsafe try write(channel.offNanoseconds, to: duty, attributes)
    unsafe try write(1, to: enable, attributes)
    unsafe try writeAtEnd(channel.offNanoseconds, to: duty, attributes)
    return Driven(
      attribute: duty, off: channel.offNanoseconds, on: channel.onNanoseconds, value: channel.offNanoseconds)
  }

  /// The folder of a chip: by its number, or by the name of its device, which doesn't move.
  private static func chip(_ name: BoardFile.TextRange, of board: borrowing BoardFile) -> SystemPath? {
    let chips = SystemPath("/sys/class/pwm/pwmchip")
    if let number = board.decimal(name) { return chips.appending(number: number) }
    for number in 0..<64 {
      let chip = chips.appending(number: number)
      var device = InlineArray<64, CChar>(repeating: 0)
      var storage = device.mutableSpan
      let length = unsafe storage.withUnsafeMutableBufferPointer { word in
        unsafe chip.appending("/device").withCString { unsafe linux_link_name($0, word.baseAddress!) }
      }
      guard length > 0 else { continue }
      let matches = unsafe device.span.withUnsafeBytes {
        unsafe board.equals(name, UnsafeRawBufferPointer(rebasing: $0[0..<Int(length)]))
      }
      if matches { return chip }
    }
    return nil
  }

  private static func open(_ path: SystemPath, _ attributes: OpaquePointer) throws(LightFault) -> Int32 {
    let number = unsafe path.withCString { unsafe linux_open_attribute(attributes, $0, patience) }
    guard number >= 0 else { throw .system(-number) }
    return number
  }

  private static func write(_ value: Int, to attribute: Int32, _ attributes: OpaquePointer) throws(LightFault) {
    let error = unsafe Digits(value).withText { unsafe linux_write_attribute(attributes, attribute, $0, $1) }
    guard error == 0 else { throw .system(error) }
  }

  private static func writeAtEnd(_ value: Int, to attribute: Int32, _ attributes: OpaquePointer) throws(LightFault) {
    let error = unsafe Digits(value).withText { unsafe linux_write_at_end(attributes, attribute, $0, $1) }
    guard error == 0 else { throw .system(error) }
  }

  /// Makes the lights of a class active, and the others inactive. Only what changes is written.
  ///
  /// - Parameters:
  ///   - label: of the decision; nil while there is none.
  ///   - strength: of 65536, how sure the decision is.
  ///   - nanoseconds: now, by the monotonic clock.
  public mutating func show(
    label: UnsafeRawBufferPointer?, strength: UInt32, of board: borrowing BoardFile, at nanoseconds: UInt64
  ) throws(SystemError) {
    for index in 0..<count {
      var isDecided = false
      if let label = unsafe label { isDecided = unsafe board.equals(board.light(index).label, label) }
      if isDecided, !lights[index].isDecided { lights[index].since = nanoseconds }
      lights[index].isDecided = isDecided
      lights[index].strength = followsProbability ? min(strength, 65536) : 65536
      try update(index, at: nanoseconds)
    }
  }

  /// Goes on with patterns between decisions.
  public mutating func advance(to nanoseconds: UInt64) throws(SystemError) {
    for index in 0..<count { try update(index, at: nanoseconds) }
  }

  /// When a pattern changes a light next, by the monotonic clock; nil for never.
  public var nextChange: UInt64? {
    var next: UInt64?
    for index in 0..<count where lights[index].isDecided {
      let since = lights[index].since
      guard let change = lights[index].pattern.nextChange(after: lights[index].updated &- since) else { continue }
      next = min(next ?? UInt64.max, since &+ change)
    }
    return next
  }

  private mutating func update(_ index: Int, at nanoseconds: UInt64) throws(SystemError) {
    let light = lights[index]
    let isActive = light.isDecided && light.pattern.isActive(after: nanoseconds &- light.since)
    lights[index].updated = nanoseconds
    // Off and on are below 2^31, the strength at most 2^16.
    let span = (Int64(light.on - light.off) * Int64(light.strength) + 32768) >> 16
    let value = isActive ? light.off + Int(span) : light.off
    guard value != light.value else { return }
    let error = unsafe Digits(value).withText { unsafe linux_write_attribute(attributes, light.attribute, $0, $1) }
    guard error == 0 else { throw SystemError(number: error) }
    lights[index].value = value
  }

  /// Makes all lights inactive, and gives LEDs back to their triggers.
  public mutating func driveSafe() throws(SystemError) {
    let error = unsafe linux_write_endings(UnsafeMutableRawPointer(attributes))
    guard error == 0 else { throw SystemError(number: error) }
  }
}

/// Why a board's light can't be had. `light` is an index of the board file's lights.
public struct LightError: Error, Sendable {
  public let fault: LightFault
  public let light: Int

  init(_ fault: LightFault, light: Int) {
    self.fault = fault
    self.light = light
  }
}

public enum LightFault: Error, Sendable {
  /// No such LED, chip or channel.
  case noSuchLight
  /// The system's error number.
  case system(Int32)
}

/// A number that is not negative, as decimal digits.
private struct Digits {
  private var bytes = InlineArray<20, CChar>(repeating: 48)
  private var first = 20

  init(_ value: Int) {
    var rest = value
    repeat {
      first -= 1
      bytes[first] = CChar(48 + rest % 10)
      rest /= 10
    } while rest > 0
  }

  func withText<Result>(_ body: (UnsafePointer<CChar>, Int) -> Result) -> Result {
    unsafe bytes.span.withUnsafeBufferPointer { unsafe body($0.baseAddress! + first, 20 - first) }
  }
}
