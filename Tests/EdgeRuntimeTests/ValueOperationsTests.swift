import EdgeRuntime
import Testing

/// Tables, rearrangements and products in a file: what the loader takes, what it refuses and where. Each stands in the tiny model's third
/// operation, whose input and output are 4 x 4 x 2 unsigned bytes.
@Suite struct ValueOperationsTests {
  private static let record = TinyModel.operationsOffset + 2 * Layout.operationRecordBytes
  private static let words = record + Layout.parameterOffset
  /// 256 entries of any value, which are the weights of theta's layer.
  private static let table = [320, 256, 1]
  private static let rearrangement = [1, 0, 1, 1, 0, 1, 0, 0, 0]

  /// - Parameter inputs: tensors; the second is left out where it is nil.
  private func model(
    _ kind: OperationKind, second: Int? = nil, _ words: [Int], range: (Int, Int) = (0, 255)
  ) -> TinyModel {
    var tiny = TinyModel()
    tiny.set(kind.rawValue, at: Self.record)
    tiny.set(UInt16(second == nil ? 1 : 2), at: Self.record + 2)
    tiny.set(UInt32(truncatingIfNeeded: second ?? -1), at: Self.record + 16)
    tiny.set(UInt32(range.0), at: Self.record + 32)
    tiny.set(UInt32(range.1), at: Self.record + 36)
    for word in 0..<26 {
      tiny.set(UInt32(truncatingIfNeeded: word < words.count ? words[word] : 0), at: Self.words + 4 * word)
    }
    return tiny
  }

  private func fault(_ tiny: TinyModel) -> ModelError? {
    var tiny = tiny
    tiny.stampDigest()
    return tryOut(tiny.bytes)
  }

  @Test func aTableHasAnEntryForEachValue() {
    func fault(_ words: [Int], range: (Int, Int) = (0, 255)) -> ModelError? {
      self.fault(model(.table, words, range: range))
    }
    #expect(fault(Self.table) == nil)
    #expect(fault([321, 256, 1]) == ModelError(.weightPlace, at: Self.words))
    #expect(fault([1 << 30, 256, 1]) == ModelError(.weightPlace, at: Self.words))
    #expect(fault([320, 255, 1]) == ModelError(.weightPlace, at: Self.words + 4))
    #expect(fault([320, 512, 1]) == ModelError(.weightPlace, at: Self.words + 4))
    // One for each channel.
    #expect(fault([320, 512, 2]) == nil)
    for count in [0, 3, 65535, -1] {
      #expect(fault([320, 256, count]) == ModelError(.parameter, at: Self.words + 8), "\(count)")
    }
    let entries = TinyModel.weightsOffset + 320
    let greatest = Int(model(.table, Self.table).bytes[entries..<entries + 256].max()!)
    #expect(fault(Self.table, range: (0, greatest)) == nil)
    #expect(fault(Self.table, range: (0, greatest - 1))?.fault == .tableValue)
    #expect(fault(Self.table, range: (1, 255))?.fault == .tableValue)
  }

  @Test func aRearrangementsNumbersHaveLimits() {
    func fault(_ word: Int, _ value: Int) -> ModelError? {
      var words = Self.rearrangement
      words[word] = value
      return self.fault(model(.rearrange, words))
    }
    for word in [0, 2, 3, 5] {
      #expect(fault(word, 1) == nil && fault(word, 255) == nil)
      for value in [0, 256, -1] {
        #expect(fault(word, value) == ModelError(.parameter, at: Self.words + 4 * word), "\(value)")
      }
    }
    for word in [1, 4] {
      #expect(fault(word, 1 << 24) == nil && fault(word, -1 << 24) == nil)
      for value in [1 << 24 + 1, -1 << 24 - 1, Int(Int32.min), Int(Int32.max)] {
        // An axis is its three words; the place is that of the offset.
        #expect(fault(word, value) == ModelError(.parameter, at: Self.words + 4 * word), "\(value)")
      }
    }
    #expect(fault(6, 65535) == nil && fault(6, -65535) == nil)
    for value in [65536, -65536, Int(Int32.min)] {
      #expect(fault(6, value) == ModelError(.parameter, at: Self.words + 24))
    }
    #expect(fault(7, 1) == nil && fault(7, 2) == ModelError(.parameter, at: Self.words + 28))
    #expect(fault(8, 255) == nil && fault(8, 256) == ModelError(.outputRange, at: Self.words + 32))
    #expect(fault(8, -1) == ModelError(.outputRange, at: Self.words + 32))
  }

  @Test func aRearrangementKeepsTheFormatAndItsRange() {
    #expect(fault(model(.rearrange, Self.rearrangement)) == nil)
    #expect(
      fault(model(.rearrange, Self.rearrangement, range: (0, 254))) == ModelError(.outputRange, at: Self.words + 32))
    var tiny = model(.rearrange, Self.rearrangement)
    // The output has another binary point.
    tiny.bytes[TinyModel.tensorsOffset + 4 * Layout.tensorRecordBytes + 10] = 5
    #expect(fault(tiny) == ModelError(.format, at: Self.words))
  }

  @Test func aProductsSecondInputHasTheShapeOrServesAnAxis() {
    for shift in [0, 1, 15, 33] { #expect(fault(model(.multiply, second: 2, [shift])) == nil, "\(shift)") }
    for shift in [34, -1, Int(Int32.min)] {
      #expect(fault(model(.multiply, second: 2, [shift])) == ModelError(.shift, at: Self.words), "\(shift)")
    }
    // Theta is 1 x 1 x 6, the input 4 x 4 x 1.
    #expect(fault(model(.multiply, second: 3, [7])) == ModelError(.shape, at: Self.words))
    #expect(fault(model(.multiply, second: 0, [7])) == nil)
    #expect(fault(model(.multiply, [7])) == ModelError(.inputCount, at: Self.record + 2))
  }

  /// Every bit of the three records: refused, or run inside the arena.
  @Test(arguments: [OperationKind.table, .rearrange, .multiply])
  func noFlippedBitEscapes(kind: OperationKind) {
    let tiny =
      switch kind {
      case .table: model(kind, [320, 512, 2])
      case .rearrange: model(kind, [2, -1, 1, 1, 1, 2, -1, 1, 9])
      default: model(kind, second: 0, [7])
      }
    #expect(fault(tiny) == nil)
    var (refused, accepted) = (0, 0)
    for byte in Self.record..<Self.record + Layout.operationRecordBytes {
      for bit in UInt8(0)..<8 {
        var damaged = tiny
        damaged.bytes[byte] ^= 1 << bit
        if fault(damaged) == nil { accepted += 1 } else { refused += 1 }
      }
    }
    #expect(refused > 1000 && accepted > 30, "\(refused), \(accepted)")
  }
}

extension TinyModel {
  /// Bytes from the file's start to the first tensor's record.
  fileprivate static let tensorsOffset = Layout.aligned(128 + 24 * TinyModel.sectionCount)

  /// A field, little-endian.
  fileprivate mutating func set<Field: FixedWidthInteger>(_ value: Field, at offset: Int) {
    for byte in 0..<MemoryLayout<Field>.size {
      bytes[offset + byte] = UInt8(truncatingIfNeeded: value >> Field(8 * byte))
    }
  }
}
