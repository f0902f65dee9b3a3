import EdgeRuntime
import Testing

/// What people and programs read of faults and of names: there, and no two alike.
@Suite struct MessagesTests {
  private func expectAllDifferent(_ texts: [StaticString], sourceLocation: SourceLocation = #_sourceLocation) {
    let words = texts.map { "\($0)" }
    #expect(Set(words).count == texts.count && !words.contains(""), sourceLocation: sourceLocation)
  }

  @Test func ofCascadesAndSessions() {
    expectAllDifferent(CascadeError.Fault.allCases.map(\.message))
    let sessions: [SessionError] = [.instructionSetUnavailable, .arenaTooSmall, .arenaMisaligned, .wrongFrameSize]
    expectAllDifferent(sessions.map(\.message))
  }

  @Test func ofBoardFiles() {
    let faults: [BoardError.Fault] = [
      .tooLong, .notText, .noEqualsSign, .emptyValue, .unknownKey, .duplicateKey, .valueTooLong, .offsetTooLarge,
      .badBoolean, .badLevel, .badDrive, .badBias, .badBit, .missingBit, .pinTwice, .tooManyLines, .noChipLabel,
      .noClassLine, .badLightName, .lightNameTooLong, .badPWM, .lightTwice, .tooManyLights, .badPattern, .patternTwice,
      .patternWithoutLine, .badStrength,
    ]
    expectAllDifferent(faults.map(\.message))
  }

  @Test func ofOperationsInstructionSetsKernelsAndStages() {
    expectAllDifferent(OperationKind.allCases.map(\.name))
    expectAllDifferent(InstructionSet.allCases.map(\.name))
    let kernels = (0..<KernelConformance.Kernel.count).compactMap { KernelConformance.Kernel(rawValue: UInt8($0)) }
    #expect(kernels.count == KernelConformance.Kernel.count)
    expectAllDifferent(kernels.map(\.name))
    let stages: [FrameStatistics.Stage] = [.wait, .detect, .prepare, .infer, .decide, .pin, .whole]
    expectAllDifferent(stages.map(\.name))
    expectAllDifferent(stages.map(\.key))
    #expect(stages.allSatisfy { !"\($0.key)".contains(" ") })
  }

  @Test func theBestInstructionSetIsOneThatThisMachineHas() {
    #expect(InstructionSet.best.isAvailable)
    #expect(InstructionSet.best == InstructionSet.allCases.last { $0.isAvailable })
  }
}
