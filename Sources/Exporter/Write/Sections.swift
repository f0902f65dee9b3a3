import EdgeRuntime

/// The sections of a model file, in the order of docs/file-format.md.
extension ModelContent {
  func tensorSection(_ names: inout NameTable) -> [UInt8] {
    var writer = ByteWriter()
    for (index, tensor) in graph.tensors.enumerated() {
      let name = names.place(tensor.name)
      let place = plan.places[index]
      writer.size(name.offset)
      writer.size(name.bytes)
      writer.put(UInt8(tensor.format.width))
      writer.put(UInt8(tensor.format.isSigned ? 1 : 0))
      writer.put(Int8(tensor.format.fraction))
      writer.put(UInt8(tensor.format.elementBytes))
      writer.size(tensor.shape.height)
      writer.size(tensor.shape.width)
      writer.size(tensor.shape.channels)
      writer.size(place.offset)
      writer.size(tensor.bytes)
      writer.size(place.live.lowerBound)
      writer.size(place.live.upperBound)
      writer.pad(to: index * Layout.tensorRecordBytes + Layout.outputNumberOffset)
      if graph.listsOutputs, let number = graph.outputs.firstIndex(where: { $0.tensor == index }) {
        writer.put(UInt16(number + 1))
        writer.put((graph.outputs[number].labels == nil ? OutputRole.values : .scores).rawValue)
      }
      writer.pad(to: index * Layout.tensorRecordBytes + Layout.inputNumberOffset)
      if graph.listsInputs, let number = graph.inputs.firstIndex(of: index) { writer.put(UInt8(number + 1)) }
      writer.pad(to: (index + 1) * Layout.tensorRecordBytes)
    }
    return writer.bytes
  }

  func operationSection(_ names: inout NameTable) -> [UInt8] {
    var writer = ByteWriter()
    for (index, operation) in graph.operations.enumerated() {
      let start = index * Layout.operationRecordBytes
      let name = names.place(operation.name)
      writer.put(operation.kind.kind.rawValue)
      writer.put(UInt16(operation.inputs.count))
      writer.size(name.offset)
      writer.size(name.bytes)
      for position in 0..<4 {
        writer.put(position < operation.inputs.count ? UInt32(operation.inputs[position]) : Layout.noTensor)
      }
      writer.size(operation.output)
      writer.put(operation.minimum)
      writer.put(operation.maximum)
      writer.put(operation.multiplyAccumulates)
      writer.put(sqnrCentibels[index] ?? Int32.min)
      writer.size(plan.workspaceBytes[index])
      writer.pad(to: start + Layout.parameterOffset)
      operation.kind.putParameters(
        to: &writer, placed: weights.parameters[index], table: weights.tables[index], widensPools: graph.widensPools)
      writer.pad(to: start + Layout.operationRecordBytes)
    }
    return writer.bytes
  }

  /// A byte for each pixel value and channel: the low byte of the raw value.
  var inputSection: [UInt8] {
    graph.inputTables.flatMap { table in table.map { UInt8(truncatingIfNeeded: $0) } }
  }

  /// The labels of all outputs of scores, in their order.
  var labelSection: [UInt8] {
    graph.outputs.flatMap { $0.labels ?? [] }.flatMap { Array(($0.printable + "\n").utf8) }
  }

  /// Frames, then the outputs' values, each vector's padded to 64 bytes; then the digest of all values.
  var vectorSection: [UInt8] {
    if vectors.isEmpty { return [] }
    var writer = ByteWriter()
    for vector in vectors {
      writer.put(vector.pixels)
      writer.pad(to: Layout.aligned(writer.bytes.count))
    }
    for vector in vectors {
      for value in vector.values { writer.put(value) }
      writer.pad(to: Layout.aligned(writer.bytes.count))
    }
    let digest = Digest.of { digest in
      for vector in vectors {
        for value in vector.values { digest.update(value) }
      }
    }
    writer.put((0..<Layout.digestBytes).map { digest[$0] })
    return writer.bytes
  }
}

extension FixedOperation {
  /// The kind's number in the file.
  var kind: OperationKind {
    switch self {
    case .convolution: .conv2D
    case .fullyConnected: .fullyConnected
    case .maxPool: .maxPool2D
    case .averagePool: .averagePool2D
    case .affineGridSample: .affineGridSample
    case .concatenate: .concatenate
    case .requantize: .requantize
    case .add: .add
    case .table: .table
    case .rearrange: .rearrange
    case .multiply: .multiply
    }
  }

  /// The words after the fields that all kinds share.
  fileprivate func putParameters(
    to writer: inout ByteWriter, placed: ConvolutionParameters?, table: TableParameters?, widensPools: Bool
  ) {
    switch self {
    case .convolution(let linear), .fullyConnected(let linear): (placed ?? linear.geometry).put(to: &writer)
    case .maxPool(let pool):
      pool.put(to: &writer)
      if widensPools { for word in [pool.dilationHeight, pool.dilationWidth] { writer.size(word) } }
    case .averagePool(let pool, let multiplier, let shift):
      pool.put(to: &writer)
      writer.put(multiplier)
      writer.put(shift)
      if widensPools {
        for word in [pool.dilationHeight, pool.dilationWidth, pool.countsPadding ? 0 : 1] { writer.size(word) }
      }
    case .affineGridSample(let grid):
      writer.put(grid.interpolation.rawValue)
      writer.put(grid.outside.rawValue)
      for axis in [grid.x, grid.y] {
        for constant in [axis.a0, axis.a1, axis.b0, axis.b1, axis.c, axis.d] { writer.put(constant) }
      }
    case .concatenate(let shifts): for shift in shifts { writer.put(shift) }
    case .requantize(let shift): writer.put(shift)
    case .add(let parameters):
      writer.put(parameters.first)
      writer.put(parameters.second)
      writer.put(parameters.shift)
    case .table(let fixed):
      let placed = table ?? TableParameters(tables: fixed.tables)
      for word in [placed.offset, placed.bytes, placed.tables] { writer.size(word) }
    case .multiply(let shift): writer.put(shift)
    case .rearrange(let r):
      for axis in [r.rows, r.columns] {
        writer.size(axis.step)
        writer.put(Int32(axis.offset))
        writer.size(axis.divisor)
      }
      writer.put(Int32(r.firstChannel))
      writer.size(r.repeats ? 1 : 0)
      writer.put(r.fill)
    }
  }
}

extension ConvolutionParameters {
  fileprivate func put(to writer: inout ByteWriter) {
    let words = [
      kernelHeight, kernelWidth, strideHeight, strideWidth, paddingTop, paddingLeft, paddingBottom, paddingRight,
      dilationHeight, dilationWidth, groups, hasMaxPool ? 1 : 0, weightsOffset, weightsBytes, biasOffset, shiftOffset,
      weightWidth, Int(accumulatorBound),
    ]
    for word in words { writer.size(word) }
  }
}

extension PoolParameters {
  fileprivate func put(to writer: inout ByteWriter) {
    let words = [
      kernelHeight, kernelWidth, strideHeight, strideWidth, paddingTop, paddingLeft, paddingBottom, paddingRight,
    ]
    for word in words { writer.size(word) }
  }
}
