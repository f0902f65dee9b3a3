import EdgeRuntime

/// All that a model file says.
public struct ModelContent: Sendable, Equatable {
  public var graph: FixedGraph
  public var plan: MemoryPlan
  public var weights: PackedWeights
  /// Signal to quantisation noise by operation, hundredths of a dB; nil where it is unknown.
  public var sqnrCentibels: [Int32?]
  public var vectors: [TestVector]
  /// One line of JSON.
  public var provenance: String
}

extension ModelContent {
  /// A graph planned and packed, without what only running it can tell.
  init(
    draft graph: FixedGraph, provenance: String = "{}", cache: QuantizationCache = QuantizationCache()
  ) throws(ExportError) {
    self.init(
      graph: graph, plan: try MemoryPlan(graph), weights: PackedWeights(graph, cache: cache),
      sqnrCentibels: Array(repeating: nil, count: graph.operations.count), vectors: [], provenance: provenance)
  }

  /// The file's bytes, as docs/file-format.md states them, the digest included.
  ///
  /// - Throws: `ExportError.tooLarge` for a file of more than 1 GiB or too many tensors, operations, inputs or outputs.
  public func encoded() throws(ExportError) -> [UInt8] {
    guard graph.tensors.count <= Layout.maximumTensors, graph.operations.count <= Layout.maximumOperations else {
      throw .tooLarge("\(graph.tensors.count) tensors and \(graph.operations.count) operations; 4096 is the limit")
    }
    guard graph.outputs.count <= Layout.maximumOutputs else {
      throw .tooLarge("\(graph.outputs.count) outputs; \(Layout.maximumOutputs) is the limit")
    }
    guard graph.inputs.count <= Layout.maximumInputs else {
      throw .tooLarge("\(graph.inputs.count) inputs; \(Layout.maximumInputs) is the limit")
    }
    var names = NameTable()
    let sections: [(SectionKind, [UInt8])] = [
      (.tensors, tensorSection(&names)), (.operations, operationSection(&names)), (.weights, weights.bytes),
      (.input, inputSection), (.names, names.bytes), (.labels, labelSection), (.vectors, vectorSection),
      (.provenance, Array(provenance.printable.utf8)),
    ]
    var offsets: [Int] = []
    var end = Layout.sectionTableOffset + sections.count * Layout.sectionEntryBytes
    for (_, bytes) in sections {
      offsets.append(Layout.aligned(end))
      end = Layout.aligned(end) + bytes.count
    }
    guard end <= Layout.maximumFileBytes else { throw .tooLarge("a file of \(end) bytes; 1 GiB is the limit") }
    var file = header(fileBytes: end)
    for ((kind, bytes), offset) in zip(sections, offsets) {
      file.put(kind.rawValue)
      file.put(UInt32(0))
      file.put(UInt64(offset))
      file.put(UInt64(bytes.count))
    }
    for ((_, bytes), offset) in zip(sections, offsets) {
      file.pad(to: offset)
      file.put(bytes)
    }
    return Self.sealed(file.bytes)
  }

  private func header(fileBytes: Int) -> ByteWriter {
    var header = ByteWriter()
    header.put(Layout.magic)
    header.put(Layout.majorVersion)
    header.put(Layout.minorVersion)
    header.size(Layout.headerBytes)
    header.put(UInt64(fileBytes))
    header.put(
      (packsWeights ? Layout.packedWeights : 0) | (graph.listsOutputs ? Layout.listedOutputs : 0)
        | (graph.listsInputs ? Layout.listedInputs : 0) | (graph.widensPools ? Layout.widePools : 0))
    header.size(SectionKind.allCases.count)
    header.size(graph.tensors.count)
    header.size(graph.operations.count)
    header.size(plan.arenaBytes)
    header.size(plan.workspaceOffset)
    header.size(graph.input)
    header.size(graph.outputs[0].tensor)
    header.size(vectors.count)
    header.pad(to: Layout.outputCountOffset)
    if graph.listsOutputs { header.size(graph.outputs.count) }
    header.pad(to: Layout.inputCountOffset)
    if graph.listsInputs { header.size(graph.inputs.count) }
    header.pad(to: Layout.headerBytes)
    return header
  }

  /// Files that pack nothing can be read by programs that know no packing.
  private var packsWeights: Bool { weights.parameters.contains { $0.map { $0.storedBits < 8 } ?? false } }

  /// The same file with its digest in the header.
  private static func sealed(_ file: [UInt8]) -> [UInt8] {
    var file = file
    let digest = unsafe file.withUnsafeBytes { unsafe Digest.ofModel($0) }
    for index in 0..<Layout.digestBytes { file[Layout.digestOffset + index] = digest[index] }
    return file
  }
}
