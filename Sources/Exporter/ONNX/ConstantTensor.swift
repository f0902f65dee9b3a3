import Foundation

/// A tensor whose values are known at import, in ONNX's row-major order.
struct ConstantTensor: Sendable, Equatable {
  enum Values: Sendable, Equatable {
    case floats([Float])
    case integers([Int64])
  }

  var dimensions: [Int]
  var values: Values

  init(_ dimensions: [Int], _ values: Values) {
    self.dimensions = dimensions
    self.values = values
  }

  static func vector(_ integers: [Int64]) -> ConstantTensor { ConstantTensor([integers.count], .integers(integers)) }

  var count: Int { dimensions.reduce(1, *) }
  var floats: [Float]? { if case .floats(let values) = values { values } else { nil } }
  var integers: [Int64]? { if case .integers(let values) = values { values } else { nil } }
}

/// ONNX's numbers for element types.
enum ElementType: Int32 {
  case float = 1
  case int32 = 6
  case int64 = 7
  case bool = 9
  case double = 11

  var bytes: Int {
    switch self {
    case .float, .int32: 4
    case .int64, .double: 8
    case .bool: 1
    }
  }
}

/// Above any small network's tensor; keeps products of dimensions far from overflow.
private let maximumElements = 1 << 28

extension ConstantTensor {
  /// Decodes an initializer or a constant; checks its size, and that floats are finite.
  ///
  /// - Parameter folder: where external data may lie; nil refuses it.
  init(_ proto: Onnx_TensorProto, folder: URL?) throws(ONNXError) {
    let name = proto.name
    guard let type = ElementType(rawValue: proto.dataType) else {
      throw .tensor(name: name, reason: "element type \(proto.dataType) is not float, double, int32, int64 or bool")
    }
    var count = 1
    for dimension in proto.dims {
      guard dimension >= 0, dimension <= maximumElements else {
        throw .tensor(name: name, reason: "dimension \(dimension) is out of range")
      }
      count *= Int(dimension)
      guard count <= maximumElements else {
        throw .tensor(name: name, reason: "dimensions \(proto.dims) make more than \(maximumElements) elements")
      }
    }
    let raw = try Self.rawBytes(proto, folder: folder)
    let values: Values
    switch type {
    case .float:
      values = .floats(try raw.map { b throws(ONNXError) in try Self.decode(b, count, name) } ?? proto.floatData)
    case .double:
      let doubles: [Double] = try raw.map { b throws(ONNXError) in try Self.decode(b, count, name) } ?? proto.doubleData
      values = .floats(doubles.map(Float.init))
    case .int32:
      let integers: [Int32] = try raw.map { b throws(ONNXError) in try Self.decode(b, count, name) } ?? proto.int32Data
      values = .integers(integers.map(Int64.init))
    case .int64:
      values = .integers(try raw.map { b throws(ONNXError) in try Self.decode(b, count, name) } ?? proto.int64Data)
    case .bool:
      let flags: [UInt8] =
        try raw.map { b throws(ONNXError) in try Self.decode(b, count, name) }
        ?? proto.int32Data.map { $0 == 0 ? 0 : 1 }
      values = .integers(flags.map { $0 == 0 ? 0 : 1 })
    }
    self.init(proto.dims.map(Int.init), values)
    let found = floats?.count ?? integers?.count ?? 0
    guard found == count else {
      throw .tensor(name: name, reason: "dimensions \(proto.dims) want \(count) elements, the data holds \(found)")
    }
    if let floats, let place = floats.firstIndex(where: { !$0.isFinite }) {
      throw .tensor(name: name, reason: "element \(place) is \(floats[place]): weights must be finite")
    }
  }

  /// The little-endian bytes, from the model itself or a file beside it; nil where typed fields hold the values.
  private static func rawBytes(_ proto: Onnx_TensorProto, folder: URL?) throws(ONNXError) -> Data? {
    if proto.dataLocation == 1 { return try ExternalData(proto).read(from: folder) }
    let hasTyped =
      !proto.floatData.isEmpty || !proto.int32Data.isEmpty || !proto.int64Data.isEmpty || !proto.doubleData.isEmpty
    return hasTyped ? nil : proto.rawData
  }

  private static func decode<Element: BitwiseCopyable>(
    _ bytes: Data, _ count: Int, _ name: String
  ) throws(ONNXError) -> [Element] {
    let size = MemoryLayout<Element>.size
    guard bytes.count == count * size else {
      throw .tensor(name: name, reason: "\(count) elements want \(count * size) bytes, the data holds \(bytes.count)")
    }
    return unsafe bytes.withUnsafeBytes { raw in
      (0..<count).map { unsafe raw.loadUnaligned(fromByteOffset: $0 * size, as: Element.self) }
    }
  }
}
