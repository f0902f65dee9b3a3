import ArgumentParser
import EdgeRuntime
import Exporter
import ImageData

/// `ferrite explain`: where a model looks, as a picture.
struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what a model looks at, as a PNG with a row for each picture.",
    discussion: """
      A row shows the picture; its occlusion map (vermillion where covering a place lowers the probability of the class, blue \
      where it raises it, scaled to the greatest change); then, for a network with spatial transformers, the windows that its \
      samplers looked through (the first vermillion, the others blue), and what each sampler saw (mean of its channels, from \
      black to white). --json prints the numbers behind the drawing.
      """)

  /// A sheet of more pictures than this is no picture that anyone can look at.
  private static let maximumImages = 256

  @Argument(help: "The model file (.fxm).")
  var model: String

  @Argument(help: "Pictures: JPEG, PNG or PGM.")
  var images: [String]

  @OptionGroup var resizing: ResizeOption

  @Option(name: [.short, .long], help: "The PNG file to write.")
  var output: String

  @Option(name: .customLong("class"), help: "Explain this class rather than the model's answer.")
  var label: String?

  @Option(help: "Side of the covering square, pixels.")
  var window = 8

  @Option(help: "Threads, 1 to 64.")
  var threads = 2

  @OptionGroup var instructionSet: InstructionSetOption

  @Flag(help: "Print one JSON object a line.")
  var json = false

  func validate() throws {
    guard !output.isEmpty else { throw ValidationError("--output is empty") }
    guard images.count <= Self.maximumImages else {
      throw ValidationError("\(images.count) pictures: a sheet shows at most \(Self.maximumImages)")
    }
    guard window >= 1 else { throw ValidationError("--window \(window): the square has at least one pixel") }
    guard 1...64 ~= threads else { throw ValidationError("--threads \(threads): 1 to 64 can be used") }
  }

  func run() throws {
    let model = try LoadedModel(path: model)
    try model.requireScores(for: "explain")
    try model.requireOneInput(for: "explain")
    let index = try label.map { try classIndex($0, model) }
    let extent = model.extent
    guard window <= max(extent.width, extent.height) else {
      throw ValidationError("--window \(window): \(model.path) takes pictures of \(extent)")
    }
    let resize = resizing.resize ?? model.inputSettings.resizeWay
    let pictures = try images.map { try PixelImage(path: $0, extent: extent, resize: resize) }
    let progress = ProgressBar("explaining", total: images.count)
    let explanations = try zip(images, pictures).map { id, image in
      defer { progress.advance() }
      return try explain(id, image, model, index)
    }
    try AtomicFile.write(ExplanationSheet.draw(explanations).png(), to: output)
    for explanation in explanations {
      if json {
        print(explanation.json(labels: model.labels, window: window))
      } else {
        print(explanation.text(labels: model.labels), terminator: "")
      }
    }
  }

  private func explain(_ id: String, _ image: PixelImage, _ model: LoadedModel, _ index: Int?) throws -> Explanation {
    let classifier = try Classifier(model, instructionSet: instructionSet.isa)
    let samplers = SamplerView.all(image.pixels, classifier)
    return Explanation(
      id: id, image: image, index: classifier.classIndex, probabilities: classifier.probabilities,
      occlusion: try OcclusionMap.measure(
        image, model, index: index, window: window, threads: threads, instructionSet: instructionSet.isa),
      samplers: samplers)
  }

  private func classIndex(_ label: String, _ model: LoadedModel) throws -> Int {
    guard let index = model.labels.firstIndex(of: label) else {
      throw ValidationError("--class \(label): \(model.path) has \(model.labels.joined(separator: ", "))")
    }
    return index
  }
}
