/// A sampler with seeded pixels and theta, to compare an instruction set's kernel with the reference, byte for byte.
public struct SamplingProblem: Sendable {
  public var imageHeight: Int
  public var imageWidth: Int
  public var outputHeight: Int
  public var outputWidth: Int
  public var channels: Int
  public var isSigned: Bool
  public var theta: InlineArray<6, Int16>
  public var thetaFraction: Int
  public var interpolation: AffineGridParameters.Interpolation
  public var outside: AffineGridParameters.Outside
  public var seed: UInt64

  /// A small problem, every property of it drawn from `seed`. Most look near the image, some far beyond.
  public init(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    imageHeight = generator.pick([1, 2, 3, 7, 8, 24])
    imageWidth = generator.pick([1, 2, 3, 5, 9, 24])
    let isSameSize = generator.oneIn(2)
    outputHeight = isSameSize ? imageHeight : generator.next(in: 1...11)
    outputWidth = isSameSize ? imageWidth : generator.next(in: 1...11)
    channels = generator.pick([1, 1, 3, 8, 15, 16, 17, 32, 40])
    interpolation = generator.oneIn(3) ? .nearest : .bilinear
    switch generator.next(in: 0...5) {
    case 0: outside = .border
    case 1: outside = .reflectionAtEdges
    case 2: outside = .reflectionAtCentres
    default: outside = .zeros
    }
    isSigned = generator.oneIn(2)
    thetaFraction = generator.next(in: 0...15)
    theta = [0, 0, 0, 0, 0, 0]
    let one = 1 << thetaFraction
    for index in 0..<6 {
      // Near the identity, or anything that 16 bits hold.
      let near = (index == 0 || index == 4 ? one : 0) + generator.next(in: -one / 2...one / 2)
      let far = generator.next(in: -32768...32767)
      theta[index] = Int16(clamping: seed % 4 == 0 ? far : near)
    }
    self.seed = generator.next()
  }

  var parameters: AffineGridParameters {
    AffineGridParameters(
      interpolation: interpolation, outside: outside,
      x: Self.axis(image: imageWidth, outputWidth: outputWidth, outputHeight: outputHeight, of: imageWidth),
      y: Self.axis(image: imageHeight, outputWidth: outputWidth, outputHeight: outputHeight, of: imageHeight))
  }

  /// docs/file-format.md's constants without aligned corners.
  private static func axis(image: Int, outputWidth: Int, outputHeight: Int, of extent: Int)
    -> AffineGridParameters.Axis
  {
    func constant(_ numerator: Int, _ denominator: Int) -> Int32 {
      Int32((numerator << AffineGridParameters.constantFraction) / denominator)
    }
    return AffineGridParameters.Axis(
      a0: constant((1 - outputWidth) * extent, 2 * outputWidth), a1: constant(extent, outputWidth),
      b0: constant((1 - outputHeight) * extent, 2 * outputHeight), b1: constant(extent, outputHeight),
      c: constant(extent, 2), d: constant(extent - 1, 2))
  }

  var imageBytes: Int { imageHeight * imageWidth * channels }
  var outputBytes: Int { outputHeight * outputWidth * channels }

  /// Memory that `mismatch` needs.
  public var memoryBytes: Int { GuardedOutputs.memoryBytes(input: imageBytes, output: outputBytes) }

  /// Nil where `instructionSet`, which this machine has, gives the reference's bytes and writes no other.
  ///
  /// - Parameters:
  ///   - memory: `memoryBytes` or more.
  ///   - parts: that the output's rows are divided into.
  public func mismatch(
    _ instructionSet: InstructionSet, memory: UnsafeMutableRawBufferPointer, parts: Int = 1
  ) -> KernelMismatch? {
    let outputs = unsafe GuardedOutputs(memory, input: imageBytes, output: outputBytes, seed: seed)
    return unsafe theta.span.withUnsafeBufferPointer { theta in
      guard let theta = theta.baseAddress else { preconditionFailure("theta has six values") }
      let format = FixedFormat(width: 8, fraction: 0, isSigned: isSigned)
      // Every other seed clips, as a fused ReLU6 does.
      var arguments = unsafe AffineGridSampleArguments(
        parameters: parameters, image: outputs.input, imageHeight: imageHeight, imageWidth: imageWidth,
        channels: channels, format: format, theta: theta, thetaFraction: thetaFraction, output: outputs.expected,
        outputHeight: outputHeight, outputWidth: outputWidth, minimum: seed % 2 == 0 ? 0 : Int32(format.minimumRaw),
        maximum: seed % 2 == 0 ? 100 : Int32(format.maximumRaw))
      unsafe AffineGridSample.reference(arguments)
      unsafe arguments.output = outputs.found
      for part in 0..<parts {
        unsafe AffineGridSample.run(
          arguments.part(WorkShare(index: part, count: parts)), instructionSet: instructionSet)
      }
      return outputs.mismatch
    }
  }

  /// Adds the reference's output, as `mismatch` left it in `memory`, to a digest.
  func addOutput(in memory: UnsafeMutableRawBufferPointer, to digest: UInt64) -> UInt64 {
    unsafe GuardedOutputs.addExpected(in: memory, input: imageBytes, output: outputBytes, to: digest)
  }
}
