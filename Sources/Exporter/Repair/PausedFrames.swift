import EdgeRuntime
import Quantize

/// Frames of a network whose layers are being chosen one after the other: each image's tensors as the operations so far have left them.
///
/// What is chosen of a layer changes nothing before it, so that no operation runs twice on an image. Takes what is still to be read of each image's
/// tensors, not their whole arena. Called by one thread at a time; each image's frame is one thread's.
final class PausedFrames: @unchecked Sendable {
  /// Of an image.
  private final class Frame: @unchecked Sendable {
    var bytes: [UInt8] = []
  }

  private let frames: [Frame]
  /// Of the file that the frames ran last; of another one they would be at other places.
  private var tensors: [TensorRecord] = []
  /// The bytes of the arena that the frames hold.
  private var live = RangeSet<Int>()
  /// Those that have run on every image.
  private var operations = 0

  init(images: Int) { frames = (0..<images).map { _ in Frame() } }

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
    let first = try ModelRunner(file, instructionSet: .scalar)
    if first.tensors != tensors { (tensors, operations) = (first.tensors, 0) }
    precondition(operation >= operations, "operations run in their order")
    let (start, before, after) = (operations, live, first.live(before: operation))
    let rows = try concurrentRows(
      frames.count, of: rowCount, prepare: { try ModelRunner(file, instructionSet: .fastest) }
    ) { [frames] runner, image in
      if start == 0 { runner.begin(try pixels(image)) } else { runner.resume(frames[image].bytes, before) }
      runner.step(start..<operation)
      frames[image].bytes = runner.pause(after)
      return row(runner.input(of: operation), image)
    }
    (operations, live) = (operation, after)
    return rows
  }
}
