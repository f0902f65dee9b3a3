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

  /// A warning that names the model's classes for which no line becomes active; nothing if every class has one, or a number on lines for bits.
  mutating func classesWithoutLine(_ board: borrowing Board, _ model: borrowing ModelFile) {
    guard board.file.bitCount == 0 else { return }
    var found = false
    for index in 0..<model.classCount where unsafe board.file.entry(showing: model.unsafeLabel(index)) == nil {
      if found {
        text(", ")
      } else {
        text("ferrite-edge: warning: ")
        text(board.path)
        text(": no line shows ")
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
