extension Conv2D {
  /// Bytes of workspace that `run` needs, the same for every instruction set.
  public static func workspaceBytes(
    _ p: ConvolutionParameters, inputHeight: Int, inputWidth: Int, inputChannels: Int, outputChannels: Int
  ) -> Int {
    0
  }

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
