/// How a format is chosen from the values that a tensor took on the calibration images.
public enum CalibrationMethod: Hashable, Sendable {
  /// The least squared error: large values are clipped where finer steps for all others gain more.
  case squaredError
  /// The finest steps that clip nothing.
  case range
  /// The finest steps that clip at most this share of the values on either side, in percent: 99.99 clips 1 in 10,000.
  case percentile(Double)
  /// The least divergence between the distributions before and after.
  case entropy
  /// From the least squared error on, by the squared error of the logits: all tensors together.
  case joint
}
