import Quantize

extension Passes {
  /// Drops nodes that no output depends on, and numbers the values that are left without gaps.
  static func droppingDeadValues(_ graph: FloatGraph) -> FloatGraph {
    var isAlive = [Bool](repeating: false, count: graph.values.count)
    // Inputs stay even where nothing reads them: they come in all the same.
    for input in graph.inputs { isAlive[input] = true }
    for output in graph.outputs { isAlive[output.value] = true }
    for node in graph.nodes.reversed() where isAlive[node.output] {
      for input in node.inputs { isAlive[input] = true }
    }

    let kept = graph.values.indices.filter { isAlive[$0] }
    var number = [Int](repeating: 0, count: graph.values.count)
    for (new, old) in kept.enumerated() { number[old] = new }

    var result = graph
    result.values = kept.map { graph.values[$0] }
    result.input = number[graph.input]
    result.otherInputs = graph.otherInputs.map { number[$0] }
    for index in graph.outputs.indices { result.outputs[index].value = number[graph.outputs[index].value] }
    result.nodes = graph.nodes.filter { isAlive[$0.output] }.map { node in
      var node = node
      node.inputs = node.inputs.map { number[$0] }
      node.output = number[node.output]
      return node
    }
    return result
  }
}
