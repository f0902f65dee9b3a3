import ArgumentParser
import Exporter
import ImageData
import Quantize

/// `ferrite compare`: a float network against its fixed-point model, on labelled pictures.
struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compares a float network with its fixed-point model on labelled pictures.",
    discussion: """
      Tells the accuracy of both with 95 % Wilson intervals, how often they agree, whether the difference is significant \
      (McNemar's exact test), which pictures flip, and the signal to quantisation noise at each layer over 100 pictures, \
      evenly spread. The float reference runs on OpenBLAS.
      """)

  private static let layerSamples = 100

  @Argument(help: "The float network (.onnx).")
  var network: String

  @Argument(help: "The model file (.fxm) made of it.")
  var model: String

  @OptionGroup var data: DataOptions

  @Option(help: "Threads, 1 to 64.")
  var threads = 2

  @Option(help: "Also write the comparison as an HTML page, with the pictures that flip, to this file.")
  var html: String?

  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    guard data.data != nil else { throw ValidationError("--data is missing") }
    guard 1...64 ~= threads else { throw ValidationError("--threads \(threads): 1 to 64 can be used") }
  }

  func run() throws {
    let model = try LoadedModel(path: model)
    let graph = try FloatGraph(onnx: network)
    try checkSame(graph, model)
    let set = try data.open(labels: model.labels, extent: model.extent)
    let runner = ComparisonRunner(
      graph: graph, model: model, data: set, indices: set.indices(limit: data.limit), layerSamples: Self.layerSamples,
      threads: threads)
    let report = ComparisonReport(comparison: try runner.run(), model: model)
    if let html { try writePage(report, runner, to: html) }
    if json {
      print(report.json)
    } else {
      print(report.text, terminator: "")
    }
  }

  private func writePage(_ report: ComparisonReport, _ runner: ComparisonRunner, to path: String) throws {
    let flips = report.comparison.flips.prefix(ComparisonPage.maximumFlips)
    let pictures = try flips.map { try runner.data.sample(runner.indices[$0.position]).image }
    let page = ComparisonPage(report: report, network: network, pictures: pictures)
    try AtomicFile.write(Array(page.html.utf8), to: path)
  }

  /// Two networks can be compared if they take the same picture and tell the same number of classes.
  private func checkSame(_ graph: FloatGraph, _ model: LoadedModel) throws {
    let input = graph.values[graph.input].shape
    let extent = ImageExtent(width: input.width, height: input.height, channels: input.channels)
    guard extent == model.extent else {
      throw BadData("\(network) takes pictures of \(extent), \(model.path) of \(model.extent)")
    }
    let classes = graph.values[graph.output].shape.count
    guard classes == model.labels.count else {
      throw BadData("\(network) tells \(classes) classes, \(model.path) \(model.labels.count)")
    }
  }
}

extension FloatGraph {
  /// Reads an ONNX network.
  ///
  /// - Throws: `BadData` with the path and what the importer found.
  init(onnx path: String) throws {
    do {
      self = try Importer.graph(path: path)
    } catch {
      throw BadData("\(path): \(error)")
    }
  }
}
