import ArgumentParser
import CHeap
import EdgeRuntime

/// `ferrite bench`: time per frame and per layer, and the frames' heap allocations.
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Times a model per frame and per layer.",
    discussion: """
      Frames are the model's test vectors in turn, after 20 frames of warm-up. A frame's time runs from pixels to logits; the \
      clock is read after each layer. Times are microseconds; a percentile is the least time that so many frames don't exceed. \
      Allocations are all calls of malloc and its kin, on all threads, during the timed frames.
      """)

  private static let warmUpFrames = 20

  @Argument(help: "The model file (.fxm).")
  var model: String

  @Option(help: "Timed frames, 1 to 1000000.")
  var frames = 500

  @Option(help: "Threads; this version runs a frame on 1.")
  var threads = 1

  @OptionGroup var instructionSet: InstructionSetOption

  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    guard 1...1_000_000 ~= frames else { throw ValidationError("--frames \(frames): 1 to 1000000 can be timed") }
    guard threads == 1 else { throw ValidationError("--threads \(threads): this version runs a frame on 1 thread") }
  }

  func run() throws {
    let model = try LoadedModel(path: model)
    let classifier = try Classifier(model, instructionSet: instructionSet.isa)
    let layers = model.file.operationCount
    let vectors = (0..<model.file.testVectorCount).map { model.testPixels($0) }
    let pixels = vectors.isEmpty ? [[UInt8](repeating: 0, count: model.file.frameBytes)] : vectors

    // The frame as a whole comes after its layers.
    var durations = Durations(things: layers + 1, measurements: frames)
    for _ in 0..<Self.warmUpFrames { measure(classifier, pixels[0], frame: 0, layers, &durations) }
    let callsBefore = heap_calls()
    for frame in 0..<frames { measure(classifier, pixels[frame % pixels.count], frame: frame, layers, &durations) }
    let allocations = heap_calls() - callsBefore

    let frame = durations.sorted(layers)
    let layerMedians = (0..<layers).map { durations.sorted($0).microseconds(permille: 500) }
    if json {
      print(document(model, frame, layerMedians, allocations))
    } else {
      print(text(model, frame, layerMedians, allocations), terminator: "")
    }
  }

  private func measure(
    _ classifier: Classifier, _ pixels: [UInt8], frame: Int, _ layers: Int, _ durations: inout Durations
  ) {
    let start = Durations.now
    classifier.begin(pixels)
    var last = start
    for layer in 0..<layers {
      classifier.step(layer)
      let now = Durations.now
      durations.record(now - last, thing: layer, measurement: frame)
      last = now
    }
    durations.record(last - start, thing: layers, measurement: frame)
  }

  private static let quantiles = [("p50", 500), ("p90", 900), ("p99", 990), ("p999", 999), ("max", 1000)]

  private func document(
    _ model: LoadedModel, _ frame: SortedDurations, _ layerMedians: [Double], _ allocations: UInt64
  ) -> JSON {
    let latency = Self.quantiles.map { name, permille in
      JSON.Member(key: name, value: .rounded(frame.microseconds(permille: permille), digits: 3))
    }
    let layers: [JSON] = layerMedians.enumerated().map { index, median in
      let record = model.file.operation(index)
      return [
        "name": JSON(model.name(record.name)), "op": JSON("\(record.operation.kind.name)"),
        "p50_us": .rounded(median, digits: 3), "macs": JSON(record.multiplyAccumulates),
      ]
    }
    return [
      "frames": JSON(frames), "threads": JSON(threads), "isa": JSON("\(instructionSet.isa.name)"),
      "latency_us": .object(latency), "allocations": JSON(allocations), "layers": JSON(layers),
    ]
  }

  private func text(
    _ model: LoadedModel, _ frame: SortedDurations, _ layerMedians: [Double], _ allocations: UInt64
  ) -> String {
    var table = TextTable([
      ("layer", .left), ("op", .left), ("median us", .right), ("share", .right), ("MACs", .right), ("MACs/ns", .right),
    ])
    let total = layerMedians.reduce(0, +)
    for (index, median) in layerMedians.enumerated() {
      let record = model.file.operation(index)
      let macs = record.multiplyAccumulates
      table.add([
        model.name(record.name).briefLayerName, "\(record.operation.kind.name)", median.decimals(1),
        total > 0 ? (median / total).percent : "", macs == 0 ? "" : macs.grouped,
        macs == 0 || median == 0 ? "" : (Double(macs) / median / 1000).decimals(1),
      ])
    }
    let latency = Self.quantiles.map { name, permille in
      "\(name) \(frame.microseconds(permille: permille).decimals(1))"
    }
    return """
      \(table.text)
      frame, us      \(latency.joined(separator: "  "))
      frames         \(frames), \(threads) thread, \(instructionSet.isa.name)
      allocations    \(allocations)

      """
  }
}
