import Testing

@testable import DrawnFaces

@Suite("A series of drawn faces")
struct FaceSeriesTests {
  /// FNV-1a, 64 bits (Fowler, Noll and Vo): short enough to be sure of.
  private func digest(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
  }

  /// The digests were printed once by this test, on x86-64. A failure elsewhere means that the drawings depend on the
  /// machine; one after a change of the drawings means that everything measured on the old ones is to be measured again.
  @Test(
    "has the same bytes on every machine",
    arguments: [(1, 48, 18_229_089_679_010_061_390), (2, 64, 876_946_123_936_138_099)] as [(UInt64, Int, UInt64)])
  func bytesAreCommitted(seed: UInt64, size: Int, expected: UInt64) {
    let faces = FaceSeries(seed: seed)
    let bytes = (0..<35).flatMap { index in
      let face = faces[index, size: size]
      return face.pixels + face.theta.bytes + [UInt8(face.expression.rawValue)]
    }
    #expect(digest(bytes) == expected)
  }

  @Test("gives a face that depends on its number alone")
  func facesAreIndependent() {
    let faces = FaceSeries(seed: 5)
    let later = faces[20, size: 48].pixels
    _ = faces[3, size: 48]
    #expect(FaceSeries(seed: 5)[20, size: 48].pixels == later)
    #expect(FaceSeries(seed: 6)[20, size: 48].pixels != later)
    #expect(faces[27, size: 48].pixels != later)
  }

  @Test("takes the classes in turns, in FER-2013's order")
  func classesTakeTurns() {
    let faces = FaceSeries(seed: 9)
    let names = (0..<14).map { faces[$0, size: 48].expression.name }
    let turn = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
    #expect(names == turn + turn)
  }

  @Test("draws at any size from 48", arguments: [48, 49, 64, 97])
  func sizes(size: Int) {
    let face = FaceSeries(seed: 1)[2, size: size]
    #expect(face.size == size)
    #expect(face.pixels.count == size * size)
  }

  @Test("uses the range of grey values without lying at its ends")
  func rangeIsUsed() {
    let faces = FaceSeries(seed: 11)
    for index in 0..<70 {
      let pixels = faces[index, size: 48].pixels
      let mean = pixels.reduce(0.0) { $0 + Double($1) } / Double(pixels.count)
      let variance = pixels.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(pixels.count)
      let clipped = pixels.count { $0 == 0 || $0 == 255 }
      #expect((15...240).contains(mean), "face \(index)")
      #expect(variance.squareRoot() > 12, "face \(index)")
      // A bright or dark background may be lost; the face is not.
      #expect(clipped < pixels.count * 2 / 3, "face \(index)")
    }
  }

  @Test("shows the same face at another size")
  func sizeChangesDetailAlone() {
    let faces = FaceSeries(seed: 4)
    for index in 0..<14 {
      let large = faces.upright[index, size: 96].pixels
      let small = faces.upright[index, size: 48].pixels.map(Double.init)
      let halved = (0..<48 * 48).map { position -> Double in
        let corner = position / 48 * 2 * 96 + position % 48 * 2
        let upper = Double(large[corner]) + Double(large[corner + 1])
        let lower = Double(large[corner + 96]) + Double(large[corner + 97])
        return (upper + lower) / 4
      }
      #expect(correlation(small, halved) > 0.97, "face \(index)")
    }
  }
}
