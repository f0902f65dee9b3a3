/// The numbers of the inputs that a network has beside its image: NumPy arrays with a row for each picture, in the pictures' order.
public struct InputArrays: Sendable {
  /// An input as the network has it.
  public struct Input: Equatable, Sendable {
    public var name: String
    public var height: Int
    public var width: Int
    public var channels: Int

    public init(name: String, height: Int, width: Int, channels: Int) {
      self.name = name
      self.height = height
      self.width = width
      self.channels = channels
    }

    public var count: Int { height * width * channels }
    /// The extents of a row as people write them: a vector has one.
    public var extents: [Int] { height == 1 && width == 1 ? [channels] : [height, width, channels] }
  }

  private let inputs: [Input]
  /// By input.
  private let arrays: [NumPyArray]

  /// Opens arrays of float32 or float64, pictures x height x width x channels, or pictures x values of a vector.
  ///
  /// - Parameters:
  ///   - paths: a file for each input, in the inputs' order.
  ///   - pictures: how many rows there must be.
  public init(_ paths: [String], of inputs: [Input], pictures: Int) throws(DataError) {
    precondition(paths.count == inputs.count, "a file for each input")
    var arrays: [NumPyArray] = []
    for (path, input) in zip(paths, inputs) {
      let array = try NumPyArray(path: path)
      guard [.float32, .float64].contains(array.element) else {
        throw DataError(path, .unsupported("numbers of \(array.element), not float32"))
      }
      let whole = [pictures, input.height, input.width, input.channels]
      guard array.shape == whole || array.shape == [pictures] + input.extents else {
        throw DataError(path, .wrongRows(found: array.shape, wanted: [pictures] + input.extents))
      }
      arrays.append(array)
    }
    (self.inputs, self.arrays) = (inputs, arrays)
  }

  /// Bytes of a picture's numbers.
  public var rowBytes: Int { inputs.reduce(0) { $0 + MemoryLayout<Float>.size * $1.count } }

  /// The numbers of a picture, all inputs' one after the other: 32-bit floats, little-endian.
  ///
  /// - Throws: `DataError` with the row for a number that is not finite.
  public func row(_ index: Int) throws(DataError) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(rowBytes)
    for (input, array) in zip(inputs, arrays) {
      for place in index * input.count..<(index + 1) * input.count {
        let number = array.float(place)
        guard number.isFinite else { throw DataError(array.path, at: .image(index), .notFinite) }
        for byte in UInt32(0)..<4 { bytes.append(UInt8(truncatingIfNeeded: number.bitPattern >> (8 * byte))) }
      }
    }
    return bytes
  }
}
