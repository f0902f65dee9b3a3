import EdgeRuntime
import Quantize
import Testing

@testable import Exporter

/// A random program over vectors: format changes, flattened views and concatenations of two to four inputs.
private func randomGraph(_ random: inout SplitMix) -> FixedGraph {
  let format = FixedFormat(width: 8, fraction: 4, isSigned: true)
  let other = FixedFormat(width: 16, fraction: 8, isSigned: true)
  var graph = FixedGraph(
    tensors: [], operations: [], inputs: [0], outputs: [.init(tensor: 0, labels: [])], inputTables: [])
  func add(_ channels: Int, _ format: FixedFormat, storage: Int? = nil) -> Int {
    graph.tensors.append(
      FixedGraph.Tensor(
        name: "t\(graph.tensors.count)", format: format, shape: .vector(channels),
        storage: storage ?? graph.tensors.count))
    return graph.tensors.count - 1
  }
  var last = add(Int.random(in: 1...300, using: &random), format)
  for _ in 0..<Int.random(in: 1...20, using: &random) {
    let inputs: [Int]
    let kind: FixedOperation
    let channels: Int
    if Int.random(in: 0..<3, using: &random) == 0 {
      inputs = (0..<Int.random(in: 2...4, using: &random)).map { _ in
        graph.tensors.indices.randomElement(using: &random)!
      }
      kind = .concatenate(shifts: inputs.map { _ in Int32(Bool.random(using: &random) ? 0 : 1) })
      channels = inputs.reduce(0) { $0 + graph.tensors[$1].shape.channels }
    } else {
      inputs = [graph.tensors.indices.randomElement(using: &random)!]
      kind = .requantize(shift: 0)
      channels = Int.random(in: 1...300, using: &random)
    }
    last = add(channels, Bool.random(using: &random) ? format : other)
    graph.operations.append(
      FixedGraph.Operation(
        name: "o", kind: kind, inputs: inputs, output: last, minimum: 0, maximum: 0, multiplyAccumulates: 0,
        floatValue: last))
    if Bool.random(using: &random) {
      _ = add(channels, graph.tensors[last].format, storage: last)
    }
  }
  graph.outputs[0].tensor = last
  return graph
}

@Suite struct PlanTests {
  @Test func noTwoLiveTensorsOverlapInRandomGraphs() throws {
    var random = SplitMix(state: 11)
    for _ in 0..<500 {
      let graph = randomGraph(&random)
      let plan = try MemoryPlan(graph)
      for a in graph.tensors.indices {
        for b in graph.tensors.indices where b > a && plan.places[a].live.overlaps(plan.places[b].live) {
          let (x, y) = (plan.places[a].offset, plan.places[b].offset)
          let overlap = x < y + graph.tensors[b].bytes && y < x + graph.tensors[a].bytes
          #expect(!overlap || mayShare(graph, a, b, plan), "\(graph.tensors[a]) and \(graph.tensors[b])")
        }
      }
    }
  }

  /// Views share all their bytes; an input of a concatenation lies whole inside its output.
  private func mayShare(_ graph: FixedGraph, _ a: Int, _ b: Int, _ plan: MemoryPlan) -> Bool {
    let nesting = Nesting(graph)
    let (outer, inner) = graph.tensors[a].bytes >= graph.tensors[b].bytes ? (a, b) : (b, a)
    let start = plan.places[inner].offset - plan.places[outer].offset
    return nesting.root(of: a).tensor == nesting.root(of: b).tensor && start >= 0
      && start + graph.tensors[inner].bytes <= graph.tensors[outer].bytes
  }

  @Test func everyTensorLiesBelowTheWorkspaceAndOutputsLieBesideInputs() throws {
    let graph = try export(.miniature()).content.graph
    let plan = try MemoryPlan(graph)
    for (index, tensor) in graph.tensors.enumerated() {
      #expect(plan.places[index].offset + tensor.bytes <= plan.workspaceOffset)
    }
    for operation in graph.operations where operation.kind.linear != nil {
      let (input, output) = (operation.inputs[0], operation.output)
      #expect(
        plan.places[input].offset + graph.tensors[input].bytes <= plan.places[output].offset
          || plan.places[output].offset + graph.tensors[output].bytes <= plan.places[input].offset)
    }
    #expect(plan.arenaBytes == plan.workspaceOffset + Layout.aligned(plan.workspaceBytes.max()!))
  }

  @Test func inputsOfAVectorConcatenationAreMadeInPlace() throws {
    let model = try export(.miniature())
    let graph = model.content.graph
    let join = try #require(graph.operations.first { $0.name == "join" })
    var place = model.content.plan.places[join.output].offset
    for input in join.inputs {
      #expect(model.content.plan.places[input].offset == place)
      place += graph.tensors[input].bytes
    }
  }

  @Test func blocksThatNeverMeetShareMemory() {
    let packing = ArenaPacking([
      .init(bytes: 100, live: 0...1), .init(bytes: 60, live: 1...2), .init(bytes: 100, live: 2...3),
    ])
    #expect(packing.offsets[0] == packing.offsets[2])
    #expect(packing.bytes == 128 + 60)
  }
}
