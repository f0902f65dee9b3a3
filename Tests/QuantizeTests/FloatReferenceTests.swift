import Dispatch
import Quantize
import Synchronization
import Testing

@Suite struct FloatReferenceTests {
  /// The values of each window that lie inside the image, for each output value.
  private func windows(_ image: [Float], _ input: Shape, _ pool: FloatPool, _ output: Shape) -> [[Double]] {
    var result: [[Double]] = []
    for oy in 0..<output.height {
      for ox in 0..<output.width {
        for channel in 0..<input.channels {
          var window: [Double] = []
          for ky in 0..<pool.kernel.height {
            for kx in 0..<pool.kernel.width {
              let (y, x) = (
                oy * pool.stride.height + ky - pool.padding.top, ox * pool.stride.width + kx - pool.padding.left
              )
              guard y >= 0, y < input.height, x >= 0, x < input.width else { continue }
              window.append(Double(image[(y * input.width + x) * input.channels + channel]))
            }
          }
          result.append(window)
        }
      }
    }
    return result
  }

  @Test(arguments: UInt64(0)..<30)
  func poolsFollowTheDefinition(seed: UInt64) {
    var numbers = SeededNumbers(seed: seed)
    let kernel = Extent(numbers.integer(2...4), numbers.integer(2...4))
    let pool = FloatPool(
      kernel: kernel, stride: Extent(numbers.integer(1...3), numbers.integer(1...3)),
      padding: Padding(
        top: numbers.integer(0...1), left: numbers.integer(0...1), bottom: numbers.integer(0...1),
        right: numbers.integer(0...1)))
    let input = Shape(height: numbers.integer(4...9), width: numbers.integer(4...9), channels: numbers.integer(1...3))
    let image = numbers.floats(input.count, in: -2 ... -1)
    let output = pool.outputShape(input)
    let windows = windows(image, input, pool, output)
    var greatest = FloatGraph(input: input)
    greatest.add(.maxPool(pool), of: [0], shape: output)
    #expect(greatest.output(for: image).map { Double($0) } == windows.map { $0.max()! })
    var mean = FloatGraph(input: input)
    mean.add(.averagePool(pool), of: [0], shape: output)
    let expected = windows.map { $0.reduce(0, +) / Double(kernel.height * kernel.width) }
    #expect(greatestDifference(mean.output(for: image), expected) < 1e-5)
  }

  @Test func concatenationJoinsChannelsPixelByPixel() {
    let shape = Shape(height: 1, width: 2, channels: 2)
    var graph = FloatGraph(input: shape)
    let positive = graph.add(.clip(least: 0, greatest: .infinity), of: [0], shape: shape)
    let scaled = graph.add(.batchNormalization(scale: [10, 100], shift: [0.5, 0]), of: [0], shape: shape)
    graph.add(.concatenate, of: [positive, 0, scaled], shape: Shape(height: 1, width: 2, channels: 6))
    #expect(graph.output(for: [1, -2, -3, 4]) == [1, 0, 1, -2, 10.5, -200, 0, 4, -3, 4, -29.5, 400])
  }

  @Test func aClipKeepsWhatLiesBetweenItsEnds() {
    var graph = FloatGraph(input: .vector(4))
    graph.add(.clip(least: -1, greatest: 6), of: [0], shape: .vector(4))
    #expect(graph.output(for: [-3, -0.5, 5, 7]) == [-1, -0.5, 5, 6])
  }

  @Test func pixelsArePreparedByChannel() {
    let preparation = InputPreparation(mean: [0.5, 0], standardDeviation: [0.25, 1])
    #expect(preparation.prepared([0, 0, 255, 255]) == [-2, 0, 2, 1])
    var graph = FloatGraph(input: Shape(height: 1, width: 2, channels: 2))
    graph.preparation = preparation
    graph.add(.flatten, of: [0], shape: .vector(4))
    let reference = FloatReference(graph)
    reference.run(pixels: [0, 0, 255, 255])
    #expect(reference.output == [-2, 0, 2, 1])
  }

  /// Every kind of node, padded and strided.
  private func network(_ numbers: inout SeededNumbers) -> FloatGraph {
    let image = Shape(height: 8, width: 8, channels: 1)
    var graph = FloatGraph(input: image)
    let around = Padding(top: 1, left: 1, bottom: 1, right: 1)
    let flat = graph.add(.flatten, of: [0], shape: .vector(64))
    let theta = graph.add(
      .fullyConnected(weights: numbers.floats(6 * 64, in: -0.1...0.1), bias: [1, 0, 0, 0, 1, 0]), of: [flat],
      shape: .vector(6))
    let sampled = graph.add(.affineGridSample(FloatSampler(alignCorners: false)), of: [0, theta], shape: image)
    var branches: [Int] = []
    for source in [0, sampled] {
      let wide = Shape(height: 8, width: 8, channels: 4)
      let half = Shape(height: 4, width: 4, channels: 4)
      let convolved = graph.add(
        .convolution(
          FloatConvolution(weights: numbers.floats(36), bias: numbers.floats(4), kernel: Extent(3, 3), padding: around)),
        of: [source], shape: wide)
      let normal = graph.add(
        .batchNormalization(scale: numbers.floats(4), shift: numbers.floats(4)), of: [convolved], shape: wide)
      let pool = FloatPool(kernel: Extent(2, 2), stride: Extent(2, 2))
      let pooled = graph.add(source == 0 ? .maxPool(pool) : .averagePool(pool), of: [normal], shape: half)
      branches.append(graph.add(.clip(least: 0, greatest: .infinity), of: [pooled], shape: half))
    }
    graph.add(.concatenate, of: branches, shape: Shape(height: 4, width: 4, channels: 8))
    return graph
  }

  /// Every value, in the order of the visits.
  private func trace(_ reference: FloatReference, _ image: [Float]) -> [[Float]] {
    var values: [[Float]] = []
    reference.run(image) { values.append($1) }
    return values
  }

  @Test func visitsTheInputThenEachNodesOutput() {
    var numbers = SeededNumbers(seed: 1)
    let graph = network(&numbers)
    var visited: [Int] = []
    FloatReference(graph).run(numbers.floats(64)) { value, values in
      visited.append(value)
      #expect(values.count == graph.values[value].shape.count)
    }
    #expect(visited == [graph.input] + graph.nodes.map(\.output))
  }

  @Test func buffersCarryNothingFromOneImageToTheNext() {
    var numbers = SeededNumbers(seed: 2)
    let graph = network(&numbers)
    let images = (0..<3).map { _ in numbers.floats(64) }
    let shared = FloatReference(graph)
    let kept = images.map { trace(shared, $0) }
    for (image, values) in zip(images, kept) {
      // The arrays of earlier visits still hold their own image's values.
      #expect(values == trace(FloatReference(graph), image))
      #expect(values == trace(shared, image))
    }
    #expect(kept[0] != kept[1])
  }

  @Test func instancesOnSeveralThreadsAgree() {
    var numbers = SeededNumbers(seed: 4)
    let graph = network(&numbers)
    let image = numbers.floats(64)
    let expected = graph.output(for: image)
    let agreeing = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: 4) { _ in
      let reference = FloatReference(graph)
      for _ in 0..<50 { reference.run(image) }
      if reference.output == expected { agreeing.add(1, ordering: .relaxed) }
    }
    #expect(agreeing.load(ordering: .relaxed) == 4)
  }
}
