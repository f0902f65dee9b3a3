import ArgumentParser
import EdgeRuntime
import ImageData

/// `ferrite run`: classifies pictures, a line for each.
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs a model on pictures, a line for each.",
    discussion: """
      Pictures are JPEG, PNG or PGM of the model's input size, or of another that --resize makes it; colour becomes luma for a grey model. Probabilities are \
      computed in integers and are multiples of 2^-16; logits are raw integers. Lines are printed as they are made: a picture \
      that can't be read ends the run after those before it.

      Of a model with several outputs, or one that is no vector of scores, each output is told: the class of scores, the least and the \
      greatest of other values; with --json the raw values, with --output an array in a file of its own.
      """)

  @Argument(help: "The model file (.fxm).")
  var model: String

  @Argument(help: "Pictures.")
  var images: [String] = []

  @OptionGroup var data: DataOptions

  @OptionGroup var others: OtherInputOptions

  @OptionGroup var resizing: ResizeOption

  @OptionGroup var sharing: ThreadsOption

  @OptionGroup var instructionSet: InstructionSetOption

  @Option(
    name: [.short, .long],
    help: "Write each output of each picture to PICTURE.OUTPUT.npy in this folder: float32, height x width x channels.")
  var output: String?

  @Flag(help: "Print one JSON object a line.")
  var json = false

  func validate() throws {
    guard images.isEmpty != (data.data == nil) else {
      throw ValidationError("give either pictures or --data")
    }
    guard output != "" else { throw ValidationError("--output is empty") }
  }

  func run() throws {
    let model = try LoadedModel(path: model)
    let classifier = try Classifier(model, instructionSet: instructionSet.isa, threads: sharing.threads)
    let folder = try output.map { try OutputFolder($0) }
    let resize = resizing.resize ?? model.inputSettings.resizeWay
    guard data.data != nil else {
      let numbers = try others.open(model.otherInputArrays, of: model.path, pictures: images.count)
      for (index, path) in images.enumerated() {
        let image = try PixelImage(path: path, extent: model.extent, resize: resize)
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let frame = try image.pixels + (numbers?.row(index) ?? [])
        try report(path, name: name, label: nil, classifier, frame, folder)
      }
      return
    }
    let set = try data.open(
      labels: model.labels, extent: model.extent, resize: resize, others, model.otherInputArrays, of: model.path)
    for index in set.indices(limit: data.limit) {
      let sample = try set.sample(index)
      let label = model.labels.isEmpty ? nil : sample.label
      try report(sample.id, name: sample.id, label: label, classifier, sample.frame, folder)
    }
  }

  /// Runs a picture and prints its line; pictures of a data set carry their true label.
  ///
  /// - Parameter name: for files of its outputs.
  private func report(
    _ id: String, name: String, label: Int?, _ classifier: Classifier, _ frame: [UInt8], _ folder: OutputFolder?
  ) throws {
    classifier.run(frame)
    let files = try folder?.write(classifier, picture: name)
    if json {
      print(line(id, label: label, classifier, files))
      return
    }
    let model = classifier.model
    var parts: [String] = []
    if model.file.scoresOutput != nil {
      let index = classifier.classIndex
      let truth = label.map { $0 == index ? "" : ", labelled \(model.labels[$0])" } ?? ""
      parts.append("\(model.labels[index]) \(classifier.probabilities[index].decimals(6))\(truth)")
    }
    for output in model.outputs where model.file.listsOutputs && output.labels != model.labels {
      if let label = output.label(classifier) {
        parts.append("\(output.name) \(label)")
        continue
      }
      let values = classifier.values(output.tensor)
      parts.append(
        "\(output.name) \(output.record.extents), \((values.min() ?? 0).decimals(4)) to \((values.max() ?? 0).decimals(4))"
      )
    }
    print("\(id): \(parts.joined(separator: "; "))")
  }

  /// - Parameter files: where the outputs were written; nil where they weren't.
  private func line(_ id: String, label: Int?, _ classifier: Classifier, _ files: [String]?) -> JSON {
    let model = classifier.model
    let (labels, index) = (model.labels, classifier.classIndex)
    let isTold = model.file.scoresOutput != nil
    var members: [JSON.Member] = [
      .init(key: "image", value: JSON(id)), .init(key: "class", value: isTold ? JSON(labels[index]) : .null),
      .init(key: "index", value: isTold ? JSON(index) : .null),
      .init(key: "probabilities", value: JSON(classifier.probabilities.map { JSON.rounded($0, digits: 6) })),
      .init(key: "logits", value: JSON(classifier.logits.map { JSON($0) })),
    ]
    if model.file.listsOutputs || files != nil {
      let outputs = model.outputs.enumerated().map { number, output -> JSON in
        [
          "name": JSON(output.name), "shape": output.record.shape,
          "class": output.label(classifier).map { JSON($0) } ?? .null,
          "fraction_bits": JSON(output.record.format.fraction),
          "values": files == nil ? JSON(classifier.rawValues(output).map { JSON($0) }) : .null,
          "file": files.map { JSON($0[number]) } ?? .null,
        ]
      }
      members.append(.init(key: "outputs", value: JSON(outputs)))
    }
    if let label { members.append(.init(key: "label", value: JSON(labels[label]))) }
    return .object(members)
  }
}
