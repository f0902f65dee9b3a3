import EdgeRuntime

/// Where every tensor lies in the arena, and when its bytes are needed.
public struct MemoryPlan: Sendable, Equatable {
  /// A tensor's place and the operations between which it is needed, both included.
  public struct Place: Sendable, Equatable {
    public var offset: Int
    public var live: ClosedRange<Int>
  }

  /// One for each tensor of the graph; views have the place of their source.
  public var places: [Place]
  /// One for each operation.
  public var workspaceBytes: [Int]
  public var workspaceOffset: Int
  /// All of it, the workspace at the end included; a multiple of 64.
  public var arenaBytes: Int
}

extension MemoryPlan {
  /// Plans a graph's memory: tensors packed by `ArenaPacking`, inputs of vector concatenations inside their output
  /// where formats agree, the largest operation's workspace at the end.
  ///
  /// - Throws: `ExportError.tooLarge` for an arena of more than 256 MiB.
  public init(_ graph: FixedGraph) throws(ExportError) {
    let live = graph.liveRanges()
    let nesting = Nesting(graph)
    // Each tensor that lies in no other is a block, needed as long as any tensor inside it.
    var blocks: [Int: ArenaPacking.Block] = [:]
    for index in graph.tensors.indices {
      let root = nesting.root(of: index)
      let range = blocks[root.tensor]?.live ?? live[index]
      blocks[root.tensor] = ArenaPacking.Block(
        bytes: graph.tensors[root.tensor].bytes,
        live: min(range.lowerBound, live[index].lowerBound)...max(range.upperBound, live[index].upperBound))
    }
    let order = blocks.keys.sorted()
    let packing = ArenaPacking(order.map { blocks[$0]! })
    let offsets = Dictionary(uniqueKeysWithValues: zip(order, packing.offsets))

    places = graph.tensors.indices.map { index in
      let root = nesting.root(of: index)
      return Place(offset: offsets[root.tensor]! + root.offset, live: live[index])
    }
    workspaceBytes = graph.operations.map { graph.workspaceBytes($0) }
    workspaceOffset = Layout.aligned(packing.bytes)
    arenaBytes = workspaceOffset + Layout.aligned(workspaceBytes.max() ?? 0)
    guard arenaBytes <= Layout.maximumArenaBytes else {
      throw .tooLarge("the network needs \(arenaBytes) bytes of arena; \(Layout.maximumArenaBytes) is the limit")
    }
  }
}

extension FixedGraph {
  /// The operations between which each tensor's bytes are needed. Inputs are there before operation 0, outputs are
  /// read after the last; a view lives as long as its source.
  func liveRanges() -> [ClosedRange<Int>] {
    let last = max(operations.count - 1, 0)
    var first = [Int](repeating: 0, count: tensors.count)
    var final = [Int](repeating: 0, count: tensors.count)
    for (index, operation) in operations.enumerated() {
      first[tensors[operation.output].storage] = index
      final[tensors[operation.output].storage] = index
      for input in operation.inputs { final[tensors[input].storage] = index }
    }
    for output in outputs { final[tensors[output.tensor].storage] = last }
    return tensors.map { first[$0.storage]...final[$0.storage] }
  }

  func workspaceBytes(_ operation: Operation) -> Int {
    guard let linear = operation.kind.linear else { return 0 }
    let input = tensors[operation.inputs[0]].shape
    return Conv2D.workspaceBytes(
      parameters: linear.geometry, inputHeight: input.height, inputWidth: input.width, inputChannels: input.channels,
      outputChannels: tensors[operation.output].shape.channels)
  }
}
