import Quantize

/// Networks of other channels made ones of red, green and blue, or of one channel, by their weights: a model file then takes pictures as
/// everybody has them, and nothing has to be known on a board.
extension FloatGraph {
  /// Makes a network of blue, green and red one of red, green and blue.
  mutating func takeRedFirst() {
    preparation.mean.reverse()
    preparation.standardDeviation.reverse()
    if let readers = readersByChannel {
      for index in readers { nodes[index].operation.reverseInputChannels() }
    } else {
      // Exact: each output is one input, times 1.
      let count = preparation.mean.count
      let weights = (0..<count * count).map { Float($0 / count + $0 % count == count - 1 ? 1 : 0) }
      putBeforeInput(channels: count, weights: weights, bias: Array(repeating: 0, count: count))
    }
  }

  /// Makes a network that was trained on grey pictures of equal channels one of a single channel.
  mutating func takeGrey() {
    let (means, deviations) = (preparation.mean, preparation.standardDeviation)
    preparation = InputPreparation(mean: [means[0]], standardDeviation: [deviations[0]])
    let areAlike = means.allSatisfy { $0 == means[0] } && deviations.allSatisfy { $0 == deviations[0] }
    if areAlike, let readers = summableReaders {
      for index in readers { nodes[index].operation.sumInputChannels() }
      values[input].shape.channels = 1
    } else {
      // The channel `(pixel - mean) / deviation` from the first one: zeros that a padding adds stay each channel's own mean.
      putBeforeInput(
        channels: 1, weights: deviations.map { deviations[0] / $0 },
        bias: zip(means, deviations).map { (means[0] - $0) / $1 })
    }
  }

  /// A 1x1 convolution from a new input of `channels` to the one that there is.
  private mutating func putBeforeInput(channels: Int, weights: [Float], bias: [Float]) {
    var picture = values[input]
    picture.name += "/picture"
    picture.shape.channels = channels
    values.append(picture)
    let convolution = FloatConvolution(weights: weights, bias: bias, kernel: Extent(1, 1))
    nodes.insert(
      Node(
        name: "\(values[input].name)/channels", operation: .convolution(convolution), inputs: [values.count - 1],
        output: input), at: 0)
    input = values.count - 1
  }

  /// Nodes whose weights tell the image's channels apart, through whatever treats each channel by itself; nil where another
  /// operation tells them apart, too.
  private var readersByChannel: [Int]? {
    var found: [Int] = []
    var open = [input]
    while let value = open.popLast() {
      if value == output { return nil }
      for (index, node) in nodes.enumerated() where node.inputs.contains(value) {
        switch node.operation {
        case .convolution(let convolution) where convolution.groups == 1: found.append(index)
        case .batchNormalization:
          found.append(index)
          open.append(node.output)
        case .clip, .maxPool, .averagePool, .quantize: open.append(node.output)
        case .affineGridSample where node.inputs[0] == value: open.append(node.output)
        default: return nil
        }
      }
    }
    return found
  }

  /// Convolutions that read the image, if nothing else does: a sum of their weights does what they did with equal channels. Weights on a
  /// grid have no room for sums.
  private var summableReaders: [Int]? {
    let readers = nodes.indices.filter { nodes[$0].inputs.contains(input) }
    let areSummable = readers.allSatisfy { index in
      guard case .convolution(let convolution) = nodes[index].operation else { return false }
      return convolution.groups == 1 && nodes[index].grid == nil
    }
    return areSummable && input != output ? readers : nil
  }
}

extension FloatOperation {
  fileprivate mutating func reverseInputChannels() {
    switch self {
    case .convolution(var convolution):
      let channels = convolution.inputChannels
      convolution.weights = convolution.weights.indices.map { place in
        convolution.weights[place - place % channels + (channels - 1 - place % channels)]
      }
      self = .convolution(convolution)
    case .batchNormalization(let scale, let shift):
      self = .batchNormalization(scale: scale.reversed(), shift: shift.reversed())
    default: preconditionFailure("an operation with weights for channels")
    }
  }

  fileprivate mutating func sumInputChannels() {
    guard case .convolution(var convolution) = self else { preconditionFailure("a convolution") }
    let channels = convolution.inputChannels
    convolution.weights = stride(from: 0, to: convolution.weights.count, by: channels).map { first in
      convolution.weights[first..<first + channels].reduce(0, +)
    }
    self = .convolution(convolution)
  }
}

extension FloatConvolution {
  /// Of one group; the last index of the weights runs through them.
  fileprivate var inputChannels: Int { weights.count / (bias.count * kernel.height * kernel.width) }
}
