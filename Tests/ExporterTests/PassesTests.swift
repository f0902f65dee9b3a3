import Exporter
import Quantize
import Testing

@Suite struct PassesTests {
  private func output(_ graph: FloatGraph, _ image: [Float]) -> [Float] {
    let reference = FloatReference(graph)
    reference.run(image)
    return reference.output
  }

  @Test(arguments: UInt64(0)..<60)
  func theNetworkComputesTheSameAfterAllPasses(seed: UInt64) {
    var network = RandomNetwork(seed: seed)
    let passed = Passes.all(network.graph)
    let image = network.floats(16 * 16 * 2, 1)
    let (before, after) = (output(network.graph, image), output(passed, image))
    let scale = max(1, before.map { abs($0) }.max()!)
    #expect(before.count == after.count)
    #expect(zip(before, after).allSatisfy { abs($0 - $1) <= 1e-5 * scale })
  }

  @Test(arguments: UInt64(0)..<60)
  func nothingIsLeftToDo(seed: UInt64) {
    let passed = Passes.all(RandomNetwork(seed: seed).graph)
    let read = Set(passed.nodes.flatMap(\.inputs) + [passed.output, passed.input])
    let written = Set(passed.nodes.map(\.output) + [passed.input])
    #expect(read == Set(passed.values.indices))
    #expect(written == read)
    for node in passed.nodes {
      if case .batchNormalization = node.operation { Issue.record("\(node.name) is still a batch-norm") }
      if case .clip(-.infinity, .infinity) = node.operation { Issue.record("\(node.name) clips nothing") }
    }
    #expect(kinds(Passes.all(passed)) == kinds(passed))
  }

  /// A word for each node, in order.
  private func kinds(_ graph: FloatGraph) -> [String] {
    graph.nodes.map { node in
      switch node.operation {
      case .convolution(let convolution): convolution.groups == 1 ? "convolution" : "depthwise"
      case .batchNormalization: "norm"
      case .quantize: "quantize"
      case .clip: "clip"
      case .maxPool: "max"
      case .averagePool: "average"
      case .fullyConnected: "connected"
      case .flatten: "flatten"
      case .affineGridSample: "sample"
      case .concatenate: "concatenate"
      case .add: "add"
      case .pointwise: "function"
      case .multiply: "multiply"
      case .rearrange: "rearrange"
      }
    }
  }

  /// A chain of nodes on a 4 x 4 image of two channels; each node's output shape follows from its operation.
  private func chain(_ operations: [FloatOperation]) -> FloatGraph {
    var graph = FloatGraph(
      values: [FloatGraph.Value(name: "input", shape: Shape(height: 4, width: 4, channels: 2))], nodes: [], input: 0,
      output: 0, preparation: InputPreparation(mean: [0, 0], standardDeviation: [1, 1]), labels: [])
    for (index, operation) in operations.enumerated() {
      var shape = graph.values[index].shape
      if case .maxPool(let pool) = operation { shape = pool.outputShape(shape) }
      if case .flatten = operation { shape = .vector(shape.count) }
      graph.values.append(FloatGraph.Value(name: "value\(index + 1)", shape: shape))
      graph.nodes.append(
        FloatGraph.Node(name: "node\(index)", operation: operation, inputs: [index], output: index + 1))
    }
    graph.outputs[0].value = operations.count
    return graph
  }

  private let convolution = FloatOperation.convolution(
    FloatConvolution(weights: [1, 2, 3, 4], bias: [5, 6], kernel: Extent(1, 1)))
  private let norm = FloatOperation.batchNormalization(scale: [2, -1], shift: [1, 0.5])
  private let relu = FloatOperation.clip(least: 0, greatest: .infinity)
  private let pool = FloatOperation.maxPool(FloatPool(kernel: Extent(2, 2), stride: Extent(2, 2)))

  @Test func aBatchNormScalesTheWeightsBeforeIt() {
    let passed = Passes.all(chain([convolution, norm, norm]))
    guard case .convolution(let folded) = passed.nodes[0].operation else {
      Issue.record("the convolution is gone")
      return
    }
    #expect(passed.nodes.count == 1)
    #expect(folded.weights == [4, 8, 3, 4])
    #expect(folded.bias == [23, 6])
  }

  @Test func aBatchNormThatFollowsAClipBecomesADepthwiseConvolution() {
    #expect(kinds(Passes.all(chain([convolution, relu, norm]))) == ["convolution", "clip", "depthwise"])
  }

  @Test func aConvolutionThatIsReadTwiceKeepsItsWeights() {
    var graph = chain([convolution, norm])
    graph.values.append(FloatGraph.Value(name: "both", shape: Shape(height: 4, width: 4, channels: 4)))
    graph.nodes.append(FloatGraph.Node(name: "join", operation: .concatenate, inputs: [1, 2], output: 3))
    graph.outputs[0].value = 3
    #expect(kinds(Passes.all(graph)) == ["convolution", "depthwise", "concatenate"])
  }

  @Test func clipsStandBeforeThePoolsOfAConvolution() {
    #expect(kinds(Passes.all(chain([convolution, pool, relu]))) == ["convolution", "clip", "max"])
    #expect(kinds(Passes.all(chain([convolution, norm, pool, pool, relu]))) == ["convolution", "clip", "max", "max"])
    // Nothing is gained where no convolution can take the clip.
    #expect(kinds(Passes.all(chain([pool, relu]))) == ["max", "clip"])
  }

  @Test func aPoolThatIsReadTwiceKeepsItsPlace() {
    var graph = chain([convolution, pool, relu])
    graph.values.append(FloatGraph.Value(name: "both", shape: Shape(height: 2, width: 2, channels: 4)))
    graph.nodes.append(FloatGraph.Node(name: "join", operation: .concatenate, inputs: [2, 3], output: 4))
    graph.outputs[0].value = 4
    #expect(kinds(Passes.all(graph)) == ["convolution", "max", "clip", "concatenate"])
  }

  @Test func identitiesAndDeadNodesGo() {
    var graph = chain([.clip(least: -.infinity, greatest: .infinity), convolution, relu, .flatten, .flatten])
    graph.values.append(FloatGraph.Value(name: "unread", shape: graph.values[1].shape))
    graph.nodes.append(FloatGraph.Node(name: "unread", operation: relu, inputs: [1], output: 6))
    let passed = Passes.all(graph)
    #expect(kinds(passed) == ["convolution", "clip", "flatten"])
    #expect(passed.values.map(\.name) == ["input", "value2", "value3", "value4"])
    #expect(passed.nodes.map(\.inputs) == [[0], [1], [2]])
    #expect(passed.output == 3)
  }
}
