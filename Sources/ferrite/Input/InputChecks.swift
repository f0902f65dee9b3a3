import ArgumentParser
import Exporter
import ImageData
import Quantize

/// The options of `export` that find out whether a network gets what it was trained on.
struct InputChecks: ParsableArguments {
  @Option(
    help: """
      The share of right answers that the network is known for, 0 to 1. Where the float network, or the model made of it, is less \
      often right than that, beyond the 95 % interval, no file is written, and other ways to prepare pictures are tried.
      """)
  var expectAccuracy: Double?

  @Option(
    help: """
      Labelled pictures for --expect-accuracy, at most \(AccuracyCheck.mostPictures), evenly spread (default: those of --calibrate).
      """)
  var data: String?

  @Option(
    help: """
      A PNG to draw: up to \(InputSheet.mostPictures) calibration pictures, of every class, as the model's input holds them, what \
      network and model take them for, and how the input is distributed.
      """)
  var contactSheet: String?

  func validate() throws {
    if let expectAccuracy, !(0...1 ~= expectAccuracy) {
      throw ValidationError("--expect-accuracy \(expectAccuracy): a share of right answers is 0 to 1")
    }
    guard data == nil || expectAccuracy != nil else { throw ValidationError("--data goes with --expect-accuracy") }
    if contactSheet == "" { throw ValidationError("--contact-sheet is empty") }
  }

  /// - Parameter files: that the sheet must not replace.
  func check(besides files: [String]) throws {
    guard let contactSheet, (files + [data].compactMap { $0 }).contains(contactSheet) else { return }
    throw ValidationError("--contact-sheet \(contactSheet): would replace another file")
  }

  /// Measures the float network, where an accuracy is expected.
  ///
  /// - Throws: `BadData` with what else was tried, if it isn't reached.
  func expectation(
    _ network: FloatNetwork, _ source: ExportSource, _ pictures: CalibrationPictures, _ statistics: InputStatistics
  ) throws -> Expectation? {
    guard let expectAccuracy else { return nil }
    guard !source.graph.listsOutputs else {
      throw BadData("\(source.name): --expect-accuracy needs a network whose only output is a vector of scores")
    }
    let set: DataSet
    if let data {
      guard source.graph.otherInputs.isEmpty else {
        throw BadData(
          "\(network.path): has inputs beside its image, whose numbers --input gives for the pictures of --calibrate alone: "
            + "leave out --data")
      }
      set = try DataSet(
        path: data, labels: source.graph.labels, extent: source.extent, usage: nil, resize: source.settings.resizeWay)
    } else if let data = pictures.data {
      set = data
    } else {
      preconditionFailure("a calibration without labels is refused before")
    }
    let check = AccuracyCheck(expected: expectAccuracy, path: data ?? pictures.path, data: set)
    let bar = ProgressBar("measuring accuracy", total: check.indices.count)
    let answers = try check.answers(source.graph, progress: bar)
    guard check.isMet(by: answers) else {
      let tried = try InputAlternatives(network, source.settings, statistics, check: check)
      throw BadData(
        "\(network.path): the float network is right on \(answers.text) of \(check.indices.count.grouped) pictures of "
          + "\(check.path), where \(expectAccuracy.percent) are expected; no model was written\n\(tried.text)")
    }
    return Expectation(check: check, float: answers)
  }
}

/// An accuracy that the float network reaches, and the model has to.
struct Expectation {
  let check: AccuracyCheck
  let float: Answers

  /// - Throws: `BadData` if it doesn't.
  func check(_ model: ExportedModel) throws -> AccuracyReport {
    let fixed = try check.answers(model: model.bytes)
    guard check.isMet(by: fixed) else {
      throw BadData(
        "the fixed-point model is right on \(fixed.text), the float network on \(float.accuracy.percent), of "
          + "\(check.indices.count.grouped) pictures of \(check.path), where \(check.expected.percent) are expected; no model was "
          + "written. More --weight-bits or --activation-bits bring it nearer to the network")
    }
    return AccuracyReport(check: check, float: float, fixed: fixed)
  }
}

/// The pictures that formats are chosen on, and where they come from.
struct CalibrationPictures {
  let path: String
  let images: CalibrationImages
  /// What an earlier calibration found; nil where the pictures have to be run first.
  let calibration: Calibration?
  /// nil for an earlier calibration, which knows no picture's class.
  let data: DataSet?
  private let labels: [Int]?

  /// - Parameter network: the source's file, for messages.
  init(
    _ source: ExportSource, path: String, limit: Int?, usage: String?, others: OtherInputOptions, network: String
  ) throws {
    self.path = path
    if path.hasSuffix(CalibrationFile.suffix) {
      let (calibration, images) = try source.calibration(path: path)
      (self.calibration, self.images, data, labels) = (calibration, images, nil, nil)
      return
    }
    let names = source.graph.labels
    var data = try DataSet(
      path: path, labels: names, extent: source.extent, usage: usage, resize: source.settings.resizeWay)
    data.inputs = try others.open(source.graph.otherInputArrays, of: network, pictures: data.count)
    let chosen = data.indices(limit: limit ?? CalibrationImages.usualCount)
    images = CalibrationImages(data, chosen: chosen, classes: names.count)
    labels = chosen.map { data.label($0) }
    calibration = nil
    self.data = data
  }

  /// What `model`, made of `source`, sees of some of them: class by class, evenly spread.
  func contactSheet(_ source: ExportSource, _ model: LoadedModel, _ report: InputReport) throws -> PixelImage {
    let reference = FloatReference(source.graph)
    let classifier = try Classifier(model, instructionSet: .best)
    let maps = ChannelMaps(model)
    let order = (0..<images.count).sorted { first, second in
      let (left, right) = (labels?[first] ?? 0, labels?[second] ?? 0)
      return (left, first) < (right, second)
    }
    let shown = try CalibrationImages.spread(InputSheet.mostPictures, over: order.count).map { place in
      let index = order[place]
      return InputSheet.Picture(try images.pixels(index), label: labels?[index], reference, classifier, maps)
    }
    return InputSheet.draw(shown, title: "\(source.name), \(images.count) calibration pictures", report)
  }
}
