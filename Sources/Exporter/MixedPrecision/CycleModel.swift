import EdgeRuntime
import Quantize

/// A processor core whose cycles are modelled.
public enum Core: String, CaseIterable, Sendable {
  case cortexA53 = "cortex-a53"
  case cortexA72 = "cortex-a72"
  case cortexA76 = "cortex-a76"
}

/// Modelled cycles of a frame on one thread of a core: what each kind of operation costs, times how often it happens.
///
/// It knows which operations have a kernel and which run as the scalar reference; it knows no cache, no branch prediction and
/// not how well a layer's extents fit the tiles. docs/mixed-precision.md tells where the numbers come from.
struct CycleModel {
  /// Cycles by a kernel, and by the scalar reference where a tensor has more than 8 bits.
  struct Cost {
    var kernel: Double
    var scalar: Double
  }

  /// Of a multiply-accumulate of a convolution, taps that fill groups of four included.
  var product: Cost
  /// Of a convolution by Winograd's tiles, where the core has no dot product.
  struct Winograd {
    /// Of a multiplication.
    var product: Double
    /// To transform a filter of nine weights, once a frame.
    var filter: Double
    /// To transform an activation.
    var input: Double
    /// Of an output, before its pool.
    var output: Double
  }

  var winograd: Winograd?
  /// Of a multiply-accumulate of a fully connected layer, which uses each weight once.
  var dense: Cost
  /// Of an output of a convolution, before its pool.
  var output: Double
  /// Of a value that a sampler makes.
  var sample: Cost
  /// Of a value that a pool, a concatenation or an addition reads.
  var read: Cost
  /// Of a value that a table gives.
  var lookUp: Double
  /// Of a product of two values, by the kernel.
  var multiply: Double
  /// To unpack a weight of less than 8 bits, once a frame; the mean over the widths.
  var unpack: Double

  init(_ core: Core) {
    switch core {
    case .cortexA53:
      (product, dense, output) = (Cost(kernel: 0.335, scalar: 25), Cost(kernel: 0.8, scalar: 25), 4)
      (lookUp, multiply) = (3.5, 1.8)
      (sample, read, unpack) = (Cost(kernel: 3.3, scalar: 600), Cost(kernel: 0.64, scalar: 28), 0.8)
      winograd = Winograd(product: 0.341, filter: 13.4, input: 2.3, output: 6.2)
    case .cortexA72:
      (product, dense, output) = (Cost(kernel: 0.126, scalar: 13), Cost(kernel: 0.255, scalar: 13), 1.5)
      (lookUp, multiply) = (2.5, 0.9)
      (sample, read, unpack) = (Cost(kernel: 1.2, scalar: 300), Cost(kernel: 0.244, scalar: 14), 0.28)
      winograd = Winograd(product: 0.252, filter: 8.1, input: 1.2, output: 2.6)
    case .cortexA76:
      (product, dense, output) = (Cost(kernel: 0.0325, scalar: 11), Cost(kernel: 0.068, scalar: 11), 0.7)
      (lookUp, multiply) = (1.5, 0.7)
      (sample, read, unpack) = (Cost(kernel: 1, scalar: 250), Cost(kernel: 0.136, scalar: 14), 0.2)
    }
  }

  func cycles(_ graph: FixedGraph) -> Int {
    Int(graph.operations.reduce(0.0) { $0 + cycles($1, graph) }.rounded())
  }

  private func cycles(_ operation: FixedGraph.Operation, _ graph: FixedGraph) -> Double {
    let (input, output) = (graph.tensors[operation.inputs[0]], graph.tensors[operation.output])
    switch operation.kind {
    case .convolution(let linear):
      let geometry = linear.geometry
      let taps = geometry.kernelWidth * (input.shape.channels / geometry.groups)
      let filled =
        Double(geometry.groupsPerRow(inputChannels: input.shape.channels) * Layout.tapsPerGroup) / Double(taps)
      let pixels = geometry.convolvedHeight(input.shape.height) * geometry.convolvedWidth(input.shape.width)
      let isKernel = linear.hasKernel(input, output)
      if isKernel, let winograd, let plan = linear.winogradPlan(input, output) {
        let pairs = Double(input.shape.channels * output.shape.channels)
        return pairs * (Double(plan.products) * winograd.product + winograd.filter)
          + Double(input.shape.count) * winograd.input + Double(pixels * output.shape.channels) * winograd.output
          + unpacking(linear)
      }
      return Double(operation.multiplyAccumulates) * product.of(isKernel) * (isKernel ? filled : 1)
        + Double(pixels * output.shape.channels) * self.output + unpacking(linear)
    case .fullyConnected(let linear):
      return Double(operation.multiplyAccumulates) * dense.of(linear.hasKernel(input, output)) + unpacking(linear)
    case .affineGridSample:
      return Double(output.shape.count) * sample.of(input.format.elementBytes == 1)
    case .table: return Double(output.shape.count) * lookUp
    case .multiply(let shift):
      let isKernel =
        (1...15).contains(shift)
        && [operation.inputs[0], operation.inputs[1], operation.output].allSatisfy {
          graph.tensors[$0].format.elementBytes == 1
        }
      return Double(output.shape.count) * (isKernel ? multiply : read.scalar)
    case .maxPool, .averagePool, .requantize, .concatenate, .add, .rearrange:
      let isNarrow = (operation.inputs + [operation.output]).allSatisfy { graph.tensors[$0].format.elementBytes == 1 }
      let values = operation.inputs.reduce(0) { $0 + graph.tensors[$1].shape.count }
      return Double(values) * read.of(isNarrow)
    }
  }

  private func unpacking(_ linear: FixedLinear) -> Double {
    linear.geometry.weightWidth < 8 ? Double(linear.weights.raws.count) * unpack : 0
  }
}

extension FixedLinear {
  fileprivate func hasKernel(_ input: FixedGraph.Tensor, _ output: FixedGraph.Tensor) -> Bool {
    Conv2D.isVectorized(
      geometry, inputFormat: input.format, inputChannels: input.shape.channels,
      outputChannels: output.shape.channels, instructionSet: .neon)
  }
}

extension FixedLinear {
  fileprivate func winogradPlan(_ input: FixedGraph.Tensor, _ output: FixedGraph.Tensor) -> WinogradPlan? {
    WinogradPlan(
      geometry, inputHeight: input.shape.height, inputWidth: input.shape.width, inputChannels: input.shape.channels,
      outputChannels: output.shape.channels)
  }
}

extension CycleModel.Cost {
  fileprivate func of(_ isKernel: Bool) -> Double { isKernel ? kernel : scalar }
}
