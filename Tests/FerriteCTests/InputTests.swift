import CFerrite
import EdgeRuntime
import FerriteC
import Testing

/// Models that take more than an image, by the functions of the header.
@Suite struct InputTests {
  private static let pose = "EdgeRuntimeTests/Fixtures/networks/pose-8-8.fxm"
  private static let stereo = "EdgeRuntimeTests/Fixtures/networks/stereo-4-8.fxm"

  @Test(arguments: [pose, stereo, "Fixtures/every-operation-1.0.fxm"])
  func areDescribedAsTheFileHasThem(path: String) throws {
    let file = try Bytes(file: path)
    let model = unsafe try ModelFile(unsafeBytes: UnsafeRawBufferPointer(file.bytes))
    var (open, about, description) = (ferrite_model(), ferrite_input(), ferrite_description())
    #expect(unsafe ferrite_model_open_bytes(&open, file.bytes.baseAddress, file.count, nil, nil) == FERRITE_OK)
    defer { unsafe ferrite_model_close(&open) }
    #expect(unsafe Int(ferrite_input_count(&open)) == model.inputCount)
    #expect(unsafe ferrite_model_describe(&open, &description, nil) == FERRITE_OK)
    #expect(description.frame_bytes == model.imageBytes)
    for index in 0..<model.inputCount {
      #expect(unsafe ferrite_input_describe(&open, Int32(index), &about, nil) == FERRITE_OK)
      let record = model.input(index)
      #expect(
        [about.height, about.width, about.channels] == [record.height, record.width, record.channels].map { Int32($0) })
      #expect(about.value_count == record.count && about.is_image == (index == 0 ? 1 : 0))
      let (least, greatest) = (Int32(record.format.minimumRaw), Int32(record.format.maximumRaw))
      #expect(index == 0 || (about.least, about.greatest) == (least, greatest))
      #expect(index == 0 || Int(about.fraction) == record.format.fraction)
    }
  }

  @Test(arguments: [pose, stereo], [1, 3])
  func giveWhatASessionGives(path: String, threads: Int32) throws {
    let file = try Bytes(file: path)
    var settings = ferrite_settings()
    settings.threads = threads
    let outcome = try #require(FrameOutcome(file, settings) { _, index in index &* 37 })
    let model = unsafe try ModelFile(unsafeBytes: UnsafeRawBufferPointer(file.bytes))
    let arena = Bytes(count: model.sessionBytes(threads: 1))
    var session = unsafe try Session(unsafeModel: model, arena: arena.bytes, instructionSet: .scalar)
    for index in 1..<model.inputCount {
      let values = FrameOutcome.numbers(model.input(index).count)
      try session.set(values.span, ofInput: index)
    }
    let pixels = (0..<model.imageBytes).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    unsafe try pixels.withUnsafeBytes { unsafe try session.run(pixels: $0) }
    for (index, output) in outcome.outputs.enumerated() {
      #expect(output.values == output.values.indices.map { session.value($0, ofOutput: index) })
    }
  }

  @Test func wrongCallsAreErrors() throws {
    let file = try Bytes(file: Self.pose)
    var (model, closed, input) = (ferrite_model(), ferrite_model(), ferrite_input())
    #expect(unsafe ferrite_model_open_bytes(&model, file.bytes.baseAddress, file.count, nil, nil) == FERRITE_OK)
    defer { unsafe ferrite_model_close(&model) }
    #expect(unsafe ferrite_input_count(&closed) == 0 && ferrite_input_count(nil) == 0)
    for index in [-1, 2, .min, .max] as [Int32] {
      #expect(unsafe ferrite_input_describe(&model, index, &input, nil) == FERRITE_ERROR_ARGUMENT)
    }
    #expect(unsafe ferrite_input_describe(&model, 0, nil, nil) == FERRITE_ERROR_ARGUMENT)
    #expect(unsafe ferrite_input_describe(&closed, 0, &input, nil) == FERRITE_ERROR_CLOSED)

    let (memory, frame) = (Bytes(count: unsafe ferrite_session_bytes(&model, nil)), Bytes(count: 16 * 12))
    var session: OpaquePointer?
    #expect(
      unsafe ferrite_session_open(&session, &model, nil, memory.bytes.baseAddress, memory.count, nil) == FERRITE_OK)
    let names = (0..<2).map { unsafe String(cString: ferrite_input_name(session, $0)) }
    #expect(names == ["image", "pose"])
    #expect(unsafe ferrite_input_name(session, 2) == nil && ferrite_input_name(session, -1) == nil)
    let label = unsafe String(cString: ferrite_label(session, 0))
    #expect(label == "near")
    func run() -> Int32 { unsafe ferrite_run(session, frame.bytes.baseAddress, frame.count, nil) }
    #expect(run() == FERRITE_ERROR_INPUT)
    let values: [Int32] = [1, 2, 3, 4, 5, 6]
    for (index, count) in [(0, 192), (0, 6), (2, 6), (-1, 6), (1, 5), (1, 7), (1, -1), (1, .max)] as [(Int32, Int)] {
      #expect(unsafe ferrite_input_set(session, index, values, count, nil) == FERRITE_ERROR_ARGUMENT)
    }
    #expect(unsafe ferrite_input_set(session, 1, nil, 6, nil) == FERRITE_ERROR_ARGUMENT)
    #expect(unsafe ferrite_input_set(nil, 1, values, 6, nil) == FERRITE_ERROR_ARGUMENT)
    #expect(run() == FERRITE_ERROR_INPUT)
    #expect(unsafe ferrite_input_set(session, 1, values, 6, nil) == FERRITE_OK)
    #expect(unsafe ferrite_run(session, frame.bytes.baseAddress, 191, nil) == FERRITE_ERROR_FRAME_SIZE)
    #expect(run() == FERRITE_OK)
    #expect(unsafe ferrite_class(session) >= 0)
    // A frame's numbers serve it alone, and with the next frame's its results are gone.
    #expect(run() == FERRITE_ERROR_INPUT)
    #expect(unsafe ferrite_class(session) >= 0)
    #expect(unsafe ferrite_input_set(session, 1, values, 6, nil) == FERRITE_OK)
    #expect(unsafe ferrite_class(session) == -1)
    #expect(unsafe ferrite_self_test(session, nil) == FERRITE_OK)
    unsafe ferrite_session_close(session)
    #expect(unsafe ferrite_input_set(session, 1, values, 6, nil) == FERRITE_ERROR_CLOSED)
    #expect(unsafe ferrite_input_name(session, 0) == nil)
  }
}
