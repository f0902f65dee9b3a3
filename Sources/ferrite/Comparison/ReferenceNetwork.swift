import EdgeRuntime
import Glibc
import Quantize

/// What a model is compared with. For one thread at a time.
enum ReferenceNetwork {
  case float(FloatReference, LayerPairing)
  case fixed(Classifier, LayerPairing)

  /// On the latest picture.
  var answer: Answer {
    switch self {
    case .float(let reference, _): reference.answer
    case .fixed(let classifier, _): classifier.answer
    }
  }

  /// On the latest picture, real.
  var logits: [Double] {
    switch self {
    case .float(let reference, _): reference.output.map(Double.init)
    case .fixed(let classifier, _): classifier.values(classifier.model.file.outputTensor)
    }
  }

  /// The values of an output for the latest picture.
  func values(ofOutput index: Int) -> [Double] {
    switch self {
    case .float(let reference, _): reference.output(index).map(Double.init)
    case .fixed(let classifier, _): classifier.values(classifier.model.outputs[index].tensor)
    }
  }

  func run(_ frame: [UInt8]) {
    switch self {
    case .float(let reference, _): reference.run(pixels: frame)
    case .fixed(let classifier, _): classifier.run(frame)
    }
  }

  /// Runs on a picture and returns the values that stand against the input and each operation's output: empty without a
  /// counterpart.
  func runLayers(_ frame: [UInt8], operations: Int) -> [[Double]] {
    var exact = [[Double]](repeating: [], count: 1 + operations)
    switch self {
    case .float(let reference, let pairing):
      reference.run(pixels: frame) { value, numbers in
        if value == reference.graph.input { exact[0] = pairing.scaledInput(numbers.map(Double.init)) }
        for operation in pairing.operations[value] {
          exact[1 + operation] = pairing.scaled(numbers.map(Double.init), operation)
        }
      }
    case .fixed(let classifier, let pairing):
      for (index, values) in classifier.runLayers(frame).enumerated() {
        guard index > 0 else {
          exact[0] = pairing.scaledInput(values)
          continue
        }
        for operation in pairing.operations[index - 1] {
          exact[1 + operation] = pairing.scaled(values, operation, step: index - 1)
        }
      }
    }
    return exact
  }
}

/// Which operations of a model each value of a float graph, or each operation of another model, stands against: those whose
/// output has the same name and extents.
struct LayerPairing: Sendable {
  let operations: [[Int]]
  private let maps: ChannelMaps
  /// Of the other model; nil for a float network.
  private let otherMaps: ChannelMaps?

  private struct Output: Hashable {
    var name: String
    var height: Int
    var width: Int
    var channels: Int
  }

  /// By value of the graph.
  init(_ graph: FloatGraph, _ model: LoadedModel) {
    self.init(
      graph.values.map {
        Output(name: $0.name, height: $0.shape.height, width: $0.shape.width, channels: $0.shape.channels)
      }, model, otherMaps: nil)
  }

  /// By operation of the other model.
  init(_ other: LoadedModel, _ model: LoadedModel) {
    self.init(Self.outputs(other), model, otherMaps: ChannelMaps(other))
  }

  private init(_ outputs: [Output], _ model: LoadedModel, otherMaps: ChannelMaps?) {
    let own = Self.outputs(model)
    operations = outputs.map { output in own.indices.filter { own[$0] == output } }
    maps = ChannelMaps(model)
    self.otherMaps = otherMaps
  }

  /// A value of the reference as the model has it.
  ///
  /// - Parameters:
  ///   - step: of the reference model; nil for a float network.
  func scaled(_ numbers: [Double], _ operation: Int, step: Int? = nil) -> [Double] {
    Self.scaled(numbers, from: step.flatMap { otherMaps?.outputs[$0] } ?? .identity, to: maps.outputs[operation])
  }

  /// The reference's input as the model has it.
  func scaledInput(_ numbers: [Double]) -> [Double] {
    Self.scaled(numbers, from: otherMaps?.input ?? .identity, to: maps.input)
  }

  private static func scaled(_ numbers: [Double], from other: ChannelMap, to own: ChannelMap) -> [Double] {
    // The same map on both sides changes nothing, and not even the last bit.
    other == own ? numbers : own.applied(to: other.undone(in: numbers))
  }

  private static func outputs(_ model: LoadedModel) -> [Output] {
    (0..<model.file.operationCount).map { index in
      let tensor = model.file.tensor(model.file.operation(index).output)
      return Output(
        name: model.name(tensor.name), height: tensor.height, width: tensor.width, channels: tensor.channels)
    }
  }
}

extension FloatReference {
  var answer: Answer {
    let logits = output
    // The first of the greatest: the rule that the runtime breaks ties by.
    let index = logits.indices.reduce(0) { logits[$1] > logits[$0] ? $1 : $0 }
    let weights = logits.map { exp(Double($0) - Double(logits[index])) }
    let sum = weights.reduce(0, +)
    return Answer(index: index, probabilities: weights.map { $0 / sum })
  }
}

extension Classifier {
  var answer: Answer { Answer(index: classIndex, probabilities: probabilities) }

  /// Runs on a picture and returns the values of the input and of each operation's output.
  func runLayers(_ frame: [UInt8]) -> [[Double]] {
    begin(frame)
    var all = [values(model.file.inputTensor)]
    for operation in 0..<model.file.operationCount {
      step(operation)
      // Read at once: a later operation may reuse the memory.
      all.append(values(model.file.operation(operation).output))
    }
    return all
  }
}
