import Quantize

extension Importer {
  /// ONNX's dimensions of a value, where it has any that shape arithmetic may ask for.
  func dimensions(_ value: ImportedValue, _ attributes: NodeAttributes) throws(ONNXError) -> [Int] {
    switch value {
    case .constant(let tensor): return tensor.dimensions
    case .image(let image): return [1, shape(image).channels, shape(image).height, shape(image).width]
    case .vector(_, let order): return [1, order.count]
    case .theta: return [1, 2, 3]
    default: throw attributes.operands("it is not supported on \(value.name)")
    }
  }

  func shapeOf(_ c: Context) throws(ONNXError) -> ImportedValue {
    let all = try dimensions(c.input(0), c.attributes)
    func bound(_ name: String, default value: Int) -> Int {
      let found = c.attributes.integer(name, default: value)
      return min(max(found < 0 ? found + all.count : found, 0), all.count)
    }
    let (start, end) = (bound("start", default: 0), bound("end", default: all.count))
    return .constant(.vector(start < end ? all[start..<end].map(Int64.init) : []))
  }

  func cast(_ c: Context) throws(ONNXError) -> ImportedValue {
    let type = c.attributes.integer("to", default: 0)
    guard type == Int(ElementType.float.rawValue) else {
      throw c.attributes.unsupported("to", found: "\(type)", supported: "1 (float)")
    }
    return try c.input(0)
  }

  /// A flattening of all but the batch.
  mutating func flatten(_ c: Context) throws(ONNXError) -> ImportedValue {
    let axis = c.attributes.integer("axis", default: 1)
    let value = try c.input(0)
    let rank = try dimensions(value, c.attributes).count
    guard axis == 1 || axis == 1 - rank else {
      throw c.attributes.unsupported("axis", found: "\(axis)", supported: "1")
    }
    return try asVector(value, c.attributes)
  }

  private mutating func asVector(_ value: ImportedValue, _ attributes: NodeAttributes) throws(ONNXError)
    -> ImportedValue
  {
    switch value {
    case .vector: return value
    case .theta(let theta): return .vector(theta, order: Array(0..<6))
    case .image(let image):
      let input = shape(image)
      var order: [Int] = []
      order.reserveCapacity(input.count)
      for channel in 0..<input.channels {
        for pixel in 0..<input.height * input.width { order.append(pixel * input.channels + channel) }
      }
      return .vector(append(.flatten, [image], .vector(input.count), named: attributes), order: order)
    default: throw attributes.operands("it is not supported on \(value.name)")
    }
  }

  /// To a vector [1, N], to an affine map [1, 2, 3], or of sampling places to [1, H, W, 2].
  mutating func reshape(_ c: Context) throws(ONNXError) -> ImportedValue {
    let value = try c.input(0)
    let wanted = try c.integers(1)
    if case .flatGrid(let theta, let base) = value {
      guard wanted.count == 4, wanted[3] == 2, wanted[1] > 0, wanted[2] > 0, abs(wanted[0]) == 1 else {
        throw c.attributes.operands("sampling places take the shape [1, H, W, 2], not \(wanted)")
      }
      return try grid(theta, base, height: wanted[1], width: wanted[2], c.attributes)
    }
    let found = try dimensions(value, c.attributes)
    let resolved = try resolve(wanted, from: found, c.attributes)
    if resolved == found { return value }
    let count = found.reduce(1, *)
    if resolved == [1, count] { return try asVector(value, c.attributes) }
    if resolved == [1, 2, 3], case .vector(let vector, let order) = value, order.elementsEqual(0..<6) {
      return .theta(vector)
    }
    throw c.attributes.operands("from \(found) to \(resolved): only flattenings and affine maps are supported")
  }

  /// ONNX Reshape: 0 copies (unless `allowzero`), -1 takes the rest.
  private func resolve(_ wanted: [Int], from found: [Int], _ attributes: NodeAttributes) throws(ONNXError) -> [Int] {
    let copiesZero = attributes.integer("allowzero", default: 0) == 0
    var result: [Int] = []
    for (index, extent) in wanted.enumerated() {
      result.append(extent == 0 && copiesZero && index < found.count ? found[index] : extent)
    }
    let count = found.reduce(1, *)
    if let free = result.firstIndex(of: -1) {
      let others = result.enumerated().filter { $0.offset != free }.map(\.element)
      guard others.allSatisfy({ $0 > 0 && $0 <= count }), others.count < 8 else {
        throw attributes.operands("shape \(wanted) does not fit \(found)")
      }
      let known = others.reduce(1, *)
      guard known > 0, count % known == 0 else { throw attributes.operands("shape \(wanted) does not fit \(found)") }
      result[free] = count / known
    }
    guard result.allSatisfy({ $0 > 0 && $0 <= count }), result.count < 8, result.reduce(1, *) == count else {
      throw attributes.operands("shape \(wanted) does not fit \(found)")
    }
    return result
  }

  /// Along channels: images of one size, or vectors (flattened images keep their own order inside their part).
  mutating func concatenate(_ c: Context) throws(ONNXError) -> ImportedValue {
    let axis = c.attributes.integer("axis", default: 1)
    guard (2...4).contains(c.inputs.count) else {
      throw c.attributes.operands("\(c.inputs.count) inputs; two to four are supported")
    }
    var values: [Int] = []
    if case .image(let first) = try c.input(0) {
      guard axis == 1 || axis == -3 else {
        throw c.attributes.unsupported("axis", found: "\(axis)", supported: "1 (channels)")
      }
      var output = shape(first)
      output.channels = 0
      for index in c.inputs.indices {
        let image = try c.image(index)
        guard shape(image).height == output.height, shape(image).width == output.width else {
          throw c.attributes.operands("its inputs differ in size")
        }
        output.channels += shape(image).channels
        values.append(image)
      }
      return .image(append(.concatenate, values, output, named: c.attributes))
    }
    guard axis == 1 || axis == -1 else {
      throw c.attributes.unsupported("axis", found: "\(axis)", supported: "1 (features)")
    }
    var order: [Int] = []
    for index in c.inputs.indices {
      let (value, part) = try vector(c, index)
      let start = order.count
      order += part.map { $0 + start }
      values.append(value)
    }
    return .vector(append(.concatenate, values, .vector(order.count), named: c.attributes), order: order)
  }
}
