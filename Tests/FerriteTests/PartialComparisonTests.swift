import Foundation
import Testing

@testable import ferrite

/// Comparisons in parts, as a user makes them: shards, interruptions, two models.
@Suite struct PartialComparisonTests {
  private let fixture: Fixture
  private let folder: TemporaryFolder

  init() throws {
    fixture = try Fixture.shared.get()
    folder = try TemporaryFolder()
  }

  /// The comparison that flips something, of the same pictures every time.
  private func compare(_ more: String...) throws -> BuiltProgram.Outcome { try compare(more) }

  private func compare(_ more: [String]) throws -> BuiltProgram.Outcome {
    try BuiltProgram.run(
      ["compare", fixture.network, fixture.coarseModel, "--data", fixture.images, "--json"] + more)
  }

  /// The document without what was measured rather than counted.
  private func counted(_ output: String) throws -> String {
    let parts = try #require(output.range(of: "\"latency_us\":"))
    let end = try #require(output.range(of: ",\"labels\":"))
    return String(output[..<parts.lowerBound] + output[end.lowerBound...])
  }

  @Test(arguments: [1, 3, 16, 40])
  func mergedShardsGiveTheBytesOfTheWhole(_ count: Int) throws {
    let whatIf = ["--what-if", "--what-if-limit", "9"]
    let whole = try compare(whatIf)
    #expect(whole.status == 0, "\(whole.errors)")
    #expect((whole.json["what_if"] as? [String: Any])?["samples"] as? Int == 9)
    var parts: [String] = []
    // More shards than pictures leave some without any.
    for index in 1...count {
      parts.append(folder.path("part-\(index).json"))
      let outcome = try compare(
        whatIf + ["--shard", "\(index)/\(count)", "--partial", parts.last!, "--threads", "\(index % 3 + 1)"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.json["shard"] as? [Int] == [index, count])
    }
    let merged = try BuiltProgram.run(["merge", "--json"] + parts.reversed())
    #expect(merged.status == 0, "\(merged.errors)")
    #expect(try counted(merged.output) == counted(whole.output))
    let pictures = try #require((merged.json["latency_us"] as? [String: Any])?["histogram"] as? [[String: Any]])
    #expect(pictures.reduce(0) { $0 + ($1["pictures"] as? Int ?? 0) } == 35)
    let page = folder.path("page.html")
    #expect(try BuiltProgram.run(["merge", "--html", page] + parts).status == 0)
    #expect(try String(contentsOfFile: page, encoding: .utf8).contains("data:image/png;base64,"))
  }

  @Test func mergeNamesTheFileThatDoesNotFit() throws {
    let parts = (1...3).map { folder.path("part-\($0).json") }
    for index in 1...3 { #expect(try compare("--shard", "\(index)/3", "--partial", parts[index - 1]).status == 0) }
    func expect(_ files: [String], _ message: String) throws {
      let outcome = try BuiltProgram.run(["merge"] + files)
      #expect(outcome.status == 65 && outcome.output.isEmpty && outcome.errors.contains(message), "\(outcome)")
    }
    try expect([parts[0], parts[2]], "of 3 shards these are missing: 2")
    try expect([parts[0], parts[1], parts[1], parts[2]], "part-2.json: is shard 2 of 3, as ")
    try expect([parts[0], folder.path("none.json")], "none.json: cannot be read")
    try expect([parts[0], try folder.write(Data("{}".utf8), to: "other.json")], "other.json: is no partial comparison")
    let half = folder.path("half.json")
    #expect(try compare("--shard", "1/2", "--partial", half).status == 0)
    try expect([parts[0], half], "half.json: is one of 2 shards")
    let fewer = folder.path("fewer.json")
    #expect(try compare("--limit", "7", "--shard", "2/3", "--partial", fewer).status == 0)
    try expect([parts[0], fewer], "fewer.json: compares something else than")
  }

  /// A file from outside with counts that no run can have made must not be believed.
  @Test func aPartialResultThatCannotBeIsRefused() throws {
    let path = folder.path("part.json")
    #expect(try compare("--partial", path, "--what-if").status == 0)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    for (before, after) in [
      ("\"done\":35", "\"done\":36"), ("\"done\":35", "\"done\":-1"),
      ("\"count\":1,\"index\":1", "\"count\":1,\"index\":2"),
      ("\"count\":1,\"index\":1", "\"count\":0,\"index\":1"), ("\"pictures\":35", "\"pictures\":9223372036854775807"),
      ("\"layerStride\":1", "\"layerStride\":0"), ("\"classes\":7", "\"classes\":3037000500"),
      ("\"confidence\":", "\"confidence\":1"), ("\"fixedMargin\":0.", "\"fixedMargin\":7."),
      ("\"picture\":\"", "\"picture\":\"<script>"), ("\"correct\":", "\"correct\":1"),
      ("partial comparison 2", "partial comparison 1"), ("\"reference\":", "\"refrence\":"),
      ("\"zeros\":", "\"zeros\":1"), ("\"octaves\":[", "\"octaves\":[0,"),
      ("\"greatestError\":", "\"greatestError\":-"),
      ("\"octaves\":8", "\"octaves\":7"), ("\"answers\":[", "\"answers\":[7"), ("\"noise\":[", "\"noise\":[-"),
      ("\"stride\":1", "\"stride\":0"), ("\"layer\":{\"_0\":", "\"layer\":{\"_0\":9"),
    ] {
      #expect(text.contains(before), "\(before)")
      try folder.write(Data(text.replacingOccurrences(of: before, with: after).utf8), to: "bad.json")
      let outcome = try BuiltProgram.run("merge", folder.path("bad.json"))
      #expect(outcome.status == 65 && outcome.errors.contains("bad.json: is no partial"), "\(after): \(outcome)")
    }
    for count in stride(from: 0, to: text.utf8.count, by: 997) {
      try folder.write(Data(text.utf8.prefix(count)), to: "cut.json")
      #expect(try BuiltProgram.run("merge", folder.path("cut.json")).status == 65)
    }
  }

  @Test func aFinishedPartialResultIsShownAgainAndAnotherTaskRefused() throws {
    let path = folder.path("part.json")
    let first = try compare("--partial", path)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let again = try compare("--partial", path)
    #expect(again.status == 0 && again.output == first.output)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
    let other = try compare("--partial", path, "--limit", "7")
    #expect(other.status == 65 && other.errors.contains("part.json: is of another comparison"), "\(other)")
    // As many pictures, but others.
    let faces = folder.path("others")
    #expect(
      try BuiltProgram.run("faces", "--count", "35", "--seed", "4", "--size", "48", "--format", "npy", "-o", faces)
        .status
        == 0)
    let others = try BuiltProgram.run(
      "compare", fixture.network, fixture.coarseModel, "--data", "\(faces)-images.npy", "--partial", path)
    #expect(others.status == 65 && others.errors.contains("part.json: is of another comparison"), "\(others)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
  }

  /// Interrupts a comparison of many pictures in the middle; the same command goes on, and the end is that of a run that was
  /// never interrupted.
  @Test(arguments: [SIGINT, SIGTERM])
  func anInterruptedRunGoesOnWhereItWas(_ signal: Int32) throws {
    // The drawn-face network takes long enough to be caught at work.
    let network = Fixture.toonNetwork
    let model = folder.path("toon.fxm")
    let faces = folder.path("many")
    for arguments in [
      ["faces", "--count", "3000", "--seed", "5", "--size", "48", "--format", "npy", "--output", faces],
      ["export", network, "-o", model, "--calibrate", "\(faces)-images.npy", "--limit", "16", "--weight-bits", "4"],
    ] {
      let outcome = try BuiltProgram.run(arguments)
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    let (partial, page) = (folder.path("part.json"), folder.path("page.html"))
    let command = ["compare", network, model, "--data", "\(faces)-images.npy", "--json", "--threads", "1"]
    let whole = try BuiltProgram.run(command)
    let early = Date.now.addingTimeInterval(0.3)
    let cut = try BuiltProgram.run(
      command + ["--partial", partial, "--html", page], signal: signal, when: { Date.now > early })
    #expect(cut.status == 128 + signal && cut.output.isEmpty, "\(cut)")
    #expect(cut.errors.contains("interrupted after ") && cut.errors.contains("part.json"), "\(cut.errors)")
    #expect(!FileManager.default.fileExists(atPath: page))
    #expect(folder.names.filter { $0.hasSuffix(".draft") }.isEmpty)
    #expect(0..<3000 ~= (try PartialComparison(path: partial)).done)
    // Once more, in the middle.
    let middle = Date.now.addingTimeInterval(0.7)
    let later = try BuiltProgram.run(command + ["--partial", partial], signal: signal, when: { Date.now > middle })
    #expect(later.status == 128 + signal, "\(later)")
    let rest = try BuiltProgram.run(command + ["--partial", partial])
    #expect(rest.status == 0, "\(rest.errors)")
    #expect(try counted(rest.output) == counted(whole.output))
    let soon = Date.now.addingTimeInterval(0.3)
    let bare = try BuiltProgram.run(command + ["--html", page], signal: signal, when: { Date.now > soon })
    #expect(bare.status == 128 + signal && bare.errors.contains("nothing was written"), "\(bare)")
    #expect(!FileManager.default.fileExists(atPath: page))
  }

  @Test func twoModelsAreComparedWithEachOther() throws {
    let outcome = try BuiltProgram.run(
      "compare", fixture.coarseModel, "--against", fixture.model, "--data", fixture.images, "--json")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let json = outcome.json
    let confusion = try #require(json["confusion"] as? [String: [[Int]]])
    let float = try #require(try compare().json["confusion"] as? [String: [[Int]]])
    #expect(confusion["fixed"] == float["fixed"])
    let flips = try #require(json["flips"] as? [[String: Any]])
    #expect(!flips.isEmpty && flips.allSatisfy { $0["against"] is String && $0["against_margin"] is Double })
    let layers = try #require(json["layers"] as? [[String: Any]])
    #expect(layers.allSatisfy { ($0["sqnr_db"] as? Double ?? 100) < 30 })
    // A model differs in nothing from itself.
    let same = try BuiltProgram.run(
      "compare", fixture.model, "--against", fixture.model, "--data", fixture.images, "--json")
    #expect(same.json["flip_count"] as? Int == 0 && same.json["mcnemar_p"] as? Double == 1)
    #expect((same.json["layers"] as? [[String: Any]])?.allSatisfy { $0["sqnr_db"] is NSNull } == true)
  }

  @Test(arguments: [
    ["m.fxm", "--data", "d"], ["n.onnx", "m.fxm", "--against", "o.fxm", "--data", "d"],
    ["n.onnx", "m.fxm", "--data", "d", "--shard", "1/2"],
    ["n.onnx", "m.fxm", "--data", "d", "--partial", "p", "--shard", "0/2"],
    ["n.onnx", "m.fxm", "--data", "d", "--partial", "p", "--shard", "3/2"],
    ["n.onnx", "m.fxm", "--data", "d", "--partial", "p", "--shard", "1"],
    ["n.onnx", "m.fxm", "--data", "d", "--partial", "p", "--shard", "1/2", "--html", "h"],
    ["n.onnx", "m.fxm", "--data", "d", "--html", ""],
  ])
  func aWrongCallExitsWith64(_ arguments: [String]) throws {
    let outcome = try BuiltProgram.run(["compare"] + arguments)
    #expect(outcome.status == 64 && outcome.output.isEmpty && outcome.errors.hasPrefix("Error: "), "\(outcome)")
  }

  @Test func aPictureThatCannotBeReadLeavesNoFile() throws {
    let picture = Data("P5\n48 48\n255\n".utf8) + Data(count: 48 * 48)
    for index in 0..<40 {
      try folder.write(picture.prefix(index == 39 ? 100 : picture.count), to: "data/happy/\(index).pgm")
    }
    let outcome = try BuiltProgram.run(
      "compare", fixture.network, fixture.model, "--data", folder.path("data"), "--partial", folder.path("part.json"),
      "--html", folder.path("page.html"))
    #expect(outcome.status == 65 && outcome.output.isEmpty && outcome.errors.contains("39.pgm"), "\(outcome)")
    #expect(folder.names == ["data"])
  }

  @Test func aPlaceThatCannotBeWrittenIsFoundBeforeTheWork() throws {
    for option in [["--html", folder.path("no/page.html")], ["--partial", folder.path("no/part.json")]] {
      let outcome = try BuiltProgram.run(
        ["compare", fixture.network, fixture.coarseModel, "--data", fixture.images] + option)
      #expect(outcome.status == 65 && outcome.output.isEmpty && outcome.errors.contains("no/pa"), "\(outcome)")
    }
    #expect(folder.names.isEmpty)
  }
}

@Suite struct FlipListTests {
  private func flip(_ position: Int) -> FlipList.Flip {
    .init(
      position: position, id: "\(position)", label: 0, reference: 0, fixed: 1, referenceMargin: 0, fixedMargin: 0,
      picture: "x")
  }

  @Test func theFirstFlipsAreToldAndShownAndAllCounted() {
    var (even, odd) = (FlipList(), FlipList())
    for position in stride(from: 0, to: 10_600, by: 2) { even.record(flip(position)) }
    for position in stride(from: 1, to: 10_600, by: 2) { odd.record(flip(position)) }
    var (one, other) = (even, odd)
    one.merge(odd)
    other.merge(even)
    #expect(one == other)
    #expect(one.count == 10_600)
    #expect(one.told.map(\.position) == Array(0..<FlipList.mostTold))
    #expect(one.told.filter { $0.picture != nil }.map(\.position) == Array(0..<FlipList.mostShown))
  }
}

@Suite struct AnswerTests {
  @Test func theMarginIsTheDistanceToTheNextClass() {
    #expect(Answer(index: 1, probabilities: [0.25, 0.5, 0.125]).margin == 0.25)
    #expect(Answer(index: 0, probabilities: [0.5, 0.5]).margin == 0)
    #expect(Answer(index: 0, probabilities: [1]).margin == 1)
  }
}
