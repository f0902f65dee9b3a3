import ArgumentParser
import EdgeRuntime

/// Which windows a detector looks at, and how many make a face.
struct DetectionOptions: ParsableArguments {
  @Option(help: "The least width of a face in pixels (default: the cascade's window).")
  var minFace: Int?

  @Option(help: "From a size of faces to the next, 1.01 to 4.")
  var scaleFactor = ScaleFactor("1.1")

  @Option(help: "A face is where more windows than so many agree; 0 for every window by itself.")
  var neighbours = 3

  func validate() throws {
    if let minFace, !(1...4096 ~= minFace) { throw ValidationError("--min-face \(minFace): 1 to 4096 are possible") }
    guard 0...1000 ~= neighbours else {
      throw ValidationError("--neighbours \(neighbours): 0 to 1000 are possible")
    }
  }

  var settings: DetectorSettings {
    var settings = DetectorSettings()
    settings.minimumSize = minFace ?? 0
    settings.scaleFactor = scaleFactor.value
    settings.neighbours = neighbours
    settings.capacity = 16384
    return settings
  }
}

/// A decimal fraction, taken exactly.
struct ScaleFactor: ExpressibleByArgument, CustomStringConvertible {
  let value: UInt64
  let description: String

  /// A literal in the range.
  fileprivate init(_ literal: String) {
    guard let factor = ScaleFactor(argument: literal) else { preconditionFailure("a scale factor is out of range") }
    self = factor
  }

  init?(argument: String) {
    guard
      let value = DetectorSettings.factor(
        decimal: argument.utf8.count,
        { index in
          argument.utf8[argument.utf8.index(argument.utf8.startIndex, offsetBy: index)]
        })
    else { return nil }
    self.value = value
    description = argument
  }
}
