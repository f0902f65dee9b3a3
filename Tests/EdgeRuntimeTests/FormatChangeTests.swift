import EdgeRuntime
import Testing

/// What moves raw values from one binary point to another, apart from convolutions.
@Suite struct RequantizeTests {
  @Test func droppedBitsRoundHalfUpAndSaturate() {
    for (raw, wanted) in [(5, 3), (-5, -2), (4, 2), (255, 127), (-300, -128)] as [(Int32, Int32)] {
      #expect(Requantize.value(raw, shift: 1, minimum: -128, maximum: 127) == wanted)
    }
  }

  @Test func addedBitsSaturate() {
    for (raw, wanted) in [(5, 40), (16, 127), (15, 120), (-16, -128), (-17, -128)] as [(Int32, Int32)] {
      #expect(Requantize.value(raw, shift: -3, minimum: -128, maximum: 127) == wanted)
    }
  }
}

@Suite struct AdditionTests {
  private let signed = FixedFormat(width: 8, fraction: 0, isSigned: true)
  private let unsigned = FixedFormat(width: 8, fraction: 0, isSigned: false)

  /// -128 reaches further than 127; the half counts; an input that is shifted right reaches what its greatest value rounds to.
  @Test func theBoundCountsTheLeastValueAndTheHalf() {
    #expect(AdditionParameters(first: 0, second: 0, shift: 0).bound(signed, signed) == 128 + 128)
    #expect(AdditionParameters(first: 2, second: 1, shift: 3).bound(signed, unsigned) == 512 + 510 + 4)
    #expect(AdditionParameters(first: -1, second: 0, shift: 1).bound(unsigned, signed) == 128 + 128 + 1)
  }

  @Test func theReferenceMovesEachInputByItsOwnShift() {
    let (first, second) = (Memory<UInt8>([3, 200, 255]), Memory<UInt8>([5, 100, 255]))
    let output = Memory<UInt8>([0, 0, 0])
    unsafe Addition.reference(
      AdditionArguments(
        parameters: AdditionParameters(first: 1, second: -1, shift: 1), first: first.pointer, firstFormat: unsigned,
        second: second.pointer, secondFormat: unsigned, count: 3, output: output.pointer, outputFormat: unsigned,
        minimum: 0, maximum: 250))
    // (6 + 3) / 2 = 4.5, (400 + 50) / 2 = 225, (510 + 128) / 2 = 319: up, as it is, at the upper limit.
    #expect(output.elements == [5, 225, 250])
  }
}
