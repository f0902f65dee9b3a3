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
    #elseif arch(arm64)
      unsafe ferrite_sample_neon(&task)
    #else
      unsafe reference(a)
    #endif
  }

  private static func kernelTask(_ a: AffineGridSampleArguments) -> FerriteSampling {
    let x = unsafe steps(a.parameters.x, (a.theta[0], a.theta[1], a.theta[2]), a.thetaFraction)
    let y = unsafe steps(a.parameters.y, (a.theta[3], a.theta[4], a.theta[5]), a.thetaFraction)
    let fraction =
      unsafe a.thetaFraction + AffineGridParameters.constantFraction - AffineGridParameters.coordinateFraction
    let half = Int64(1) << Int64(fraction - 1)
    let firstRow = unsafe a.rows.lowerBound
    return unsafe FerriteSampling(
      image: a.image, output: a.output + firstRow * a.outputWidth * a.channels, imageHeight: Int64(a.imageHeight),
      imageWidth: Int64(a.imageWidth),
      channels: Int64(a.channels), outputHeight: Int64(a.rows.count), outputWidth: Int64(a.outputWidth),
      x: x.start &+ half &+ Int64(firstRow) &* x.perRow, xPerColumn: x.perColumn, xPerRow: x.perRow,
      y: y.start &+ half &+ Int64(firstRow) &* y.perRow, yPerColumn: y.perColumn,
      yPerRow: y.perRow,
      fraction: Int64(fraction), minimum: Int16(a.minimum), maximum: Int16(a.maximum), isSigned: a.format.isSigned)
  }

  /// `coordinate`'s sum is linear in row and column, and exact, so that it may be stepped by addition.
  private static func steps(
    _ axis: AffineGridParameters.Axis, _ theta: (Int16, Int16, Int16), _ thetaFraction: Int
  ) -> (start: Int64, perColumn: Int64, perRow: Int64) {
    let start =
      Int64(theta.0) &* Int64(axis.a0) &+ Int64(theta.1) &* Int64(axis.b0) &+ Int64(theta.2) &* Int64(axis.c)
      &+ Int64(axis.d) << Int64(thetaFraction)
    return (start, Int64(theta.0) &* Int64(axis.a1), Int64(theta.1) &* Int64(axis.b1))
  }
}
