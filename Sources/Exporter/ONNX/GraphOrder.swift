/// The nodes that outputs need, each after those that it reads.
///
/// Walks from the outputs, so that nodes that only training needs are never looked at.
struct GraphOrder {
  /// Indices of nodes in the order of execution.
  private(set) var nodes: [Int] = []

  private enum State { case untouched, open, done }

  /// - Parameter known: the names that need no node: the input and the initializers.
  /// - Throws: `ONNXError.undefinedTensor`, `.cycle`, or `.invalidNode` where two nodes make one value.
  init(_ graph: ONNXGraphProto, outputs: [String], known: Set<String>) throws(ONNXError) {
    var producers: [String: Int] = [:]
    for (index, node) in graph.node.enumerated() {
      for name in node.output where !name.isEmpty {
        if known.contains(name) || producers[name] != nil {
          throw .invalidNode(node.place, reason: "\"\(name)\" is defined twice")
        }
        producers[name] = index
      }
    }
    var states = [State](repeating: .untouched, count: graph.node.count)
    for output in outputs {
      guard let last = producers[output] else {
        if known.contains(output) { continue }
        throw .interface(reason: "the graph's output \"\(output)\" is not computed by any node")
      }
      if states[last] == .untouched { try walk(graph, from: last, producers, known, &states) }
    }
  }

  /// Adds a node and those that it needs.
  private mutating func walk(
    _ graph: ONNXGraphProto, from last: Int, _ producers: [String: Int], _ known: Set<String>,
    _ states: inout [State]
  ) throws(ONNXError) {
    // Node and the number of its inputs already followed: a stack of our own, as chains may be long.
    var stack: [(node: Int, followed: Int)] = [(last, 0)]
    states[last] = .open
    while let (index, followed) = stack.last {
      let node = graph.node[index]
      guard followed < node.input.count else {
        states[index] = .done
        nodes.append(index)
        stack.removeLast()
        continue
      }
      stack[stack.count - 1].followed += 1
      let name = node.input[followed]
      if name.isEmpty || known.contains(name) { continue }
      guard let producer = producers[name] else { throw .undefinedTensor(node.place, tensor: name) }
      switch states[producer] {
      case .done: continue
      case .open: throw .cycle(graph.node[producer].place)
      case .untouched:
        states[producer] = .open
        stack.append((producer, 0))
      }
    }
  }
}

extension ONNXNodeProto {
  /// Its name, or its output's where it has none.
  var place: ONNXError.Place {
    let isStandard = domain.isEmpty || domain == "ai.onnx"
    return ONNXError.Place(
      node: name.isEmpty ? output.first ?? "" : name, operatorName: isStandard ? opType : "\(domain).\(opType)")
  }
}
