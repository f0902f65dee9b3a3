import EdgeRuntime
import Testing

@Suite("A cascade detector") struct CascadeDetectorTests {
  struct Problem: CustomStringConvertible, Sendable {
    var seed: UInt64
    var window: (Int, Int)
    var stumps: [Int]
    var frame: (Int, Int)
    var minimumSize = 0
    var factor = (11, 10)
    var neighbours = 3
    var pixelStep = 1
    var description: String { "seed \(seed), window \(window), frame \(frame), from \(minimumSize), \(factor)" }
  }

  static let problems = [
    Problem(seed: 1, window: (24, 24), stumps: [3, 4, 5, 5], frame: (97, 61)),
    Problem(seed: 2, window: (24, 24), stumps: [3, 4, 5, 5], frame: (97, 61), neighbours: 0),
    Problem(seed: 3, window: (12, 20), stumps: [1, 1, 2], frame: (64, 53), factor: (5, 4), pixelStep: 2),
    Problem(seed: 4, window: (45, 45), stumps: [9, 2, 7], frame: (130, 101), factor: (13, 10), neighbours: 1),
    Problem(seed: 5, window: (3, 3), stumps: [1, 2, 2, 2, 2, 2, 2, 2], frame: (31, 16), factor: (3, 2)),
    Problem(seed: 6, window: (16, 16), stumps: [2, 2], frame: (50, 50), minimumSize: 33, neighbours: 2),
    // Only windows two pixels apart, only windows one pixel apart, and exactly one window.
    Problem(seed: 7, window: (30, 30), stumps: [2, 3], frame: (59, 58), neighbours: 0),
    Problem(seed: 8, window: (20, 20), stumps: [2, 3], frame: (63, 77), minimumSize: 40, factor: (2, 1)),
    Problem(seed: 9, window: (40, 30), stumps: [1], frame: (40, 30), neighbours: 0),
    // No window fits; a single stage.
    Problem(seed: 10, window: (60, 60), stumps: [1, 1], frame: (59, 200)),
    Problem(seed: 11, window: (24, 24), stumps: [4], frame: (48, 47), factor: (4, 1)),
    // Windows that are wide enough before they are high enough.
    Problem(seed: 12, window: (20, 12), stumps: [2, 3], frame: (70, 60), minimumSize: 24, neighbours: 0),
  ]

  private static let threads = [1, 2, 3, 4, 7]

  @Test("finds what plain loops over pixels find, on any number of threads", arguments: problems)
  func agreesWithPlainLoops(_ problem: Problem) throws {
    var generator = SeededGenerator(seed: problem.seed)
    let cascade = TestCascade.random(
      windowWidth: problem.window.0, windowHeight: problem.window.1, stumps: problem.stumps, using: &generator)
    let (width, height) = problem.frame
    // Blurred noise, bright and dark parts, and a stretch of white: sums that wrap, and blocks that are equal.
    let pixels = (0..<width * height).map { index -> UInt8 in
      index % width > 2 * width / 3 && index / width < height / 3
        ? 255 : UInt8(min(255, 200 * (index % width) / width + Int.random(in: 0...90, using: &generator)))
    }
    let reference = ReferenceDetector(
      cascade: cascade, minimumSize: problem.minimumSize, factor: problem.factor, neighbours: problem.neighbours)
    let expected = reference.faces(in: .init(width: width, height: height, pixels: pixels))
    for threads in Self.threads {
      let found = try detect(
        cascade, pixels, width: width, height: height, minimumSize: problem.minimumSize, factor: problem.factor,
        neighbours: problem.neighbours, pixelStep: problem.pixelStep, threads: threads)
      #expect(found == expected, "\(threads) threads")
    }
    // Two frames after each other don't touch each other.
    if problem.window.0 <= width && problem.window.1 <= height && problem.neighbours == 0 { #expect(!expected.isEmpty) }
  }

  /// The frame at its own size: the last column is itself, and nothing of its neighbour, which is black in one row.
  @Test("sees the last column as it is")
  func lastColumn() throws {
    var pixels = [UInt8](repeating: 255, count: 16 * 16)
    pixels[13 * 16 + 14] = 0
    var subset = [UInt32](repeating: 0, count: 8)
    // All around the middle but what stands above it.
    subset[0b1011_1111 / 32] = 1 << (0b1011_1111 % 32)
    let stump = TestCascade.Stump(x: 13, y: 13, width: 1, height: 1, inside: 1, outside: -1, subset: subset)
    let cascade = TestCascade(windowWidth: 16, windowHeight: 16, stages: [.init(threshold: 1, stumps: [stump])])
    let found = try detect(
      cascade, pixels, width: 16, height: 16, minimumSize: 0, factor: (2, 1), neighbours: 0)
    #expect(found.count == 1)
  }

  @Test(
    "tells every code of a feature apart, whatever its blocks", arguments: [(1, 1), (2, 3), (8, 8), (15, 15), (16, 16)])
  func codes(width: Int, height: Int) throws {
    var generator = SeededGenerator(seed: UInt64(width * 100 + height))
    let side = max(3 * max(width, height), 16)
    let pixels = (0..<side * side).map { _ in UInt8.random(in: 0...255, using: &generator) }
    var picture = ReferenceDetector.Picture(width: side, height: side, pixels: pixels)
    // Flat pictures, white ones above all, are equal blocks: all bits set.
    for flat in [nil, 0, 255] as [UInt8?] {
      if let flat { picture.pixels = [UInt8](repeating: flat, count: side * side) }
      var hits = 0
      for code in 0..<256 {
        var subset = [UInt32](repeating: 0, count: 8)
        subset[code / 32] = 1 << UInt32(code % 32)
        let stump = TestCascade.Stump(
          x: 0, y: 0, width: width, height: height, inside: 1, outside: -1, subset: subset)
        let cascade = TestCascade(
          windowWidth: side, windowHeight: side, stages: [.init(threshold: 1, stumps: [stump])])
        let found = try detect(
          cascade, picture.pixels, width: side, height: side, minimumSize: 0, factor: (2, 1), neighbours: 0)
        let reference = ReferenceDetector(cascade: cascade, minimumSize: 0, factor: (2, 1), neighbours: 0)
        #expect(found == reference.faces(in: picture))
        hits += found.count
      }
      #expect(hits == 1)
    }
  }

  @Test("keeps the largest windows where there is no room for all, and says so", arguments: threads)
  func overfull(threads: Int) throws {
    let stump = TestCascade.Stump(
      x: 0, y: 0, width: 2, height: 2, inside: 1, outside: 1, subset: [UInt32](repeating: 0, count: 8))
    let cascade = TestCascade(windowWidth: 16, windowHeight: 16, stages: [.init(threshold: 0, stumps: [stump])])
    let pixels = [UInt8](repeating: 9, count: 64 * 64)
    let all = try detect(
      cascade, pixels, width: 64, height: 64, minimumSize: 0, factor: (2, 1), neighbours: 0, capacity: 4000)
    // Windows of 64, 32 and 16 pixels: one, 17 x 17, and every second of 49 x 49.
    #expect(all.count == 1 + 17 * 17 + 25 * 25)
    let some = try detect(
      cascade, pixels, width: 64, height: 64, minimumSize: 0, factor: (2, 1), neighbours: 0, capacity: 100,
      isOverfull: true)
    #expect(some.count == 100)
    #expect(some.filter { $0.width == 64 }.count == 1 && some.allSatisfy { $0.width >= 32 })
    // The very windows, wherever they were found, and whether one is too many or all but one.
    for capacity in [1, 2, 100, 289, 290, 291, all.count - 1] {
      let found = try [1, threads].map { threads in
        try detect(
          cascade, pixels, width: 64, height: 64, minimumSize: 0, factor: (2, 1), neighbours: 0, capacity: capacity,
          isOverfull: true, threads: threads)
      }
      #expect(found[0] == found[1] && found[0].count == capacity)
    }
    let exactly = try detect(
      cascade, pixels, width: 64, height: 64, minimumSize: 0, factor: (2, 1), neighbours: 0, capacity: all.count,
      threads: threads)
    #expect(exactly == all)
  }

  @Test(
    "takes the scale factors that text can say", arguments: ["1.1", "1.01", "2", "4", "1.25", "3.999999", "1.05000"])
  func factors(_ text: String) throws {
    let bytes = Array(text.utf8)
    let factor = try #require(DetectorSettings.factor(decimal: bytes.count) { bytes[$0] })
    let value = try #require(Double(text))
    #expect(abs(Double(factor) / 4_294_967_296 - value) < 1e-9)
  }

  @Test(
    "refuses others",
    arguments: ["", "1", "1.009999", "4.000001", "-2", "1,1", ".5", "1..2", "1.10000000", "2e0", "nan"])
  func wrongFactors(_ text: String) {
    let bytes = Array(text.utf8)
    #expect(DetectorSettings.factor(decimal: bytes.count) { bytes[$0] } == nil)
  }

  private func detect(
    _ cascade: TestCascade, _ pixels: [UInt8], width: Int, height: Int, minimumSize: Int, factor: (Int, Int),
    neighbours: Int, pixelStep: Int = 1, capacity: Int = 20000, isOverfull: Bool = false,
    threads: Int = 1
  ) throws -> [Detection] {
    let bytes = Memory(cascade.bytes)
    let file = unsafe try CascadeFile(unsafeBytes: UnsafeRawBufferPointer(bytes.bytes))
    var settings = DetectorSettings()
    settings.minimumSize = minimumSize
    settings.neighbours = neighbours
    settings.capacity = capacity
    let (numerator, denominator) = factor
    settings.scaleFactor = UInt64((Double(numerator) / Double(denominator) * 4_294_967_296).rounded())
    // Rows longer than the picture, with other pixels between where they lie apart.
    let rowStep = width * pixelStep + 5
    var frame = [UInt8](repeating: 177, count: rowStep * height)
    for y in 0..<height {
      for x in 0..<width { frame[y * rowStep + x * pixelStep] = pixels[y * width + x] }
    }
    let source = Memory(frame)
    let pool = try ThreadPool(threads: threads)
    let size = CascadeDetector.memoryBytes(file, width: width, height: height, settings, threads: threads)
    // Whatever the memory held before, and a guard behind it.
    let memory = Memory([UInt8](repeating: 0xA5, count: size + 64))
    var detector = unsafe CascadeDetector(
      file, width: width, height: height, settings,
      unsafeMemory: UnsafeMutableRawBufferPointer(rebasing: memory.bytes[..<size]), unsafePool: pool)
    var found: [[Detection]] = []
    for _ in 0..<2 {
      unsafe detector.run(unsafeSource: source.pointer, pixelStep: pixelStep, rowStep: rowStep)
      found.append((0..<detector.count).map { detector[$0] })
    }
    #expect(found[0] == found[1])
    #expect(detector.isOverfull == isOverfull)
    #expect(memory.elements.suffix(64).allSatisfy { $0 == 0xA5 })
    return found[0]
  }
}
