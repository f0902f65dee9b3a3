/// Products of pairs and moved values, by plain loops.

extension FloatRearrangement {
  /// - Parameters:
  ///   - image: input height x width x channels.
  ///   - output: output height x width x channels, overwritten.
  func apply<Element: BinaryFloatingPoint>(
    to image: [Element], _ imageShape: Shape, into output: inout [Element], _ outputShape: Shape
  ) {
    var target = 0
    for row in 0..<outputShape.height {
      let y = rows.source(row, of: imageShape.height, repeats: repeats)
      for column in 0..<outputShape.width {
        let x = columns.source(column, of: imageShape.width, repeats: repeats)
        for channel in 0..<outputShape.channels {
          let source = channel + firstChannel
          let isInside = y >= 0 && x >= 0 && 0..<imageShape.channels ~= source
          output[target] =
            isInside ? image[(y * imageShape.width + x) * imageShape.channels + source] : Element(fill)
          target += 1
        }
      }
    }
  }
}

/// - Parameters:
///   - second: of `secondShape`, whose extents are those of `shape` or 1.
///   - output: of `shape`, as `first`; overwritten.
func multiplyPairs<Element: BinaryFloatingPoint>(
  _ first: [Element], _ second: [Element], _ secondShape: Shape, into output: inout [Element], _ shape: Shape
) {
  var index = 0
  for row in 0..<shape.height {
    let y = secondShape.height == 1 ? 0 : row
    for column in 0..<shape.width {
      let x = secondShape.width == 1 ? 0 : column
      let pixel = (y * secondShape.width + x) * secondShape.channels
      for channel in 0..<shape.channels {
        output[index] = first[index] * second[pixel + (secondShape.channels == 1 ? 0 : channel)]
        index += 1
      }
    }
  }
}
