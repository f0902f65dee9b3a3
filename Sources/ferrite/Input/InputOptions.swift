import ArgumentParser
import Exporter
import Foundation
import ImageData

/// The options that say how pictures become a network's input, and what its outputs are called.
struct InputOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: """
      What is taken from a pixel: one number, or one for each of the network's channels, with commas between; of pixels of 0 to 1, or \
      as --range says (default: as the network says, or 0).
      """)
  var mean: NumberList?

  @Option(
    parsing: .unconditional,
    help: "What it is divided by then, in the same way (default: as the network says, or 1).")
  var std: NumberList?

  @Option(
    help: """
      The pixels' range in the numbers of --mean and --std: 1, where white is 1, or 255. Without either, the network takes pixels \
      of that range as they are.
      """)
  var range: PixelRange?

  @Option(
    help: """
      What the network takes: rgb, or bgr where blue comes first, or grey, the luma in each channel (default: rgb, or grey \
      for one channel). The model takes red first, or grey, whatever the network did.
      """)
  var channels: InputSettings.Channels?

  @OptionGroup var resizing: ResizeOption

  @Option(
    help: """
      The outputs' names in their order: a file with one a line, or names with commas between (default: as the network says, or numbers).
      """)
  var labels: String?

  func validate() throws {
    for (option, list) in [("mean", mean), ("std", std)] {
      if let list, !list.numbers.allSatisfy(\.isFinite) {
        throw ValidationError("--\(option): a number isn't finite")
      }
    }
    if let std, let wrong = std.numbers.first(where: { $0 <= 0 }) {
      throw ValidationError("--std \(wrong): a deviation is above 0")
    }
    if labels == "" { throw ValidationError("--labels is empty") }
  }

  /// Whether anything is said of the network, beside how pictures are read.
  var saysSomething: Bool { mean != nil || std != nil || range != nil || channels != nil || labels != nil }

  /// - Throws: `BadData` where the names are none.
  func settings() throws -> InputSettings {
    var settings = InputSettings()
    settings.mean = mean?.numbers
    settings.standardDeviation = std?.numbers
    settings.range = range?.white
    settings.channels = channels
    settings.resize = resizing.resize?.rawValue
    settings.labels = try labels.map { try names($0) }
    return settings
  }

  private func names(_ argument: String) throws -> [String] {
    do {
      if FileManager.default.fileExists(atPath: argument) {
        return try LabelList.names(decoding: contents(of: argument))
      }
      guard argument.contains(",") else {
        throw BadData("--labels \(argument): there is no such file, and these are no names with commas between")
      }
      return try LabelList.names(inline: argument)
    } catch let error as InputError {
      throw BadData("--labels \(argument): \(error)")
    }
  }
}

/// What becomes of pictures of another size than the network's.
struct ResizeOption: ParsableArguments {
  @Option(
    help: """
      Pictures of another size: crop takes the middle, of the input's proportions, stretch the whole; both by exact means over areas, \
      as a board does with the central square (default: they are refused; after an export with --resize, as it said).
      """)
  var resize: Resize?
}

extension Resize: ExpressibleByArgument {}
extension InputSettings.Channels: ExpressibleByArgument {}

extension InputSettings {
  var resizeWay: Resize? { resize.flatMap(Resize.init) }
}

/// Numbers with commas between.
struct NumberList: ExpressibleByArgument {
  var numbers: [Double]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
      .map { Double($0.trimmingCharacters(in: .whitespaces)) }
    guard parts.allSatisfy({ $0 != nil }) else { return nil }
    numbers = parts.compactMap { $0 }
  }
}

/// The number of a white pixel.
enum PixelRange: String, CaseIterable, ExpressibleByArgument {
  case one = "1"
  case bytes = "255"

  var white: Double { self == .one ? 1 : 255 }
}
