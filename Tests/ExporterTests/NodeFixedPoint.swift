import EdgeRuntime
import Foundation
import Quantize

@testable import Exporter

/// A case's inputs as the 8-bit pixels that a fixed-point network reads, and others like them.
struct NodeFrames {
  private var range: ClosedRange<Float>
  /// The case's own frames first; then each with its pixels shuffled, seven times.
  var pixels: [[UInt8]]

  init(_ images: [[Float]], seed: String) {
    let numbers = images.joined()
    let (least, greatest) = (numbers.min() ?? 0, numbers.max() ?? 0)
    range = least...(greatest > least ? greatest : least + 1)
    var generator = SplitMix(state: seed.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 })
    let width = range.upperBound - range.lowerBound
    pixels = images.map { image in image.map { UInt8((($0 - least) / width * 255).rounded()) } }
    for index in images.indices { for _ in 0..<7 { pixels.append(pixels[index].shuffled(using: &generator)) } }
  }

  /// What makes pixels numbers of the case's range.
  func preparation(channels: Int) -> InputPreparation {
    let width = range.upperBound - range.lowerBound
    return InputPreparation(
      mean: Array(repeating: -range.lowerBound / width, count: channels),
      standardDeviation: Array(repeating: 1 / width, count: channels))
  }
}

/// A float network beside its fixed-point form at 8 bits, whose repairs are left out: they trade one error for another, and what is
/// bounded here is the rounding of values, weights and results.
struct NodeFixedPoint {
  let layers: LayerGraph
  let model: ExportedModel
  let frames: NodeFrames
  /// By value of the float graph, the least and greatest number over all frames.
  private(set) var ranges: [ClosedRange<Double>]

  init(_ graph: FloatGraph, _ frames: NodeFrames) throws {
    self.frames = frames
    layers = try LayerGraph(fusing: graph)
    let source = ExportSource(graph: graph, digest: "07", name: "case.onnx") { graph in
      let reference = FloatReference(graph)
      return { pixels, visit in reference.run(pixels: pixels, visit: visit) }
    }
    let images = CalibrationImages(count: frames.pixels.count, frameBytes: frames.pixels[0].count) {
      [pixels = frames.pixels] in pixels[$0]
    }
    model = try exportModel(
      source, images: images, settings: QuantizationSettings(without: Set(Repair.allCases)))
    ranges = Array(repeating: 0...0, count: graph.values.count)
    let reference = FloatReference(graph)
    for pixels in frames.pixels {
      reference.run(pixels: pixels) { value, numbers in
        for number in numbers.map(Double.init) where !(ranges[value] ~= number) {
          ranges[value] = min(ranges[value].lowerBound, number)...max(ranges[value].upperBound, number)
        }
      }
    }
  }

  /// The greatest difference of each output over all frames, beside the greatest that rounding can make; of several outputs the one
  /// that comes nearest to its bound.
  func error() throws -> NodeError {
    let bounds = NodeErrorBound(self)
    let runner = try ModelRunner(model.bytes, instructionSet: .fastest)
    let reference = FloatReference(layers.graph)
    var greatest = [Double](repeating: 0, count: layers.graph.outputs.count)
    for pixels in frames.pixels {
      reference.run(pixels: pixels)
      var raws = runner.outputs(pixels)[...]
      for (index, output) in model.content.graph.outputs.enumerated() {
        let tensor = model.content.graph.tensors[output.tensor]
        for (raw, exact) in zip(raws, reference.output(index)) {
          greatest[index] = max(greatest[index], (tensor.format.number(Int64(raw)) - Double(exact)).magnitude)
        }
        raws = raws.dropFirst(tensor.shape.count)
      }
    }
    let errors = layers.graph.outputs.indices.map { index in
      let value = layers.graph.outputs[index].value
      let step = max(ranges[value].magnitude, .leastNormalMagnitude) / 128
      return NodeError(bound: bounds[value] / step, measured: greatest[index] / step)
    }
    return errors.max { $0.measured / $0.bound < $1.measured / $1.bound }!
  }
}

extension ClosedRange<Double> {
  /// Of the number that is furthest from 0.
  var magnitude: Double { Swift.max(-lowerBound, upperBound) }
}
