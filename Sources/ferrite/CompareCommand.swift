import ArgumentParser
import EdgeRuntime
import Exporter
import FoundationEssentials
import ImageData
import Quantize

/// `ferrite compare`: a float network against its fixed-point model, or two models, on labelled pictures.
struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compares a float network with its fixed-point model on labelled pictures.",
    usage: """
      ferrite compare NET.onnx M.fxm --data DATA [options]
      ferrite compare M.fxm --against OTHER.fxm --data DATA [options]
      """,
    discussion: """
      Tells the accuracy of both with 95 % Wilson intervals, how often they agree, whether the difference is significant \
      (McNemar's exact test), which class lost most, how far the probabilities can be trusted, which pictures flip, and the \
      signal to quantisation noise and the saturation at each layer over 100 pictures, evenly spread. The float reference runs \
      on OpenBLAS.

      Of a network with several outputs, or one that is no vector of scores, the signal to quantisation noise of each output and layer \
      is told, and the accuracy where exactly one output has scores; pictures need classes for that alone.

      Many pictures: --partial keeps what is done, so that an interrupted run goes on where it was. --shard 3/16 does every \
      sixteenth picture from the third on, on this machine or another; `ferrite merge` joins the partial results.
      """)

  private static let layerSamples = 100
  private static let whatIfPictures = 256

  @Argument(help: "The float network (.onnx), then the model file (.fxm) made of it; with --against the model alone.")
  var files: [String]

  @Option(help: "Another model file (.fxm): the reference in place of a float network.")
  var against: String?

  @OptionGroup var data: DataOptions

  @OptionGroup var others: OtherInputOptions

  @OptionGroup var input: InputOptions

  @Option(help: "Threads, 1 to 64.")
  var threads = 2

  @Option(help: "Keep what is done in this file, and go on from it if it is there.")
  var partial: String?

  @Option(help: "Only the K-th of N parts of the pictures: K/N. Its result is in --partial's file.")
  var shard: Shard?

  @Flag(help: "Also tell how much comes back if one layer is computed in float, or in 16 bits: each layer in turn.")
  var whatIf = false

  @Option(
    name: .customLong("what-if-layer"),
    help: "With --what-if: this layer alone, by its name; again for more of them.")
  var whatIfLayers: [String] = []

  @Option(help: "With --what-if: at most this many pictures, evenly spread (default: \(Self.whatIfPictures)).")
  var whatIfLimit: Int?

  @OptionGroup var output: ComparisonOutput

  func validate() throws {
    guard files.count == (against == nil ? 2 : 1) else {
      throw ValidationError(
        against == nil
          ? "a float network and a model are compared: NET.onnx M.fxm (two models: M.fxm --against OTHER.fxm)"
          : "with --against one model is given: M.fxm")
    }
    guard data.data != nil else { throw ValidationError("--data is missing") }
    guard against == nil || !input.saysSomething else {
      throw ValidationError(
        "--mean, --std, --range, --channels and --labels are about a float network: they don't go with --against")
    }
    guard 1...64 ~= threads else { throw ValidationError("--threads \(threads): 1 to 64 can be used") }
    guard partial != "" else { throw ValidationError("--partial is empty") }
    guard whatIf || (whatIfLayers.isEmpty && whatIfLimit == nil) else {
      throw ValidationError("--what-if-layer and --what-if-limit go with --what-if")
    }
    guard !whatIf || against == nil else {
      throw ValidationError("--what-if needs the float network: it does not go with --against")
    }
    if let whatIfLimit, whatIfLimit < 1 {
      throw ValidationError("--what-if-limit \(whatIfLimit): at least one picture is needed")
    }
    guard shard == nil || partial != nil else { throw ValidationError("--shard goes with --partial") }
    guard shard == nil || output.html == nil else {
      throw ValidationError("--html goes with the whole: give it to merge, not to a shard")
    }
  }

  func run() throws {
    Interruption.watch()
    try output.checkWritable(besides: files + [against, partial, data.data].compactMap { $0 })
    if let partial { try AtomicFile.checkWritable(partial) }
    let model = try LoadedModel(path: files.last!)
    let (reference, file) = try openReference(model)
    if model.file.listsOutputs { return try compareOutputs(model, reference, file) }
    let set = try openData(model)
    let indices = set.indices(limit: data.limit)
    var task = ComparisonTask(
      kind: reference.kind, reference: file, model: model, data: data, dataDigest: try set.fingerprint(),
      setPictures: set.count,
      pictures: indices.count,
      layerStride: (indices.count + Self.layerSamples - 1) / Self.layerSamples)
    let settings = try inputSettings(model)
    if settings != InputSettings() { task.input = settings }
    let paired = try pair(reference, model)
    if whatIf, let paired { task.whatIf = try whatIfTask(paired, task) }
    var state = try start(task)
    let runner = try ComparisonRunner(
      reference: reference, model: model, paired: paired, data: set, indices: indices, task: task, threads: threads)
    do {
      try runner.run(&state, keptAt: partial)
    } catch let stopped as Interruption.Stopped {
      printError("\(stopped)")
      throw ExitCode(stopped.exitStatus)
    }
    if let shard, let partial {
      try output.show(shard, pictures: state.done, partial)
    } else {
      try output.show(ComparisonReport(task: task, comparison: state.comparison))
    }
  }

  private func openData(_ model: LoadedModel) throws -> DataSet {
    try data.open(
      labels: model.labels, extent: model.extent, resize: input.resizing.resize ?? model.inputSettings.resizeWay,
      others,
      model.otherInputArrays, of: model.path)
  }

  private func openReference(_ model: LoadedModel) throws -> (ComparisonRunner.Reference, ComparisonTask.File) {
    if let against {
      let other = try LoadedModel(path: against)
      try checkSame(other.path, other.extent, labels: other.labels, model)
      try checkSame(other.path, other.otherInputArrays, model)
      try checkSame(other.path, other.outputs.map(ComparedOutput.init), model)
      return (.fixed(other), .init(path: against, digest: other.file.digest.hexadecimal))
    }
    let network = try FloatNetwork(path: files[0])
    var graph = try network.graph(inputSettings(model))
    // Outputs without names can't contradict the model's.
    if !graph.states.contains(.labels), graph.labels.count == model.labels.count { graph.labels = model.labels }
    let input = graph.values[graph.input].shape
    try checkSame(
      network.path, ImageExtent(width: input.width, height: input.height, channels: input.channels),
      labels: graph.labels, model)
    try checkSame(network.path, graph.otherInputArrays, model)
    try checkSame(
      network.path,
      graph.outputs.map { output in
        let shape = graph.values[output.value].shape
        return ComparedOutput(name: output.name, height: shape.height, width: shape.width, channels: shape.channels)
      }, model)
    return (.float(graph), .init(path: network.path, digest: network.digest))
  }

  /// The network is taken as the model was made of it, unless somebody says otherwise.
  private func inputSettings(_ model: LoadedModel) throws -> InputSettings {
    against == nil ? model.inputSettings.replaced(by: try input.settings()) : InputSettings()
  }

  /// The float network's layers beside the model's; nil where it was not made of them, which only a what-if needs.
  private func pair(_ reference: ComparisonRunner.Reference, _ model: LoadedModel) throws -> PairedNetwork? {
    guard case .float(let graph) = reference else { return nil }
    guard graph.otherInputs.isEmpty else {
      if whatIf { try model.requireOneInput(for: "--what-if") }
      return nil
    }
    do {
      return try PairedNetwork(model, graph, path: files[0])
    } catch let error as BadData {
      if whatIf { throw error }
      return nil
    }
  }

  private func whatIfTask(_ network: PairedNetwork, _ task: ComparisonTask) throws -> WhatIfTask {
    let limit = whatIfLimit ?? Self.whatIfPictures
    let stride = (task.pictures + limit - 1) / limit
    if whatIfLayers.isEmpty { return WhatIfTask(network, stride: stride) }
    let choices = try whatIfLayers.map { name in
      guard let index = task.layers.firstIndex(where: { $0.name == name || $0.name.briefLayerName == name }) else {
        throw BadData("\(task.model.path): has no layer \(name); `ferrite inspect --json` tells the names")
      }
      return index == 0 ? LayerChoice.input : .layer(index - 1)
    }
    return WhatIfTask(network, choices: choices, stride: stride)
  }

  /// Two networks can be compared if they take the same picture and tell the same classes in the same order.
  private func checkSame(_ path: String, _ extent: ImageExtent, labels: [String], _ model: LoadedModel) throws {
    guard extent == model.extent else {
      throw BadData("\(path) takes pictures of \(extent), \(model.path) of \(model.extent)")
    }
    guard labels.count == model.labels.count else {
      throw BadData("\(path) tells \(labels.count) classes, \(model.path) \(model.labels.count)")
    }
    if let index = labels.indices.first(where: { labels[$0] != model.labels[$0] }) {
      throw BadData("class \(index) is \(labels[index]) for \(path), \(model.labels[index]) for \(model.path)")
    }
  }

  /// And if the same comes in beside the picture.
  private func checkSame(_ path: String, _ inputs: [InputArrays.Input], _ model: LoadedModel) throws {
    guard inputs != model.otherInputArrays else { return }
    func list(_ inputs: [InputArrays.Input]) -> String {
      inputs.isEmpty ? "nothing" : inputs.map(\.text).joined(separator: ", ")
    }
    throw BadData(
      "beside the picture \(path) takes \(list(inputs)), \(model.path) \(list(model.otherInputArrays))")
  }

  /// And if the same comes out, where a file lists what does.
  private func checkSame(_ path: String, _ outputs: [ComparedOutput], _ model: LoadedModel) throws {
    let own = model.outputs.map(ComparedOutput.init)
    guard model.file.listsOutputs || outputs.count > 1 else { return }
    guard outputs == own else {
      func list(_ outputs: [ComparedOutput]) -> String { outputs.map(\.text).joined(separator: ", ") }
      throw BadData("\(path) gives \(list(outputs)), \(model.path) \(list(own))")
    }
  }

  /// Compares networks whose outputs are more than one vector of scores.
  private func compareOutputs(
    _ model: LoadedModel, _ reference: ComparisonRunner.Reference, _ file: ComparisonTask.File
  ) throws {
    let given: [(String, Bool)] = [
      ("partial", partial != nil), ("shard", shard != nil), ("what-if", whatIf), ("html", output.html != nil),
    ]
    if let option = given.first(where: \.1) {
      throw BadData(
        "--\(option.0): goes with networks of one output of scores; the outputs of \(model.path) are "
          + model.outputs.map(\.text).joined(separator: "; "))
    }
    let set = try openData(model)
    let comparison = try OutputComparison(
      model, reference, file, data: set, indices: set.indices(limit: data.limit), threads: threads)
    print(output.json ? "\(comparison.json)\n" : comparison.text, terminator: "")
  }

  /// What there is of this task already, or its beginning.
  private func start(_ task: ComparisonTask) throws -> PartialComparison {
    let fresh = PartialComparison(task: task, shard: shard ?? .whole)
    guard let partial, FileManager.default.fileExists(atPath: partial) else { return fresh }
    var kept = try PartialComparison(path: partial)
    guard kept.task.isSame(as: task), kept.shard == fresh.shard else {
      throw BadData("\(partial): is of another comparison; remove it, or name another file")
    }
    kept.task = task
    return kept
  }
}

extension Shard: ExpressibleByArgument {
  init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let index = parts[0], let count = parts[1] else { return nil }
    self.init(index: index, count: count)
    guard isSound else { return nil }
  }
}

extension ComparisonTask {
  init(
    kind: ReferenceKind, reference: File, model: LoadedModel, data: DataOptions, dataDigest: String, setPictures: Int,
    pictures: Int, layerStride: Int
  ) {
    self.init(
      kind: kind, reference: reference, model: File(path: model.path, digest: model.file.digest.hexadecimal),
      data: data.data ?? "", dataDigest: dataDigest, usage: data.usage, pictures: pictures, setPictures: setPictures,
      layerStride: layerStride,
      labels: model.labels,
      layers: [Layer(model, "input", name: nil, tensor: model.file.inputTensor)]
        + (0..<model.file.operationCount).map {
          let record = model.file.operation($0)
          return Layer(model, "\(record.operation.kind.name)", name: record.name, tensor: record.output)
        })
  }
}

extension ComparisonTask.Layer {
  /// - Parameter name: nil is the tensor's.
  fileprivate init(_ model: LoadedModel, _ operation: String, name: NameReference?, tensor: Int) {
    let record = model.file.tensor(tensor)
    self.init(
      name: model.name(name ?? record.name), operation: operation, format: record.format.name, step: record.format.step,
      octaves: RangeUse.octaves(of: record.format))
  }
}
