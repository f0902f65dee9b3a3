import EdgeProgram
import EdgeRuntime

/// Results as text: one JSON object a line, or a line for people.
extension TextWriter {
  mutating func text(_ text: SystemText) {
    for index in 0..<text.count { byte(text[index]) }
  }

  /// `"key":`, with the comma before it unless it opens the object.
  mutating func key(_ name: StaticString, first: Bool = false) {
    text(first ? "\"" : ",\"")
    text(name)
    text("\":")
  }

  /// A JSON string. Bytes outside ASCII pass as they are.
  mutating func string(_ bytes: UnsafeRawBufferPointer) {
    byte(UInt8(ascii: "\""))
    for index in bytes.indices { unsafe escaped(bytes[index]) }
    byte(UInt8(ascii: "\""))
  }

  mutating func string(_ word: Word) {
    byte(UInt8(ascii: "\""))
    for index in 0..<word.count { escaped(word[index]) }
    byte(UInt8(ascii: "\""))
  }

  mutating func string(_ text: SystemText) {
    byte(UInt8(ascii: "\""))
    for index in 0..<text.count { escaped(text[index]) }
    byte(UInt8(ascii: "\""))
  }

  private mutating func escaped(_ value: UInt8) {
    if value < 0x20 {
      text("\\u00")
      hexadecimal(value)
    } else {
      if value == UInt8(ascii: "\"") || value == UInt8(ascii: "\\") { byte(UInt8(ascii: "\\")) }
      byte(value)
    }
  }

  /// A probability of 16 fraction bits as a decimal fraction, rounded to six digits.
  mutating func probability(_ value: UInt32) {
    decimal((Int64(value) * 1_000_000 + 32768) >> 16, fractionDigits: 6)
  }

  /// What `watch` makes of the last frame: the face that was found or not, the network's answer, and the class that the lines show.
  mutating func decision(
    _ classifier: borrowing Classifier, _ sight: Sight, name: Word?, frame: UInt64, shown: Int?, json: Bool
  ) {
    if case .nobody = sight {
      nobody(frame: frame, json: json)
    } else {
      answer(classifier, name: name, frame: frame, json: json)
    }
    if json {
      face(sight)
      key("decision")
      if let shown { unsafe string(classifier.model.unsafeLabel(shown)) } else { text("null") }
      text("}\n")
    } else {
      var answered: Int? = classifier.session.classIndex
      if case .nobody = sight { answered = nil }
      if shown != answered {
        text(", shown: ")
        if let shown { unsafe text(classifier.model.unsafeLabel(shown)) } else { text("nothing") }
      }
      text("\n")
    }
  }

  /// A frame that shows nobody, without the end of its line.
  private mutating func nobody(frame: UInt64, json: Bool) {
    guard json else { return text("nobody") }
    text("{")
    key("frame", first: true)
    integer(frame)
    text(",\"class\":null,\"index\":null,\"probabilities\":[],\"logits\":[]")
  }

  /// Where faces are looked for, the one that was found, or null.
  private mutating func face(_ sight: Sight) {
    switch sight {
    case .square: return
    case .nobody:
      key("face")
      text("null")
    case .face(let face):
      key("face")
      self.face(face)
    }
  }

  /// A JSON object.
  mutating func face(_ face: Detection) {
    text("{")
    key("x", first: true)
    integer(face.x)
    key("y")
    integer(face.y)
    key("width")
    integer(face.width)
    key("height")
    integer(face.height)
    key("neighbours")
    integer(face.neighbours)
    text("}")
  }

  /// The network's answer to the last frame.
  mutating func decision(_ classifier: borrowing Classifier, name: Word?, frame: UInt64, json: Bool) {
    answer(classifier, name: name, frame: frame, json: json)
    text(json ? "}\n" : "\n")
  }

  /// An answer without the end of its line: an image's by its name, a stream's by its number.
  private mutating func answer(_ classifier: borrowing Classifier, name: Word?, frame: UInt64, json: Bool) {
    let index = classifier.session.classIndex
    if json {
      text("{")
      if let name {
        key("image", first: true)
        string(name)
      } else {
        key("frame", first: true)
        integer(frame)
      }
      if classifier.model.scoresOutput != nil {
        key("class")
        unsafe string(classifier.model.unsafeLabel(index))
        key("index")
        integer(index)
      } else {
        text(",\"class\":null,\"index\":null")
      }
      key("probabilities")
      text("[")
      for other in 0..<classifier.session.classCount {
        if other > 0 { text(",") }
        probability(classifier.session.probability(other))
      }
      text("]")
      key("logits")
      text("[")
      for other in 0..<classifier.session.classCount {
        if other > 0 { text(",") }
        integer(classifier.session.logit(other))
      }
      text("]")
      if classifier.model.listsOutputs { outputs(classifier) }
    } else {
      if let name {
        text(name)
        text(": ")
      }
      if classifier.model.scoresOutput != nil {
        unsafe text(classifier.model.unsafeLabel(index))
        text(" ")
        probability(classifier.session.probability(index))
      }
      if classifier.model.listsOutputs { outputRanges(classifier) }
    }
  }
}
