import EdgeRuntime

/// The names of a model's outputs and, behind them, its inputs, then the labels of all outputs, as C has them: a zero behind each.
@safe
struct SessionTexts {
  private let offsets: UnsafeMutablePointer<Int>
  private let texts: UnsafeMutablePointer<CChar>

  /// A multiple of 64, below 2^36: the labels lie apart in a file of at most 2^30 bytes, but 32 names may be the same bytes of it.
  static func bytes(_ model: borrowing ModelFile) -> Int64 {
    var bytes = Int64(offsetBytes(model))
    unsafe forEachText(model) { text in bytes += Int64(text.count) + 1 }
    return Layout.aligned(bytes)
  }

  /// At most 8 MiB: 16 outputs of 65535 classes have fewer labels than 2^20.
  private static func offsetBytes(_ model: borrowing ModelFile) -> Int {
    (model.outputCount + model.inputCount + model.labelCount(beforeOutput: model.outputCount))
      * MemoryLayout<Int>.stride
  }

  private static func forEachText(_ model: borrowing ModelFile, _ body: (UnsafeRawBufferPointer) -> Void) {
    for index in 0..<model.outputCount { unsafe body(model.unsafeName(model.tensor(ofOutput: index).name)) }
    for index in 0..<model.inputCount { unsafe body(model.unsafeName(model.input(index).name)) }
    unsafe model.unsafeForEachLabel(body)
  }

  /// - Parameter memory: `bytes(model)` bytes at a multiple of 64, which outlive this value.
  init(_ model: borrowing ModelFile, unsafeMemory memory: UnsafeMutableRawPointer) {
    let offsetBytes = Self.offsetBytes(model)
    let offsets = unsafe memory.bindMemory(to: Int.self, capacity: offsetBytes / MemoryLayout<Int>.stride)
    let texts = unsafe (memory + offsetBytes).assumingMemoryBound(to: CChar.self)
    // As many texts as offsets: loading has counted the labels.
    var (index, place) = (0, 0)
    unsafe Self.forEachText(model) { text in
      unsafe offsets[index] = place
      for position in text.indices {
        unsafe texts[place] = CChar(bitPattern: text[position])
        place += 1
      }
      unsafe texts[place] = 0
      index += 1
      place += 1
    }
    unsafe self.offsets = offsets
    unsafe self.texts = texts
  }

  /// - Parameter index: of an output's name, or from their number on of an input's, or from the number of both on of a label.
  func unsafeText(_ index: Int) -> UnsafePointer<CChar> { unsafe UnsafePointer(texts + offsets[index]) }
}
