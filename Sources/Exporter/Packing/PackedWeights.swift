import EdgeRuntime
import Quantize

/// The weights section: each layer's packed weights, biases and shifts, and element-wise functions' tables, every blob at a multiple of 64.
public struct PackedWeights: Sendable, Equatable {
  public var bytes: [UInt8]
  /// By operation: the parameters with the places of their blobs; nil for operations without weights.
  public var parameters: [ConvolutionParameters?]
  /// By operation: the place of its table; nil for operations without.
  public var tables: [TableParameters?]

  public init(_ graph: FixedGraph) { self.init(graph, cache: QuantizationCache()) }

  /// The same, without packing anew what `cache` has packed.
  init(_ graph: FixedGraph, cache: QuantizationCache) {
    bytes = []
    parameters = []
    tables = []
    for operation in graph.operations {
      if case .table(let table) = operation.kind {
        let entries = table.entries(elementBytes: graph.tensors[operation.output].format.elementBytes)
        tables.append(TableParameters(offset: append(entries), bytes: entries.count, tables: table.tables))
        parameters.append(nil)
        continue
      }
      tables.append(nil)
      guard let linear = operation.kind.linear else {
        parameters.append(nil)
        continue
      }
      let channels = graph.tensors[operation.inputs[0]].shape.channels
      var placed = linear.geometry
      let weights = cache.packed(linear, value: operation.floatValue, inputChannels: channels)
      placed.weightsBytes = weights.count
      placed.weightsOffset = append(weights)
      let blocks = Layout.blocks(linear.weights.bias.count)
      let padding = blocks * Layout.outputsPerBlock - linear.weights.bias.count
      let bias = linear.weights.bias + Array(repeating: 0, count: padding)
      placed.biasOffset = append(bias.flatMap { $0.littleEndianBytes })
      placed.shiftOffset = append(linear.weights.shifts + Array(repeating: 0, count: padding))
      parameters.append(placed)
    }
  }

  /// Adds a blob at the next multiple of 64 and returns its place.
  private mutating func append(_ blob: [UInt8]) -> Int {
    bytes += Array(repeating: 0, count: Layout.aligned(bytes.count) - bytes.count)
    let offset = bytes.count
    bytes += blob
    return offset
  }
}

extension FixedLinear {
  /// The weights in the order of `ConvolutionParameters.packedIndex`, in `storedBits` bits each; missing outputs and taps
  /// are zero.
  func packed(inputChannels: Int) -> [UInt8] {
    let outputs = weights.bias.count
    let taps = geometry.kernelWidth * (inputChannels / geometry.groups)
    let count = geometry.packedBytes(inputChannels: inputChannels, outputChannels: outputs)
    var ordered = [Int8](repeating: 0, count: count * 8 / geometry.storedBits)
    var next = 0
    for output in 0..<outputs {
      for row in 0..<geometry.kernelHeight {
        for tap in 0..<taps {
          let index = geometry.packedIndex(output: output, row: row, tap: tap, inputChannels: inputChannels)
          ordered[index] = weights.raws[next]
          next += 1
        }
      }
    }
    return WeightStorage.packed(ordered, bits: geometry.storedBits)
  }
}

extension FixedWidthInteger {
  var littleEndianBytes: [UInt8] {
    (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> (8 * $0)) }
  }
}
