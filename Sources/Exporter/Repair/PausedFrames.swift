import EdgeRuntime
import Quantize

/// Frames of a network whose layers are being chosen one after the other: each image's tensors as the operations so far have left them.
///
/// What is chosen of a layer changes nothing before it, so that no operation runs twice on an image. Takes the tensors' part of an arena for each image.
@safe
final class PausedFrames: @unchecked Sendable {
  private let images: Int
  /// Of the file that the frames ran last; of another one they would be at other places.
  private var tensors: [TensorRecord] = []
  private var frameBytes = 0
  private var memory = AlignedBytes(count: 0)
  /// Those that have run on every image.
  private var operations = 0

  init(images: Int) { self.images = images }

  /// A row of numbers from each image's input of an operation, one after the other.
  ///
  /// - Parameters:
  ///   - file: an encoded model. Its operations before those of the last call are as they were then.
  ///   - operation: the last call's or a later one.
  ///   - pixels: of an image.
  ///   - row: `rowCount` numbers from the raw values of the operation's first input on an image.
  func rows(
    _ file: [UInt8], before operation: Int, of rowCount: Int, pixels: @Sendable (Int) throws -> [UInt8],
    row: @Sendable (_ input: [Float], _ image: Int) -> [Float]
  ) throws -> [Float] {
    try fit(file)
    precondition(operation >= operations, "operations run in their order")
    // Nobody changes these before all threads have ended; each image's frame is one thread's.
    let (start, frameBytes) = (operations, frameBytes)
    nonisolated(unsafe) let frames = unsafe memory.unsafeBytes
    let rows = try concurrentRows(
      images, of: rowCount, prepare: { try ModelRunner(file, instructionSet: .fastest) }
    ) { runner, image in
      let frame = unsafe UnsafeMutableRawBufferPointer(rebasing: frames[image * frameBytes..<(image + 1) * frameBytes])
      if start == 0 { runner.begin(try pixels(image)) } else { unsafe runner.resume(UnsafeRawBufferPointer(frame)) }
      runner.step(start..<operation)
      unsafe runner.pause(frame)
      return row(runner.input(of: operation), image)
    }
    operations = operation
    return rows
  }

  /// Begins anew where the file's tensors lie otherwise than the last one's.
  private func fit(_ file: [UInt8]) throws {
    let runner = try ModelRunner(file, instructionSet: .scalar)
    guard runner.tensors != tensors else { return }
    tensors = runner.tensors
    frameBytes = runner.pausedBytes
    memory = AlignedBytes(count: images * frameBytes)
    operations = 0
  }
}
