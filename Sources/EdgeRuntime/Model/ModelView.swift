/// The header and records of a model in memory. Made by validation alone, so every read below is in bounds.
@safe
struct ModelView {
  let bytes: ByteView
  let tensorCount: Int
  let operationCount: Int
  let arenaBytes: Int
  let workspaceOffset: Int
  let inputTensor: Int
  let outputTensor: Int
  let testVectorCount: Int
  /// Those of the inputs in their order, `inputCount` of them, the image's first; none until loading has found them.
  var inputTensors = InlineArray<16, UInt16>(repeating: 0)
  var inputCount = 0
  /// Those of the outputs in their order, `outputCount` of them; none until loading has found them.
  var outputTensors = InlineArray<16, UInt16>(repeating: 0)
  var outputCount = 0
  /// Which output is the only one of scores; nil where there is none or more than one.
  var scoresOutput: Int?

  /// One thread's workspace, a multiple of 64.
  var workspaceBytes: Int { arenaBytes - workspaceOffset }

  /// A table of prepared operations, and what convolutions keep behind it; a multiple of 64, or `Int.max` for more than any memory
  /// has.
  var preparedBytes: Int {
    var bytes = Int64(preparedTableBytes)
    for index in 0..<operationCount {
      let record = operation(index)
      guard let parameters = record.operation.convolution else { continue }
      bytes += Int64(
        Conv2D.preparedBytes(
          parameters, inputChannels: tensor(record.inputs[0]).channels, outputChannels: tensor(record.output).channels))
    }
    return Int(clamping: bytes)
  }

  var preparedTableBytes: Int {
    unsafe Layout.aligned(operationCount * MemoryLayout<PreparedConvolution?>.stride)
  }

  /// Whether narrow weights take less than a byte.
  var packsWeights: Bool { bytes.u64(24) & Layout.packedWeights != 0 }

  /// Whether the records of the tensors say which are outputs.
  var listsOutputs: Bool { bytes.u64(24) & Layout.listedOutputs != 0 }

  /// Whether the records of the tensors say which are inputs: there are several.
  var listsInputs: Bool { bytes.u64(24) & Layout.listedInputs != 0 }

  /// Whether pools say their dilation and what an average is divided by.
  var widensPools: Bool { bytes.u64(24) & Layout.widePools != 0 }

  func sectionOffset(_ kind: SectionKind) -> Int { Int(bytes.u64(entry(kind) + 8)) }
  func sectionLength(_ kind: SectionKind) -> Int { Int(bytes.u64(entry(kind) + 16)) }
  func entry(_ kind: SectionKind) -> Int {
    Layout.sectionTableOffset + (Int(kind.rawValue) - 1) * Layout.sectionEntryBytes
  }

  /// A section's bytes; valid as long as the model.
  func section(_ kind: SectionKind) -> UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(start: bytes.base + sectionOffset(kind), count: sectionLength(kind))
  }

  func tensorOffset(_ index: Int) -> Int { sectionOffset(.tensors) + index * Layout.tensorRecordBytes }
  func operationOffset(_ index: Int) -> Int { sectionOffset(.operations) + index * Layout.operationRecordBytes }

  func tensor(_ index: Int) -> TensorRecord {
    precondition(index >= 0 && index < tensorCount, "a tensor index is out of range")
    let at = tensorOffset(index)
    return TensorRecord(
      name: name(at: at),
      format: FixedFormat(
        width: Int(bytes.u8(at + 8)), fraction: Int(bytes.i8(at + 10)), isSigned: bytes.u8(at + 9) == 1),
      height: bytes.size(at + 12), width: bytes.size(at + 16), channels: bytes.size(at + 20),
      arenaOffset: bytes.size(at + 24), firstOperation: bytes.size(at + 32), lastOperation: bytes.size(at + 36))
  }

  func operation(_ index: Int) -> OperationRecord {
    precondition(index >= 0 && index < operationCount, "an operation index is out of range")
    let at = operationOffset(index)
    guard let kind = OperationKind(rawValue: bytes.u16(at)) else { preconditionFailure("an unknown operation") }
    let noise = bytes.i32(at + 48)
    return OperationRecord(
      name: name(at: at + 4), operation: operation(kind, at: at + Layout.parameterOffset),
      inputs: [bytes.size(at + 12), bytes.size(at + 16), bytes.size(at + 20), bytes.size(at + 24)],
      inputCount: Int(bytes.u16(at + 2)), output: bytes.size(at + 28), minimum: bytes.i32(at + 32),
      maximum: bytes.i32(at + 36), multiplyAccumulates: bytes.u64(at + 40),
      sqnrCentibels: noise == Int32.min ? nil : noise, workspaceBytes: bytes.size(at + 52))
  }

  private func name(at offset: Int) -> NameReference {
    NameReference(offset: bytes.size(offset), bytes: bytes.size(offset + 4))
  }

  private func operation(_ kind: OperationKind, at words: Int) -> Operation {
    func size(_ word: Int) -> Int { bytes.size(words + 4 * word) }
    func int(_ word: Int) -> Int32 { bytes.i32(words + 4 * word) }
    func axis(_ word: Int) -> AffineGridParameters.Axis {
      AffineGridParameters.Axis(
        a0: int(word), a1: int(word + 1), b0: int(word + 2), b1: int(word + 3), c: int(word + 4), d: int(word + 5))
    }
    func convolution() -> ConvolutionParameters {
      ConvolutionParameters(
        kernelHeight: size(0), kernelWidth: size(1), strideHeight: size(2), strideWidth: size(3), paddingTop: size(4),
        paddingLeft: size(5), paddingBottom: size(6), paddingRight: size(7), dilationHeight: size(8),
        dilationWidth: size(9), groups: size(10), hasMaxPool: size(11) == 1, weightsOffset: size(12),
        weightsBytes: size(13), biasOffset: size(14), shiftOffset: size(15), weightWidth: size(16),
        storesBytes: !packsWeights && size(16) < 8, accumulatorBound: bytes.u32(words + 68))
    }
    func pool(_ more: Int) -> PoolParameters {
      var pool = PoolParameters(
        kernelHeight: size(0), kernelWidth: size(1), strideHeight: size(2), strideWidth: size(3), paddingTop: size(4),
        paddingLeft: size(5), paddingBottom: size(6), paddingRight: size(7))
      if widensPools {
        (pool.dilationHeight, pool.dilationWidth) = (size(more), size(more + 1))
        pool.countsPadding = kind == .maxPool2D || size(more + 2) == 0
      }
      return pool
    }
    func sampler() -> AffineGridParameters {
      guard let interpolation = AffineGridParameters.Interpolation(rawValue: bytes.u32(words)),
        let outside = AffineGridParameters.Outside(rawValue: bytes.u32(words + 4))
      else { preconditionFailure("an unknown way to sample") }
      return AffineGridParameters(interpolation: interpolation, outside: outside, x: axis(2), y: axis(8))
    }
    func rearrangement() -> RearrangeParameters {
      func axis(_ word: Int) -> RearrangeParameters.Axis {
        RearrangeParameters.Axis(step: size(word), offset: Int(int(word + 1)), divisor: size(word + 2))
      }
      return RearrangeParameters(
        rows: axis(0), columns: axis(3), firstChannel: Int(int(6)), repeats: size(7) == 1, fill: int(8))
    }
    return switch kind {
    case .conv2D: .conv2D(convolution())
    case .fullyConnected: .fullyConnected(convolution())
    case .maxPool2D: .maxPool2D(pool(8))
    case .averagePool2D: .averagePool2D(pool(10), multiplier: int(8), shift: int(9))
    case .affineGridSample: .affineGridSample(sampler())
    case .concatenate: .concatenate(shifts: [int(0), int(1), int(2), int(3)])
    case .requantize: .requantize(shift: int(0))
    case .add: .add(AdditionParameters(first: int(0), second: int(1), shift: int(2)))
    case .table: .table(TableParameters(offset: size(0), bytes: size(1), tables: size(2)))
    case .rearrange: .rearrange(rearrangement())
    case .multiply: .multiply(shift: int(0))
    }
  }
}
