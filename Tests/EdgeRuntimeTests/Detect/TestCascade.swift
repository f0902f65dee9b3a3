import EdgeRuntime

/// A cascade in plain values, and its file's bytes, written here by docs/file-format.md.
struct TestCascade {
  struct Stump {
    var x: Int
    var y: Int
    var width: Int
    var height: Int
    var inside: Int32
    var outside: Int32
    var subset: [UInt32]
  }

  struct Stage {
    var threshold: Int32
    var stumps: [Stump]
  }

  var windowWidth: Int
  var windowHeight: Int
  var stages: [Stage]
  var provenance = "{\"source\":\"a test\"}"

  /// Stages of random stumps of which a picture of noise passes about half each.
  static func random(
    windowWidth: Int, windowHeight: Int, stumps: [Int], using generator: inout SeededGenerator
  ) -> TestCascade {
    let stages = stumps.map { count in
      let stumps = (0..<count).map { _ in
        let width = Int.random(in: 1...windowWidth / 3, using: &generator)
        let height = Int.random(in: 1...min(windowHeight / 3, 257 / width), using: &generator)
        return Stump(
          x: Int.random(in: 0...windowWidth - 3 * width, using: &generator),
          y: Int.random(in: 0...windowHeight - 3 * height, using: &generator), width: width, height: height,
          inside: Int32.random(in: -1_000_000...1_000_000, using: &generator),
          outside: Int32.random(in: -1_000_000...1_000_000, using: &generator),
          subset: (0..<8).map { _ in UInt32.random(in: 0...UInt32.max, using: &generator) })
      }
      let sum = stumps.reduce(Int64(0)) { $0 + Int64($1.inside) + Int64($1.outside) }
      return Stage(threshold: Int32(sum / 2), stumps: stumps)
    }
    return TestCascade(windowWidth: windowWidth, windowHeight: windowHeight, stages: stages)
  }

  var bytes: [UInt8] {
    func padded(_ bytes: [UInt8]) -> [UInt8] { bytes + [UInt8](repeating: 0, count: (64 - bytes.count % 64) % 64) }
    var stageBytes: [UInt8] = []
    var stumpBytes: [UInt8] = []
    var first = 0
    for stage in stages {
      stageBytes += little(stage.threshold) + little(UInt16(first)) + little(UInt16(stage.stumps.count))
      first += stage.stumps.count
      for stump in stage.stumps {
        stumpBytes += [stump.x, stump.y, stump.width, stump.height].map { UInt8($0) }
        stumpBytes += little(stump.inside) + little(stump.outside)
        for word in stump.subset { stumpBytes += little(word) }
        stumpBytes += little(UInt32(0))
      }
    }
    let tables = padded(stageBytes) + padded(stumpBytes)
    let text = Array(provenance.utf8)
    var header: [UInt8] = [0x89, 0x46, 0x58, 0x43, 0x0D, 0x0A, 0x1A, 0x0A]
    header += little(UInt16(1)) + little(UInt16(0)) + little(UInt32(128))
    header += little(UInt64(128 + tables.count + text.count)) + little(UInt64(0))
    for value in [windowWidth, windowHeight, stages.count, first] { header += little(UInt16(value)) }
    header += [20, 0, 0, 0] + little(UInt32(text.count))
    header += [UInt8](repeating: 0, count: 128 - header.count)
    return Self.stamped(header + tables + text)
  }

  /// With the digest that the bytes have.
  static func stamped(_ bytes: [UInt8]) -> [UInt8] {
    var result = bytes
    guard result.count >= 96 else { return result }
    for index in 64..<96 { result[index] = 0 }
    let digest = Digest.of { digest in unsafe result.withUnsafeBytes { unsafe digest.update($0) } }
    for index in 0..<32 { result[64 + index] = digest[index] }
    return result
  }

  private func little(_ value: some FixedWidthInteger) -> [UInt8] {
    (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }
}
