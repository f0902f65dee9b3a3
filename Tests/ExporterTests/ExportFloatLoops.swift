import EdgeRuntime
import Quantize

/// Runs a float graph by plain loops in Double: the oracle for fixed point, independent of the float reference.
struct FloatLoops {
  let graph: FloatGraph

  static func runner(_ graph: FloatGraph) -> FloatRunner {
    { pixels, visit in
      let values = FloatLoops(graph: graph).run(pixels)
      for (index, numbers) in values.enumerated() { visit(index, numbers.map { Float($0) }) }
    }
  }

  func run(_ pixels: [UInt8]) -> [[Double]] {
    var values = [[Double]](repeating: [], count: graph.values.count)
    let channels = graph.values[graph.input].shape.channels
    values[graph.input] = pixels.enumerated().map { index, pixel in
      (Double(pixel) / 255 - Double(graph.preparation.mean[index % channels]))
        / Double(graph.preparation.standardDeviation[index % channels])
    }
    for node in graph.nodes {
      let inputs = node.inputs.map { (values: values[$0], shape: graph.values[$0].shape) }
      values[node.output] = compute(node.operation, inputs, graph.values[node.output].shape)
    }
    return values
  }

  private typealias Tensor = (values: [Double], shape: Shape)

  private func compute(_ operation: FloatOperation, _ inputs: [Tensor], _ shape: Shape) -> [Double] {
    let (x, from) = inputs[0]
    switch operation {
    case .flatten: return x
    case .clip(let least, let greatest): return x.map { min(max($0, Double(least)), Double(greatest)) }
    case .batchNormalization, .quantize: preconditionFailure("no test makes one")
    case .multiply:
      let second = inputs[1].shape
      return x.indices.map { index in
        let (pixel, channel) = (index / shape.channels, index % shape.channels)
        let row = second.height == 1 ? 0 : pixel / shape.width
        let column = second.width == 1 ? 0 : pixel % shape.width
        let place = (row * second.width + column) * second.channels + (second.channels == 1 ? 0 : channel)
        return x[index] * inputs[1].values[place]
      }
    case .rearrange(let r):
      return (0..<shape.count).map { index in
        let (pixel, channel) = (index / shape.channels, index % shape.channels + r.firstChannel)
        // Floor and remainder of what may be negative.
        func source(_ place: Int, _ axis: RearrangeParameters.Axis, _ extent: Int) -> Int? {
          let moved = place * axis.step + axis.offset
          let found = Int((Double(moved) / Double(axis.divisor)).rounded(.down))
          return 0..<extent ~= found && (r.repeats || moved % axis.divisor == 0) ? found : nil
        }
        guard let row = source(pixel / shape.width, r.rows, from.height), 0..<from.channels ~= channel,
          let column = source(pixel % shape.width, r.columns, from.width)
        else { return Double(r.fill) }
        return x[(row * from.width + column) * from.channels + channel]
      }
    case .pointwise(let function): return function.values(at: x)
    case .fullyConnected(let weights, let bias):
      return bias.indices.map { output in
        x.indices.reduce(Double(bias[output])) { $0 + Double(weights[output * x.count + $1]) * x[$1] }
      }
    case .convolution(let c): return convolve(c, inputs[0], shape)
    case .maxPool(let pool):
      return windows(pool, from, shape) { window in window.map { x[$0] }.max()! }
    case .averagePool(let pool):
      let whole = pool.kernel.height * pool.kernel.width
      return windows(pool, from, shape) { window in
        window.reduce(0) { $0 + x[$1] } / Double(pool.countsPadding ? whole : window.count)
      }
    case .affineGridSample(let sampler):
      return sample(inputs[0], inputs[1].values, shape, sampler)
    case .add: return zip(x, inputs[1].values).map { $0 + $1 }
    case .concatenate:
      return (0..<shape.height * shape.width).flatMap { pixel in
        inputs.flatMap { $0.values[pixel * $0.shape.channels..<(pixel + 1) * $0.shape.channels] }
      }
    }
  }

  private func convolve(_ c: FloatConvolution, _ input: Tensor, _ shape: Shape) -> [Double] {
    let perGroup = input.shape.channels / c.groups
    var result: [Double] = []
    for oy in 0..<shape.height {
      for ox in 0..<shape.width {
        for oc in 0..<shape.channels {
          var sum = Double(c.bias[oc])
          let group = oc / (shape.channels / c.groups)
          for ky in 0..<c.kernel.height {
            for kx in 0..<c.kernel.width {
              let y = oy * c.stride.height - c.padding.top + ky * c.dilation.height
              let x = ox * c.stride.width - c.padding.left + kx * c.dilation.width
              guard 0..<input.shape.height ~= y, 0..<input.shape.width ~= x else { continue }
              for ic in 0..<perGroup {
                let weight = c.weights[((oc * c.kernel.height + ky) * c.kernel.width + kx) * perGroup + ic]
                let pixel = (y * input.shape.width + x) * input.shape.channels + group * perGroup + ic
                sum += Double(weight) * input.values[pixel]
              }
            }
          }
          result.append(sum)
        }
      }
    }
    return result
  }

  /// Calls `body` with the element indices of each window, taps outside left out.
  private func windows(
    _ pool: FloatPool, _ from: Shape, _ shape: Shape, _ body: ([Int]) -> Double
  ) -> [Double] {
    var result: [Double] = []
    for oy in 0..<shape.height {
      for ox in 0..<shape.width {
        for channel in 0..<shape.channels {
          var window: [Int] = []
          for ky in 0..<pool.kernel.height {
            for kx in 0..<pool.kernel.width {
              let y = oy * pool.stride.height - pool.padding.top + ky * pool.dilation.height
              let x = ox * pool.stride.width - pool.padding.left + kx * pool.dilation.width
              guard 0..<from.height ~= y, 0..<from.width ~= x else { continue }
              window.append((y * from.width + x) * from.channels + channel)
            }
          }
          result.append(body(window))
        }
      }
    }
    return result
  }

  /// Zeros or the nearest pixel outside, one convention of corners.
  private func sample(_ image: Tensor, _ theta: [Double], _ shape: Shape, _ sampler: FloatSampler) -> [Double] {
    let alignCorners = sampler.sourceAlignsCorners
    func target(_ index: Int, _ count: Int) -> Double {
      alignCorners ? 2 * Double(index) / Double(count - 1) - 1 : Double(2 * index + 1) / Double(count) - 1
    }
    func source(_ coordinate: Double, _ count: Int) -> Double {
      let place = alignCorners ? (coordinate + 1) * Double(count - 1) / 2 : ((coordinate + 1) * Double(count) - 1) / 2
      return sampler.outside == .border ? min(max(place, 0), Double(count - 1)) : place
    }
    var result: [Double] = []
    for row in 0..<shape.height {
      for column in 0..<shape.width {
        let (gx, gy) = (target(column, shape.width), target(row, shape.height))
        let x = source(theta[0] * gx + theta[1] * gy + theta[2], image.shape.width)
        let y = source(theta[3] * gx + theta[4] * gy + theta[5], image.shape.height)
        for channel in 0..<shape.channels {
          // V = sum U max(0, 1 - |x - m|) max(0, 1 - |y - n|), Jaderberg et al. 2015, equation 5.
          var sum = 0.0
          for n in 0..<image.shape.height where abs(y - Double(n)) < 1 {
            for m in 0..<image.shape.width where abs(x - Double(m)) < 1 {
              let value = image.values[(n * image.shape.width + m) * shape.channels + channel]
              sum += value * (1 - abs(x - Double(m))) * (1 - abs(y - Double(n)))
            }
          }
          result.append(sum)
        }
      }
    }
    return result
  }
}
