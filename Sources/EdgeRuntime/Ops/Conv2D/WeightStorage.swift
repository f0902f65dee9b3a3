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
  /// - Returns: `Int.max` for more than an `Int` holds, which no file has.
  /// - Requires: channels below 2^16 and a kernel's extents below 2^8, which keeps the product below 2^52.
  public static func bytes(outputs: Int, kernelHeight: Int, kernelWidth: Int, inputsPerGroup: Int, bits: Int) -> Int {
    let rows = Int64(Layout.blocks(outputs)) * Int64(kernelHeight)
    return Int(
      clamping: rows * Int64(groupsPerRow(taps: kernelWidth * inputsPerGroup)) * Int64(groupBytes(bits: bits)))
  }

  /// Bytes of a group: 64 weights.
  static func groupBytes(bits: Int) -> Int { weightsPerGroup / 8 * bits }

  static func groupsPerRow(taps: Int) -> Int { (taps + Layout.tapsPerGroup - 1) / Layout.tapsPerGroup }
}

#if !hasFeature(Embedded)
  extension WeightStorage {
    /// A layer's weights as a file stores them.
    ///
    /// - Parameters:
    ///   - weights: whole groups, in the order of `ConvolutionParameters.packedIndex`, each within the symmetric range of `bits`.
    ///   - bits: 2...8.
    public static func packed(_ weights: [Int8], bits: Int) -> [UInt8] {
      var bytes = [UInt8](repeating: 0, count: weights.count / weightsPerGroup * groupBytes(bits: bits))
      unsafe bytes.withUnsafeMutableBytes { memory in
        guard let base = memory.baseAddress else { return }
        for (index, weight) in weights.enumerated() {
          unsafe StoredWeights.store(Int(weight), at: index, bits: bits, in: base)
        }
      }
      return bytes
    }

    /// The weights that `packed` was given, from bytes that hold whole groups.
    public static func unpacked(_ bytes: [UInt8], bits: Int) -> [Int8] {
      unsafe bytes.withUnsafeBytes { memory in
        guard let base = memory.baseAddress else { return [] }
        let stored = unsafe StoredWeights(base, bits: bits)
        return (0..<memory.count / groupBytes(bits: bits) * weightsPerGroup).map { stored.weight($0) }
      }
    }
  }
#endif
