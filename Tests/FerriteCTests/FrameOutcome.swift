import CFerrite
import Testing

/// What the functions of the header tell of a model and one frame of it.
struct FrameOutcome {
  struct Output: Equatable {
    var name: String
    /// Height, width, channels.
    var shape: [Int32]
    var fraction: Int32
    /// Nil of other values than scores.
    var labels: [String]?
    var values: [Int32]
  }

  var logits: [Int32]
  var probabilities: [UInt32]
  var index: Int
  var label: String?
  var logitFraction: Int32
  var outputs: [Output] = []

  /// Nil for a model that is refused or needs more memory than a test should take.
  init?(_ file: Bytes, _ settings: ferrite_settings, pixel: (_ before: UInt8, _ index: UInt8) -> UInt8) {
    var (model, settings, about) = (ferrite_model(), settings, ferrite_description())
    guard unsafe ferrite_model_open_bytes(&model, file.bytes.baseAddress, file.bytes.count, nil, nil) == FERRITE_OK
    else {
      return nil
    }
    defer { unsafe ferrite_model_close(&model) }
    #expect(unsafe ferrite_model_describe(&model, &about, nil) == FERRITE_OK)
    let bytes = unsafe ferrite_session_bytes(&model, &settings)
    guard 0..<(64 << 20) ~= bytes, about.frame_bytes < 64 << 20 else { return nil }
    // Of just the size, so that a sanitizer tells what is read or written behind it.
    let (memory, frame) = (Bytes(count: bytes), Bytes(count: about.frame_bytes))
    for index in unsafe frame.bytes.indices {
      unsafe frame.bytes[index] = pixel(frame.bytes[index], UInt8(truncatingIfNeeded: index))
    }
    var session: OpaquePointer?
    #expect(
      unsafe ferrite_session_open(&session, &model, &settings, memory.bytes.baseAddress, bytes, nil) == FERRITE_OK)
    defer { unsafe ferrite_session_close(session) }
    for index in unsafe 1..<ferrite_input_count(&model) { unsafe Self.set(index, of: &model, session) }
    #expect(unsafe ferrite_run(session, frame.bytes.baseAddress, frame.bytes.count, nil) == FERRITE_OK)
    let classes = Int(about.class_count)
    index = unsafe Int(ferrite_class(session))
    logits = Array(repeating: 0, count: classes)
    probabilities = Array(repeating: 0, count: classes)
    #expect(unsafe ferrite_logits(session, &logits, classes, nil) == FERRITE_OK)
    #expect(unsafe ferrite_probabilities(session, &probabilities, classes, nil) == FERRITE_OK)
    label = unsafe text(ferrite_label(session, Int32(index)))
    logitFraction = about.logit_fraction
    for index in 0..<about.output_count { outputs.append(unsafe Self.output(&model, session, index)) }
    for index in [-1, about.output_count, .min, .max] {
      #expect(unsafe ferrite_output_name(session, index) == nil && ferrite_output_label(session, index, 0) == nil)
    }
  }

  /// Raw values of an input beside the image: 0, 37, 74, ..., and from there on saturated.
  static func numbers(_ count: Int) -> [Int32] { (0..<count).map { Int32(truncatingIfNeeded: $0 &* 37) } }

  private static func set(_ index: Int32, of model: inout ferrite_model, _ session: OpaquePointer?) {
    var about = ferrite_input()
    #expect(unsafe ferrite_input_describe(&model, index, &about, nil) == FERRITE_OK)
    let values = numbers(about.value_count)
    #expect(unsafe ferrite_input_set(session, index, values, values.count, nil) == FERRITE_OK)
  }

  private static func output(_ model: inout ferrite_model, _ session: OpaquePointer?, _ index: Int32) -> Output {
    var about = ferrite_output()
    #expect(unsafe ferrite_output_describe(&model, index, &about, nil) == FERRITE_OK)
    var values = [Int32](repeating: 0, count: about.value_count)
    #expect(unsafe ferrite_output_values(session, index, &values, values.count, nil) == FERRITE_OK)
    let classes = about.is_scores == 1 ? about.channels : 0
    let labels = (0..<classes).compactMap { unsafe text(ferrite_output_label(session, index, $0)) }
    #expect(labels.count == classes)
    for label in [-1, classes, .min, .max] { #expect(unsafe ferrite_output_label(session, index, label) == nil) }
    return Output(
      name: unsafe text(ferrite_output_name(session, index)) ?? "a name is missing",
      shape: [about.height, about.width, about.channels], fraction: about.fraction,
      labels: about.is_scores == 1 ? labels : nil, values: values)
  }
}

private func text(_ place: UnsafePointer<CChar>?) -> String? { unsafe place.map { unsafe String(cString: $0) } }
