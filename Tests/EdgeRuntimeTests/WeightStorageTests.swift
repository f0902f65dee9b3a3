import EdgeRuntime
import Testing

@Suite("Weights in less than a byte each") struct WeightStorageTests {
  private static func weights(groups: Int, bits: Int, seed: UInt64) -> [Int8] {
    var generator = SeededGenerator(seed: seed)
    let most = Int8(1 << (bits - 1) - 1)
    return (0..<64 * groups).map { _ in Int8.random(in: -most...most, using: &generator) }
  }

  @Test(arguments: 2...8)
  func comeBackAsTheyWere(bits: Int) {
    for groups in [1, 2, 7] {
      let weights = Self.weights(groups: groups, bits: bits, seed: UInt64(bits))
      let packed = WeightStorage.packed(weights, bits: bits)
      #expect(packed.count == 8 * bits * groups)
      #expect(WeightStorage.unpacked(packed, bits: bits) == weights)
    }
  }

  /// A second writing of docs/file-format.md, one weight and one plane at a time.
  @Test(arguments: 2...7)
  func lieInPlanesAsTheFormatSays(bits: Int) {
    let weights = Self.weights(groups: 3, bits: bits, seed: 90)
    let packed = WeightStorage.packed(weights, bits: bits)
    for (index, weight) in weights.enumerated() {
      let (group, i) = (index / 64, index % 64)
      var (value, below) = (0, 0)
      for plane in [4, 2, 1] where bits & plane != 0 {
        let byte = packed[group * 8 * bits + 8 * below + i % (8 * plane)]
        let field = (Int(byte) >> (plane * (i / (8 * plane)))) % (1 << plane)
        value += field << below
        below += plane
      }
      #expect(below == bits && value - (1 << (bits - 1)) == Int(weight), "weight \(index)")
    }
  }

  /// Bytes by hand: weights -1, 0 and 1 of two bits, in turns, are the fields 1, 2 and 3; 64 weights, four to a byte.
  @Test func twoBitsByHand() {
    let packed = WeightStorage.packed((0..<64).map { Int8($0 % 3 - 1) }, bits: 2)
    // Byte 0 holds weights 0, 16, 32, 48: fields 1, 2, 3, 1 from the lowest bits up.
    #expect(packed.prefix(3) == [0b01_11_10_01, 0b10_01_11_10, 0b11_10_01_11])
  }

  @Test(arguments: [
    // outputs, kernel height, width, inputs in a group, bits, bytes
    [16, 3, 3, 4, 8, 576], [16, 3, 3, 4, 4, 288], [17, 1, 1, 5, 3, 96], [1, 1, 1, 1, 2, 16],
    [144, 1, 1, 4608, 5, 414_720],
  ])
  func takeWholeBlocksAndGroups(_ c: [Int]) {
    #expect(
      WeightStorage.bytes(outputs: c[0], kernelHeight: c[1], kernelWidth: c[2], inputsPerGroup: c[3], bits: c[4])
        == c[5])
    let geometry = ConvolutionParameters(kernelHeight: c[1], kernelWidth: c[2], weightWidth: c[4])
    #expect(geometry.packedBytes(inputChannels: c[3], outputChannels: c[0]) == c[5])
  }
}
