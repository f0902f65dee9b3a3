import EdgeRuntime
import Testing

@Suite("The square around a face") struct FaceSquareTests {
  @Test(
    "lies around its centre, moved and cut where the frame ends",
    arguments: [
      (Detection(x: 100, y: 80, width: 60, height: 60), 256, FaceSquare(x: 100, y: 80, side: 60)),
      (Detection(x: 100, y: 80, width: 60, height: 60), 320, FaceSquare(x: 92, y: 72, side: 75)),
      (Detection(x: 100, y: 80, width: 60, height: 40), 256, FaceSquare(x: 100, y: 70, side: 60)),
      (Detection(x: 2, y: 1, width: 60, height: 60), 320, FaceSquare(x: 0, y: 0, side: 75)),
      (Detection(x: 260, y: 180, width: 60, height: 60), 320, FaceSquare(x: 245, y: 165, side: 75)),
      (Detection(x: 60, y: 20, width: 200, height: 200), 512, FaceSquare(x: 40, y: 0, side: 240)),
      (Detection(x: 5, y: 5, width: 1, height: 1), 1, FaceSquare(x: 5, y: 5, side: 1)),
    ])
  func squares(face: Detection, margin: Int, expected: FaceSquare) {
    #expect(FaceSquare(face, margin: margin, frameWidth: 320, frameHeight: 240) == expected)
  }

  @Test("is the greatest in the middle where nothing is looked for")
  func central() {
    #expect(FaceSquare(centralIn: 640, 481) == FaceSquare(x: 79, y: 0, side: 481))
    #expect(FaceSquare(centralIn: 97, 200) == FaceSquare(x: 0, y: 51, side: 97))
  }
}
