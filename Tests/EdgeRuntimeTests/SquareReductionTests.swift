import Testing

import EdgeRuntime

@Suite("A square of a grey image at another size") struct SquareReductionTests {
  @Test(
    "is the mean of the areas that its pixels cover, rounded half up",
    arguments: [(48, 48), (480, 48), (97, 48), (50, 48), (48, 97), (16, 48), (1, 3), (3, 1), (4096, 2)])
  func means(side: Int, size: Int) {
    var generator = SeededGenerator(seed: UInt64(side * 5000 + size))
    let pixels = (0..<side * side).map { _ in UInt8(Int.random(in: 0...255, using: &generator)) }
    #expect(reduced(pixels, side: side, size: size) == textbook(pixels, side: side, size: size))
  }

  @Test("keeps black black and white white", arguments: [UInt8(0), 255])
  func extremes(_ value: UInt8) {
    let pixels = [UInt8](repeating: value, count: 479 * 479)
    #expect(reduced(pixels, side: 479, size: 48) == [UInt8](repeating: value, count: 48 * 48))
  }

  @Test("takes pixels apart from others, and rows out of longer ones")
  func steps() {
    var generator = SeededGenerator(seed: 7)
    let side = 20
    let pixels = (0..<side * side).map { _ in UInt8(Int.random(in: 0...255, using: &generator)) }
    // As in YUYV, with 6 pixels more to the right.
    var frame = [UInt8](repeating: 77, count: 2 * (side + 6) * side)
    for y in 0..<side {
      for x in 0..<side { frame[2 * (y * (side + 6) + x)] = pixels[y * side + x] }
    }
    let found = reduced(frame, side: side, size: 12, pixelStep: 2, rowStep: 2 * (side + 6))
    #expect(found == textbook(pixels, side: side, size: 12))
  }

  private func reduced(_ frame: [UInt8], side: Int, size: Int, pixelStep: Int = 1, rowStep: Int? = nil) -> [UInt8] {
    let source = Memory(frame)
    let columns = Memory([UInt32](repeating: 0, count: side))
    let output = Memory([UInt8](repeating: 99, count: size * size))
    unsafe SquareReduction(side: side, to: size, unsafeMemory: columns.pointer).run(
      unsafeSource: source.pointer, pixelStep: pixelStep, rowStep: rowStep ?? side, to: output.pointer)
    return output.elements
  }

  /// Overlaps of intervals on a grid of `side * size` steps, on which both have whole bounds.
  private func textbook(_ pixels: [UInt8], side: Int, size: Int) -> [UInt8] {
    func overlap(_ result: Int, _ pixel: Int) -> Int {
      max(0, min((result + 1) * side, (pixel + 1) * size) - max(result * side, pixel * size))
    }
    func covered(_ result: Int) -> [(Int, Int)] {
      (0..<side).map { ($0, overlap(result, $0)) }.filter { $0.1 > 0 }
    }
    let axes = (0..<size).map(covered)
    return axes.flatMap { rows in
      axes.map { columns in
        var sum = 0
        for (y, down) in rows { for (x, across) in columns { sum += down * across * Int(pixels[y * side + x]) } }
        return UInt8((2 * sum + side * side) / (2 * side * side))
      }
    }
  }
}
