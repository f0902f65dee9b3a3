/// Which operations are worth dividing among threads: to start them and to wait for the last one takes about a microsecond.
extension OperationRecord {
  /// Cycles of one thread, by the instruction set's peak, that a layer takes at least.
  private static let leastCycles = 2048
  /// Values of a pool and the like, pixels of a sampler.
  private static let leastValues = 8192
  private static let leastPixels = 512

  /// Whether several threads run the operation. A sampler, a pool, a table, a rearrangement and a product are divided by rows of `output`, whose record this is.
  func isDivided(_ output: TensorRecord, by instructionSet: InstructionSet) -> Bool {
    switch operation {
    case .conv2D, .fullyConnected:
      multiplyAccumulates >= UInt64(Self.leastCycles * instructionSet.peakMultiplyAccumulates)
        && (output.height > 1 || output.channels > Layout.outputsPerBlock)
    case .maxPool2D, .averagePool2D, .table, .rearrange, .multiply:
      output.count >= Self.leastValues && output.height > 1
    case .affineGridSample: output.height * output.width >= Self.leastPixels && output.height > 1
    case .concatenate, .requantize, .add: false
    }
  }
}
