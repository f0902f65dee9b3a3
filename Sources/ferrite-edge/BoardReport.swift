import EdgeProgram
import EdgeRuntime

/// Boards, chips and lines as text.
extension TextWriter {
  mutating func text(_ range: BoardFile.TextRange, of file: borrowing BoardFile) {
    for index in 0..<range.count { byte(file.byte(index, of: range)) }
  }

  private mutating func role(_ role: BoardFile.Role, _ file: borrowing BoardFile) {
    switch role {
    case .class(let label): text(label, of: file)
    case .bit(let bit):
      text("bit ")
      integer(bit)
    case .heartbeat: text("heartbeat")
    }
  }

  private mutating func chip(_ chip: borrowing GPIOChip) {
    text("gpiochip")
    integer(chip.number)
    text(" (")
    unsafe text(chip.unsafeLabel)
    text(", ")
    integer(chip.lineCount)
    text(" lines)")
  }

  /// The chip, and a line for each of the board file's lines with its offset and the kernel's name for it.
  mutating func resolvedLines(
    _ file: borrowing BoardFile, _ resolution: LineResolution, _ chip: borrowing GPIOChip
  ) {
    if file.name.count > 0 {
      text(file.name, of: file)
      text(": ")
    }
    self.chip(chip)
    text("\n")
    for entry in 0..<file.lineCount {
      let offset = resolution.offset(entry)
      text("  line ")
      integer(offset)
      text(" \"")
      unsafe text(chip.unsafeName(of: offset))
      text("\" ")
      role(file[entry].role, file)
      text("\n")
    }
  }

  /// The lights that were taken, a line for each.
  mutating func lights(_ file: borrowing BoardFile) {
    for index in 0..<file.lightCount {
      text("  ")
      driver(file.light(index).driver, file)
      text(" ")
      text(file.light(index).label, of: file)
      text("\n")
    }
  }

  private mutating func driver(_ driver: BoardFile.Driver, _ file: borrowing BoardFile) {
    switch driver {
    case .led(let name):
      text("led ")
      text(name, of: file)
    case .pwm(let channel):
      text("pwm ")
      text(channel.chip, of: file)
      text(" ")
      integer(channel.number)
    }
  }

  mutating func lightError(_ error: LightError, _ file: borrowing BoardFile) {
    let light = file.light(error.light)
    text("line ")
    integer(light.lineNumber)
    text(": ")
    driver(light.driver, file)
    text(": ")
    switch error.fault {
    case .noSuchLight: text(light.driver.isLED ? "no such LED in /sys/class/leds" : "no such channel in /sys/class/pwm")
    case .system(let number): systemError(number)
    }
  }

  /// A warning that names the model's classes for which neither a line nor a light becomes active; nothing if every class has one, or a number on lines for bits.
  mutating func classesWithoutLine(_ board: borrowing Board, _ model: borrowing ModelFile) {
    guard board.file.bitCount == 0 else { return }
    var found = false
    for index in 0..<model.classCount {
      guard unsafe !board.file.shows(model.unsafeLabel(index)) else { continue }
      if found {
        text(", ")
      } else {
        text("ferrite-edge: warning: ")
        text(board.path)
        text(": nothing shows ")
        found = true
      }
      unsafe text(model.unsafeLabel(index))
    }
    if found { text("\n") }
  }

  mutating func lineError(_ error: LineError, _ file: borrowing BoardFile) {
    switch error {
    case .noChip(let systemError):
      text("no gpiochip has the label ")
      text(file.chipLabel, of: file)
      listChips()
      if systemError != 0 {
        text("; one could not be opened: ")
        self.systemError(systemError)
      }
    case .noSuchLine(let entry):
      place(entry, file)
      text("the chip has no such line")
    case .ambiguousName(let entry):
      place(entry, file)
      text("several lines of the chip have this name")
    case .pinTwice(let entry, let offset):
      place(entry, file)
      text("this is the chip's line ")
      integer(offset)
      text(", which another key names already")
    case .inUse(let entry, let offset, let consumer):
      place(entry, file)
      text("the chip's line ")
      integer(offset)
      text(" is in use by ")
      var index = 0
      while consumer[index] != 0 {
        byte(consumer[index])
        index += 1
      }
      if index == 0 { text("the kernel") }
    case .request(let systemError):
      text("the lines were refused: ")
      self.systemError(systemError)
    }
  }

  private mutating func place(_ entry: Int, _ file: borrowing BoardFile) {
    text("line ")
    integer(file[entry].lineNumber)
    text(": ")
    role(file[entry].role, file)
    text(" = ")
    switch file[entry].place {
    case .offset(let offset): integer(offset)
    case .name(let name): text(name, of: file)
    }
    text(": ")
  }

  private mutating func listChips() {
    text("; this machine has")
    var found = false
    for number in 0..<GPIOChip.maximumChips {
      do throws(SystemError) {
        let chip = try GPIOChip(number: number)
        text(found ? ", " : " ")
        self.chip(chip)
        found = true
      } catch { continue }
    }
    if !found { text(" none that can be opened") }
  }
}
