import EdgeRuntime
import Testing

/// A model file written by hand from docs/file-format.md, to test the reader without the exporter's writer.
///
/// 4x4x1 input -> conv 3x3 (2 channels) -> sampler (theta from a fully connected layer on the input) -> 2x2 max-pool
/// -> fully connected, 3 logits.
struct TinyModel {
  var bytes: [UInt8]

  static let tensorNames = ["input", "flat", "conv", "theta", "sampled", "pooled", "features", "logits"]
  static let sectionCount = 8

  /// - Parameter weightBits: 2...8 for every layer. Narrower weights are those of 8 bits, their lowest bits dropped.
  init(weightBits: Int = 8) {
    var file = Bytes()
    let tensors = Self.tensors()
    let weights = Self.weights(weightBits)
    let sections: [[UInt8]] = [
      tensors.bytes, Self.operations(weightBits).bytes, weights, (0..<256).map { UInt8(truncatingIfNeeded: $0 - 128) },
      Array("inputflatconvthetasampledpooledfeatureslogits".utf8), Array("a\nb\nc\n".utf8), Self.vectors(),
      Array(#"{"source":"tiny"}"#.utf8),
    ]
    var offsets: [Int] = []
    var end = 128 + 24 * Self.sectionCount
    for section in sections {
      end = Layout.aligned(end)
      offsets.append(end)
      end += section.count
    }
    file.u64(0x0A1A_0A0D_4D58_4689)
    file.u16(1, 0)
    file.u32(128)
    file.u64(UInt64(end))
    file.u64(weightBits < 8 ? 1 : 0)
    file.u32(8, 8, 5, Self.arenaBytes(weightBits), Self.workspaceOffset, 0, 7, 1)
    file.zeros(64)
    for (index, section) in sections.enumerated() {
      file.u32(index + 1, 0)
      file.u64(UInt64(offsets[index]))
      file.u64(UInt64(section.count))
    }
    for (offset, section) in zip(offsets, sections) {
      file.zeros(offset - file.bytes.count)
      file.bytes += section
    }
    bytes = file.bytes
    stampDigest()
  }

  mutating func stampDigest() {
    let digest = unsafe bytes.withUnsafeBytes { unsafe Digest.ofModel($0) }
    for index in 0..<32 { bytes[64 + index] = digest[index] }
  }

  /// The same weights a byte each, as files have them that don't pack.
  func withByteWeights() -> TinyModel {
    var model = self
    model.bytes[24] = 0
    for (index, (offset, count)) in [(0, 192), (320, 256), (704, 128)].enumerated() {
      let record = Self.operationsOffset + [0, 1, 4][index] * Layout.operationRecordBytes
      let bits = Int(bytes[record + Layout.parameterOffset + 4 * 16])
      let start = Self.weightsOffset + offset
      let weights = WeightStorage.unpacked(Array(bytes[start..<start + count * bits / 8]), bits: bits)
      model.bytes.replaceSubrange(start..<start + count, with: weights.map { UInt8(bitPattern: $0) })
      model.setWord(13, of: record, count)
      // Without room to unpack, the workspace is what it is at 8 bits.
      let plain = TinyModel().bytes
      model.bytes.replaceSubrange(record + 52..<record + 56, with: plain[record + 52..<record + 56])
    }
    model.stampDigest()
    return model
  }

  private mutating func setWord(_ word: Int, of record: Int, _ value: Int) {
    let place = record + Layout.parameterOffset + 4 * word
    for byte in 0..<4 { bytes[place + byte] = UInt8(truncatingIfNeeded: value >> (8 * byte)) }
  }

  /// What every instruction set of this machine makes of one frame; the same, or the test has failed.
  func logits() throws -> [Int32] {
    let memory = Memory(bytes)
    let model = unsafe try ModelFile(unsafeBytes: UnsafeRawBufferPointer(memory.bytes))
    let arena = Memory([UInt8](repeating: 0x5A, count: model.sessionBytes(threads: 1)))
    let pixels = (0..<16).map { UInt8($0 * 16) }
    var found: [[Int32]] = []
    for set in InstructionSet.allCases where set.isAvailable {
      var session = unsafe try Session(unsafeModel: model, arena: arena.bytes, instructionSet: set)
      unsafe try pixels.withUnsafeBytes { unsafe try session.run(pixels: $0) }
      found.append((0..<3).map { session.logit($0) })
    }
    #expect(Set(found).count == 1)
    return found[0]
  }

  /// Where the weights section starts: behind the header, the section table and the records.
  static let weightsOffset = Layout.aligned(Layout.aligned(Layout.aligned(128 + 24 * 8) + 8 * 48) + 5 * 160)

  /// Bytes from the file's start to the first operation's record.
  static let operationsOffset = Layout.aligned(Layout.aligned(128 + 24 * 8) + 8 * 48)

  /// States another bound for the convolution, word 17 of the first operation.
  mutating func setFirstAccumulatorBound(_ bound: Int) {
    setWord(17, of: Self.operationsOffset, bound)
    stampDigest()
  }

  static let workspaceOffset = 512

  private static func workspaces(_ bits: Int) -> (conv: Int, theta: Int, logits: Int) {
    let conv = ConvolutionParameters(
      kernelHeight: 3, kernelWidth: 3, paddingTop: 1, paddingLeft: 1, paddingBottom: 1, paddingRight: 1,
      weightWidth: bits)
    let connected = ConvolutionParameters(kernelHeight: 1, kernelWidth: 1, weightWidth: bits)
    return (
      Conv2D.workspaceBytes(parameters: conv, inputHeight: 4, inputWidth: 4, inputChannels: 1, outputChannels: 2),
      Conv2D.workspaceBytes(
        parameters: connected, inputHeight: 1, inputWidth: 1, inputChannels: 16, outputChannels: 6),
      Conv2D.workspaceBytes(parameters: connected, inputHeight: 1, inputWidth: 1, inputChannels: 8, outputChannels: 3)
    )
  }

  private static func arenaBytes(_ bits: Int) -> Int {
    let workspaces = workspaces(bits)
    return workspaceOffset + max(workspaces.conv, workspaces.theta, workspaces.logits)
  }

  private static func tensors() -> Bytes {
    var records = Bytes()
    var name = 0
    let rows: [(width: Int, signed: Int, fraction: Int, shape: [Int], place: Int, live: (Int, Int))] = [
      (8, 1, 7, [4, 4, 1], 0, (0, 1)), (8, 1, 7, [1, 1, 16], 0, (0, 1)), (8, 0, 6, [4, 4, 2], 64, (0, 2)),
      (16, 1, 13, [1, 1, 6], 128, (1, 2)), (8, 0, 6, [4, 4, 2], 192, (2, 3)), (8, 0, 6, [2, 2, 2], 256, (3, 4)),
      (8, 0, 6, [1, 1, 8], 256, (3, 4)), (16, 1, 8, [1, 1, 3], 320, (4, 4)),
    ]
    for (row, text) in zip(rows, tensorNames) {
      records.u32(name, text.utf8.count)
      name += text.utf8.count
      let element = row.width / 8
      records.bytes += [UInt8(row.width), UInt8(row.signed), UInt8(row.fraction), UInt8(element)]
      records.u32(row.shape[0], row.shape[1], row.shape[2], row.place, row.shape.reduce(element, *))
      records.u32(row.live.0, row.live.1, 0, 0)
    }
    return records
  }

  private static func operations(_ bits: Int) -> Bytes {
    var records = Bytes()
    let workspaces = workspaces(bits)
    func operation(
      _ kind: Int, inputs: [Int], output: Int, range: (Int, Int), macs: UInt64 = 0, workspace: Int, words: [Int],
      into records: inout Bytes
    ) {
      records.u16(kind, inputs.count)
      records.u32(0, 5)
      for position in 0..<4 { records.u32(position < inputs.count ? inputs[position] : 0xFFFF_FFFF) }
      records.u32(output)
      records.i32(range.0, range.1)
      records.u64(macs)
      records.i32(Int(Int32.min))
      records.u32(workspace)
      for word in 0..<26 { records.i32(word < words.count ? words[word] : 0) }
    }
    func words(_ kernel: Int, _ padding: Int, weights: Int, bytes: Int, bias: Int, shift: Int) -> [Int] {
      [
        kernel, kernel, 1, 1, padding, padding, padding, padding, 1, 1, 1, 0, weights, bytes * bits / 8, bias, shift,
        bits,
        1 << 20,
      ]
    }
    operation(
      1, inputs: [0], output: 2, range: (0, 255), macs: 4 * 4 * 2 * 9, workspace: workspaces.conv,
      words: words(3, 1, weights: 0, bytes: 192, bias: 192, shift: 256), into: &records)
    operation(
      2, inputs: [1], output: 3, range: (-32768, 32767), macs: 16 * 6, workspace: workspaces.theta,
      words: words(1, 0, weights: 320, bytes: 256, bias: 576, shift: 640), into: &records)
    let half = 2 << 16
    let axis = (a0: -3 << 15, one: 1 << 16, d: 3 << 15)
    operation(
      5, inputs: [2, 3], output: 4, range: (0, 255), workspace: 0,
      words: [
        0, 0, axis.a0, axis.one, axis.a0, axis.one, half, axis.d, axis.a0, axis.one, axis.a0, axis.one, half, axis.d,
      ],
      into: &records)
    operation(
      3, inputs: [4], output: 5, range: (0, 255), workspace: 0, words: [2, 2, 2, 2, 0, 0, 0, 0], into: &records)
    operation(
      2, inputs: [6], output: 7, range: (-32768, 32767), macs: 8 * 3, workspace: workspaces.logits,
      words: words(1, 0, weights: 704, bytes: 128, bias: 832, shift: 896), into: &records)
    return records
  }

  /// Blobs at multiples of 64, each where those of 8 bits have it: weights, biases and shifts of each layer.
  private static func weights(_ bits: Int) -> [UInt8] {
    var generator = SeededGenerator(seed: 11)
    var blob = Bytes()
    blob.weights(192, bits: bits, outputs: 2, tapsOfLastGroup: 3, magnitude: 127, &generator)
    for _ in 0..<16 { blob.i32(100) }
    blob.bytes += [UInt8](repeating: 7, count: 16)
    blob.zeros(320 - blob.bytes.count)
    blob.weights(256, bits: bits, outputs: 6, tapsOfLastGroup: 4, magnitude: 3, &generator)
    for index in 0..<16 { blob.i32(index == 0 || index == 4 ? 8192 : 0) }
    blob.bytes += [UInt8](repeating: 0, count: 16)
    blob.zeros(704 - blob.bytes.count)
    blob.weights(128, bits: bits, outputs: 3, tapsOfLastGroup: 4, magnitude: 127, &generator)
    for _ in 0..<16 { blob.i32(-5) }
    blob.bytes += [UInt8](repeating: 5, count: 16)
    return blob.bytes
  }

  /// One vector of 16 pixels and 3 logits, each padded to 64 bytes, and a digest (not verified on load).
  private static func vectors() -> [UInt8] {
    (0..<16).map { UInt8($0 * 15) } + [UInt8](repeating: 0, count: 48 + 64 + 32)
  }
}

/// Little-endian fields appended to a byte string.
struct Bytes {
  var bytes: [UInt8] = []

  /// `count` packed weights of a layer with at most 16 outputs and one group of taps a row, or whole groups; zero where there is no
  /// output or tap.
  mutating func weights(
    _ count: Int, bits: Int, outputs: Int, tapsOfLastGroup: Int, magnitude: Int8, _ generator: inout SeededGenerator
  ) {
    var weights: [Int8] = []
    for index in 0..<count {
      let weight = Int8.random(in: -magnitude...magnitude, using: &generator)
      let exists = index % 64 / 4 < outputs && index % 4 < tapsOfLastGroup
      weights.append(exists ? weight / (1 << (8 - bits)) : 0)
    }
    bytes += WeightStorage.packed(weights, bits: bits)
    zeros(count - count * bits / 8)
  }

  mutating func zeros(_ count: Int) { bytes += [UInt8](repeating: 0, count: count) }
  mutating func u64(_ value: UInt64) {
    for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * shift))) }
  }
  mutating func u32(_ values: Int...) { for value in values { i32(value) } }
  mutating func i32(_ values: Int...) {
    for value in values { for shift in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * shift))) } }
  }
  mutating func u16(_ values: Int...) {
    for value in values { for shift in 0..<2 { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * shift))) } }
  }
}
