import Quantize

/// A network with every format and number chosen: what settings decide, before a file is made and proved.
struct QuantizedNetwork {
  var graph: FixedGraph
  /// The source with its channels scaled.
  var equalised: Equalisation

  /// - Parameter calibration: what `calibrate` found of the same source on the same images.
  /// - Throws: `ExportError`, or what reading images or running the float graph threw.
  init(
    _ source: ExportSource, calibration: Calibration, images: CalibrationImages, settings: QuantizationSettings,
    progress: ExportProgress = { _, _ in }
  ) throws {
    equalised = try Equalisation(source.graph, calibration, settings: settings)
    let histograms = equalised.histograms(calibration)
    var layers = try equalised.layers
    if settings.repairsLayers {
      layers = try Reconstruction(
        layers, histograms: histograms, settings: settings, images: images, makeRunner: source.makeRunner,
        progress: progress
      ).layers
    }
    if settings.method == .joint {
      layers = try JointSearch(
        layers, histograms: histograms, settings: settings, images: images,
        makeRunner: { [graph = equalised.graph] in try source.makeRunner(graph) }, progress: progress
      ).layers
    }
    graph = try FixedGraph(layers, histograms: histograms, settings: settings)
  }
}

extension Equalisation {
  /// Scales the channels of a graph by what its calibration found.
  ///
  /// - Throws: `ExportError` for a graph that can't be exported, or values that no format reaches.
  init(_ graph: FloatGraph, _ calibration: Calibration, settings: QuantizationSettings) throws(ExportError) {
    let layers = try LayerGraph(fusing: graph)
    try checkRange(layers, calibration)
    self.init(layers, calibration: calibration.histograms, settings: settings)
  }

  /// The scaled graph's layers; an aligned input has its format.
  var layers: LayerGraph {
    get throws(ExportError) {
      var layers = try LayerGraph(fusing: graph)
      if let input { layers.inputFormats[layers.graph.input] = input.format }
      return layers
    }
  }

  /// By value of the scaled graph, its tensors' histograms.
  func histograms(_ calibration: Calibration) -> [Histogram?] {
    calibration.histograms.enumerated().map { value, channels in channels?.tensor(scaledBy: factors[value]) }
  }
}
