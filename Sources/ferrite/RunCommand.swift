import ArgumentParser
import EdgeRuntime
import ImageData

/// `ferrite run`: classifies pictures, a line for each.
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Classifies pictures, a line for each.",
    discussion: """
      Pictures are JPEG, PNG or PGM of the model's input size, or of another that --resize makes it; colour becomes luma for a grey model. Probabilities are \
      computed in integers and are multiples of 2^-16; logits are raw integers. Lines are printed as they are made: a picture \
      that can't be read ends the run after those before it.
      """)

  @Argument(help: "The model file (.fxm).")
  var model: String

  @Argument(help: "Pictures.")
  var images: [String] = []

  @OptionGroup var data: DataOptions

  @OptionGroup var resizing: ResizeOption

  @OptionGroup var sharing: ThreadsOption

  @OptionGroup var instructionSet: InstructionSetOption

  @Flag(help: "Print one JSON object a line.")
  var json = false

  func validate() throws {
    guard images.isEmpty != (data.data == nil) else {
      throw ValidationError("give either pictures or --data")
    }
  }

  func run() throws {
    let model = try LoadedModel(path: model)
    let classifier = try Classifier(model, instructionSet: instructionSet.isa, threads: sharing.threads)
    let resize = resizing.resize ?? model.inputSettings.resizeWay
    for path in images {
      let image = try PixelImage(path: path, extent: model.extent, resize: resize)
      report(path, label: nil, classifier, image)
    }
    guard data.data != nil else { return }
    let set = try data.open(labels: model.labels, extent: model.extent, resize: resize)
    for index in set.indices(limit: data.limit) {
      let sample = try set.sample(index)
      report(sample.id, label: sample.label, classifier, sample.image)
    }
  }

  /// Classifies a picture and prints its line; pictures of a data set carry their true label.
  private func report(_ id: String, label: Int?, _ classifier: Classifier, _ image: PixelImage) {
    classifier.run(image.pixels)
    let labels = classifier.model.labels
    let index = classifier.classIndex
    let probabilities = classifier.probabilities
    guard json else {
      let truth = label.map { $0 == index ? "" : ", labelled \(labels[$0])" } ?? ""
      print("\(id): \(labels[index]) \(probabilities[index].decimals(6))\(truth)")
      return
    }
    var members: [JSON.Member] = [
      .init(key: "image", value: JSON(id)), .init(key: "class", value: JSON(labels[index])),
      .init(key: "index", value: JSON(index)),
      .init(key: "probabilities", value: JSON(probabilities.map { JSON.rounded($0, digits: 6) })),
      .init(key: "logits", value: JSON(classifier.logits.map { JSON($0) })),
    ]
    if let label { members.append(.init(key: "label", value: JSON(labels[label]))) }
    print(JSON.object(members))
  }
}
