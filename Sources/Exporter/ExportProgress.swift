import Quantize

/// The parts of an export that take long, as a progress bar names them.
public enum ExportPhase: String, Sendable {
  case calibrating
  case rounding = "rounding weights"
  case searching = "moving binary points"
  case measuring = "measuring noise"
}

/// Called from several threads with the units of work that a phase has just done.
public typealias ExportProgress = @Sendable (_ phase: ExportPhase, _ units: Int) -> Void

/// The units of work of an export without its calibration, whose units are its images: what the phases report, all in all.
///
/// - Throws: `ExportError` for a network that can't be exported.
public func exportUnits(_ source: ExportSource, images: Int, settings: QuantizationSettings) throws -> Int {
  let layers = try LayerGraph(fusing: source.graph)
  return (settings.repairsLayers ? Reconstruction.units(layers, images: images) : 0)
    + (settings.method == .joint ? JointSearch.units(layers) : 0) + min(images, NoiseMeasurement.imageLimit)
}
