import EdgeRuntime

/// Which tensors lie inside others: views in their source, inputs of a concatenation in its output.
struct Nesting {
  /// By tensor: where it lies, as an offset into another tensor. A tensor without an entry stands by itself.
  private var parents: [Int: (tensor: Int, offset: Int)] = [:]

  /// Nests views, and those inputs of vector concatenations that the runtime then need not copy: same format, and no
  /// other place. (Along the channels of an image an input's bytes would lie apart.)
  init(_ graph: FixedGraph) {
    for (index, tensor) in graph.tensors.enumerated() where tensor.storage != index {
      parents[index] = (tensor.storage, 0)
    }
    for operation in graph.operations {
      guard case .concatenate(let shifts) = operation.kind else { continue }
      let output = graph.tensors[operation.output]
      guard output.shape.height == 1, output.shape.width == 1 else { continue }
      var offset = 0
      for (input, shift) in zip(operation.inputs, shifts) {
        let tensor = graph.tensors[input]
        // An input that others overlap (the same tensor twice, or a part of another input) can't be at both its places.
        let isApart = operation.inputs.filter { root(of: $0).tensor == root(of: input).tensor }.count == 1
        if shift == 0, tensor.format == output.format, isApart, parents[tensor.storage] == nil,
          !graph.inputs.contains(tensor.storage)
        {
          parents[tensor.storage] = (operation.output, offset)
        }
        offset += tensor.shape.channels * output.format.elementBytes
      }
    }
  }

  /// The outermost tensor around `index`, and the offset in it.
  func root(of index: Int) -> (tensor: Int, offset: Int) {
    var place = (tensor: index, offset: 0)
    while let parent = parents[place.tensor] {
      place = (parent.tensor, place.offset + parent.offset)
    }
    return place
  }
}
