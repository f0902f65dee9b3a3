/// Why a network can't be written as a model file.
public enum ExportError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The runtime has no such operation.
  case unsupported(layer: String, reason: String)
  /// A weight or a bias is NaN or infinite.
  case notFinite(layer: String, channel: Int)
  /// A tensor is NaN or infinite on a calibration image.
  case notFiniteOnImage(tensor: String, image: Int)
  /// A tensor's values on the calibration images are beyond every format.
  case outOfRange(tensor: String, reach: Float)
  /// 32 bits can't hold a layer's sums.
  case accumulatorOverflow(layer: String, channel: Int)
  /// The settings contradict the network.
  case conflict(SettingsConflict)
  case noCalibrationImages
  case wrongImageSize(image: Int, bytes: Int, wanted: Int)
  /// The model is larger than a file or an arena may be.
  case tooLarge(String)
  /// The loader refused what the writer had made.
  case refusedByLoader(String, byteOffset: Int)
  /// No layer has a width that is free.
  case nothingToSearch
  /// A search's budget is below what the narrowest widths need.
  case budgetTooSmall(String)
  /// No widths lose as little accuracy as a search was asked for.
  case lossNotReached(least: Double)
  case unwritable(path: String, reason: String)

  public var description: String {
    switch self {
    case .unsupported(let layer, let reason): "layer \(layer): \(reason)"
    case .notFinite(let layer, let channel):
      "layer \(layer): output channel \(channel) has a weight or bias that is not finite"
    case .notFiniteOnImage(let tensor, let image): "tensor \(tensor) is not finite on calibration image \(image)"
    case .outOfRange(let tensor, let reach):
      "tensor \(tensor) reaches \(reach) on the calibration images, 2^64 at most can be quantised: "
        + "is a weight before it damaged?"
    case .accumulatorOverflow(let layer, let channel):
      "layer \(layer): the sums of output channel \(channel) do not fit 32 bits; fewer --weight-bits or --activation-bits"
    case .conflict(let conflict):
      conflict.setting.map { "layer \(conflict.layer): \($0.rawValue) \(conflict.reason)" } ?? conflict.reason
    case .noCalibrationImages: "there are no calibration images"
    case .wrongImageSize(let image, let bytes, let wanted):
      "calibration image \(image) has \(bytes) pixel bytes where the network takes \(wanted)"
    case .tooLarge(let what): what
    case .refusedByLoader(let message, let byteOffset):
      "the written model does not load: \(message) (byte \(byteOffset))"
    case .nothingToSearch: "the network gives every layer its widths: there is nothing to search"
    case .budgetTooSmall(let what): what
    case .lossNotReached(let least):
      "no measured widths lose so little: the least is \((100 * least).rounded() / 100) points"
    case .unwritable(let path, let reason): "\(path): can't be written (\(reason))"
    }
  }
}
