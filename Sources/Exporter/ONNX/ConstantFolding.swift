import Foundation

/// Evaluates nodes whose inputs are all constants: the shape arithmetic that exporters write.
enum ConstantFolding {
  typealias Fold = @Sendable (Importer.Context, URL?) throws(ONNXError) -> ConstantTensor

  static var operators: Set<String> { Set(folds.keys) }

  /// The value of the node, or nil when it is none of these operators or an input is computed.
  static func fold(_ c: Importer.Context, folder: URL?) throws(ONNXError) -> ConstantTensor? {
    guard let fold = folds[c.attributes.operatorName] else { return nil }
    for input in c.inputs {
      switch input {
      case .constant, nil: continue
      default: return nil
      }
    }
    return try fold(c, folder)
  }

  private static let folds: [String: Fold] = [
    "Constant": { (c, folder) throws(ONNXError) in try constant(c, folder) },
    "Identity": { (c, _) throws(ONNXError) in try c.constant(0) },
    "Cast": { (c, _) throws(ONNXError) in try cast(c) },
    "Shape": { (c, _) throws(ONNXError) in .vector(try c.constant(0).dimensions.map(Int64.init)) },
    "Gather": { (c, _) throws(ONNXError) in try gather(c) },
    "Slice": { (c, _) throws(ONNXError) in try slice(c) },
    "Concat": { (c, _) throws(ONNXError) in try concatenate(c) },
    "Unsqueeze": { (c, _) throws(ONNXError) in
      let tensor = try c.constant(0)
      return ConstantTensor(tensor.dimensions.count == 0 ? [1] : [1] + tensor.dimensions, tensor.values)
    },
    "Squeeze": { (c, _) throws(ONNXError) in
      let tensor = try c.constant(0)
      return ConstantTensor(tensor.dimensions.filter { $0 != 1 }, tensor.values)
    },
    "Reshape": { (c, _) throws(ONNXError) in try reshape(c) },
    "Add": { (c, _) throws(ONNXError) in try pointwise(c, +, { (a, b) in a.addingReportingOverflow(b) }) },
    "Sub": { (c, _) throws(ONNXError) in try pointwise(c, -, { (a, b) in a.subtractingReportingOverflow(b) }) },
    "Mul": { (c, _) throws(ONNXError) in try pointwise(c, *, { (a, b) in a.multipliedReportingOverflow(by: b) }) },
    "Div": { (c, _) throws(ONNXError) in try pointwise(c, /, { (a, b) in a.dividedReportingOverflow(by: b) }) },
  ]

  private static func constant(_ c: Importer.Context, _ folder: URL?) throws(ONNXError) -> ConstantTensor {
    if let tensor = c.attributes.tensor("value") { return try ConstantTensor(tensor, folder: folder) }
    if let integers = c.attributes.integers("value_ints") { return .vector(integers.map(Int64.init)) }
    if let floats = c.attributes.floats("value_floats") { return ConstantTensor([floats.count], .floats(floats)) }
    if c.attributes.has("value_int") {
      return ConstantTensor([], .integers([Int64(c.attributes.integer("value_int", default: 0))]))
    }
    if c.attributes.has("value_float") {
      return ConstantTensor([], .floats([c.attributes.float("value_float", default: 0)]))
    }
    throw c.attributes.operands("only tensor, float and integer values are supported")
  }

  private static func cast(_ c: Importer.Context) throws(ONNXError) -> ConstantTensor {
    let tensor = try c.constant(0)
    let type = Int32(truncatingIfNeeded: c.attributes.integer("to", default: 0))
    switch (ElementType(rawValue: type), tensor.values) {
    case (.float, .integers(let values)), (.double, .integers(let values)):
      return ConstantTensor(tensor.dimensions, .floats(values.map(Float.init)))
    case (.float, .floats), (.double, .floats), (.int32, .integers), (.int64, .integers): return tensor
    case (.int32, .floats(let values)), (.int64, .floats(let values)):
      guard values.allSatisfy({ abs($0) < 1e9 }) else { throw c.attributes.operands("a value is too large") }
      return ConstantTensor(tensor.dimensions, .integers(values.map { Int64($0) }))
    default: throw c.attributes.unsupported("to", found: "\(type)", supported: "float, double, int32, int64")
    }
  }

  private static func gather(_ c: Importer.Context) throws(ONNXError) -> ConstantTensor {
    let (data, indices) = (try integerVector(c, 0), try c.constant(1))
    let places = try c.integers(1).map { $0 < 0 ? $0 + data.count : $0 }
    guard places.allSatisfy(data.indices.contains) else { throw c.attributes.operands("an index is out of range") }
    return ConstantTensor(indices.dimensions, .integers(places.map { data[$0] }))
  }

  private static func slice(_ c: Importer.Context) throws(ONNXError) -> ConstantTensor {
    let data = try integerVector(c, 0)
    let steps = c.optional(4) == nil ? [1] : try c.integers(4)
    guard let start = try c.integers(1).first, let end = try c.integers(2).first, steps == [1] else {
      throw c.attributes.operands("only slices with step 1 are supported")
    }
    func clamp(_ bound: Int) -> Int { min(max(bound < 0 ? bound + data.count : bound, 0), data.count) }
    let (first, last) = (clamp(start), clamp(min(max(end, -(1 << 40)), 1 << 40)))
    return .vector(first < last ? Array(data[first..<last]) : [])
  }

  private static func concatenate(_ c: Importer.Context) throws(ONNXError) -> ConstantTensor {
    var all: [Int64] = []
    for index in c.inputs.indices { all += try integerVector(c, index) }
    return .vector(all)
  }

  private static func integerVector(_ c: Importer.Context, _ index: Int) throws(ONNXError) -> [Int64] {
    let tensor = try c.constant(index)
    guard tensor.dimensions.count <= 1, let values = tensor.integers else {
      throw c.attributes.operands("on constants it is supported for integer vectors only")
    }
    return values
  }

  private static func reshape(_ c: Importer.Context) throws(ONNXError) -> ConstantTensor {
    let tensor = try c.constant(0)
    var wanted = try c.integers(1)
    let known = wanted.filter { $0 > 0 && $0 <= tensor.count }.reduce(1) { min($0 * $1, 1 << 40) }
    if let free = wanted.firstIndex(of: -1), known > 0 { wanted[free] = tensor.count / known }
    guard wanted.allSatisfy({ $0 > 0 && $0 <= tensor.count }), wanted.count < 8,
      wanted.reduce(1, { min($0 * $1, 1 << 40) }) == tensor.count
    else { throw c.attributes.operands("shape \(wanted) does not fit \(tensor.dimensions)") }
    return ConstantTensor(wanted, tensor.values)
  }

  private static func pointwise(
    _ c: Importer.Context, _ onFloats: (Float, Float) -> Float,
    _ onIntegers: (Int64, Int64) -> (partialValue: Int64, overflow: Bool)
  ) throws(ONNXError) -> ConstantTensor {
    let (a, b) = (try c.constant(0), try c.constant(1))
    guard a.dimensions == b.dimensions || a.count == 1 || b.count == 1 else {
      throw c.attributes.operands("shapes \(a.dimensions) and \(b.dimensions) differ")
    }
    let dimensions = a.count >= b.count ? a.dimensions : b.dimensions
    let count = max(a.count, b.count)
    func at(_ index: Int, of tensor: ConstantTensor) -> Int { tensor.count == 1 ? 0 : index }
    if let x = a.floats, let y = b.floats {
      return ConstantTensor(dimensions, .floats((0..<count).map { onFloats(x[at($0, of: a)], y[at($0, of: b)]) }))
    }
    guard let x = a.integers, let y = b.integers else { throw c.attributes.operands("its inputs differ in type") }
    var result: [Int64] = []
    for index in 0..<count {
      let (value, overflow) = onIntegers(x[at(index, of: a)], y[at(index, of: b)])
      guard !overflow else { throw c.attributes.operands("its integers overflow or divide by zero") }
      result.append(value)
    }
    return ConstantTensor(dimensions, .integers(result))
  }
}
