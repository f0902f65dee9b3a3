// classify MODEL.fxm IMAGE.pgm...: a line for each picture, a binary PGM of the model's size.
import EdgeRuntime
import Foundation

var network = try Network(path: CommandLine.arguments[1])
for path in CommandLine.arguments.dropFirst(2) {
  // A PGM's pixels stand behind its header, to the end of the file.
  let pixels = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)).suffix(network.imageBytes))
  try network.run(pixels: pixels.span)
  let probability = Double(network.probability(network.classIndex)) / Double(Softmax.one)
  print("\(path): \(network.label) \(String(format: "%.6f", probability))")
}
