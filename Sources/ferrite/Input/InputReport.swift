import Exporter
import ImageData
import Quantize

/// What a network gets of pictures, and who says so: for people, programs and warnings.
struct InputReport {
  let extent: ImageExtent
  let preparation: InputPreparation
  let settings: InputSettings
  let states: Set<FloatGraph.Statement>
  let statistics: InputStatistics

  init(_ source: ExportSource, _ statistics: InputStatistics) {
    extent = source.extent
    preparation = source.graph.preparation
    settings = source.settings
    states = source.graph.states
    self.statistics = statistics
  }

  /// `options`, `network` or `nobody`.
  private var origin: String {
    settings.statesPreparation ? "options" : states.contains(.preparation) ? "network" : "nobody"
  }

  /// Whether somebody said that pixels are taken as they are: then no mean and deviation is better than another.
  private var isPlain: Bool {
    if settings.statesPreparation { return settings.mean == nil && settings.standardDeviation == nil }
    let isIdentity = preparation.mean.allSatisfy { $0 == 0 } && preparation.standardDeviation.allSatisfy { $0 == 1 }
    return states.contains(.preparation) && isIdentity
  }

  /// What is likely to be wrong; nil where nothing stands out.
  var warning: String? {
    let moments = statistics.moments
    // Pictures of one value alone say nothing of a preparation; export warns of them by themselves.
    guard !isPlain, !statistics.isUsual, moments.deviation > 0 else { return nil }
    var text =
      "on these pictures the network's input has the mean \(moments.mean.decimals(2)) and the deviation "
      + "\(moments.deviation.decimals(2)), where most networks are trained on about 0 and 1: "
    if origin == "nobody" {
      text += "nobody said how; --mean and --std do, or --range 1 if it takes pixel / 255 as it is"
    } else if settings.range == nil, settings.statesPreparation, moments.mean.magnitude > 1,
      ((settings.mean ?? []) + (settings.standardDeviation ?? [])).contains(where: { $0 > 2 })
    {
      text += "are the numbers those of pixels of 0 to 255? Then --range 255 says so"
    } else {
      text += "are --mean and --std those of its training?"
    }
    return text
  }

  /// `(pixel / 255 - 0.5) / 0.25`, by channel where they differ, or `(pixel - 127.5) / 64` where that is how it was given.
  var formula: String {
    let isInBytes = settings.range == 255
    let pixel = isInBytes ? "pixel" : "pixel / 255"
    func text(_ numbers: [Float]) -> String {
      let texts = numbers.map { (Double($0) * (isInBytes ? 255 : 1)).trimmed(4) }
      return Set(texts).count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]"
    }
    let (mean, deviation) = (text(preparation.mean), text(preparation.standardDeviation))
    let shifted = mean == "0" ? pixel : "\(pixel) - \(mean)"
    if deviation == "1" { return shifted }
    return "(\(shifted)) / \(deviation)"
  }

  private var channelText: String {
    switch settings.channels {
    case .bgr: "red, green, blue (of a network of blue, green, red)"
    case .grey where extent.channels == 1: "grey"
    default: extent.channels == 1 ? "grey" : extent.channels == 3 ? "red, green, blue" : "\(extent.channels) channels"
    }
  }

  /// Two lines.
  var text: String {
    let said = ["options": "as given", "network": "as the network says", "nobody": "as nobody says otherwise"]
    let resized = settings.resizeWay.map { "; others: \($0.rawValue)" } ?? ""
    return """
      input       \(extent.width)x\(extent.height) \(channelText)\(resized); \(formula), \(said[origin] ?? origin)
      seen        \(moments)

      """
  }

  /// `mean 0.03, deviation 0.97 over 35 pictures (0 and 1 are usual)`.
  var moments: String {
    let all = statistics.moments
    let channels = statistics.counts.indices.map { statistics.moments(channel: $0) }
    let each =
      channels.count < 2 || channels.count > 4
      ? ""
      : "; by channel \(channels.map { "\($0.mean.decimals(2)) and \($0.deviation.decimals(2))" }.joined(separator: ", "))"
    return "mean \(all.mean.decimals(2)), deviation \(all.deviation.decimals(2)) over \(statistics.pictures) pictures "
      + "(0 and 1 are usual)\(each)"
  }

  var json: JSON {
    [
      "channels": JSON((settings.channels ?? (extent.channels == 1 ? .grey : .rgb)).rawValue),
      "mean": JSON(preparation.mean.map { JSON.number(Double($0)) }),
      "std": JSON(preparation.standardDeviation.map { JSON.number(Double($0)) }),
      "stated_by": JSON(origin), "resize": settings.resizeWay.map { JSON($0.rawValue) } ?? .null,
      "seen": [
        "pictures": JSON(statistics.pictures), "mean": JSON(statistics.moments.mean),
        "deviation": JSON(statistics.moments.deviation),
        "channels": JSON(
          statistics.counts.indices.map { channel in
            let moments = statistics.moments(channel: channel)
            return ["mean": JSON(moments.mean), "deviation": JSON(moments.deviation)] as JSON
          }),
      ],
    ]
  }
}
