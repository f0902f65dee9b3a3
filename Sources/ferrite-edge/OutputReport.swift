import EdgeProgram
import EdgeRuntime

/// The outputs of a model that lists them, as text.
extension TextWriter {
  /// A key with an object for each output: its name, shape, class, fraction bits and raw values.
  mutating func outputs(_ classifier: borrowing Classifier) {
    key("outputs")
    for index in 0..<classifier.model.outputCount {
      let output = classifier.model.output(index)
      let record = classifier.model.tensor(output.tensor)
      text(index == 0 ? "[{" : ",{")
      key("name", first: true)
      unsafe string(classifier.model.unsafeName(record.name))
      key("shape")
      text("[")
      extents(record, between: ",")
      text("]")
      key("class")
      if output.role == .scores {
        unsafe string(classifier.model.unsafeLabel(greatest(classifier, output), ofOutput: index))
      } else {
        text("null")
      }
      key("fraction_bits")
      integer(record.format.fraction)
      key("values")
      for element in 0..<record.count {
        text(element == 0 ? "[" : ",")
        integer(classifier.session.value(element, of: output.tensor))
      }
      text("]}")
    }
    text("]")
  }

  /// The first class of the greatest logit of an output of scores.
  private func greatest(_ classifier: borrowing Classifier, _ output: OutputRecord) -> Int {
    var best = 0
    for element in 1..<max(classifier.model.tensor(output.tensor).count, 1)
    where classifier.session.value(element, of: output.tensor) > classifier.session.value(best, of: output.tensor) {
      best = element
    }
    return best
  }

  /// For people: each output but the scores whose answer stands before, with its class, or its least and its greatest value.
  mutating func outputRanges(_ classifier: borrowing Classifier) {
    var isFirst = classifier.model.scoresOutput == nil
    for index in 0..<classifier.model.outputCount where index != classifier.model.scoresOutput {
      let output = classifier.model.output(index)
      let record = classifier.model.tensor(output.tensor)
      if !isFirst { text("; ") }
      isFirst = false
      unsafe text(classifier.model.unsafeName(record.name))
      text(" ")
      if output.role == .scores {
        unsafe text(classifier.model.unsafeLabel(greatest(classifier, output), ofOutput: index))
        continue
      }
      var least = classifier.session.value(0, of: output.tensor)
      var greatest = least
      for element in 1..<max(record.count, 1) {
        let value = classifier.session.value(element, of: output.tensor)
        least = min(least, value)
        greatest = max(greatest, value)
      }
      extents(record, between: "x")
      text(", ")
      fixed(least, record.format)
      text(" to ")
      fixed(greatest, record.format)
    }
  }

  /// Height, width, channels.
  private mutating func extents(_ record: TensorRecord, between separator: StaticString) {
    integer(record.height)
    text(separator)
    integer(record.width)
    text(separator)
    integer(record.channels)
  }

  /// A raw value as a decimal number, rounded to four digits; of a format beyond them the raw value and its scale.
  private mutating func fixed(_ raw: Int32, _ format: FixedFormat) {
    // 16 bits times 10^4 and half a step of at most 2^30: below 2^31 and 2^47.
    guard 0...31 ~= format.fraction else {
      integer(raw)
      text(" * 2^")
      integer(-format.fraction)
      return
    }
    let half = (Int64(1) << Int64(format.fraction)) / 2
    decimal((Int64(raw) * 10_000 + half) >> Int64(format.fraction), fractionDigits: 4)
  }
}
