import EdgeRuntime

extension FixedGraph {
  /// Bytes that all layers' weights take in a file, each layer's at a multiple of 64.
  var storedWeightBytes: Int { storedWeightBytes { $0.weightWidth } }

  /// The same with a byte for every weight.
  var byteWeightBytes: Int { storedWeightBytes { _ in 8 } }

  private func storedWeightBytes(bits: (ConvolutionParameters) -> Int) -> Int {
    operations.reduce(0) { sum, operation in
      guard let linear = operation.kind.linear else { return sum }
      let geometry = linear.geometry
      let bytes = WeightStorage.bytes(
        outputs: linear.weights.bias.count, kernelHeight: geometry.kernelHeight, kernelWidth: geometry.kernelWidth,
        inputsPerGroup: tensors[operation.inputs[0]].shape.channels / geometry.groups, bits: bits(geometry))
      return sum + Layout.aligned(bytes)
    }
  }
}
