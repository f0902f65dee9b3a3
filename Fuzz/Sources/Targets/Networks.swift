import EdgeRuntime
import Foundation
import Quantize

@testable import Exporter

/// Imports a network; a small one is calibrated on two pictures, quantised, written and run.
func importNetwork(_ bytes: UnsafeRawBufferPointer) -> Bool {
  let graph: FloatGraph
  do throws(ONNXError) {
    graph = try Importer.graph(data: unsafe Data(bytes), folder: nil)
  } catch {
    precondition(!error.description.isEmpty, "an error has no words")
    return true
  }
  guard isSmall(graph) else { return true }
  let shape = graph.values[graph.input].shape
  let numbers = (graph.frameBytes - shape.count) / MemoryLayout<Float>.size
  let images = CalibrationImages(count: 2, frameBytes: graph.frameBytes) { index in
    let pixels = (0..<shape.count).map { UInt8(truncatingIfNeeded: ($0 &* 37 &+ index &* 101) ^ ($0 >> 3)) }
    let others = (0..<numbers).flatMap { place in
      let sixteenths = (place &* 29 &+ index &* 7) % 64 - 32
      return (Float(sixteenths) / 16).littleEndianBytes
    }
    return pixels + others
  }
  let settings = QuantizationSettings(
    weightBits: 2 + bytes.count % 7, activationBits: bytes.count % 4 == 0 ? 16 : 8,
    without: [.adaptiveRounding, .equalisation])
  do {
    let source = source(of: graph)
    let calibration = try calibrate(source, images: images)
    let model = try exportModel(source, calibration: calibration, images: images, settings: settings)
    return unsafe model.bytes.withUnsafeBytes { unsafe runModel($0) }
  } catch let error as ExportError {
    if case .refusedByLoader(let reason, let offset) = error {
      fatalError("the writer made a file that the loader refuses: \(reason) (byte \(offset))")
    }
    return true
  } catch {
    fatalError("an error of an unknown kind: \(error)")
  }
}

func source(of graph: FloatGraph) -> ExportSource {
  ExportSource(graph: graph, digest: "07", name: "fuzz.onnx") { graph in
    let reference = FloatReference(graph)
    return { pixels, visit in reference.run(pixels: pixels, visit: visit) }
  }
}

/// Extents whose float arithmetic takes milliseconds.
private func isSmall(_ graph: FloatGraph) -> Bool {
  guard graph.nodes.count <= 64 else { return false }
  var values = 0
  for value in graph.values {
    values += value.shape.count
    guard values <= 1 << 14 else { return false }
  }
  var products = 0
  for node in graph.nodes {
    let count = graph.values[node.output].shape.count
    switch node.operation {
    case .convolution(let convolution): products += count * (convolution.weights.count / max(1, convolution.bias.count))
    case .fullyConnected(let weights, _): products += weights.count
    case .maxPool(let pool), .averagePool(let pool): products += count * pool.kernel.height * pool.kernel.width
    // A table of each channel for 65,536 raw values of 16 bits, made again for each layer that is fitted.
    case .pointwise(let function):
      products += function.differsByChannel ? graph.values[node.output].shape.channels << 17 : 0
    default: break
    }
    guard products <= 1 << 20 else { return false }
  }
  return true
}

/// Imports a cascade, writes it in fixed point and loads that.
func importCascade(_ bytes: UnsafeRawBufferPointer) -> Bool {
  let document = unsafe Array(bytes)
  do throws(CascadeImportError) {
    let cascade = try FloatCascade(xml: document, file: "fuzz.xml")
    _ = try FixedCascade.export(cascade, source: document, file: "fuzz.xml")
  } catch {
    if case .refusedByLoader(let reason, let offset) = error.fault {
      fatalError("the writer made a cascade that the loader refuses: \(reason) (byte \(offset))")
    }
  }
  return true
}

/// Reads a calibration of the network that the seeds are of, and exports by it.
func readCalibration(_ bytes: UnsafeRawBufferPointer) -> Bool {
  let source = calibratedNetwork
  do {
    let (calibration, images) = try CalibrationFile.read(unsafe Data(bytes), of: source)
    for index in 0..<min(images.count, 4) { _ = try images.pixels(index) }
    guard images.count <= 4 else { return true }
    let settings = QuantizationSettings(without: [.adaptiveRounding])
    _ = try exportModel(source, calibration: calibration, images: images, settings: settings)
  } catch is CalibrationFileError {
  } catch is ExportError {
  } catch {
    fatalError("an error of an unknown kind: \(error)")
  }
  return true
}

/// Two pixels, a convolution of one channel and two logits: nearly all of its calibration is structure.
private let calibratedNetwork: ExportSource = {
  let values = [
    FloatGraph.Value(name: "image", shape: Shape(height: 1, width: 2, channels: 1)),
    FloatGraph.Value(name: "features", shape: Shape(height: 1, width: 2, channels: 1)),
    FloatGraph.Value(name: "flat", shape: .vector(2)), FloatGraph.Value(name: "logits", shape: .vector(2)),
  ]
  let convolution = FloatConvolution(weights: [0.5], bias: [0.25], kernel: Extent(1, 1))
  let nodes = [
    FloatGraph.Node(name: "features", operation: .convolution(convolution), inputs: [0], output: 1),
    FloatGraph.Node(name: "flat", operation: .flatten, inputs: [1], output: 2),
    FloatGraph.Node(
      name: "logits", operation: .fullyConnected(weights: [1, -1, 0.5, 2], bias: [0, 1]), inputs: [2], output: 3),
  ]
  return source(
    of: FloatGraph(
      values: values, nodes: nodes, input: 0, output: 3,
      preparation: InputPreparation(mean: [0.5], standardDeviation: [0.25]), labels: ["a", "b"]))
}()

/// `ferrite-fuzz calibration-seed FILE`: a calibration of that network, for the corpus.
func writeCalibrationSeed(to path: String) throws {
  let images = CalibrationImages(count: 3, frameBytes: 2, classCounts: [1, 2]) {
    [UInt8($0 * 90), UInt8(255 - $0 * 20)]
  }
  let calibration = try calibrate(calibratedNetwork, images: images)
  try CalibrationFile.write(calibration, of: calibratedNetwork, images: images, to: path)
}
