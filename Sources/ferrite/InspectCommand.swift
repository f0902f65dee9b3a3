import ArgumentParser

/// `ferrite inspect`: every layer, format, byte and buffer of a model file.
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows every layer, format and buffer of a model file.",
    discussion: """
      A format Q(width, fraction, sign) holds raw * 2^-fraction. Weights have a fraction for each output channel: the range is \
      shown. SQNR is the signal to quantisation noise at a layer's output, measured on the calibration data at export.
      """)

  @Argument(help: "The model file (.fxm).")
  var model: String

  @Flag(help: "Print one JSON document.")
  var json = false

  func run() throws {
    let report = ModelReport(try LoadedModel(path: model))
    if json {
      print(report.json)
    } else {
      print(report.text, terminator: "")
    }
  }
}
