import ArgumentParser
import ImageData

/// The options that choose labelled pictures.
struct DataOptions: ParsableArguments {
  @Option(
    help: """
      Labelled pictures: a folder of class folders (JPEG, PNG, PGM), a .csv with the columns emotion,pixels,Usage, or \
      X-images.npy with X-labels.npy beside it.
      """)
  var data: String?

  @Option(help: "At most this many pictures, evenly spread over the data.")
  var limit: Int?

  @Option(help: "Only these rows of a .csv: Training, PublicTest or PrivateTest.")
  var usage: String?

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit \(limit): at least one picture is needed") }
    if let usage {
      guard DataSet.usages.contains(usage) else {
        throw ValidationError("--usage \(usage): \(DataSet.usages.joined(separator: ", ")) are known")
      }
      guard data == nil || data?.lowercased().hasSuffix(".csv") == true else {
        throw ValidationError("--usage \(usage): only a .csv tells the usage of its rows")
      }
    }
    if data == nil, limit != nil || usage != nil { throw ValidationError("--limit and --usage go with --data") }
  }

  /// Opens the data for a model of these labels and this input.
  ///
  /// - Parameter resize: what becomes of pictures of another size; they are refused if nil.
  func open(labels: [String], extent: ImageExtent, resize: Resize?) throws -> DataSet {
    guard let data else { throw ValidationError("--data is missing") }
    return try DataSet(path: data, labels: labels, extent: extent, usage: usage, resize: resize)
  }

  /// The same with the numbers of the inputs beside the image.
  ///
  /// - Parameter inputs: those that the network, of the file `network`, has.
  func open(
    labels: [String], extent: ImageExtent, resize: Resize?, _ others: OtherInputOptions, _ inputs: [InputArrays.Input],
    of network: String
  ) throws -> DataSet {
    var set = try open(labels: labels, extent: extent, resize: resize)
    set.inputs = try others.open(inputs, of: network, pictures: set.count)
    return set
  }
}
