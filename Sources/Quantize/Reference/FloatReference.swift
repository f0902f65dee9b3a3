import COpenBLAS
import EdgeRuntime

/// Runs a float graph on one image at a time: what calibration measures and what accuracy is compared with.
///
/// Its buffers, one for each value of the graph, serve every image, so memory does not depend on the number of images. An
/// instance is used by one thread at a time; several threads have an instance each.
public final class FloatReference {
  public let graph: FloatGraph
  private var values: [[Float]]
  private var workspace: ConvolutionWorkspace<Float>

  /// - Requires: a sound graph: nodes in the order of execution, weights and shapes that fit each other.
  public init(_ graph: FloatGraph) {
    _ = Self.oneThread
    for node in graph.nodes { graph.checkShapes(of: node) }
    self.graph = graph
    values = graph.values.map { [Float](repeating: 0, count: $0.shape.count) }
    workspace = ConvolutionWorkspace()
  }

  /// OpenBLAS's own threads would compete with those that run an instance each.
  static let oneThread: Void = openblas_set_num_threads(1)

  /// The values of the graph's first output for the latest image.
  public var output: [Float] { values[graph.output] }

  /// The values of one of the graph's outputs for the latest image.
  public func output(_ index: Int) -> [Float] { values[graph.outputs[index].value] }

  /// Runs the graph on a frame: 8-bit pixels, height x width x channels, and behind them the numbers of other inputs, as `FloatRunner` has
  /// them.
  ///
  /// - Parameter visit: called with each value's index and numbers (height x width x channels): the prepared image first, the
  ///   other inputs, then each node's output as it is made. The array is the instance's own buffer: one that `visit` keeps is copied
  ///   when the next image overwrites it.
  public func run(pixels frame: [UInt8], visit: (_ value: Int, _ numbers: [Float]) -> Void = { _, _ in }) {
    precondition(frame.count == graph.frameBytes, "a frame of the graph's inputs")
    var start = graph.values[graph.input].shape.count
    graph.preparation.prepare(graph.otherInputs.isEmpty ? frame : Array(frame[..<start]), into: &values[graph.input])
    for input in graph.otherInputs {
      for index in values[input].indices {
        values[input][index] = Float(littleEndian: frame[start + MemoryLayout<Float>.size * index..<frame.count])
      }
      start += MemoryLayout<Float>.size * values[input].count
    }
    runNodes(visit)
  }

  /// Runs the graph on a prepared image, height x width x channels; `visit` as in `run(pixels:visit:)`.
  ///
  /// - Parameter others: the numbers of the other inputs, in the graph's order.
  public func run(
    _ image: [Float], others: [[Float]] = [], visit: (_ value: Int, _ numbers: [Float]) -> Void = { _, _ in }
  ) {
    precondition(
      others.map(\.count) == graph.otherInputs.map { graph.values[$0].shape.count }, "numbers of the inputs' extents")
    for (input, numbers) in zip(graph.otherInputs, others) { values[input] = numbers }
    precondition(image.count == graph.values[graph.input].shape.count, "an image of the input's extents")
    for index in image.indices { values[graph.input][index] = image[index] }
    runNodes(visit)
  }

  private func runNodes(_ visit: (_ value: Int, _ numbers: [Float]) -> Void) {
    for input in graph.inputs { visit(input, values[input]) }
    for node in graph.nodes {
      // Taken out of the table, so that it is written in place while the inputs are read.
      var output: [Float] = []
      swap(&output, &values[node.output])
      compute(node, into: &output)
      swap(&output, &values[node.output])
      visit(node.output, values[node.output])
    }
  }

  private func compute(_ node: FloatGraph.Node, into output: inout [Float]) {
    let input = values[node.inputs[0]]
    let inputShape = graph.values[node.inputs[0]].shape
    let outputShape = graph.values[node.output].shape
    switch node.operation {
    case .convolution(let convolution):
      convolution.apply(
        weights: convolution.weights, bias: convolution.bias, to: input, inputShape, into: &output, outputShape,
        &workspace)
    case .batchNormalization(let scale, let shift):
      for pixel in stride(from: 0, to: input.count, by: scale.count) {
        for channel in scale.indices {
          output[pixel + channel] = input[pixel + channel] * scale[channel] + shift[channel]
        }
      }
    case .clip(let least, let greatest):
      for index in input.indices { output[index] = min(max(input[index], least), greatest) }
    case .pointwise(let function):
      let numbers = function.values(at: input.map(Double.init))
      for index in input.indices { output[index] = Float(numbers[index]) }
    case .maxPool(let pool): pool.maximum(of: input, inputShape, into: &output, outputShape)
    case .averagePool(let pool): pool.average(of: input, inputShape, into: &output, outputShape)
    case .fullyConnected(let weights, let bias): multiply(weights, by: input, adding: bias, into: &output)
    case .flatten:
      for index in input.indices { output[index] = input[index] }
    case .affineGridSample(let sampler):
      AffineGrid(theta: values[node.inputs[1]], target: outputShape, sampler: sampler)
        .sample(input, inputShape, into: &output)
    case .quantize(let format):
      for index in input.indices { output[index] = format.roundedToEven(input[index]) }
    case .add:
      let second = values[node.inputs[1]]
      for index in input.indices { output[index] = input[index] + second[index] }
    case .multiply:
      multiplyPairs(input, values[node.inputs[1]], graph.values[node.inputs[1]].shape, into: &output, outputShape)
    case .rearrange(let rearrangement): rearrangement.apply(to: input, inputShape, into: &output, outputShape)
    case .concatenate:
      joinChannels(of: node.inputs.map { values[$0] }, pixels: outputShape.height * outputShape.width, into: &output)
    }
  }
}

/// `output = weights * vector + bias`; weights: outputs x inputs.
private func multiply(_ weights: [Float], by vector: [Float], adding bias: [Float], into output: inout [Float]) {
  for index in bias.indices { output[index] = bias[index] }
  // `checkShapes` has compared the counts: a matrix of outputs x inputs, a vector of inputs, one of outputs.
  unsafe cblas_sgemv(
    CblasRowMajor, CblasNoTrans, blasint(bias.count), blasint(vector.count), 1, weights, blasint(vector.count), vector,
    1, 1, &output, 1)
}

extension Float {
  /// - Parameter bytes: four of them, and what comes after.
  public init(littleEndian bytes: ArraySlice<UInt8>) {
    self.init(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[bytes.startIndex + $1]) << (8 * UInt32($1)) })
  }

  public var littleEndianBytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: bitPattern >> (8 * $0)) } }
}

extension FixedFormat {
  /// The nearest value of the format, halves to even, saturated: what ONNX's QuantizeLinear and DequantizeLinear make of
  /// a number. Exact but for NaN, which becomes the least value.
  func roundedToEven(_ number: Float) -> Float {
    let steps = (Double(number) / step).rounded(.toNearestOrEven)
    return Float(min(max(steps, Double(minimumRaw)), Double(maximumRaw)) * step)
  }
}

/// Joins images of `pixels` pixels each along their channels.
func joinChannels<Element>(of images: [[Element]], pixels: Int, into output: inout [Element]) {
  let outputChannels = output.count / pixels
  var firstChannel = 0
  for image in images {
    let channels = image.count / pixels
    for pixel in 0..<pixels {
      for channel in 0..<channels {
        output[pixel * outputChannels + firstChannel + channel] = image[pixel * channels + channel]
      }
    }
    firstChannel += channels
  }
}
