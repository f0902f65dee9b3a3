import EdgeProgram

/// Why a frame can't be read, and at which byte of its input.
struct FrameError: Error {
  enum Fault {
    case system(Int32)
    case notPGM
    case notGrey(channels: Int)
    case size(width: Int, height: Int, FrameSize)
    case outOfRange(width: Int, height: Int)
    case maximum(Int)
    case truncated
  }

  let fault: Fault
  let byteOffset: UInt64

  init(_ fault: Fault, at byteOffset: UInt64) {
    self.fault = fault
    self.byteOffset = byteOffset
  }

  func report(to writer: inout TextWriter) {
    switch fault {
    case .system(let number): return writer.systemError(number)
    case .notPGM: writer.text("no binary PGM (P5)")
    case .notGrey(let channels):
      writer.text("a PGM has one channel, the model takes ")
      writer.integer(channels)
    case .size(let width, let height, let size):
      writer.text("the image is ")
      writer.extents(width, height)
      writer.text(", the model takes ")
      writer.extents(size.width, size.height)
    case .outOfRange(let width, let height):
      writer.text("the image is ")
      writer.extents(width, height)
      writer.text(", 16 to 4096 pixels either way are possible")
    case .maximum(let maximum):
      writer.text("the maximum value is ")
      writer.integer(maximum)
      writer.text(", not 255")
    case .truncated: writer.text("the input ends within a frame")
    }
    writer.text(", at byte ")
    writer.integer(byteOffset)
  }
}
