import EdgeRuntime
import Foundation
import Quantize
import Testing

@testable import Exporter

/// Signal over noise of each of a model's outputs, in dB, on images that calibration has not seen.
func decibels(_ graph: FloatGraph, _ model: ExportedModel, on images: CalibrationImages) throws -> [Double] {
  let runner = try ModelRunner(model.bytes, instructionSet: .fastest)
  let reference = FloatReference(graph)
  var sums = [(signal: Double, noise: Double)](repeating: (0, 0), count: graph.outputs.count)
  for index in 0..<images.count {
    let frame = try images.pixels(index)
    reference.run(pixels: frame)
    var raws = runner.outputs(frame)[...]
    for (index, output) in model.content.graph.outputs.enumerated() {
      let tensor = model.content.graph.tensors[output.tensor]
      for (raw, exact) in zip(raws, reference.output(index)) {
        let difference = tensor.format.number(Int64(raw)) - Double(exact)
        sums[index].signal += Double(exact) * Double(exact)
        sums[index].noise += difference * difference
      }
      raws = raws.dropFirst(tensor.shape.count)
    }
    #expect(raws.isEmpty)
  }
  return sums.map { 10 * log10($0.signal / $0.noise) }
}
