import ArgumentParser
import EdgeRuntime
import ImageData
import Quantize

/// The numbers of the inputs that a network has beside its image.
struct OtherInputOptions: ParsableArguments {
  /// `NAME=FILE.npy`.
  struct NamedFile: ExpressibleByArgument {
    var name: String
    var path: String

    init?(argument: String) {
      // A name may hold what a file's may not.
      guard let place = argument.lastIndex(of: "="), place != argument.startIndex,
        argument.index(after: place) != argument.endIndex
      else { return nil }
      (name, path) = (String(argument[..<place]), String(argument[argument.index(after: place)...]))
    }
  }

  @Option(
    name: .customLong("input"),
    help: """
      NAME=FILE.npy: the numbers of an input beside the image, float32, a row for each picture in the pictures' order, channels last; \
      again for further inputs.
      """)
  var files: [NamedFile] = []

  func validate() throws {
    let names = files.map(\.name)
    if let twice = names.indices.first(where: { names[..<$0].contains(names[$0]) }) {
      throw ValidationError("--input \(names[twice]): is given twice")
    }
  }

  /// Opens the arrays of a network's inputs.
  ///
  /// - Parameters:
  ///   - inputs: those beside the image.
  ///   - network: the network's or model's file, for messages.
  ///   - pictures: how many rows each array must have.
  /// - Returns: nil for a network that has none.
  /// - Throws: `BadData` where an input is missing or unknown, `DataError` for an array that doesn't fit.
  func open(_ inputs: [InputArrays.Input], of network: String, pictures: Int) throws -> InputArrays? {
    if let unknown = files.first(where: { file in !inputs.contains { $0.name == file.name } }) {
      let known = inputs.isEmpty ? "none" : inputs.map(\.text).joined(separator: ", ")
      throw BadData("--input \(unknown.name): \(network) has no such input beside its image; there is \(known)")
    }
    guard !inputs.isEmpty else { return nil }
    let paths = try inputs.map { input in
      guard let file = files.first(where: { $0.name == input.name }) else {
        throw BadData(
          "\(network): its input \(input.text) needs numbers: --input \(input.name)=FILE.npy, float32 of the shape "
            + "\([pictures] + input.extents)")
      }
      return file.path
    }
    return try InputArrays(paths, of: inputs, pictures: pictures)
  }
}

extension InputArrays.Input {
  /// `pose (6)` or `right (24x32x1)`: height, width, channels.
  var text: String { "\(name) (\(extents.map { "\($0)" }.joined(separator: "x")))" }
}

extension FloatGraph {
  /// The inputs beside the image.
  var otherInputArrays: [InputArrays.Input] {
    otherInputs.map { value in
      let shape = values[value].shape
      return InputArrays.Input(
        name: values[value].name, height: shape.height, width: shape.width, channels: shape.channels)
    }
  }
}

extension LoadedModel {
  /// The inputs beside the image.
  var otherInputArrays: [InputArrays.Input] {
    (1..<file.inputCount).map { index in
      let record = file.input(index)
      return InputArrays.Input(
        name: name(record.name), height: record.height, width: record.width, channels: record.channels)
    }
  }

  /// For commands that show pictures to the network, and nothing else.
  ///
  /// - Throws: `BadData` with the other inputs, if there are any.
  func requireOneInput(for command: String) throws {
    guard file.inputCount > 1 else { return }
    throw BadData(
      "\(path): \(command) needs a network of one input, an image; beside it there is "
        + otherInputArrays.map(\.text).joined(separator: ", "))
  }
}
