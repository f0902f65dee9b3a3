import ArgumentParser
import EdgeRuntime
import Exporter
import Foundation
import ImageData
import Quantize

/// `ferrite export`: from a trained float network to a model file.
struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Quantises a trained network and writes a model file, or a face detector's cascade.",
    discussion: """
      Formats are chosen from the values that each layer takes on calibration pictures: Q(width, fraction, sign) holds \
      raw * 2^-fraction. Weights have a fraction for each output channel. The same network, pictures and options give the same \
      file, which carries 8 of the pictures as test vectors. No file is written when anything fails.

      An .xml is a cascade of OpenCV's over local binary patterns; of all options it takes -o and --json.
      """)

  /// How formats are chosen.
  enum Method: String, CaseIterable, ExpressibleByArgument {
    case mse, minmax, percentile, entropy, joint

    var calibration: CalibrationMethod {
      switch self {
      case .mse: .squaredError
      case .minmax: .range
      case .percentile: .percentile(99.99)
      case .entropy: .entropy
      case .joint: .joint
      }
    }
  }

  @Argument(help: "The trained network (.onnx), or a cascade of OpenCV's (.xml).")
  var network: String

  @Option(name: [.short, .long], help: "The model file to write (.fxm; .fxc of a cascade).")
  var output: String?

  @Option(
    help: """
      Pictures like those that the model will see: a folder of class folders (JPEG, PNG, PGM), a .csv with the columns \
      emotion,pixels,Usage, or X-images.npy with X-labels.npy beside it; or what `ferrite calibrate` made of them for this \
      network (\(CalibrationFile.suffix)).
      """)
  var calibrate: String?

  @Option(help: "At most this many calibration pictures, evenly spread over the data (default: 512).")
  var limit: Int?

  @Option(help: "Only these rows of a .csv: Training, PublicTest or PrivateTest.")
  var usage: String?

  @Option(help: "Bits of a weight, 2 to 8 (default: 8).")
  var weightBits: Int?

  @Option(
    help: """
      Bits of an activation, 2 to 16 (default: 8); the input has at most 8, a sampler's theta and outputs always 16.
      """)
  var activationBits: Int?

  @Option(
    help: """
      mse: least squared error; minmax: clip nothing; percentile: clip 1 value in 10000 on either side; entropy: \
      least divergence of the distributions; joint: least squared error of the outputs, a search that takes longer (default: mse).
      """)
  var calibration: Method?

  @Option(
    help: """
      A JSON file of settings: weight_bits, activation_bits, calibration, and layers, where the name of a layer leads to \
      its own weight_bits and activation_bits. A flag goes before the file's setting for the model, a layer's own before both.
      """)
  var config: String?

  @Option(
    help: """
      Repairs to leave out, with commas between: \(Repair.allCases.map(\.rawValue).joined(separator: ", ")), or all.
      """)
  var without = RepairList()

  @Flag(help: "Write nothing, and list all that keeps the network from being exported; needs neither pictures nor -o.")
  var dryRun = false
  @OptionGroup var others: OtherInputOptions

  @OptionGroup var input: InputOptions

  @OptionGroup var checks: InputChecks

  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    if dryRun {
      guard !isCascade else { throw ValidationError("--dry-run: a cascade has no use for it") }
      return
    }
    guard let output else { throw ValidationError("Missing expected argument '--output <output>'") }
    guard !output.isEmpty else { throw ValidationError("--output is empty") }
    if isCascade { return try validateCascade() }
    guard let calibrate else {
      throw ValidationError("Missing expected argument '--calibrate <calibrate>': a network needs pictures")
    }
    if let limit, limit < 1 { throw ValidationError("--limit \(limit): at least one picture is needed") }
    guard !isCalibrated || (limit == nil && usage == nil) else {
      throw ValidationError("--calibrate \(calibrate): has its pictures already; --limit and --usage choose others")
    }
    guard !isCalibrated || others.files.isEmpty else {
      throw ValidationError("--calibrate \(calibrate): has the numbers of --input already")
    }
    guard !isCalibrated || input.resizing.resize == nil || checks.data != nil else {
      throw ValidationError("--calibrate \(calibrate): has its pictures already; there is nothing for --resize to do")
    }
    guard !isCalibrated || checks.expectAccuracy == nil || checks.data != nil else {
      throw ValidationError("--expect-accuracy: \(calibrate) doesn't tell each picture's class; --data is needed")
    }
    if let weightBits, !(QuantizationSettings.weightBits ~= weightBits) {
      throw ValidationError("--weight-bits \(weightBits): 2 to 8 are possible")
    }
    if let activationBits, !(QuantizationSettings.activationBits ~= activationBits) {
      throw ValidationError("--activation-bits \(activationBits): 2 to 16 are possible")
    }
  }

  private func validateCascade() throws {
    let given: [(String, Bool)] = [
      ("calibrate", calibrate != nil), ("limit", limit != nil), ("usage", usage != nil),
      ("input", !others.files.isEmpty), ("weight-bits", weightBits != nil), ("activation-bits", activationBits != nil),
      ("calibration", calibration != nil), ("config", config != nil), ("without", !without.repairs.isEmpty),
      ("mean, --std, --range, --channels and --labels", input.saysSomething), ("resize", input.resizing.resize != nil),
      ("expect-accuracy", checks.expectAccuracy != nil), ("data", checks.data != nil),
      ("contact-sheet", checks.contactSheet != nil),
    ]
    if let option = given.first(where: \.1) {
      throw ValidationError("--\(option.0): a cascade has no use for it")
    }
  }

  func run() throws {
    if dryRun { return try DryRun(path: network).report(json: json) }
    guard let output else { return }
    guard let calibrate else { return try exportCascade(output) }
    guard output != network, output != calibrate else {
      throw ValidationError("-o \(output): would replace its source")
    }
    for file in [output] + (checks.contactSheet.map { [$0] } ?? []) { try AtomicFile.checkWritable(file) }
    try checks.check(besides: [network, calibrate, output])
    let config = try config.map { try ExportConfig(path: $0) } ?? ExportConfig()
    let floatNetwork = try FloatNetwork(path: network)
    let source = try ExportSource(floatNetwork, input.settings())
    let settings = QuantizationSettings(
      weightBits: weightBits ?? config.weightBits ?? 8, activationBits: activationBits ?? config.activationBits ?? 8,
      method: (calibration ?? config.calibration ?? .mse).calibration, layers: config.layers, without: without.repairs)
    if let conflict = try settings.conflict(with: source.graph) { throw config.complaint(conflict) }
    let pictures = try CalibrationPictures(
      source, path: calibrate, limit: limit, usage: usage, others: others, network: network)
    let seen = InputReport(source, try InputStatistics(pictures.images, source.graph))
    if let warning = seen.warning { printWarning(warning) }
    let expectation = try checks.expectation(floatNetwork, source, pictures, seen.statistics)
    let model = try export(source, pictures, settings)
    for warning in model.warnings { printWarning(warning) }
    let accuracy = try expectation?.check(model)
    try AtomicFile.write(model.bytes, to: output)
    let written = try LoadedModel(path: output)
    if let sheet = checks.contactSheet {
      try AtomicFile.write(try pictures.contactSheet(source, written, seen).png(), to: sheet)
    }
    report(written, seen, accuracy)
  }

  private func report(_ model: LoadedModel, _ seen: InputReport, _ accuracy: AccuracyReport?) {
    let report = ModelReport(model)
    guard json else { return print(report.text + seen.text + (accuracy?.text ?? ""), terminator: "") }
    guard case .object(let members) = report.json else { preconditionFailure("a report is an object") }
    print(
      JSON.object(
        members + [.init(key: "input", value: seen.json), .init(key: "accuracy", value: accuracy?.json ?? .null)]))
  }

  private var isCalibrated: Bool { calibrate?.hasSuffix(CalibrationFile.suffix) == true }
  private var isCascade: Bool { network.lowercased().hasSuffix(".xml") }

  private func exportCascade(_ output: String) throws {
    guard output != network else { throw ValidationError("-o \(output): would replace its source") }
    try AtomicFile.checkWritable(output)
    let source = [UInt8](try contents(of: network).prefix(FloatCascade.maximumBytes + 1))
    let exported = try FixedCascade.export(FloatCascade(xml: source, file: network), source: source, file: network)
    if exported.exactStages < exported.stageCount {
      printWarning(
        "\(network): \(exported.stageCount - exported.exactStages) of \(exported.stageCount) stages may decide otherwise than "
          + "floating point where a sum is within 2^-\(exported.fractionBits) a stump of the threshold")
    }
    try AtomicFile.write(exported.bytes, to: output)
    let report = CascadeReport(try LoadedCascade(path: output))
    print(json ? "\(report.json)\n" : report.text, terminator: "")
  }

  private func export(_ source: ExportSource, _ pictures: CalibrationPictures, _ settings: QuantizationSettings) throws
    -> ExportedModel
  {
    let images = pictures.images
    let units = try exportUnits(source, images: images.count, settings: settings)
    let bar: ProgressBar
    let calibration: Calibration
    if let kept = pictures.calibration {
      bar = ProgressBar("", total: units)
      calibration = kept
    } else {
      bar = ProgressBar(ExportPhase.calibrating.rawValue, total: images.count + units)
      calibration = try Exporter.calibrate(source, images: images) { _ in bar.advance() }
    }
    return try exportModel(source, calibration: calibration, images: images, settings: settings) {
      bar.advance(by: $1, label: $0.rawValue)
    }
  }
}

/// Repairs by their names, with commas between, or `all`.
struct RepairList: ExpressibleByArgument {
  var repairs: Set<Repair> = []

  init() {}

  init?(argument: String) {
    if argument == "all" {
      repairs = Set(Repair.allCases)
      return
    }
    for name in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let repair = Repair(rawValue: String(name)) else { return nil }
      repairs.insert(repair)
    }
  }
}
