import EdgeRuntime
import Quantize

/// What a layer computes with in place of the model's numbers.
enum Substitution: String, Codable, CaseIterable, Sendable {
  /// The network's weights, and an output that is not rounded.
  case float
  /// Weights and output in 16 bits.
  case bits16 = "bits_16"
  /// The network's weights; the output is rounded as ever.
  case weights
  /// An output that is not rounded; the model's weights.
  case output
}

/// Runs a model as it is but for some layers. For one thread at a time.
final class HybridRunner {
  let network: PairedNetwork
  private var arithmetic = DoubleArithmetic()
  private var pixels: [UInt8] = []
  /// What the model itself makes on the latest image: its input and each layer's output.
  private(set) var input: [Double] = []
  private(set) var outputs: [[Double]] = []

  init(_ network: PairedNetwork) { self.network = network }

  /// Goes on to another image.
  ///
  /// - Parameter values: what the model makes of it: the input, then each layer's output.
  func begin(_ pixels: [UInt8], _ values: [[Double]]) {
    self.pixels = pixels
    input = values[0]
    outputs = Array(values[1...])
  }

  /// A layer's output from the inputs that it has in the model.
  ///
  /// - Parameter substitution: nil computes as the model does.
  func output(of index: Int, _ substitution: Substitution?) -> [Double] {
    let layer = network.layers[index]
    return arithmetic.output(of: layer, layer.producers.map { $0.map { outputs[$0] } ?? input }, substitution)
  }

  /// The logits with some layers substituted. Only what they change is computed again.
  func logits(_ substitution: Substitution, in chosen: LayerChoice) -> [Double] {
    var changed: [Int: [Double]] = [:]
    let image = chosen.includesInput ? prepared(substitution) : nil
    for (index, layer) in network.layers.enumerated() {
      let own = chosen.includes(index) ? substitution : nil
      let isDownstream = layer.producers.contains { $0.map { changed[$0] != nil } ?? (image != nil) }
      guard own != nil || isDownstream else { continue }
      let inputs = layer.producers.map { producer in
        producer.map { changed[$0] ?? outputs[$0] } ?? image ?? input
      }
      let output = arithmetic.output(of: layer, inputs, own)
      if output != outputs[index] { changed[index] = output }
    }
    return changed[outputs.count - 1] ?? outputs.last ?? []
  }

  private func prepared(_ substitution: Substitution) -> [Double]? {
    let exact = network.prepared(pixels)
    switch substitution {
    case .float, .output: return exact
    case .bits16: return exact.map(OutputRule.wide(network.input.format, clip: (-.infinity, .infinity)).applied)
    case .weights: return nil
    }
  }
}
