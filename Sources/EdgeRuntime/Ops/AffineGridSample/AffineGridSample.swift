extension AffineGridSample {
  public static func run(_ a: AffineGridSampleArguments, instructionSet: InstructionSet) {
    unsafe reference(a)
  }
}
