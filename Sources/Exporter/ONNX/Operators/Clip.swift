import Quantize

/// Clip-11 to 13; its bounds are optional inputs.
func importClip(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  func bound(_ index: Int, default value: Float) throws(ONNXError) -> Float {
    if node.optionalInput(index) == nil { return value }
    let array = try node.floats(index)
    guard array.count == 1, !array.elements[0].isNaN else {
      throw node.fail("input \(index) (\"\(node.inputNames[index])\") must be one number")
    }
    return array.elements[0]
  }
  return try importClip(
    node, &builder, least: try bound(1, default: -.infinity), greatest: try bound(2, default: .infinity))
}

/// A clip of every element; where its ends are the wrong way round, it is the greatest everywhere. Dims and order stay.
func importClip(
  _ node: ONNXNode, _ builder: inout GraphBuilder, least: Float, greatest: Float
) throws(ONNXError) -> Operand {
  var activation = try node.activation(0)
  activation.value = try builder.add(
    .clip(least: min(least, greatest), greatest: greatest), [activation.value], shape: builder.shape(activation.value),
    for: node)
  return .activation(activation)
}
