import CVector

extension AffineGridSample {
  /// Runs one sampler with the kernels of `instructionSet`, which this machine has, or by the reference where they don't
  /// apply (values of more than 8 bits): the same bits either way.
  public static func run(_ a: AffineGridSampleArguments, instructionSet: InstructionSet) {
    guard unsafe instructionSet != .scalar && a.format.elementBytes == 1 else { return unsafe reference(a) }
    var task = unsafe kernelTask(a)
    #if arch(x86_64)
      switch instructionSet {
      case .avx512vnni: unsafe ferrite_sample_avx512vnni(&task)
      default: unsafe ferrite_sample_avx2(&task)
      }
    #elseif arch(arm64) || arch(arm)
      unsafe ferrite_sample_neon(&task)
    #else
      unsafe reference(a)
    #endif
  }

  private static func kernelTask(_ a: AffineGridSampleArguments) -> FerriteSampling {
    let p = unsafe a.parameters
    let firstRow = unsafe a.rows.lowerBound
    let x = unsafe steps(p.x, (a.theta[0], a.theta[1], a.theta[2]), a.thetaFraction, p, a.imageWidth, firstRow)
    let y = unsafe steps(p.y, (a.theta[3], a.theta[4], a.theta[5]), a.thetaFraction, p, a.imageHeight, firstRow)
    return unsafe FerriteSampling(
      image: a.image, output: a.output + firstRow * a.outputWidth * a.channels, imageHeight: Int64(a.imageHeight),
      imageWidth: Int64(a.imageWidth), channels: Int64(a.channels), outputHeight: Int64(a.rows.count),
      outputWidth: Int64(a.outputWidth),
      fraction: Int64(droppedBits(a.thetaFraction)), minimum: Int16(a.minimum), maximum: Int16(a.maximum),
      isSigned: a.format.isSigned, x: x, y: y, isNearest: p.interpolation == .nearest, isBordered: p.outside != .zeros,
      offset: Int32(p.turningOffset))
  }

  private static func droppedBits(_ thetaFraction: Int) -> Int {
    thetaFraction + AffineGridParameters.constantFraction - AffineGridParameters.coordinateFraction
  }

  /// `coordinate`'s sum is linear in row and column, and exact, so that it may be stepped by addition: in a reflected image,
  /// modulo its period.
  private static func steps(
    _ axis: AffineGridParameters.Axis, _ theta: (Int16, Int16, Int16), _ thetaFraction: Int,
    _ parameters: AffineGridParameters, _ size: Int, _ firstRow: Int
  ) -> FerriteSamplingAxis {
    let fraction = Int64(droppedBits(thetaFraction))
    let half = Int64(1) << (fraction - 1)
    let (perColumn, perRow) = (Int64(theta.0) &* Int64(axis.a1), Int64(theta.1) &* Int64(axis.b1))
    let start =
      Int64(theta.0) &* Int64(axis.a0) &+ Int64(theta.1) &* Int64(axis.b0) &+ Int64(theta.2) &* Int64(axis.c)
      &+ Int64(axis.d) << Int64(thetaFraction) &+ half &+ Int64(firstRow) &* perRow
    guard parameters.outside.reflects else {
      return FerriteSamplingAxis(start: start, perColumn: perColumn, perRow: perRow, period: 0)
    }
    let period = parameters.period(size) << fraction
    func behind(_ sum: Int64) -> Int64 {
      let rest = sum % period
      return rest < 0 ? rest + period : rest
    }
    return FerriteSamplingAxis(
      start: behind(start &+ parameters.turningOffset << fraction), perColumn: behind(perColumn),
      perRow: behind(perRow), period: period)
  }
}
