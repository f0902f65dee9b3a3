import EdgeRuntime
import Quantize

@testable import Exporter

/// How far each value of a fixed-point network can be from the float network's, by its rounding alone.
///
/// A layer passes on the error of what it reads, as much as its arithmetic allows, and adds those of its weights and of its output's
/// format: half a step, and what of the range the format leaves out. First-order error analysis, with products of two errors kept.
struct NodeErrorBound {
  private let network: NodeFixedPoint
  private var graph: FixedGraph { network.model.content.graph }
  private var layers: LayerGraph { network.layers }
  /// By stored value.
  private var errors: [Double]

  /// The bound of a value or of a view of it.
  subscript(value: Int) -> Double { errors[layers.storage[value]] }

  init(_ network: NodeFixedPoint) {
    self.network = network
    errors = Array(repeating: 0, count: network.ranges.count)
    let input = network.layers.graph.input
    errors[input] = rounding(input, to: graph.tensors[graph.input].format)
    for (layer, operation) in zip(layers.layers, graph.operations) {
      precondition(operation.floatValue == layer.output, "a layer is an operation")
      let format = graph.tensors[operation.output].format
      let passed = passedOn(layer, operation, format)
      // What is moved or compared keeps its format: nothing is rounded.
      let isKept: Bool =
        switch operation.kind {
        case .maxPool, .rearrange: true
        default: false
        }
      errors[layer.output] = passed + (isKept ? 0 : rounding(layer.output, to: format))
    }
  }

  /// Half a step, and what of a value's range a format leaves out.
  private func rounding(_ value: Int, to format: FixedFormat) -> Double {
    let range = network.ranges[layers.storage[value]]
    let missing = max(
      range.upperBound - format.number(format.maximumRaw), format.number(format.minimumRaw) - range.lowerBound, 0)
    return format.step / 2 + missing
  }

  /// The error of a layer's result before it is rounded to the output's format.
  private func passedOn(
    _ layer: LayerGraph.Layer, _ operation: FixedGraph.Operation, _ format: FixedFormat
  ) -> Double {
    let read = layer.inputs.map { self[$0] }
    let greatest = layer.inputs.map { network.ranges[layers.storage[$0]].magnitude }
    let input = graph.tensors[operation.inputs[0]].format
    switch (operation.kind, layer.operation) {
    case (.convolution(let linear), _), (.fullyConnected(let linear), _):
      return weighing(linear.weights, layer.operation.linear!, read[0], greatest[0], input)
    case (.averagePool(let pool, let multiplier, let shift), _):
      // The factor of a sum is 1 / count to 15 bits, also of the taps inside the image where padding doesn't count.
      let scale = Int(shift) + format.fraction - input.fraction
      let count = pool.kernelHeight * pool.kernelWidth
      let relative = (pool.countsPadding ? count...count : 1...count).map { taps in
        let factor = Double(sign: .plus, exponent: -scale, significand: Double(pool.multiplier(multiplier, taps: taps)))
        return (factor * Double(taps) - 1).magnitude
      }
      return read[0] + relative.max()! * (greatest[0] + read[0])
    case (.affineGridSample(let parameters), .affineGridSample):
      return read[0] + sampling(layer, parameters, greatest[0] + read[0]) + input.step / 2
    case (.add, _): return read[0] + read[1]
    case (.multiply, _): return read[0] * greatest[1] + read[1] * greatest[0] + read[0] * read[1]
    case (.table, .table(let function)):
      return bending(function, input, read[0], channels: layers.shape(layer.output).channels)
    case (.rearrange, .rearrange(let rearrangement)):
      let fill = Double(rearrangement.fill)
      return max(read[0], (input.number(input.raw(fill)) - fill).magnitude)
    // A maximum, a concatenation and a change of format move no number further from another.
    default: return read.max()!
    }
  }

  /// Of sums: inputs that are off by their error, and weights by what rounding has made of them.
  private func weighing(
    _ fixed: QuantizedWeights, _ float: (weights: [Float], bias: [Float]), _ error: Double, _ greatest: Double,
    _ input: FixedFormat
  ) -> Double {
    let taps = fixed.raws.count / fixed.bias.count
    return fixed.bias.indices.map { output in
      let step = Double(sign: .plus, exponent: -fixed.fractions[output], significand: 1)
      let weights = (output * taps..<(output + 1) * taps).map {
        (Double(fixed.raws[$0]) * step, Double(float.weights[$0]))
      }
      let bias = Double(fixed.bias[output]) * step * input.step
      return weights.reduce((bias - Double(float.bias[output])).magnitude) {
        $0 + $1.0.magnitude * error + ($1.0 - $1.1).magnitude * greatest
      }
    }.max()!
  }

  /// Of a sampler: docs/fixed-point.md's bound on how far its places are off, and neighbours that differ by the whole range at most.
  private func sampling(_ layer: LayerGraph.Layer, _ parameters: AffineGridParameters, _ greatest: Double) -> Double {
    let (source, target) = (layers.shape(layer.inputs[0]), layers.shape(layer.output))
    let extent = Double(max(source.height, source.width))
    let theta = network.ranges[layers.storage[layer.inputs[1]]].magnitude
    let pixels =
      1.0 / 256 + 1.5 * extent * self[layer.inputs[1]]
      + (theta * Double(target.height + target.width + 1) + 1) * 0x1p-17
    return 2 * (2 * greatest) * pixels * (1 + pixels)
  }

  /// Of a function: the most that it changes when its argument is off by the error, at every raw value of the argument.
  private func bending(
    _ function: PointwiseFunction, _ input: FixedFormat, _ error: Double, channels: Int
  ) -> Double {
    func values(_ offset: Double) -> [Double] {
      function.values(
        at: (input.minimumRaw...input.maximumRaw).flatMap {
          Array(repeating: input.number($0) + offset, count: channels)
        })
    }
    let exact = values(0)
    return stride(from: -1.0, through: 1, by: 0.25).map { share in
      zip(values(share * error), exact).reduce(0) { max($0, ($1.0 - $1.1).magnitude) }
    }.max()!
  }
}
