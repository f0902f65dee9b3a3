import CFerrite
import EdgeRuntime
import FerriteC
import Testing

/// Models of several outputs, and of one that isn't scores, by the functions of the header.
@Suite struct OutputTests {
  private static let networks = "EdgeRuntimeTests/Fixtures/networks"
  private static let twoHeads = "FerriteCTests/Fixtures/two-heads.fxm"

  @Test(
    arguments: [
      twoHeads, "\(networks)/detector-8-8.fxm", "\(networks)/segmentation-5-8.fxm", "Fixtures/every-operation-1.0.fxm",
    ], [1, 3])
  func areWhatASessionHas(path: String, threads: Int32) throws {
    let file = try Bytes(file: path)
    var settings = ferrite_settings()
    settings.threads = threads
    let outcome = try #require(FrameOutcome(file, settings) { _, index in index &* 37 })
    let model = unsafe try ModelFile(unsafeBytes: UnsafeRawBufferPointer(file.bytes))
    let arena = Bytes(count: model.sessionBytes(threads: 1))
    var session = unsafe try Session(unsafeModel: model, arena: arena.bytes, instructionSet: .scalar)
    let pixels = (0..<model.frameBytes).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    unsafe try pixels.withUnsafeBytes { unsafe try session.run(pixels: $0) }
    #expect(outcome.outputs.count == model.outputCount)
    for (index, output) in outcome.outputs.enumerated() {
      let record = model.output(index)
      let tensor = model.tensor(record.tensor)
      let name = unsafe text(model.unsafeName(tensor.name))
      #expect(output.name == name)
      #expect(output.shape == [tensor.height, tensor.width, tensor.channels].map { Int32($0) })
      #expect(Int(output.fraction) == tensor.format.fraction)
      #expect(output.values == (0..<tensor.count).map { session.value($0, ofOutput: index) })
      #expect(Set(output.values).count > 1)
      let classes = record.role == .scores ? 0..<tensor.channels : nil
      let labels = classes?.map { unsafe text(model.unsafeLabel($0, ofOutput: index)) }
      #expect(output.labels == labels)
    }
  }

  @Test func ofSeveralScoresHaveLabelsAndNoClass() throws {
    let outcome = try #require(FrameOutcome(try Bytes(file: Self.twoHeads), ferrite_settings()) { _, index in index })
    #expect(outcome.outputs.map(\.name) == ["mood", "box", "age"])
    #expect(outcome.outputs.map(\.labels) == [["calm", "cross"], nil, ["young", "grown", "old"]])
    #expect(outcome.outputs.map(\.shape) == [[1, 1, 2], [1, 1, 4], [1, 1, 3]])
    #expect(outcome.index == -1 && outcome.label == nil && outcome.logits.isEmpty && outcome.logitFraction == 0)
  }

  /// The scores of the detector are its last output, of another format than its first.
  @Test func tellTheClassOfTheOnlyScores() throws {
    let file = try Bytes(file: "\(Self.networks)/detector-8-8.fxm")
    let outcome = try #require(FrameOutcome(file, ferrite_settings()) { _, index in index &* 37 })
    let kind = outcome.outputs[2]
    #expect(outcome.outputs.map { $0.labels == nil } == [true, true, false])
    #expect(outcome.logits == kind.values && outcome.logitFraction == kind.fraction)
    #expect(kind.fraction != outcome.outputs[0].fraction)
    #expect(outcome.label == kind.labels?[outcome.index])
  }

  @Test func wrongCallsAreErrors() throws {
    let file = try Bytes(file: Self.twoHeads)
    var (model, closed, output) = (ferrite_model(), ferrite_model(), ferrite_output())
    #expect(unsafe ferrite_model_open_bytes(&model, file.bytes.baseAddress, file.count, nil, nil) == FERRITE_OK)
    defer { unsafe ferrite_model_close(&model) }
    for index in [-1, 3, .min, .max] as [Int32] {
      #expect(unsafe ferrite_output_describe(&model, index, &output, nil) == FERRITE_ERROR_ARGUMENT)
    }
    #expect(unsafe ferrite_output_describe(&model, 0, nil, nil) == FERRITE_ERROR_ARGUMENT)
    #expect(unsafe ferrite_output_describe(nil, 0, &output, nil) == FERRITE_ERROR_ARGUMENT)
    #expect(unsafe ferrite_output_describe(&closed, 0, &output, nil) == FERRITE_ERROR_CLOSED)
    #expect(output.value_count == 0)

    let (memory, frame) = (Bytes(count: unsafe ferrite_session_bytes(&model, nil)), Bytes(count: 30))
    var session: OpaquePointer?
    var values = [Int32](repeating: 7, count: 5)
    #expect(
      unsafe ferrite_session_open(&session, &model, nil, memory.bytes.baseAddress, memory.count, nil) == FERRITE_OK)
    #expect(unsafe ferrite_output_values(session, 1, &values, 4, nil) == FERRITE_ERROR_NO_FRAME)
    #expect(unsafe ferrite_run(session, frame.bytes.baseAddress, frame.count, nil) == FERRITE_OK)
    for (index, count) in [(-1, 4), (3, 4), (.min, 4), (.max, 4), (1, 3), (1, 5), (1, 0), (1, -1), (0, 4), (1, .max)]
      as [(Int32, Int)]
    {
      #expect(unsafe ferrite_output_values(session, index, &values, count, nil) == FERRITE_ERROR_ARGUMENT)
    }
    #expect(unsafe ferrite_output_values(session, 1, nil, 4, nil) == FERRITE_ERROR_ARGUMENT)
    #expect(unsafe ferrite_output_values(nil, 1, &values, 4, nil) == FERRITE_ERROR_ARGUMENT)
    #expect(values == [7, 7, 7, 7, 7])
    #expect(unsafe ferrite_output_values(session, 1, &values, 4, nil) == FERRITE_OK && values[4] == 7)
    unsafe ferrite_session_close(session)
    #expect(unsafe ferrite_output_values(session, 1, &values, 4, nil) == FERRITE_ERROR_CLOSED)
    #expect(unsafe ferrite_output_name(session, 0) == nil && ferrite_output_label(session, 0, 0) == nil)
    #expect(unsafe ferrite_output_name(nil, 0) == nil && ferrite_output_label(nil, 0, 0) == nil)
  }

  private func text(_ bytes: UnsafeRawBufferPointer) -> String { unsafe String(decoding: bytes, as: UTF8.self) }
}
