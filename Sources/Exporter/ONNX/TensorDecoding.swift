import Foundation

extension Operand {
  /// A tensor of the file: an initializer or a Constant's attribute.
  ///
  /// - Throws: `ONNXError.tensor` if the dims overflow or the bytes disagree with them or with the data type;
  ///   `ONNXError.externalData`.
  init(_ tensor: ONNXTensorProto, name: String, externalData: ExternalData) throws(ONNXError) {
    func fail(_ reason: String) -> ONNXError { .tensor(name: name, reason: reason) }
    let dims = tensor.dims.map { Int($0) }
    guard let count = elementCount(dims) else {
      throw fail("dims \(dims) are negative, or more than \(elementLimit) elements")
    }
    if let nibbles = tensor.dataType.nibbleValue {
      self = try Self.nibbles(tensor, dims, count: count, name: name, externalData: externalData, nibbles)
      return
    }
    guard let type = tensor.dataType.decoding else {
      throw fail(
        "data type \(tensor.dataType.name) is not supported: float, double, int64, int32, and signed and unsigned integers of 16, "
          + "8 and 4 bits and bool are")
    }
    if tensor.dataLocation == .external || !tensor.rawData.isEmpty {
      let bytes =
        tensor.dataLocation == .external
        ? try externalData.read(tensor, name: name, byteCount: count * type.elementBytes) : tensor.rawData
      guard bytes.count == count * type.elementBytes else {
        throw fail("dims \(dims) need \(count * type.elementBytes) bytes of data, \(bytes.count) are there")
      }
      self = type.raw(bytes, dims)
    } else {
      let (found, make) = type.typed(tensor, dims)
      guard found == count else { throw fail("dims \(dims) need \(count) elements, \(found) are there") }
      self = make()
    }
  }
}

extension Operand {
  /// Integers of 4 bits, two to a byte, the first in the low half.
  private static func nibbles(
    _ tensor: ONNXTensorProto, _ dims: [Int], count: Int, name: String, externalData: ExternalData,
    _ value: (UInt8) -> Int
  ) throws(ONNXError) -> Operand {
    let needed = (count + 1) / 2
    var bytes = tensor.int32Data.map { UInt8(truncatingIfNeeded: $0) }
    if tensor.dataLocation == .external {
      bytes = Array(try externalData.read(tensor, name: name, byteCount: needed))
    } else if !tensor.rawData.isEmpty {
      bytes = Array(tensor.rawData)
    }
    guard bytes.count == needed else {
      throw .tensor(name: name, reason: "dims \(dims) need \(needed) bytes of data, \(bytes.count) are there")
    }
    return .integers(NDArray(dims, (0..<count).map { value(bytes[$0 / 2] >> (4 * ($0 % 2)) & 15) }))
  }
}

extension ONNXTensorProto.DataType {
  /// ONNX's own name, also of types that came after the vendored schema.
  fileprivate var name: String {
    let later = [
      17: "float8e4m3fn", 18: "float8e4m3fnuz", 19: "float8e5m2", 20: "float8e5m2fnuz", 23: "float4e2m1",
      24: "float8e8m0", 25: "uint2", 26: "int2",
    ]
    return later[rawValue] ?? "\(self)"
  }
}

/// How a data type lies in a file.
private struct TensorType {
  var elementBytes: Int
  /// From little-endian bytes.
  var raw: (Data, [Int]) -> Operand
  /// From the typed field: how many elements it has, and the operand if their number is right.
  var typed: (ONNXTensorProto, [Int]) -> (Int, () -> Operand)
}

extension ONNXTensorProto.DataType {
  /// What four bits stand for; nil for wider types.
  fileprivate var nibbleValue: ((UInt8) -> Int)? {
    switch self {
    case .uint4: { Int($0) }
    case .int4: { Int($0) - ($0 < 8 ? 0 : 16) }
    default: nil
    }
  }

  fileprivate var decoding: TensorType? {
    switch self {
    case .float:
      TensorType(elementBytes: 4) { data, dims in
        .floats(NDArray(dims, littleEndian(data) { Float(bitPattern: $0) }))
      } typed: { tensor, dims in
        (tensor.floatData.count, { .floats(NDArray(dims, tensor.floatData)) })
      }
    case .double:
      TensorType(elementBytes: 8) { data, dims in
        .floats(NDArray(dims, littleEndian(data) { Float(Double(bitPattern: $0)) }))
      } typed: { tensor, dims in
        (tensor.doubleData.count, { .floats(NDArray(dims, tensor.doubleData.map { Float($0) })) })
      }
    case .int64:
      TensorType(elementBytes: 8) { data, dims in
        .integers(NDArray(dims, littleEndian(data) { Int(Int64(bitPattern: $0)) }))
      } typed: { tensor, dims in
        (tensor.int64Data.count, { .integers(NDArray(dims, tensor.int64Data.map { Int($0) })) })
      }
    case .int32: .small { (word: UInt32) in Int(Int32(bitPattern: word)) }
    case .int16: .small { (word: UInt16) in Int(Int16(bitPattern: word)) }
    case .uint16: .small { (word: UInt16) in Int(word) }
    case .int8: .small { (byte: UInt8) in Int(Int8(bitPattern: byte)) }
    case .uint8, .bool: .small { (byte: UInt8) in Int(byte) }
    default: nil
    }
  }
}

extension TensorType {
  /// An integer type whose typed field is `int32_data`.
  static func small<Word: FixedWidthInteger & BitwiseCopyable>(_ value: @escaping (Word) -> Int) -> TensorType {
    TensorType(elementBytes: Word.bitWidth / 8) { data, dims in
      .integers(NDArray(dims, littleEndian(data, value)))
    } typed: { tensor, dims in
      (tensor.int32Data.count, { .integers(NDArray(dims, tensor.int32Data.map { Int($0) })) })
    }
  }
}

/// Words from little-endian bytes, each made into an element.
private func littleEndian<Word: FixedWidthInteger & BitwiseCopyable, Element>(
  _ data: Data, _ element: (Word) -> Element
) -> [Element] {
  let size = MemoryLayout<Word>.size
  // Each load is checked against the buffer's end.
  return unsafe data.withUnsafeBytes { bytes in
    (0..<bytes.count / size).map { index in
      element(Word(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: index * size, as: Word.self)))
    }
  }
}
