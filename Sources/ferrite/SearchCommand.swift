import ArgumentParser
import Exporter
import ImageData
import Quantize
import Synchronization

/// `ferrite search`: which widths the layers of a network should have to keep to a budget.
struct Search: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Searches the layers' widths for a budget and writes them as a configuration for export.",
    usage: """
      ferrite search NET.onnx --calibrate DATA --max-bytes N -o CONFIG.json [options]
      ferrite search NET.onnx --calibrate DATA --max-cycles N --core CORE -o CONFIG.json [options]
      ferrite search NET.onnx --calibrate DATA --max-loss POINTS -o CONFIG.json [options]
      """,
    discussion: """
      Measures how much each width of each layer alone changes the answers, adds that up for the best widths at every size, and \
      measures a dozen of those, and the same width everywhere, with all repairs of export. The table shows what they cost and give. \
      ferrite export --config CONFIG.json makes the chosen model; the file is there to be edited. The same arguments give the same \
      file. Nothing is written when anything fails.
      """)

  @Argument(help: "The trained network (.onnx).")
  var network: String

  @Option(name: [.short, .long], help: "The configuration to write (.json).")
  var output: String

  @Option(help: "Pictures like those that the model will see, as for export.")
  var calibrate: String

  @Option(help: "At most this many calibration pictures, evenly spread over the data.")
  var limit = 512

  @Option(help: "Only these rows of a .csv: Training, PublicTest or PrivateTest.")
  var usage: String?

  @Option(
    help: """
      Labelled pictures to measure on (default: those that calibration leaves over, or else its own). Not those that the \
      model's accuracy will be told on.
      """)
  var data: String?

  @OptionGroup var others: OtherInputOptions

  @OptionGroup var input: InputOptions

  @Option(help: "At most this many pictures to measure on.")
  var check = 2048

  @Option(help: "At most this many bytes for the model file.")
  var maxBytes: Int?

  @Option(help: "At most this many modelled cycles for a frame, on one thread of --core.")
  var maxCycles: Int?

  @Option(help: "The core whose cycles are modelled: \(Core.allCases.map(\.rawValue).joined(separator: ", ")).")
  var core: Core?

  @Option(help: "At most this much less accuracy than the float network has on the measured pictures, in points.")
  var maxLoss: Double?

  @Option(help: "Widths that weights may have: 2...8, or 4,6,8 (default: 2...8; with --max-cycles 8).")
  var weightWidths: WidthList?

  @Option(help: "Widths that outputs may have: 2...16, or 8,12 (default: 8; with --max-cycles 8,12).")
  var activationWidths: WidthList?

  @Option(help: "Also draw the front as an SVG file.")
  var svg: String?

  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    guard [maxBytes != nil, maxCycles != nil, maxLoss != nil].count(where: { $0 }) == 1 else {
      throw ValidationError("one budget is needed: --max-bytes, --max-cycles or --max-loss")
    }
    guard (maxCycles == nil) == (core == nil) else { throw ValidationError("--max-cycles and --core go together") }
    for (name, value) in [("limit", limit), ("check", check)] where value < 1 {
      throw ValidationError("--\(name) \(value): at least one picture is needed")
    }
    for (name, value) in [("max-bytes", maxBytes), ("max-cycles", maxCycles)] {
      if let value, value < 1 { throw ValidationError("--\(name) \(value): is no size") }
    }
    if let maxLoss, !(0...100 ~= maxLoss) { throw ValidationError("--max-loss \(maxLoss): 0 to 100 are possible") }
    try weightWidths?.check("weight-widths", QuantizationSettings.weightBits)
    try activationWidths?.check("activation-widths", QuantizationSettings.activationBits)
    guard !output.isEmpty, svg != "" else { throw ValidationError("--output or --svg is empty") }
    guard svg != output else { throw ValidationError("--svg \(output): would replace the configuration") }
  }

  func run() throws {
    for file in [output] + (svg.map { [$0] } ?? []) {
      guard ![network, calibrate, data].contains(file) else {
        throw ValidationError("\(file): would replace its source")
      }
      try AtomicFile.checkWritable(file)
    }
    let source = try ExportSource(FloatNetwork(path: network), input.settings())
    guard source.graph.scores != nil else {
      let outputs = source.graph.outputs.map { "\($0.name) (\($0.labels == nil ? "values" : "scores"))" }
      throw BadData(
        "\(network): search measures by labelled pictures, and needs exactly one output of scores; the outputs are "
          + outputs.joined(separator: ", "))
    }
    let labels = source.graph.labels
    var calibrationSet = try DataSet(
      path: calibrate, labels: labels, extent: source.extent, usage: usage, resize: input.resizing.resize)
    calibrationSet.inputs = try others.open(
      source.graph.otherInputArrays, of: network, pictures: calibrationSet.count)
    let calibrated = calibrationSet.indices(limit: limit)
    let images = CalibrationImages(calibrationSet, chosen: calibrated, classes: labels.count)
    let seen = InputReport(source, try InputStatistics(images, source.graph))
    if let warning = seen.warning { printWarning(warning) }
    let (checkSet, checked) = try openChecks(source, calibrationSet, calibrated)

    let bar = ProgressBar("calibrating", total: images.count + checked.count)
    let calibration = try Exporter.calibrate(source, images: images) { _ in bar.advance() }
    let reference = try LogitReference(
      source, images: CalibrationImages(checkSet, chosen: checked, classes: labels.count),
      labels: try checked.map { try checkSet.sample($0).label }
    ) { bar.advance() }
    var search = try sensitivities(source, calibration, images, reference)
    let measuring = ProgressBar("measuring widths", total: MixedPrecisionSearch.mostPoints)
    let result = try search.run { measuring.advance() }
    measuring.finish()

    for warning in result.model.warnings { printWarning(warning) }
    let report = SearchReport(
      network: source.name, budget: budget, result: result, sensitivities: search.sensitivities, reference: reference)
    try AtomicFile.write(Array(report.config.utf8), to: output)
    if let svg { try AtomicFile.write(Array(FrontFigure(report: report).svg.utf8), to: svg) }
    if json {
      print(report.json)
    } else {
      print(report.text, terminator: "")
    }
  }

  private var budget: SearchBudget {
    if let maxBytes { return .bytes(maxBytes) }
    if let maxCycles, let core { return .cycles(maxCycles, core) }
    return .loss(maxLoss ?? 0)
  }

  private func sensitivities(
    _ source: ExportSource, _ calibration: Calibration, _ images: CalibrationImages, _ reference: LogitReference
  ) throws -> MixedPrecisionSearch {
    let bar = Mutex<ProgressBar?>(nil)
    return try MixedPrecisionSearch(
      source, calibration: calibration, images: images, reference: reference, budget: budget,
      settings: QuantizationSettings(),
      weightWidths: weightWidths?.widths ?? (core == nil ? Array(QuantizationSettings.weightBits) : [8]),
      activationWidths: activationWidths?.widths ?? (core == nil ? [8] : [8, 12])
    ) { _, total in
      bar.withLock { bar in
        bar = bar ?? ProgressBar("measuring layers", total: total)
        bar?.advance()
      }
    }
  }

  /// The pictures to measure on.
  private func openChecks(
    _ source: ExportSource, _ calibrationSet: DataSet, _ calibrated: [Int]
  ) throws -> (DataSet, [Int]) {
    if let data {
      guard source.graph.otherInputs.isEmpty else {
        throw BadData(
          "\(network): has inputs beside its image, whose numbers --input gives for the pictures of --calibrate alone: "
            + "leave out --data")
      }
      let set = try DataSet(
        path: data, labels: source.graph.labels, extent: source.extent, usage: nil, resize: input.resizing.resize)
      return (set, set.indices(limit: check))
    }
    let used = Set(calibrated)
    let rest = (0..<calibrationSet.count).filter { !used.contains($0) }
    let left = rest.isEmpty ? calibrated : rest
    return (calibrationSet, CalibrationImages.spread(check, over: left.count).map { left[$0] })
  }
}

extension Core: ExpressibleByArgument {}

/// Widths as a range, `2...8`, or with commas between, `4,6,8`.
struct WidthList: ExpressibleByArgument {
  /// By rising width, each once.
  var widths: [Int]

  init?(argument: String) {
    let ends = argument.split(separator: "...", omittingEmptySubsequences: false).map { Int($0) }
    if ends.count == 2 {
      guard let first = ends[0], let last = ends[1], first <= last, last - first < 64 else { return nil }
      widths = Array(first...last)
    } else {
      let named = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
      guard named.allSatisfy({ $0 != nil }) else { return nil }
      widths = Set(named.compactMap { $0 }).sorted()
    }
  }

  func check(_ option: String, _ possible: ClosedRange<Int>) throws {
    guard let wrong = widths.first(where: { !possible.contains($0) }) else { return }
    throw ValidationError(
      "--\(option) \(wrong): \(possible.lowerBound) to \(possible.upperBound) are possible")
  }
}
