import EdgeRuntime
import Foundation
import FoundationXML
import Testing

@testable import ferrite

@Suite struct CommandTests {
  private let fixture: Fixture

  init() throws { fixture = try Fixture.shared.get() }

  @Test func inspectTellsEveryLayerAndBuffer() throws {
    let outcome = try BuiltProgram.run("inspect", fixture.model, "--json")
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    let json = outcome.json
    let file = try Data(contentsOf: URL(fileURLWithPath: fixture.model))
    #expect(json["bytes"] as? Int == file.count)
    #expect(json["digest"] as? String == file[64..<96].map { String(format: "%02x", $0) }.joined())
    #expect(json["labels"] as? [String] == TinyNetwork.labels)
    let layers = try #require(json["layers"] as? [[String: Any]])
    #expect(layers.map { $0["op"] as? String } == ["conv2D", "fullyConnected"])
    #expect(layers.map { $0["macs"] as? Int } == [24 * 24 * 36, 576 * 7])
    #expect(json["macs"] as? Int == 24 * 24 * 36 + 576 * 7)
    for layer in layers {
      for key in ["name", "input_format", "weight_format", "output_format"] { #expect(layer[key] is String, "\(key)") }
      #expect((layer["sqnr_db"] as? Double ?? 0) > 20)
    }
    // 4 outputs of 9 taps, and 7 of 576: in blocks of 16 outputs and groups of 4 taps, a byte each.
    #expect(layers.map { $0["weight_bytes"] as? Int } == [16 * 3 * 4, 16 * 576])
    #expect(layers.map { $0["float_bytes"] as? Int } == [4 * 36, 4 * 7 * 576])
    #expect(json["weight_bytes"] as? Int == 16 * 12 + 16 * 576 && json["float_bytes"] as? Int == 4 * (36 + 4032))
    let arena = try #require(json["arena_bytes"] as? Int)
    let workspace = arena - (try #require(json["workspace_offset"] as? Int))
    #expect(workspace > 0 && json["arena_bytes_per_thread"] as? Int == workspace)
    // Beside the arena a record and 16 biases for each of the two layers.
    #expect((arena + 2 * (64 + 256)..<arena + 4096).contains(try #require(json["session_bytes"] as? Int)))
    let buffers = try #require(json["buffers"] as? [[String: Any]])
    #expect(buffers.allSatisfy { ($0["offset"] as? Int ?? arena) + ($0["bytes"] as? Int ?? 0) <= arena })
    let text = try BuiltProgram.run("inspect", fixture.model).output
    for layer in layers { #expect(text.contains(layer["name"] as? String ?? "?")) }
  }

  /// Raw weights of 2 bits are -1, 0 and 1: at most log2(3) bits each, where the file takes 2.
  @Test func weightsOfTwoBitsAreStoredSo() throws {
    let (wide, narrow) = (try inspected(fixture.model), try inspected(fixture.coarseModel))
    func bytes(_ json: [String: Any], _ key: String) -> Int { json[key] as? Int ?? 0 }
    #expect(4 * bytes(narrow, "weight_bytes") == bytes(wide, "weight_bytes"))
    #expect(bytes(wide, "bytes") - bytes(narrow, "bytes") >= 3 * bytes(narrow, "weight_bytes") - 64)
    let most = (Double(36 + 4032) * log2(3) / 8).rounded(.up) + 1
    #expect(bytes(narrow, "weight_entropy_bytes") > 100 && Double(bytes(narrow, "weight_entropy_bytes")) <= most)
    #expect(bytes(wide, "weight_entropy_bytes") > bytes(narrow, "weight_entropy_bytes"))
    let text = try BuiltProgram.run("inspect", fixture.coarseModel).output
    #expect(text.contains("weights     2 352 bytes, 14.45 % of the 16 272 as 32-bit floats; entropy "), "\(text)")
  }

  /// Recomputed from the file's weights: no input of the format takes a sum further.
  @Test func inspectTellsHowFarEverySumCanGo() throws {
    let model = try LoadedModel(path: fixture.model)
    let layers = try #require(try inspected(fixture.model)["layers"] as? [[String: Any]])
    for (index, layer) in layers.enumerated() {
      let record = model.file.operation(index)
      let parameters = try #require(record.operation.convolution)
      let (input, output) = (model.file.tensor(record.inputs[0]), model.file.tensor(record.output))
      var greatest = 0
      for channel in 0..<output.channels {
        var sum = abs(model.file.bias(parameters, outputChannel: channel))
        sum += (1 << model.file.shift(parameters, outputChannel: channel)) / 2
        for row in 0..<parameters.kernelHeight {
          for tap in 0..<parameters.kernelWidth * input.channels {
            let index = parameters.packedIndex(
              output: channel, row: row, tap: tap, inputChannels: input.channels)
            sum +=
              abs(model.file.weight(parameters, index)) * Int(max(input.format.maximumRaw, -input.format.minimumRaw))
          }
        }
        greatest = max(greatest, sum)
      }
      #expect(layer["accumulator_bound"] as? Int == greatest)
      let spare = try #require(layer["accumulator_spare_bits"] as? Int)
      #expect(layer["accumulator_bits"] as? Int == 32 && spare >= 0)
      #expect(greatest << spare < 1 << 31 && greatest << (spare + 1) >= 1 << 31)
    }
    let text = try BuiltProgram.run("inspect", fixture.model).output
    #expect(text.contains("greatest sum") && text.contains("spare bits"))
  }

  @Test func runClassifiesPicturesAndDataSetsAlike() throws {
    let paths = ["angry/000000.pgm", "happy/000003.pgm"].map { "\(fixture.faces)/\($0)" }
    let outcome = try BuiltProgram.run(["run", fixture.model, "--json"] + paths)
    #expect(outcome.status == 0 && outcome.lines.count == 2)
    let data = try BuiltProgram.run("run", fixture.model, "--json", "--data", fixture.faces)
    #expect(data.lines.count == 35)
    for (line, path) in zip(outcome.lines, paths) {
      let result = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      #expect(result["image"] as? String == path)
      let logits = try #require(result["logits"] as? [Int])
      let index = try #require(result["index"] as? Int)
      #expect(logits.firstIndex(of: logits.max()!) == index)
      #expect(result["class"] as? String == TinyNetwork.labels[index])
      let probabilities = try #require(result["probabilities"] as? [Double])
      #expect(probabilities.count == 7 && abs(probabilities.reduce(0, +) - 1) < 1e-3)
      #expect(probabilities.max() == probabilities[index])
      let logitsText = "\"logits\":[\(logits.map(String.init).joined(separator: ","))]"
      #expect(data.lines.contains { $0.contains(logitsText) })
    }
  }

  @Test func everyInstructionSetGivesTheSameLogits() throws {
    let selftest = try BuiltProgram.run("selftest", fixture.model, "--json")
    #expect(selftest.status == 0)
    #expect(selftest.json["passed"] as? Bool == true)
    let sets = try #require(selftest.json["isa"] as? [String])
    #expect(sets.contains("scalar"))
    #expect((selftest.json["digest"] as? String)?.count == 64)
    let reference = try BuiltProgram.run("run", fixture.model, "--json", "--data", fixture.images, "--isa", "scalar")
    #expect(reference.status == 0 && reference.lines.count == 35)
    for set in sets {
      let other = try BuiltProgram.run("run", fixture.model, "--json", "--data", fixture.images, "--isa", set)
      #expect(other.output == reference.output, "\(set)")
    }
  }

  @Test func compareTellsAccuracyAgreementAndNoise() throws {
    let outcome = try BuiltProgram.run("compare", fixture.network, fixture.model, "--data", fixture.images, "--json")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let json = outcome.json
    #expect(json["samples"] as? Int == 35)
    let agreement = try #require(json["agreement"] as? Double)
    let flips = try #require(json["flips"] as? [[String: Any]])
    #expect(agreement > 0.9 && abs(agreement - (1 - Double(flips.count) / 35)) < 1e-12)
    let confusion = try #require(json["confusion"] as? [String: [[Int]]])
    for kind in ["float", "fixed"] {
      let accuracy = try #require((json[kind] as? [String: Any])?["accuracy"] as? Double)
      let rows = try #require(confusion[kind])
      #expect(rows.map { $0.reduce(0, +) } == [5, 5, 5, 5, 5, 5, 5])
      #expect(abs(accuracy - Double((0..<7).reduce(0) { $0 + rows[$1][$1] }) / 35) < 1e-12)
    }
    let classes = try #require(json["per_class"] as? [[String: Any]])
    #expect(
      classes.count == 7
        && classes.allSatisfy { $0["precision"] is Double && $0["recall"] is Double && $0["f1"] is Double })
    #expect((json["mcnemar_p"] as? Double ?? 0) > 0.01)
    let layers = try #require(json["layers"] as? [[String: Any]])
    #expect(layers.count == 2 && layers.allSatisfy { ($0["sqnr_db"] as? Double ?? 0) > 20 })

    // The same pictures as files, on one thread: the same counts.
    let files = try BuiltProgram.run(
      "compare", fixture.network, fixture.model, "--data", fixture.faces, "--json", "--threads", "1")
    #expect(files.json["confusion"] as? [String: [[Int]]] == confusion)
    let text = try BuiltProgram.run("compare", fixture.network, fixture.model, "--data", fixture.images, "--limit", "7")
    #expect(text.status == 0 && text.output.contains("7 pictures") && text.errors.isEmpty)
  }

  @Test func comparePutsFlipsOnAPage() throws {
    let folder = try TemporaryFolder()
    let page = folder.path("page.html")
    let outcome = try BuiltProgram.run(
      "compare", fixture.network, fixture.coarseModel, "--data", fixture.images, "--html", page, "--json")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let html = try String(contentsOf: URL(fileURLWithPath: page), encoding: .utf8)
    let flips = try #require(outcome.json["flips"] as? [[String: Any]])
    #expect(!flips.isEmpty, "two-bit weights flip something")
    #expect(html.components(separatedBy: "<figure><img").count - 1 == flips.count)
    for flip in flips { #expect(html.contains(flip["image"] as? String ?? "?")) }
    let unwritable = try BuiltProgram.run(
      "compare", fixture.network, fixture.model, "--data", fixture.images, "--html", folder.path("no/page.html"))
    #expect(unwritable.status == 65 && unwritable.errors.contains("no/page.html") && unwritable.output.isEmpty)
  }

  @Test func benchTimesFramesAndCountsNoAllocation() throws {
    let outcome = try BuiltProgram.run("bench", fixture.model, "--frames", "50", "--json")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let json = outcome.json
    #expect(json["frames"] as? Int == 50 && json["threads"] as? Int == 1)
    #expect(json["allocations"] as? Int == 0)
    let latency = try #require(json["latency_us"] as? [String: Double])
    let rising = ["p50", "p90", "p99", "p999", "max"].map { latency[$0] ?? -1 }
    #expect(rising.allSatisfy { $0 > 0 } && rising == rising.sorted())
    let layers = try #require(json["layers"] as? [[String: Any]])
    #expect(layers.map { $0["macs"] as? Int } == [24 * 24 * 36, 576 * 7])
    #expect(layers.allSatisfy { $0["p50_us"] is Double && $0["op"] is String && $0["name"] is String })
    #expect(layers.allSatisfy { ($0["share_of_peak"] as? Double ?? 0) > 0 })
    let bins = try #require(json["histogram"] as? [[String: Any]])
    #expect(bins.reduce(0) { $0 + ($1["frames"] as? Int ?? 0) } == 50)
    for (whole, parts) in [
      ("page_faults", ["minor_page_faults", "major_page_faults"]),
      ("context_switches", ["voluntary_context_switches", "involuntary_context_switches"]),
    ] {
      let counts = parts.map { json[$0] as? Int ?? -1 }
      #expect(counts.allSatisfy { $0 >= 0 } && json[whole] as? Int == counts.reduce(0, +), "\(whole)")
    }
    #expect(json["warm_up_frames"] as? Int == 20)
    try expectRates(json, layers)
    let machine = try #require(json["machine"] as? [String: Any])
    #expect((machine["cores"] as? Int ?? 0) >= 1 && (machine["kernel"] as? String)?.isEmpty == false)
    #expect(json["digest"] as? String == (try inspected(fixture.model)["digest"] as? String))
    let scalar = try BuiltProgram.run("bench", fixture.model, "--frames", "5", "--isa", "scalar")
    #expect(scalar.status == 0 && scalar.output.contains("scalar"))
  }

  /// Rates and shares are what times, multiply-accumulates and the stated peak make.
  private func expectRates(_ json: [String: Any], _ layers: [[String: Any]]) throws {
    let peak = try #require(json["peak"] as? [String: Any])
    let megahertz = try #require(peak["megahertz"] as? Double)
    let perCycle = try #require(peak["macs_per_cycle"] as? Int)
    let most = try #require(peak["macs_per_second"] as? Double)
    #expect(megahertz > 100 && megahertz < 10_000 && perCycle >= 1 && peak["megahertz_from"] as? String == "measured")
    #expect(abs(most / (megahertz * 1e6 * Double(perCycle)) - 1) < 0.01)
    for layer in layers {
      let macs = try #require(layer["macs"] as? Double)
      let time = try #require(layer["p50_us"] as? Double)
      let rate = try #require(layer["macs_per_second"] as? Double)
      let share = try #require(layer["share_of_peak"] as? Double)
      // A time is rounded to the nanosecond, a share to four digits.
      #expect(abs(rate / (macs / time * 1e6) - 1) < 0.001 && abs(share - rate / most) < 0.0002)
    }
  }

  private func inspected(_ model: String) throws -> [String: Any] {
    try BuiltProgram.run("inspect", model, "--json").json
  }

  @Test func benchComparesTwoModelsFrameByFrame() throws {
    let folder = try TemporaryFolder()
    let outcome = try BuiltProgram.run(
      "bench", fixture.model, "--compare", fixture.coarseModel, "--frames", "300", "--json")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let models = try #require(outcome.json["models"] as? [[String: Any]])
    #expect(models.count == 2 && models.allSatisfy { $0["allocations"] as? Int == 0 })
    let ratio = try #require(outcome.json["ratio"] as? Double)
    let interval = try #require(outcome.json["interval"] as? [Double])
    #expect(interval[0] <= ratio && ratio <= interval[1] && ratio > 0.5 && ratio < 2)
    let text = try BuiltProgram.run("bench", "--compare", fixture.model, fixture.coarseModel, "--frames", "20")
    #expect(text.status == 0 && text.output.contains("coarse.fxm takes "))
    let missing = try BuiltProgram.run("bench", fixture.model, "--compare", folder.path("none.fxm"))
    #expect(missing.status == 65 && missing.output.isEmpty && missing.errors.contains("none.fxm"))
  }

  @Test func inspectDrawsTheMemoryPlanAndTheGraph() throws {
    let folder = try TemporaryFolder()
    let plan = folder.path("plan.svg")
    let outcome = try BuiltProgram.run("inspect", fixture.model, "--graph", "dot", "--plan", plan)
    #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    #expect(outcome.output.hasPrefix("digraph ") && outcome.output.hasSuffix("}\n"))
    let json = try inspected(fixture.model)
    let layers = try #require(json["layers"] as? [[String: Any]])
    // An arrow into each operation, and one to the logits.
    #expect(outcome.output.components(separatedBy: " -> ").count - 1 == layers.count + 1)
    let buffers = try #require(json["buffers"] as? [[String: Any]])
    let svg = try XMLDocument(contentsOf: URL(fileURLWithPath: plan))
    // 4 outputs of 9 taps, and 7 of 576: in blocks of 16 outputs and groups of 4 taps, a byte each.
    #expect(layers.map { $0["weight_bytes"] as? Int } == [16 * 3 * 4, 16 * 576])
    #expect(layers.map { $0["float_bytes"] as? Int } == [4 * 36, 4 * 7 * 576])
    #expect(json["weight_bytes"] as? Int == 16 * 12 + 16 * 576 && json["float_bytes"] as? Int == 4 * (36 + 4032))
    let arena = try #require(json["arena_bytes"] as? Int)
    let rectangles = try svg.nodes(forXPath: "//*[local-name()='rect'][*[local-name()='title']]")
    func number(_ rectangle: XMLNode, _ attribute: String) throws -> Double {
      let text = try rectangle.nodes(forXPath: "@\(attribute)").first?.stringValue
      return try #require(text.flatMap(Double.init))
    }
    // 480 units for the arena from 24 on, 24 for an operation from 80 on.
    for buffer in buffers {
      let name = try #require(buffer["name"] as? String)
      let rectangle = try #require(
        rectangles.first {
          (try? $0.nodes(forXPath: "*[local-name()='title']").first?.stringValue)??.hasPrefix("\(name): ") == true
        }, "\(name)")
      let (offset, bytes) = (buffer["offset"] as? Int ?? -1, buffer["bytes"] as? Int ?? -1)
      let (first, last) = (buffer["first_operation"] as? Int ?? -1, buffer["last_operation"] as? Int ?? -1)
      #expect(abs(try number(rectangle, "y") - 24 - 480 * Double(offset) / Double(arena)) < 0.06, "\(name)")
      #expect(
        abs(try number(rectangle, "height") - max(1, 480 * Double(bytes) / Double(arena) - 0.5)) < 0.06, "\(name)")
      #expect(abs(try number(rectangle, "x") - 80.5 - 24 * Double(first)) < 0.06, "\(name)")
      #expect(abs(try number(rectangle, "width") - 24 * Double(last - first + 1) + 1) < 0.06, "\(name)")
    }
    let unwritable = try BuiltProgram.run("inspect", fixture.model, "--plan", folder.path("no/plan.svg"))
    #expect(unwritable.status == 65 && unwritable.output.isEmpty && unwritable.errors.contains("no/plan.svg"))
    #expect(try BuiltProgram.run("inspect", fixture.model, "--json", "--graph", "dot").status == 64)
  }

  @Test("conformance tells the committed digest, and refuses counts out of range")
  func conformance() throws {
    let json = try BuiltProgram.run("conformance", "--json").json
    #expect(json["passed"] as? Bool == true && json["seeds"] as? Int == KernelConformance.standardSeeds)
    let digest = String(KernelConformance.standardDigest, radix: 16)
    #expect((json["digest"] as? String)?.hasSuffix(digest) == true)
    let kernels = try #require(json["kernels"] as? [[String: Any]])
    let names = [
      "convolution", "sampling", "pooling", "addition", "table", "rearrangement", "multiplication", "window pooling",
      "requantization",
    ]
    #expect(kernels.map { $0["name"] as? String } == names)
    let text = try BuiltProgram.run("conformance", "--seeds", "16").output
    #expect(text.contains("scalar: agrees\n") && text.contains("pooling: 16 problems, digest "))
    #expect(try BuiltProgram.run("conformance", "--seeds", "0").status == 64)
  }
}
