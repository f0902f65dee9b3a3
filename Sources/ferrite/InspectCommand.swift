import ArgumentParser
import Exporter

/// `ferrite inspect`: every layer, format, byte and buffer of a model file.
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows every layer, format and buffer of a model file, or the stages of a cascade.",
    discussion: """
      A format Q(width, fraction, sign) holds raw * 2^-fraction. Weights have a fraction for each output channel: the range is \
      shown. SQNR is the signal to quantisation noise at a layer's output, measured on the calibration data at export. \
      Weight bytes are the file's, of whole blocks of 16 outputs and 4 taps; entropy is the least that a layer's raw weights \
      take when each has a code word by its value alone. The column "live" has a mark for each operation that needs the buffer.
      """)

  enum GraphLanguage: String, CaseIterable, ExpressibleByArgument { case dot }

  @Argument(help: "The model file (.fxm), or a face detector's cascade (\(LoadedCascade.suffix)).")
  var model: String

  @Flag(help: "Print one JSON document.")
  var json = false

  @Option(help: "Print the network as a graph in this language (Graphviz: dot -Tsvg) instead.")
  var graph: GraphLanguage?

  @Option(help: "Also draw the memory plan, buffers over operations, as an SVG file.")
  var plan: String?

  func validate() throws {
    guard !json || graph == nil else { throw ValidationError("give either --json or --graph") }
    guard plan != "" else { throw ValidationError("--plan is empty") }
    guard !isCascade || (graph == nil && plan == nil) else {
      throw ValidationError("--graph and --plan are for models")
    }
  }

  private var isCascade: Bool { model.hasSuffix(LoadedCascade.suffix) }

  func run() throws {
    if isCascade {
      let report = CascadeReport(try LoadedCascade(path: model))
      print(json ? "\(report.json)\n" : report.text, terminator: "")
      return
    }
    let report = ModelReport(try LoadedModel(path: model))
    if let plan { try AtomicFile.write(Array(MemoryPlanDrawing(report: report).svg.utf8), to: plan) }
    if graph == .dot {
      print(report.dot, terminator: "")
    } else if json {
      print(report.json)
    } else {
      print(report.text, terminator: "")
    }
  }
}
