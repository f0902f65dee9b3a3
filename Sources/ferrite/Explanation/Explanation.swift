import EdgeRuntime
import ImageData

/// What a network made of one picture, and why: the data behind an explanation's drawing and its JSON.
struct Explanation: Sendable {
  var id: String
  var image: PixelImage
  /// The network's answer.
  var index: Int
  var probabilities: [Double]
  var occlusion: OcclusionMap
  var samplers: [SamplerView]
}

extension Explanation {
  func json(labels: [String], window: Int) -> JSON {
    let rows = (0..<occlusion.height).map { row in
      JSON(occlusion.covered[row * occlusion.width..<(row + 1) * occlusion.width].map { JSON.rounded($0, digits: 6) })
    }
    return [
      "image": JSON(id), "class": JSON(labels[index]), "index": JSON(index),
      "probabilities": JSON(probabilities.map { JSON.rounded($0, digits: 6) }),
      "occlusion": [
        "class": JSON(labels[occlusion.index]), "window": JSON(window),
        "probability": JSON.rounded(occlusion.probability, digits: 6), "covered": JSON(rows),
      ],
      "samplers": JSON(samplers.map(\.json)),
    ]
  }

  func text(labels: [String]) -> String {
    let (row, column) = occlusion.weakest
    let least = occlusion.covered[row * occlusion.width + column]
    var text = """
      \(id): \(labels[index]) \(probabilities[index].decimals(4))
        covering row \(row), column \(column) costs most: \(labels[occlusion.index]) falls from \
      \(occlusion.probability.decimals(4)) to \(least.decimals(4))

      """
    for sampler in samplers {
      let corners = sampler.corners.map { "(\($0.x.decimals(1)), \($0.y.decimals(1)))" }.joined(separator: " ")
      text += "  \(sampler.name.briefLayerName) looks at \(corners)\n"
    }
    return text
  }
}

extension SamplerView {
  fileprivate var json: JSON {
    [
      "name": JSON(name), "theta": JSON(theta.map { JSON.number($0) }),
      "corners": JSON(corners.map { [JSON.rounded($0.x, digits: 4), JSON.rounded($0.y, digits: 4)] }.map { JSON($0) }),
      "width": JSON(width), "height": JSON(height), "sampled": JSON(sampled.map { JSON.rounded($0, digits: 6) }),
    ]
  }
}
