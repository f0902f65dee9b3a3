import Quantize

/// Rewrites of a float graph that keep what it computes, up to the rounding of folded weights. Each takes a sound graph
/// and returns a sound graph.
public enum Passes {
  /// Every pass, in the order in which one makes room for the next: the form that quantisation starts from.
  public static func all(_ graph: FloatGraph) -> FloatGraph {
    // Dead readers go first, because a value that is read once can be folded; last goes what folding left over.
    let live = droppingDeadValues(droppingIdentities(graph))
    let folded = droppingDeadValues(fusingPads(foldingBatchNormalization(live)))
    let convolved = convolvingBatchNormalization(folded)
    let ordered = clippingBeforeMaxPools(convolved)
    return droppingDeadValues(ordered)
  }
}

extension FloatGraph {
  /// The index of the one node that reads a value; nil if several do, if it is read twice, or if it is an output of the graph's.
  func onlyReader(of value: Int) -> Int? {
    if isOutput(value) { return nil }
    var reader: Int?
    for (index, node) in nodes.enumerated() {
      for input in node.inputs where input == value {
        if reader != nil { return nil }
        reader = index
      }
    }
    return reader
  }

  /// The index of the node that makes a value; nil for the graph's input.
  func maker(of value: Int) -> Int? { nodes.firstIndex { $0.output == value } }
}
