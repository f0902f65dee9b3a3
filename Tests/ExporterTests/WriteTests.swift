import EdgeRuntime
import Foundation
import Quantize
import Testing

@testable import Exporter

@Suite struct WriteTests {
  @Test func theLoaderReadsBackWhatWasWritten() throws {
    let exported = try export(.miniature())
    let (content, graph) = (exported.content, exported.content.graph)
    let file = AlignedBytes(exported.bytes)
    let model = try unsafe ModelFile(unsafeBytes: UnsafeRawBufferPointer(file.unsafeBytes))

    #expect(model.tensorCount == graph.tensors.count)
    #expect(model.inputTensor == graph.input)
    #expect(model.outputTensor == graph.outputs[0].tensor)
    #expect(model.arenaBytes == content.plan.arenaBytes)
    for (index, tensor) in graph.tensors.enumerated() {
      let record = model.tensor(index)
      let name = unsafe String(decoding: model.unsafeName(record.name), as: UTF8.self)
      #expect(name == tensor.name)
      #expect(record.format == tensor.format)
      #expect(Shape(height: record.height, width: record.width, channels: record.channels) == tensor.shape)
      #expect(record.arenaOffset == content.plan.places[index].offset)
      #expect(record.firstOperation...record.lastOperation == content.plan.places[index].live)
    }
    #expect(model.operationCount == graph.operations.count)
    for (index, operation) in graph.operations.enumerated() {
      let record = model.operation(index)
      let name = unsafe String(decoding: model.unsafeName(record.name), as: UTF8.self)
      #expect(name == operation.name)
      #expect((0..<record.inputCount).map { record.inputs[$0] } == operation.inputs)
      #expect(record.output == operation.output)
      #expect((record.minimum, record.maximum) == (operation.minimum, operation.maximum))
      #expect(record.multiplyAccumulates == operation.multiplyAccumulates)
      #expect(record.sqnrCentibels == content.sqnrCentibels[index])
      expectEqual(record.operation, operation.kind, placed: content.weights.parameters[index])
    }
    for (index, label) in (graph.outputs[0].labels ?? []).enumerated() {
      let read = unsafe String(decoding: model.unsafeLabel(index), as: UTF8.self)
      #expect(read == label)
    }
    for (index, vector) in content.vectors.enumerated() {
      let pixels = unsafe Array(model.unsafeTestFrame(index))
      #expect(pixels == vector.pixels)
      #expect(vector.values.indices.map { model.testLogit(index, class: $0) } == vector.values)
    }
    let provenance = unsafe String(decoding: model.unsafeProvenance, as: UTF8.self)
    #expect(provenance.contains("\"name\":\"test.onnx\""))
    #expect((0..<32).map { model.digest[$0] }[...].hexadecimal == exported.digest)
  }

  private func expectEqual(
    _ read: EdgeRuntime.Operation, _ written: FixedOperation, placed: ConvolutionParameters?
  ) {
    switch (read, written) {
    case (.conv2D(let a), .convolution), (.fullyConnected(let a), .fullyConnected): #expect(a == placed)
    case (.maxPool2D(let a), .maxPool(let b)): #expect(a == b)
    case (.averagePool2D(let a, let multiplier, let shift), .averagePool(let b, let factor, let drop)):
      #expect(a == b && multiplier == factor && shift == drop)
    case (.affineGridSample(let a), .affineGridSample(let b)): #expect(a == b)
    case (.concatenate(let a), .concatenate(let b)): #expect(b.indices.map { a[$0] } == b)
    case (.requantize(let a), .requantize(let b)): #expect(a == b)
    case (.table(let a), .table(let b)): #expect(a.tables == b.tables)
    case (.rearrange(let a), .rearrange(let b)): #expect(a == b)
    case (.multiply(let a), .multiply(let b)): #expect(a == b)
    default: Issue.record("\(read) was written as \(written.kind)")
    }
  }

  @Test func aFusedPoolGivesTheBitsOfAPoolByItself() throws {
    let fused = try export(.miniature()).content
    let whole = try ModelRunner(fused.encoded(), instructionSet: .scalar)
    let parts = try ModelRunner(fused.withPoolsApart().encoded(), instructionSet: .scalar)
    for index in 0..<10 {
      let pixels = picture(index, size: 16)
      #expect(whole.outputs(pixels) == parts.outputs(pixels))
    }
  }

  @Test func aFailedWriteLeavesNothingBehind() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "ferrite-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    // A folder stands where the file should go, so the rename fails after the draft was written.
    let taken = folder.appending(path: "model.fxm")
    try FileManager.default.createDirectory(at: taken.appending(path: "inside"), withIntermediateDirectories: true)
    #expect(throws: ExportError.self) { try AtomicFile.write([1, 2, 3], to: taken.path) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["model.fxm"])

    let free = folder.appending(path: "other.fxm")
    #expect(throws: ExportError.self) { try AtomicFile.checkWritable(taken.path) }
    #expect(throws: ExportError.self) { try AtomicFile.checkWritable(folder.appending(path: "no/file").path) }
    try AtomicFile.checkWritable(free.path)
    try AtomicFile.write([1, 2, 3], to: free.path)
    #expect(try Data(contentsOf: free) == Data([1, 2, 3]))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 2)
  }
}

extension ModelContent {
  /// The same model with each fused max-pool as an operation of its own.
  fileprivate func withPoolsApart() throws -> ModelContent {
    var apart = graph
    apart.operations = []
    for operation in graph.operations {
      guard case .convolution(var linear) = operation.kind, linear.geometry.hasMaxPool else {
        apart.operations.append(operation)
        continue
      }
      linear.geometry.hasMaxPool = false
      let input = graph.tensors[operation.inputs[0]].shape
      let output = graph.tensors[operation.output]
      let shape = Shape(
        height: linear.geometry.convolvedHeight(input.height), width: linear.geometry.convolvedWidth(input.width),
        channels: output.shape.channels)
      apart.tensors.append(
        FixedGraph.Tensor(name: "before pool", format: output.format, shape: shape, storage: apart.tensors.count))
      var convolution = operation
      convolution.kind = .convolution(linear)
      convolution.output = apart.tensors.count - 1
      var pool = operation
      pool.kind = .maxPool(PoolParameters(kernelHeight: 2, kernelWidth: 2, strideHeight: 2, strideWidth: 2))
      pool.inputs = [convolution.output]
      pool.multiplyAccumulates = 0
      apart.operations += [convolution, pool]
    }
    return ModelContent(
      graph: apart, plan: try MemoryPlan(apart), weights: PackedWeights(apart),
      sqnrCentibels: Array(repeating: nil, count: apart.operations.count), vectors: [], provenance: "{}")
  }
}
