import Quantize

extension Passes {
  /// Makes zeros around an image the padding of the convolutions and average-pools that read it, and what is less than any number that of
  /// max-pools. What else reads it still does.
  static func fusingPads(_ graph: FloatGraph) -> FloatGraph {
    var result = graph
    for index in graph.nodes.indices {
      let node = graph.nodes[index]
      guard let maker = graph.maker(of: node.inputs[0]),
        case .rearrange(let rearrangement) = graph.nodes[maker].operation,
        let around = rearrangement.around(
          graph.values[graph.nodes[maker].inputs[0]].shape, in: graph.values[node.inputs[0]].shape)
      else { continue }
      switch node.operation {
      case .convolution(var convolution) where rearrangement.fill == 0:
        guard let padding = convolution.padding.enlarged(by: around, most: 255) else { continue }
        convolution.padding = padding
        result.nodes[index].operation = .convolution(convolution)
      case .averagePool(let pool) where rearrangement.fill == 0 && pool.countsPadding:
        guard let padded = pool.padded(by: around) else { continue }
        result.nodes[index].operation = .averagePool(padded)
      case .maxPool(let pool) where rearrangement.fill == -.infinity:
        guard let padded = pool.padded(by: around) else { continue }
        result.nodes[index].operation = .maxPool(padded)
      default: continue
      }
      result.nodes[index].inputs[0] = graph.nodes[maker].inputs[0]
    }
    return result
  }
}

extension FloatRearrangement {
  /// How much it puts around an image; nil if it does anything else.
  fileprivate func around(_ image: Shape, in padded: Shape) -> Padding? {
    let padding = Padding(
      top: -rows.offset, left: -columns.offset, bottom: padded.height - image.height + rows.offset,
      right: padded.width - image.width + columns.offset)
    let plain = FloatRearrangement(
      rows: .init(offset: rows.offset), columns: .init(offset: columns.offset), fill: fill)
    guard [padding.top, padding.left, padding.bottom, padding.right].allSatisfy({ $0 >= 0 }),
      self == plain, image.channels == padded.channels
    else { return nil }
    return padding
  }
}

extension FloatPool {
  /// Nil for a window that would hold no pixel.
  fileprivate func padded(by around: Padding) -> FloatPool? {
    guard let padding = padding.enlarged(by: around, most: min(kernel.height, kernel.width) - 1) else { return nil }
    var padded = self
    padded.padding = padding
    return padded
  }
}

extension Padding {
  /// Nil if a side would exceed `most`.
  fileprivate func enlarged(by other: Padding, most: Int) -> Padding? {
    let sum = Padding(
      top: top + other.top, left: left + other.left, bottom: bottom + other.bottom, right: right + other.right)
    return max(sum.top, sum.left, sum.bottom, sum.right) <= most ? sum : nil
  }
}
