extension Conv2D {
  /// Runs one convolution; every instruction set gives the reference's bits.
  public static func run(_ a: ConvolutionArguments, instructionSet: InstructionSet) {
    unsafe reference(a)
  }
}

extension AffineGridSample {
  public static func run(_ a: AffineGridSampleArguments, instructionSet: InstructionSet) {
    unsafe reference(a)
  }
}

extension InstructionSet {
  public var isAvailable: Bool { self == .scalar }
}
