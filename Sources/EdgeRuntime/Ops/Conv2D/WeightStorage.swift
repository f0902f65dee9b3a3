/// What weights take in a model file. docs/file-format.md, "Packed weights".
public enum WeightStorage {
  /// Weights of a group: 16 outputs by four taps.
  static let weightsPerGroup = Layout.outputsPerBlock * Layout.tapsPerGroup

  /// Bytes of one layer's weights, biases and shifts not included: whole blocks of 16 outputs, whole groups of four taps in
  /// a kernel row, `bits` bits a weight.
  ///
  /// - Parameters:
  ///   - inputsPerGroup: input channels that an output channel reads.
  ///   - bits: 2...8, the layer's weight width.
  public static func bytes(outputs: Int, kernelHeight: Int, kernelWidth: Int, inputsPerGroup: Int, bits: Int) -> Int {
    let blocks = (outputs + Layout.outputsPerBlock - 1) / Layout.outputsPerBlock
    return blocks * kernelHeight * groupsPerRow(taps: kernelWidth * inputsPerGroup) * groupBytes(bits: bits)
  }

  /// Bytes of a group: 64 weights.
  static func groupBytes(bits: Int) -> Int { weightsPerGroup / 8 * bits }

  static func groupsPerRow(taps: Int) -> Int { (taps + Layout.tapsPerGroup - 1) / Layout.tapsPerGroup }
}
