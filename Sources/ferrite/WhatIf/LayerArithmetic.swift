import EdgeRuntime
import Quantize

/// What becomes of a value on its way out of a layer: the nearest multiple of a step, half up, between bounds.
struct OutputRule: Sendable {
  /// nil leaves values between the steps.
  var step: Double?
  var least: Double
  var greatest: Double

  func applied(_ value: Double) -> Double {
    guard let step else { return min(max(value, least), greatest) }
    // Exact: a step is a power of two, and RND of a sum is the floor of it plus one half.
    return min(max((value / step + 0.5).rounded(.down) * step, least), greatest)
  }

  static func real(_ clip: (least: Double, greatest: Double)) -> OutputRule {
    OutputRule(step: nil, least: clip.least, greatest: clip.greatest)
  }

  /// Sixteen bits: two octaves more range than the format's, the others for finer steps.
  static func wide(_ format: FixedFormat, clip: (least: Double, greatest: Double)) -> OutputRule {
    let fraction = format.width == 16 ? format.fraction : format.fraction + 14 - format.width
    let wide = FixedFormat(width: 16, fraction: min(max(fraction, -64), 64), isSigned: format.isSigned)
    return OutputRule(
      step: wide.step, least: max(wide.number(wide.minimumRaw), clip.least),
      greatest: min(wide.number(wide.maximumRaw), clip.greatest))
  }
}

extension PairedLayer {
  func rule(_ substitution: Substitution?) -> OutputRule {
    switch substitution {
    case .float, .output: .real(clip)
    case .bits16: .wide(format, clip: clip)
    case .weights, nil:
      OutputRule(
        step: format.step, least: format.number(Int64(bounds.lowerBound)),
        greatest: format.number(Int64(bounds.upperBound)))
    }
  }

  func linear(_ substitution: Substitution?) -> Linear? {
    switch substitution {
    case .float, .weights: float
    case .bits16: wide
    case .output, nil: fixed
    }
  }
}

extension DoubleArithmetic {
  /// One layer's output.
  ///
  /// - Parameter substitution: nil computes as the model does.
  mutating func output(
    of layer: PairedLayer, _ inputs: [[Double]], _ substitution: Substitution?
  ) -> [Double] {
    let rule = layer.rule(substitution)
    let shape = layer.inputShapes[0]
    switch layer.source {
    case .convolution(let convolution, let hasMaxPool):
      guard let linear = layer.linear(substitution) else { preconditionFailure("a convolution has weights") }
      var sums = layer.outputShape
      if hasMaxPool, case .conv2D(let parameters) = layer.kind {
        sums.height = parameters.convolvedHeight(shape.height)
        sums.width = parameters.convolvedWidth(shape.width)
      }
      var output = convolve(
        inputs[0], shape, convolution, weights: linear.weights, bias: linear.bias, outputShape: sums)
      if hasMaxPool {
        let pool = FloatPool(kernel: Extent(2, 2), stride: Extent(2, 2))
        output = maximum(output, sums, pool, outputShape: layer.outputShape)
      }
      return output.map(rule.applied)
    case .fullyConnected:
      guard let linear = layer.linear(substitution) else { preconditionFailure("a fully connected layer has weights") }
      let convolution = FloatConvolution(weights: [], bias: [], kernel: Extent(1, 1))
      return convolve(
        inputs[0], .vector(shape.count), convolution, weights: linear.weights, bias: linear.bias,
        outputShape: layer.outputShape
      ).map(rule.applied)
    case .maxPool(let pool):
      return maximum(inputs[0], shape, pool, outputShape: layer.outputShape).map(layer.moved)
    case .averagePool(let pool):
      let sums = sum(inputs[0], shape, pool, outputShape: layer.outputShape)
      let factors = layer.averageFactors(substitution, pool)
      return sums.indices.map { rule.applied(sums[$0] * factors[$0 / shape.channels]) }
    case .affineGridSample(let sampler):
      if substitution == .float {
        return sample(
          inputs[0], shape, theta: inputs[1], sampler, outputShape: layer.outputShape
        ).map(rule.applied)
      }
      return layer.sample(inputs[0], theta: inputs[1]).map(rule.applied)
    case .concatenate:
      guard case .concatenate(let shifts) = layer.kind else { preconditionFailure("pairs are of one kind") }
      let images = inputs.indices.map { shifts[$0] == 0 ? inputs[$0].map(layer.moved) : inputs[$0].map(rule.applied) }
      return concatenate(images, pixels: layer.outputShape.height * layer.outputShape.width)
    case .add:
      let (first, second) = (layer.aligned(inputs[0], 0), layer.aligned(inputs[1], 1))
      return zip(first, second).map { rule.applied($0 + $1) }
    case .multiply:
      return multiply(inputs[0], shape, by: inputs[1], layer.inputShapes[1]).map(rule.applied)
    case .rearrange(let rearrangement):
      return rearrange(inputs[0], shape, rearrangement, outputShape: layer.outputShape)
    case .table(let function): return function.values(at: inputs[0]).map(rule.applied)
    case .clip: return inputs[0].map(rule.applied)
    }
  }
}

extension PairedLayer {
  /// A value that a layer moves and does not round: clipped only where the layer itself clips.
  fileprivate func moved(_ value: Double) -> Double {
    let least = Int64(bounds.lowerBound) > format.minimumRaw ? format.number(Int64(bounds.lowerBound)) : -.infinity
    let greatest = Int64(bounds.upperBound) < format.maximumRaw ? format.number(Int64(bounds.upperBound)) : .infinity
    return min(max(value, least), greatest)
  }

  /// An addition's input: rounded where the model drops its last bits to bring binary points together.
  fileprivate func aligned(_ numbers: [Double], _ input: Int) -> [Double] {
    guard case .add(let parameters) = kind else { preconditionFailure("pairs are of one kind") }
    let left = Int(input == 0 ? parameters.first : parameters.second)
    guard left < 0 else { return numbers }
    let step = Double(sign: .plus, exponent: -(inputFractions[input] + left), significand: 1)
    return numbers.map { ($0 / step + 0.5).rounded(.down) * step }
  }

  /// What an average-pool multiplies its sums with, by place of the output: the model's integers stand for the reciprocals nearly.
  fileprivate func averageFactors(_ substitution: Substitution?, _ pool: FloatPool) -> [Double] {
    let divisors = pool.divisors(inputShapes[0], outputShape)
    guard substitution == nil || substitution == .output, case .averagePool2D(let own, let multiplier, let shift) = kind
    else { return divisors.map { 1 / Double($0) } }
    let dropped = Int(shift) + format.fraction - inputFractions[0]
    return divisors.map { divisor in
      Double(sign: .plus, exponent: -dropped, significand: Double(own.multiplier(multiplier, taps: divisor)))
    }
  }

  /// Samples as the runtime does, where places are multiples of 1/128 pixel, and rounds nothing else.
  fileprivate func sample(_ image: [Double], theta: [Double]) -> [Double] {
    guard case .affineGridSample(let grid) = kind else { preconditionFailure("pairs are of one kind") }
    let source = inputShapes[0]
    var output = [Double](repeating: 0, count: outputShape.count)
    for row in 0..<outputShape.height {
      for column in 0..<outputShape.width {
        let place = SamplePlace(
          x: grid.settled(grid.x.place(theta[0...2], row: row, column: column), size: source.width),
          y: grid.settled(grid.y.place(theta[3...5], row: row, column: column), size: source.height))
        let (x, u) = (place.column, Double(place.u) / 128)
        let (y, v) = (place.row, Double(place.v) / 128)
        let target = (row * outputShape.width + column) * source.channels
        for (tapY, weightY) in [(y, 1 - v), (y + 1, v)] where 0..<source.height ~= tapY && weightY != 0 {
          for (tapX, weightX) in [(x, 1 - u), (x + 1, u)] where 0..<source.width ~= tapX && weightX != 0 {
            let tap = (tapY * source.width + tapX) * source.channels
            let weight = weightX * weightY
            for channel in 0..<source.channels { output[target + channel] += weight * image[tap + channel] }
          }
        }
      }
    }
    return output
  }
}

extension AffineGridParameters.Axis {
  /// A place in 1/128 pixel. The sums are exact: factors lie below 2^33, theta's raw values below 2^15.
  fileprivate func place(_ theta: ArraySlice<Double>, row: Int, column: Int) -> Int64 {
    let factors = [
      Double(a0) + Double(a1) * Double(column), Double(b0) + Double(b1) * Double(row), Double(c),
    ]
    let sum = zip(theta, factors).reduce(Double(d)) { $0 + $1.0 * $1.1 }
    let exponent = AffineGridParameters.coordinateFraction - AffineGridParameters.constantFraction
    let places = (sum * Double(sign: .plus, exponent: exponent, significand: 1) + 0.5).rounded(.down)
    return Int64(min(max(places, -0x1p53), 0x1p53))
  }
}
