import EdgeRuntime
import Quantize

/// What a model's inputs hold: how a frame of pixels and numbers becomes one of pixels and raw values.
public struct InputFormats: Sendable, Equatable {
  /// Pixels of the image.
  public var imageBytes: Int
  /// Of the inputs beside it: how many numbers, and in what format.
  public var others: [(count: Int, format: FixedFormat)]

  public static func == (left: Self, right: Self) -> Bool {
    left.imageBytes == right.imageBytes && left.others.elementsEqual(right.others) { $0 == $1 }
  }

  public init(_ graph: FixedGraph) {
    imageBytes = graph.tensors[graph.input].shape.count
    others = graph.inputs.dropFirst().map { (graph.tensors[$0].shape.count, graph.tensors[$0].format) }
  }

  public init(_ model: borrowing ModelFile) {
    imageBytes = model.imageBytes
    others = []
    for index in 1..<model.inputCount {
      let record = model.input(index)
      others.append((record.count, record.format))
    }
  }

  /// Bytes of a frame of pixels and numbers.
  public var frameBytes: Int { imageBytes + others.reduce(0) { $0 + MemoryLayout<Float>.size * $1.count } }

  /// A frame as `Session.begin(frame:)` takes it: each number's raw value, rounded and saturated by its format (RND, SAT).
  ///
  /// - Parameter frame: `frameBytes` bytes, as `FloatRunner` has them; NaN becomes 0.
  public func raw(_ frame: [UInt8]) -> [UInt8] {
    precondition(frame.count == frameBytes, "a frame of the model's inputs")
    guard !others.isEmpty else { return frame }
    var raw = Array(frame[..<imageBytes])
    var start = imageBytes
    for (count, format) in others {
      for _ in 0..<count {
        let number = Double(Float(littleEndian: frame[start...]))
        let value = number.isNaN ? 0 : format.raw(number)
        raw.append(UInt8(truncatingIfNeeded: value))
        if format.elementBytes == 2 { raw.append(UInt8(truncatingIfNeeded: value >> 8)) }
        start += MemoryLayout<Float>.size
      }
    }
    return raw
  }
}
