import EdgeRuntime
import Glibc

@testable import FerriteEdge

/// Loads a cascade and looks for faces in a picture whose extents depend on the input.
func detectByCascade(_ bytes: UnsafeRawBufferPointer) -> Bool {
  let memory = unsafe ExactMemory(copying: bytes)
  do throws(CascadeError) {
    let cascade = unsafe try CascadeFile(unsafeBytes: UnsafeRawBufferPointer(memory.bytes))
    var settings = DetectorSettings()
    settings.neighbours = bytes.count % 3
    settings.capacity = bytes.count % 2 == 0 ? 2048 : 5
    let (width, height) = (32 + bytes.count % 31, 24 + bytes.count % 37)
    let needed = CascadeDetector.memoryBytes(cascade, width: width, height: height, settings)
    let working = ExactMemory(count: needed, filledWith: 0xA5)
    let picture = ExactMemory(count: width * height, filledWith: 0)
    var generator = SeededGenerator(seed: UInt64(bytes.count))
    for index in unsafe picture.bytes.indices { unsafe picture.bytes[index] = UInt8(generator.next(in: 0...255)) }
    var detector = unsafe CascadeDetector(
      cascade, width: width, height: height, settings, unsafeMemory: working.bytes)
    guard let source = unsafe picture.bytes.baseAddress else { preconditionFailure("a picture has pixels") }
    unsafe detector.run(unsafeSource: UnsafeRawPointer(source), pixelStep: 1, rowStep: width)
    for index in 0..<detector.count {
      let face = detector[index]
      precondition(face.x >= 0 && face.y >= 0 && face.width > 0 && face.height > 0, "a face has no place")
      precondition(
        Int(face.x) + Int(face.width) <= width && Int(face.y) + Int(face.height) <= height, "a face leaves the frame")
    }
  } catch {
    precondition(error.byteOffset >= 0 && error.byteOffset <= bytes.count, "an error lies outside of the file")
  }
  return true
}

/// Parses a board file and reads every text that it holds.
func parseBoard(_ bytes: UnsafeRawBufferPointer) -> Bool {
  do throws(BoardError) {
    let board = unsafe try BoardFile(parsing: Span(_unsafeElements: bytes.bindMemory(to: UInt8.self)))
    var sum: UInt64 = 0
    func add(_ range: BoardFile.TextRange) {
      for index in 0..<range.count { sum &+= UInt64(board.byte(index, of: range)) }
    }
    for text in [board.name, board.chipLabel, board.consumer] { add(text) }
    for index in 0..<board.lineCount {
      if case .class(let label) = board[index].role { add(label) }
      if case .name(let name) = board[index].place { add(name) }
    }
    for index in 0..<board.lightCount {
      add(board.light(index).label)
      switch board.light(index).driver {
      case .led(let name): add(name)
      case .pwm(let channel):
        add(channel.chip)
        precondition(channel.onNanoseconds <= channel.periodNanoseconds, "high for longer than a period")
      }
    }
    _ = unsafe board.shows(UnsafeRawBufferPointer(rebasing: bytes.prefix(8)))
    unsafe blackHole = sum
  } catch {
    precondition(error.lineNumber >= 0 && error.lineNumber <= bytes.count + 1, "an error lies outside of the file")
  }
  return true
}

/// Reads frames until the stream ends or is refused. A pipe holds the whole input (`-max_len`), so that nothing waits.
func readFrames(_ bytes: UnsafeRawBufferPointer) -> Bool {
  guard let kind = unsafe bytes.first else { return true }
  var ends: (Int32, Int32) = (0, 0)
  let opened = unsafe withUnsafeMutableBytes(of: &ends) {
    unsafe pipe($0.baseAddress!.assumingMemoryBound(to: Int32.self))
  }
  precondition(opened == 0, "no pipe")
  let written = unsafe write(ends.1, bytes.baseAddress! + 1, bytes.count - 1)
  precondition(written == bytes.count - 1, "a pipe is full")
  close(ends.1)
  defer { close(ends.0) }
  let size = FrameSize(height: 4, width: 5, channels: kind & 4 == 0 ? 1 : 3)
  var reader = FrameReader(descriptor: ends.0, kind & 1 == 0 ? .pgm : .raw, size)
  let pixels = ExactMemory(count: kind & 2 == 0 ? size.bytes : 64 * 48, filledWith: 0)
  do throws(FrameError) {
    if kind & 2 == 0 {
      while unsafe try reader.next(into: pixels.bytes) {}
    } else {
      while let picture = unsafe try reader.nextPicture(into: pixels.bytes) {
        precondition(picture.width * picture.height <= 64 * 48, "a picture is larger than its room")
      }
    }
  } catch {
    precondition(error.byteOffset >= 0 && error.byteOffset <= bytes.count, "an error lies outside of the stream")
  }
  return true
}
