/// What the values of an output are.
public enum OutputRole: UInt8, Sendable {
  /// Numbers that the program that reads them knows the meaning of: boxes, an image.
  case values = 0
  /// A logit for each of some classes, which have labels.
  case scores = 1
}

/// One of a model's outputs.
public struct OutputRecord: Equatable, Sendable {
  /// The index of its tensor, which has its name, its shape and its format.
  public var tensor: Int
  public var role: OutputRole

  public init(tensor: Int, role: OutputRole) {
    self.tensor = tensor
    self.role = role
  }
}

extension ModelView {
  func output(_ index: Int) -> OutputRecord {
    precondition(index >= 0 && index < outputCount, "an output index is out of range")
    return OutputRecord(tensor: Int(outputTensors[index]), role: role(ofOutput: index))
  }

  func role(ofOutput index: Int) -> OutputRole {
    guard listsOutputs else { return .scores }
    let at = tensorOffset(Int(outputTensors[index])) + Layout.outputNumberOffset + 2
    guard let role = OutputRole(rawValue: bytes.u8(at)) else { preconditionFailure("an unknown role") }
    return role
  }

  /// The tensor of the only output of scores; nil where there is none or more than one.
  var scoresTensor: Int? { scoresOutput.map { Int(outputTensors[$0]) } }

  /// Values of all outputs together, at most `Layout.maximumArenaBytes`.
  var outputValueCount: Int { firstValue(ofOutput: outputCount) }

  /// Values of the outputs before one.
  func firstValue(ofOutput index: Int) -> Int {
    var values = 0
    for other in 0..<index { values += tensor(Int(outputTensors[other])).count }
    return values
  }

  /// Labels of the outputs before one.
  func firstLabel(ofOutput index: Int) -> Int {
    var labels = 0
    for other in 0..<index where role(ofOutput: other) == .scores {
      labels += tensor(Int(outputTensors[other])).channels
    }
    return labels
  }
}
