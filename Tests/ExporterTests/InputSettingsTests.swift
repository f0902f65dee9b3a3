import EdgeRuntime
import Foundation
import Quantize
import Testing

@testable import Exporter

@Suite("What a user says of a network's input") struct InputSettingsTests {
  /// A convolution with padding, ReLU, pool and logits, of three channels.
  private func colored(seed: UInt64 = 4, change: (inout NetworkBuilder) -> Int = { _ in 0 }) -> FloatGraph {
    var builder = NetworkBuilder(size: 8, seed: seed)
    builder.values[0].shape.channels = 3
    let start = change(&builder)
    let features = builder.pool(builder.relu(builder.convolution("first", start, 6)))
    let logits = builder.connected("logits", builder.flatten(features), 5)
    var graph = builder.graph(output: logits)
    graph.preparation = InputPreparation(mean: [0.4, 0.5, 0.6], standardDeviation: [0.2, 0.25, 0.3])
    return graph
  }

  private func outputs(_ graph: FloatGraph, _ pixels: [UInt8]) -> [Float] {
    let reference = FloatReference(graph)
    reference.run(pixels: pixels)
    return reference.output
  }

  private func pixels(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var random = SplitMix(state: seed)
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
  }

  private func expectClose(
    _ found: [Float], _ wanted: [Float], within bound: Float = 1e-4, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = zip(found, wanted).map { abs($0 - $1) }.max() ?? .infinity
    #expect(found.count == wanted.count && error < bound, "\(found) \(wanted)", sourceLocation: sourceLocation)
  }

  @Test("takes the place of what the file says, number by number")
  func preparation() throws {
    let graph = colored()
    var settings = InputSettings()
    #expect(try settings.applied(to: graph).preparation == graph.preparation)
    settings.mean = [0.5]
    var found = try settings.applied(to: graph).preparation
    #expect(found.mean == [0.5, 0.5, 0.5] && found.standardDeviation == graph.preparation.standardDeviation)
    // Of pixels of 0...255 the same is 255 times as much.
    (settings.range, settings.mean, settings.standardDeviation) = (255, [102, 127.5, 153], [51])
    found = try settings.applied(to: graph).preparation
    #expect(found.mean == [0.4, 0.5, 0.6] && found.standardDeviation == [0.2, 0.2, 0.2])
    // A range alone: pixels as they are.
    (settings.mean, settings.standardDeviation) = (nil, nil)
    found = try settings.applied(to: graph).preparation
    #expect(found.mean == [0, 0, 0] && found.standardDeviation == Array(repeating: Float(1.0 / 255), count: 3))
    #expect(abs(found.prepared([255, 0, 51])[0] - 255) < 1e-4)
  }

  @Test("is refused where it doesn't fit the network")
  func errors() {
    func error(_ change: (inout InputSettings) -> Void, _ graph: FloatGraph? = nil) -> String {
      var settings = InputSettings()
      change(&settings)
      do {
        _ = try settings.applied(to: graph ?? colored())
        return "accepted"
      } catch {
        return "\(error)"
      }
    }
    #expect(error { $0.mean = [1, 2] } == "--mean: 2 numbers for 3 channels; one, or one for each, is wanted")
    #expect(error { $0.standardDeviation = [1, 2, 3, 4] }.hasPrefix("--std: 4 numbers for 3 channels"))
    #expect(error { $0.standardDeviation = [1, 0, 1] } == "--std: the deviation of channel 1 is not above 0")
    // Below the least float it is nothing.
    #expect(error { $0.standardDeviation = [1e-60] } == "--std: the deviation of channel 0 is not above 0")
    #expect(error { $0.mean = [1e60] } == "--mean: a number is beyond 32-bit floats")
    #expect(error { $0.labels = ["a", "b"] } == "--labels: 2 names for 5 outputs")
    let six = (0..<6).map { "\($0)" }
    #expect(
      error { $0.labels = six } == "--labels: 6 names for 5 outputs; is there one too many, such as for a background?")
    let grey = FloatGraph.residual()
    #expect(error({ $0.channels = .bgr }, grey) == "--channels bgr: the network takes 1 channel, which is grey")
    #expect(error({ $0.mean = [1, 2] }, grey) == "--mean: 2 numbers for 1 channel; one, or one for each, is wanted")
    #expect(error({ $0.channels = .grey }, grey) == "accepted")
  }

  /// Behind a batch-norm and a pool, the weights change places; where channels run together at once, a convolution does it.
  @Test("makes a network of blue, green, red one of red, green, blue")
  func blueFirst() throws {
    let changes: [(inout NetworkBuilder) -> Int] = [
      { _ in 0 },
      { builder in
        let normal = FloatOperation.batchNormalization(scale: [1, 2, -0.5], shift: [0.1, 0, 0.3])
        return builder.pool(builder.add("normal", normal, [0], builder.values[0].shape))
      },
      { builder in builder.depthwise("each", 0) },
    ]
    for (index, change) in changes.enumerated() {
      let graph = colored(change: change)
      var settings = InputSettings()
      settings.channels = .bgr
      let turned = try settings.applied(to: graph)
      #expect(turned.nodes.count == graph.nodes.count + (index == 2 ? 1 : 0))
      for seed in 1...4 as ClosedRange<UInt64> {
        let picture = pixels(8 * 8 * 3, seed: seed)
        let swapped = picture.indices.map { picture[$0 - $0 % 3 + 2 - $0 % 3] }
        #expect(picture != swapped)
        expectClose(outputs(turned, picture), outputs(graph, swapped))
      }
    }
  }

  /// Numbers alike for all channels: the weights' sum. Otherwise zeros that a padding adds keep their meaning.
  @Test("makes a network of three equal channels one of a single channel", arguments: [true, false])
  func grey(_ areAlike: Bool) throws {
    let graph = colored()
    var settings = InputSettings()
    settings.channels = .grey
    if areAlike { (settings.mean, settings.standardDeviation) = ([0.45], [0.22]) }
    let single = try settings.applied(to: graph)
    #expect(single.values[single.input].shape == Shape(height: 8, width: 8, channels: 1))
    #expect(single.nodes.count == graph.nodes.count + (areAlike ? 0 : 1))
    var three = InputSettings()
    (three.mean, three.standardDeviation) = (settings.mean, settings.standardDeviation)
    let picture = pixels(64)
    expectClose(outputs(single, picture), outputs(try three.applied(to: graph), picture.flatMap { [$0, $0, $0] }))
  }

  @Test("reaches the integers of the model", arguments: InputSettings.Channels.allCases)
  func exported(_ channels: InputSettings.Channels) throws {
    var settings = InputSettings()
    settings.channels = channels
    let graph = Passes.all(try settings.applied(to: colored()))
    let count = graph.values[graph.input].shape.count
    let source = ExportSource(graph: graph, digest: "00", name: "colored.onnx") { graph in
      let reference = FloatReference(graph)
      return { pixels, visit in reference.run(pixels: pixels, visit: visit) }
    }
    let images = CalibrationImages(count: 64, frameBytes: count) { [self] in pixels(count, seed: UInt64($0)) }
    let model = try exportModel(
      source, calibration: calibrate(source, images: images), images: images, settings: QuantizationSettings())
    let runner = try ModelRunner(model.bytes, instructionSet: .scalar)
    let format = model.content.graph.tensors[model.content.graph.outputs[0].tensor].format
    for seed in 100..<108 as Range<UInt64> {
      let picture = pixels(count, seed: seed)
      let fixed = runner.outputs(picture).map { Float(format.number(Int64($0))) }
      expectClose(fixed, outputs(graph, picture), within: 0.3)
    }
  }

  @Test("is part of what a calibration is about")
  func calibrationDigest() throws {
    let digest = String(repeating: "1f", count: 32)
    func named(_ change: (inout InputSettings) -> Void) throws -> String {
      var source = ExportSource(graph: colored(), digest: digest, name: "n") { _ in { _, _ in } }
      change(&source.settings)
      return try source.calibrationDigest
    }
    #expect(try named { _ in } == digest)
    #expect(try named { $0.resize = "crop" } == digest)
    #expect(try named { $0.channels = .rgb } == digest)
    let means = try (0..<3).map { mean in try named { $0.mean = [Double(mean)] } }
    #expect(Set(means + [digest]).count == 4 && means.allSatisfy { $0.count == 64 })
    #expect(try named { $0.channels = .bgr } != digest)
    #expect(try named { ($0.mean, $0.resize) = ([1], "stretch") } == means[1])
  }
}

@Suite("Names of a network's outputs") struct LabelListTests {
  private func names(_ text: String) throws(InputError) -> [String] { try LabelList.names(decoding: Data(text.utf8)) }

  private func error(_ data: Data) -> String {
    do {
      return "accepted \(try LabelList.names(decoding: data))"
    } catch {
      return "\(error)"
    }
  }

  @Test("are a file's lines, whatever wrote it")
  func files() throws {
    for text in ["cat\ndog\n", "cat\ndog", "cat\r\ndog\r\n", "\u{FEFF}cat\ndog\n\n\n", "  cat \n\tdog\r\n \r\n"] {
      #expect(try names(text) == ["cat", "dog"], "\(text.debugDescription)")
    }
    #expect(try names("Katze, klein\nGroße Katze\n") == ["Katze, klein", "Große Katze"])
  }

  @Test("have a line where something is wrong")
  func faults() {
    #expect(error(Data("cat\n\ndog\n".utf8)) == "line 2: there is no name")
    #expect(error(Data("cat\ndog\r\ncat\n".utf8)) == "\"cat\" stands there twice, in lines 1 and 3")
    #expect(error(Data("cat\nd\u{7}g\n".utf8)) == "line 2: the name has control characters")
    #expect(error(Data([0x63, 0x0A, 0xE9, 0x0A])) == "line 2: this is not UTF-8")
    #expect(error(Data([0xFF, 0xFE, 0x63, 0])) == "this is UTF-16; save it as UTF-8")
    for empty in ["", "\n\n", "\u{FEFF}", " \r\n"] { #expect(error(Data(empty.utf8)) == "there are no names") }
    #expect(error(Data(count: 1 << 21)).contains("this is no list of names"))
  }

  @Test("are names whatever the bytes, or an error")
  func anyBytes() {
    var random = SplitMix(state: 5)
    let alphabet: [UInt8] = [0x0A, 0x0A, 0x0D, 0x20, 0x09, 0x61, 0x62, 0xC3, 0xA9, 0xEF, 0xBB, 0xBF, 0xFF, 0xFE, 0x00]
    var accepted = 0
    for _ in 0..<4000 {
      let data = Data((0..<Int.random(in: 0...9, using: &random)).map { _ in alphabet.randomElement(using: &random)! })
      guard let names = try? LabelList.names(decoding: data) else { continue }
      accepted += 1
      #expect(!names.isEmpty && Set(names).count == names.count, "\(Array(data))")
      #expect(
        names.allSatisfy { !$0.isEmpty && $0 == $0.printable && !$0.contains(where: \.isNewline) }, "\(Array(data))")
    }
    #expect(accepted > 100)
  }

  @Test("can stand on the command line")
  func inline() throws {
    #expect(try LabelList.names(inline: "cat, dog,small cat") == ["cat", "dog", "small cat"])
    for (text, message) in [
      ("cat,,dog", "name 2: there is no name"), ("cat,dog,cat", "\"cat\" stands there twice"),
      ("cat,", "name 2: there is no name"),
    ] {
      let error = #expect(throws: InputError.self) { try LabelList.names(inline: text) }
      #expect(error?.description == message)
    }
  }
}

@Suite("The distribution of a network's input") struct InputStatisticsTests {
  private func statistics(_ graph: FloatGraph, _ pictures: [[UInt8]]) throws -> InputStatistics {
    try InputStatistics(CalibrationImages(count: pictures.count, frameBytes: pictures[0].count) { pictures[$0] }, graph)
  }

  @Test("is that of every pixel, by channel and together")
  func moments() throws {
    var builder = NetworkBuilder(size: 2, seed: 1)
    builder.values[0].shape.channels = 2
    let logits = builder.connected("logits", builder.flatten(0), 2)
    var graph = builder.graph(output: logits)
    graph.preparation = InputPreparation(mean: [0, 1], standardDeviation: [1, 0.5])
    let found = try statistics(graph, [[0, 255, 255, 255, 0, 0, 255, 0], [0, 0, 0, 255, 255, 255, 255, 0]])
    // Channel 0: as many 0 as 1. Channel 1: as many -2 as 0.
    #expect(found.moments(channel: 0) == .init(mean: 0.5, deviation: 0.5))
    #expect(found.moments(channel: 1) == .init(mean: -1, deviation: 1))
    // -2 and 1 four times each of 16, 0 eight times.
    #expect(found.moments.mean == -0.25 && abs(found.moments.deviation - (5.0 / 4 - 1.0 / 16).squareRoot()) < 1e-12)
    #expect(found.counts[0][0] == 4 && found.counts[1][255] == 4 && found.pictures == 2)
    #expect(found.isUsual)
  }

  @Test("is told behind the scale that a network begins with")
  func ownScale() throws {
    var builder = NetworkBuilder(size: 4, seed: 1)
    let normal = FloatOperation.batchNormalization(scale: [2], shift: [-1])
    let scaled = builder.add("normal", normal, [0], builder.values[0].shape)
    let logits = builder.connected("logits", builder.flatten(builder.relu(builder.convolution("first", scaled, 2))), 2)
    var graph = builder.graph(output: logits)
    graph.preparation = InputPreparation(mean: [0], standardDeviation: [1])
    let pictures = [(0..<16).map { UInt8($0 % 2 * 255) }]
    for graph in [graph, Passes.all(graph)] {
      let found = try statistics(graph, pictures)
      #expect(found.moments == .init(mean: 0, deviation: 1))
    }
  }

  @Test("is unusual where a preparation is likely to be wrong")
  func unusual() throws {
    let pictures = [(0..<256).map { UInt8($0) }]
    var graph = FloatGraph.residual()
    for (mean, deviation, isUsual) in [
      (0.5, 0.29, true), (0.5, 0.5, true), (0, 1.0 / 255, false), (123.7, 58.4, false), (0.449, 0.226, true),
      (0, 0.3, false),
      (0.5, 5, false), (0, 1, true),
    ] as [(Float, Float, Bool)] {
      graph.preparation = InputPreparation(mean: [mean], standardDeviation: [deviation])
      #expect(try statistics(graph, pictures).isUsual == isUsual, "\(mean) \(deviation)")
    }
  }
}
