import CLinux
import EdgeProgram
import EdgeRuntime

/// A board file, read and checked.
struct Board: ~Copyable {
  let path: Word
  let file: BoardFile

  init(_ path: Word) throws(EdgeError) {
    self.path = path
    // One byte more than a board file may have, so that a longer one shows.
    var text = InlineArray<4097, UInt8>(repeating: 0)
    var storage = text.mutableSpan
    let count = try path.read(into: &storage)
    do throws(BoardError) {
      file = try BoardFile(parsing: text.span.extracting(0..<count))
    } catch {
      throw .board(path, error)
    }
  }

  /// Takes the lights at their inactive state and prints them to standard error; nil where the board has none.
  func takeLights() throws(EdgeError) -> LightOutputs? {
    guard file.lightCount > 0 else { return nil }
    var writer = TextWriter.standardError
    do throws(LightError) {
      let lights = try LightOutputs(file)
      writer.lights(file)
      writer.flush()
      return lights
    } catch {
      writer.text("ferrite-edge: ")
      writer.text(path)
      writer.text(": ")
      writer.lightError(error, file)
      writer.text("\n")
      writer.flush()
      throw .reported
    }
  }

  /// Finds the chip and the lines, takes them all, at the safe level, and prints them to standard error; nil where the
  /// board has none.
  func takeLines() throws(EdgeError) -> OutputLines? {
    guard file.lineCount > 0 else { return nil }
    var writer = TextWriter.standardError
    do throws(LineError) {
      let chip = try LineResolution.chip(of: file)
      let resolution = try LineResolution(file, on: chip)
      let lines = try OutputLines(file, resolution, on: chip)
      // Only now: whoever doesn't read the messages holds up nothing but messages.
      writer.resolvedLines(file, resolution, lines.chip)
      writer.flush()
      return lines
    } catch {
      writer.text("ferrite-edge: ")
      writer.text(path)
      writer.text(": ")
      writer.lineError(error, file)
      writer.text("\n")
      writer.flush()
      throw .reported
    }
  }

  /// Checks that the model has every class that the board names, and warns of the model's classes that the board lacks.
  func match(_ model: borrowing ModelFile) throws(EdgeError) {
    for entry in 0..<file.lineCount {
      guard case .class(let label) = file[entry].role else { continue }
      try check(label, onLine: file[entry].lineNumber, isClassOf: model)
    }
    for index in 0..<file.lightCount {
      let light = file.light(index)
      try check(light.label, onLine: light.lineNumber, isClassOf: model)
    }
    guard file.bitCount == 0 || model.classCount < 1 << file.bitCount else {
      throw .tooFewBits(path, classes: model.classCount)
    }
    var writer = TextWriter.standardError
    writer.classesWithoutLine(self, model)
    writer.flush()
  }

  private func check(
    _ label: BoardFile.TextRange, onLine lineNumber: Int, isClassOf model: borrowing ModelFile
  ) throws(EdgeError) {
    for index in 0..<model.classCount where unsafe file.equals(label, model.unsafeLabel(index)) { return }
    throw .noSuchClass(path, lineNumber: lineNumber)
  }
}
