import Foundation
import Quantize

extension InputPreparation {
  /// From `ferrite.input.mean` and `ferrite.input.std`: one number, or one for each channel, with commas between. Without
  /// them 0 and 1.
  init(_ metadata: [ONNXStringStringEntryProto], channels: Int) throws(ONNXError) {
    func numbers(_ key: String, default value: Float) throws(ONNXError) -> [Float] {
      guard let items = metadata.list(key) else { return Array(repeating: value, count: channels) }
      var numbers: [Float] = []
      for item in items {
        guard let number = Float(item), number.isFinite else {
          throw .metadata(key: key, reason: "\"\(item)\" is no number")
        }
        numbers.append(number)
      }
      guard numbers.count == 1 || numbers.count == channels else {
        throw .metadata(key: key, reason: "\(numbers.count) numbers for \(channels) channels")
      }
      return numbers.count == channels ? numbers : Array(repeating: numbers[0], count: channels)
    }
    let deviations = try numbers("ferrite.input.std", default: 1)
    guard deviations.allSatisfy({ $0 > 0 }) else {
      throw .metadata(key: "ferrite.input.std", reason: "\(deviations) must be above 0")
    }
    self.init(mean: try numbers("ferrite.input.mean", default: 0), standardDeviation: deviations)
  }
}

/// What the metadata says at all.
func statements(_ metadata: [ONNXStringStringEntryProto]) -> Set<FloatGraph.Statement> {
  var statements: Set<FloatGraph.Statement> = []
  for entry in metadata {
    switch entry.key {
    case "ferrite.input.mean", "ferrite.input.std": statements.insert(.preparation)
    case "ferrite.labels": statements.insert(.labels)
    default: break
    }
  }
  return statements
}

extension [ONNXStringStringEntryProto] {
  /// The items of a comma-separated entry, without the spaces around them; nil if there is no such entry.
  func list(_ key: String) -> [String]? {
    first { $0.key == key }?.value.split(separator: ",", omittingEmptySubsequences: false).map {
      $0.trimmingCharacters(in: .whitespaces)
    }
  }
}
