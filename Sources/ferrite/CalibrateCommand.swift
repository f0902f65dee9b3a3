import ArgumentParser
import Exporter
import ImageData
import Quantize

/// `ferrite calibrate`: what pictures tell of a network, kept for many exports.
struct Calibrate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Keeps what calibration pictures tell of a network.",
    discussion: """
      Runs the pictures through the float network once, 512 of them if --limit doesn't say otherwise, and writes the histograms of \
      all channels. `ferrite export --calibrate` takes the file in the place of the pictures, at any widths, methods and repairs, \
      and gives the same bytes. The file holds the pictures themselves: it is as private as they are.
      """)

  @Argument(help: "The trained network (.onnx).")
  var network: String

  @OptionGroup var data: DataOptions

  @OptionGroup var others: OtherInputOptions

  @OptionGroup var input: InputOptions

  @Option(name: [.short, .long], help: "The calibration to write (\(CalibrationFile.suffix)).")
  var output: String

  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    guard data.data != nil else { throw ValidationError("--data is missing") }
    guard output.hasSuffix(CalibrationFile.suffix) else {
      throw ValidationError("--output \(output): the name of a calibration ends in \(CalibrationFile.suffix)")
    }
  }

  func run() throws {
    try AtomicFile.checkWritable(output)
    let source = try ExportSource(FloatNetwork(path: network), input.settings())
    let labels = source.graph.labels
    let images = CalibrationImages(
      try data.open(
        labels: labels, extent: source.extent, resize: input.resizing.resize, others, source.graph.otherInputArrays,
        of: network), limit: data.limit,
      classes: labels.count)
    let seen = InputReport(source, try InputStatistics(images, source.graph))
    if let warning = seen.warning { printWarning(warning) }
    let bar = ProgressBar("calibrating", total: images.count)
    let calibration = try calibrate(source, images: images) { _ in bar.advance() }
    for warning in try warnings(source, calibration: calibration, images: images) { printWarning(warning) }
    try CalibrationFile.write(calibration, of: source, images: images, to: output)

    let channels = calibration.histograms.compactMap { $0?.channels }
    let bytes = try contents(of: output).count
    if json {
      print(
        [
          "bytes": JSON(bytes), "images": JSON(images.count), "tensors": JSON(channels.count),
          "channels": JSON(channels.reduce(0, +)), "classes": JSON(images.classCounts.map { JSON($0) }),
          "network": ["name": JSON(source.name), "digest": JSON(source.digest)], "input": seen.json,
        ] as JSON)
    } else {
      print(
        "\(output): \(images.count.grouped) pictures, \(channels.count) tensors, \(channels.reduce(0, +).grouped) channels, "
          + "\(bytes.grouped) bytes")
    }
  }
}
