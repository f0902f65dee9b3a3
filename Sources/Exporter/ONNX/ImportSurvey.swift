import Foundation
import Quantize

/// Everything in an ONNX file that keeps it from becoming a model, as far as shapes are known.
public struct ImportSurvey: Sendable {
  public struct Problem: Equatable, Sendable {
    /// Nil for a problem of the file as a whole.
    public var place: ONNXError.Place?
    /// Of the node's inputs, by name; nil where the file does not tell.
    public var inputs: [(name: String, dims: [Int]?)]
    public var reason: String
    /// What Ferrite has in its place.
    public var nearest: String?

    public static func == (left: Self, right: Self) -> Bool {
      left.place == right.place && left.reason == right.reason && left.nearest == right.nearest
        && left.inputs.elementsEqual(right.inputs) { $0 == $1 }
    }
  }

  /// In the order of execution.
  public var problems: [Problem]
  /// Nodes that were not looked at: they read what a problem's node makes, whose shape the file does not give.
  public var unread: Int
  /// The network, where it has no problem.
  public var graph: FloatGraph?
}

extension Importer {
  /// Reads a file past its problems: behind a node that can't be read goes on what the file says of its outputs' shapes.
  ///
  /// - Throws: `ONNXError.unreadable` for a file that can't be opened.
  public static func survey(path: String) throws(ONNXError) -> ImportSurvey {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw .unreadable(reason: error.localizedDescription)
    }
    return survey(data: data, folder: URL(fileURLWithPath: path).deletingLastPathComponent())
  }

  static func survey(data: Data, folder: URL?) -> ImportSurvey {
    do throws(ONNXError) {
      // The usual case, and the one that tells whether there is any problem.
      return ImportSurvey(problems: [], unread: 0, graph: try graph(data: data, folder: folder))
    } catch {
      let whole = ImportSurvey.Problem(place: nil, inputs: [], reason: error.description, nearest: nil)
      guard var found = try? problems(data: data, folder: folder) else {
        return ImportSurvey(problems: [whole], unread: 0)
      }
      // What stopped the reading may be a matter of no node: its output, its labels.
      if found.problems.isEmpty { found.problems = [whole] }
      return found
    }
  }

  private static func problems(data: Data, folder: URL?) throws(ONNXError) -> ImportSurvey {
    let model = try decode(data)
    let interface = try ONNXInterface(model.graph)
    var builder = GraphBuilder(externalData: ExternalData(folder: folder?.path))
    builder.opset = model.opset ?? builder.opset
    builder.addInputs(interface)
    let initializers = Dictionary(model.graph.initializer.map { ($0.name, $0) }) { first, _ in first }
    let order = try GraphOrder(
      model.graph, outputs: model.graph.ends(interface.outputs).map(\.source),
      known: Set(initializers.keys).union(interface.inputs.map(\.name)))
    let shapes = Dictionary(model.graph.valueInfo.compactMap { info in info.fixedDims.map { (info.name, $0) } }) {
      first, _ in first
    }
    var survey = ImportSurvey(problems: [], unread: 0)
    var unknown: Set<String> = []
    for node in order.nodes.map({ model.graph.node[$0] }) {
      guard unknown.isDisjoint(with: node.input) else {
        survey.unread += 1
        unknown.formUnion(node.output)
        continue
      }
      do throws(ONNXError) {
        try importNode(node, initializers, &builder)
      } catch {
        survey.problems.append(ImportSurvey.Problem(node, error, builder, initializers))
        for name in node.output where !name.isEmpty {
          if let dims = shapes[name], builder.addPlaceholder(name, dims) { continue }
          unknown.insert(name)
        }
      }
    }
    return survey
  }
}

extension ImportSurvey.Problem {
  fileprivate init(
    _ node: ONNXNodeProto, _ error: ONNXError, _ builder: GraphBuilder, _ initializers: [String: ONNXTensorProto]
  ) {
    place = node.place
    inputs = node.input.filter { !$0.isEmpty }.map { name in
      (name, builder.operands[name]?.dims ?? initializers[name].map { $0.dims.map { Int($0) } })
    }
    reason = error.reason
    nearest = OperatorTable.operators[node.place.operatorName] == nil ? NearestOperator.to(node.opType) : nil
  }
}

extension GraphBuilder {
  /// Makes a name stand for an image or a vector of which no more than its extents is known.
  ///
  /// - Returns: false for dims that are neither.
  fileprivate mutating func addPlaceholder(_ name: String, _ dims: [Int]) -> Bool {
    guard dims.first == 1, elementCount(dims) != nil, dims.allSatisfy({ (1...Self.extentLimit).contains($0) }) else {
      return false
    }
    switch dims.count {
    case 2:
      operands[name] = .activation(
        Activation(value: addInput(name, shape: .vector(dims[1])), dims: dims, positions: nil))
    case 3:
      let value = addInput(name, shape: Shape(height: 1, width: dims[2], channels: dims[1]))
      operands[name] = .activation(Activation(value: value, dims: dims, positions: nil))
    case 4:
      let value = addInput(name, shape: Shape(height: dims[2], width: dims[3], channels: dims[1]))
      operands[name] = asImage(value)
    default: return false
    }
    return true
  }
}

extension ONNXValueInfoProto {
  /// Its extents if it is a tensor of floats whose extents are all fixed.
  fileprivate var fixedDims: [Int]? {
    let tensor = type.tensorType
    guard tensor.elemType == .float else { return nil }
    var dims: [Int] = []
    for dimension in tensor.shape.dim {
      guard case .dimValue(let extent) = dimension.value else { return nil }
      dims.append(Int(extent))
    }
    return dims
  }
}
