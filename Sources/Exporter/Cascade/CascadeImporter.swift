import EdgeRuntime

extension FloatCascade {
  /// Of a document; a larger one is refused.
  public static let maximumBytes = XMLElement.maximumBytes

  /// Reads what OpenCV's `traincascade` writes (FileStorage XML, `CascadeClassifier::Data::read` in cascadedetect.cpp).
  ///
  /// - Parameters:
  ///   - document: the file's bytes.
  ///   - file: its name for messages.
  /// - Throws: `CascadeImportError` with the line of the element at fault.
  public init(xml document: [UInt8], file: String) throws(CascadeImportError) {
    let root = try XMLElement.parse(document, file: file)
    self = try CascadeReader(file: file).cascade(root)
  }
}

/// Reads elements of one file.
private struct CascadeReader {
  let file: String

  func cascade(_ root: XMLElement) throws(CascadeImportError) -> FloatCascade {
    guard root.name == "opencv_storage", let cascade = root.children.first else { throw error(root, .notCascade) }
    guard cascade.name == "cascade" else {
      // Cascades of the first format have any name, and stages with trees in them.
      let isOld = cascade["size"] != nil && cascade["stages"] != nil
      throw error(cascade, isOld ? .unsupported("a Haar cascade of OpenCV's first format; LBP is taken") : .notCascade)
    }
    let type = try child("featureType", of: cascade)
    guard trimmed(type) == "LBP" else {
      throw error(type, .unsupported("features of type \(trimmed(type)); LBP is taken"))
    }
    let boost = try child("stageType", of: cascade)
    guard trimmed(boost) == "BOOST" else { throw error(boost, .unsupported("stages of type \(trimmed(boost))")) }
    let window = (
      width: try integer("width", of: cascade, in: 3...CascadeLayout.maximumWindow),
      height: try integer("height", of: cascade, in: 3...CascadeLayout.maximumWindow)
    )
    _ = try integer("maxCatCount", of: child("featureParams", of: cascade), in: 256...256)
    let features = try features(of: cascade, window)
    let list = try child("stages", of: cascade)
    try check(list, "stages", list.children.count, 1...CascadeLayout.maximumStages)
    var stages: [FloatCascade.Stage] = []
    for element in list.children { stages.append(try stage(element, features)) }
    let result = FloatCascade(windowWidth: window.width, windowHeight: window.height, stages: stages)
    try check(list, "stumps", result.stumpCount, 1...CascadeLayout.maximumStumps)
    return result
  }

  private func features(of cascade: XMLElement, _ window: (width: Int, height: Int)) throws(CascadeImportError)
    -> [[Int]]
  {
    let list = try child("features", of: cascade)
    try check(list, "features", list.children.count, 1...65535)
    var features: [[Int]] = []
    for element in list.children {
      let rect = try child("rect", of: element)
      let numbers = try integers(rect, expected: "x, y, width and height of a block", count: 4)
      let (x, y, width, height) = (numbers[0], numbers[1], numbers[2], numbers[3])
      // 255 bounds each before any is multiplied.
      guard numbers.allSatisfy({ 0...255 ~= $0 }), width >= 1, height >= 1, x + 3 * width <= window.width,
        y + 3 * height <= window.height
      else { throw error(rect, .feature("leaves the window with its 3 x 3 blocks")) }
      guard width * height <= CascadeLayout.maximumBlockPixels else {
        throw error(rect, .feature("has blocks of more than \(CascadeLayout.maximumBlockPixels) pixels"))
      }
      features.append(numbers)
    }
    return features
  }

  private func stage(_ element: XMLElement, _ features: [[Int]]) throws(CascadeImportError) -> FloatCascade.Stage {
    let threshold = try child("stageThreshold", of: element)
    let value = try floats(threshold, expected: "a number", count: 1)[0]
    let trees = try child("weakClassifiers", of: element)
    try check(trees, "stumps", trees.children.count, 1...CascadeLayout.maximumStumps)
    var stumps: [FloatCascade.Stump] = []
    for tree in trees.children { stumps.append(try stump(tree, features)) }
    // OpenCV takes so much off, in single precision, so that what is equal passes.
    return FloatCascade.Stage(threshold: value - 1e-5, stumps: stumps)
  }

  private func stump(_ tree: XMLElement, _ features: [[Int]]) throws(CascadeImportError) -> FloatCascade.Stump {
    let nodes = try child("internalNodes", of: tree)
    let leaves = try child("leafValues", of: tree)
    let words = words(nodes)
    guard words.count <= 11 else { throw error(nodes, .unsupported("trees of more than one node")) }
    let numbers = try integers(nodes, expected: "two children, a feature and the 8 words of a subset", count: 11)
    guard numbers[0] == 0, numbers[1] == -1 else {
      throw error(nodes, .malformed("internalNodes", expected: "0 -1 for the leaves of a stump"))
    }
    guard features.indices ~= numbers[2] else {
      throw error(nodes, .featureIndex(numbers[2], count: features.count))
    }
    var subset: [UInt32] = []
    for number in numbers[3...] {
      guard let word = Int32(exactly: number) else {
        throw error(nodes, .malformed("internalNodes", expected: "words of 32 bits"))
      }
      subset.append(UInt32(bitPattern: word))
    }
    let values = try floats(leaves, expected: "two numbers", count: 2)
    let feature = features[numbers[2]]
    return FloatCascade.Stump(
      x: feature[0], y: feature[1], width: feature[2], height: feature[3], inside: values[0], outside: values[1],
      subset: subset)
  }
}

extension CascadeReader {
  private func error(_ element: XMLElement, _ fault: CascadeImportError.Fault) -> CascadeImportError {
    CascadeImportError(file, line: element.line, fault)
  }

  private func check(
    _ element: XMLElement, _ what: String, _ count: Int, _ limit: ClosedRange<Int>
  ) throws(CascadeImportError) {
    guard limit ~= count else { throw error(element, .count(what, count, limit: limit)) }
  }

  private func child(_ name: String, of parent: XMLElement) throws(CascadeImportError) -> XMLElement {
    guard let child = parent[name] else { throw error(parent, .missing(name, in: parent.name)) }
    return child
  }

  private func words(_ element: XMLElement) -> [Substring] { element.text.split(whereSeparator: \.isWhitespace) }

  private func trimmed(_ element: XMLElement) -> String { words(element).joined(separator: " ") }

  private func integer(
    _ name: String, of parent: XMLElement, in range: ClosedRange<Int>
  ) throws(CascadeImportError) -> Int {
    let element = try child(name, of: parent)
    let expected = range.count == 1 ? "\(range.lowerBound)" : "a number from \(range.lowerBound) to \(range.upperBound)"
    let value = try integers(element, expected: expected, count: 1)[0]
    guard range ~= value else { throw error(element, .malformed(name, expected: expected)) }
    return value
  }

  private func integers(
    _ element: XMLElement, expected: String, count: Int
  ) throws(CascadeImportError) -> [Int] {
    let values = words(element).map { Int($0) }
    guard values.count == count, !values.contains(nil) else {
      throw error(element, .malformed(element.name, expected: expected))
    }
    return values.compactMap(\.self)
  }

  /// Decimal numbers, through double to single precision as OpenCV takes them.
  private func floats(
    _ element: XMLElement, expected: String, count: Int
  ) throws(CascadeImportError) -> [Float] {
    let values = words(element).map { Double($0) }
    guard values.count == count, !values.contains(nil) else {
      throw error(element, .malformed(element.name, expected: expected))
    }
    let floats = values.compactMap(\.self).map { Float($0) }
    // So many stumps as a file may have then sum to less than 2^31.
    guard floats.allSatisfy({ $0.magnitude < 262_144 }) else {
      throw error(element, .outOfRange("<\(element.name)>"))
    }
    return floats
  }
}
