import EdgeRuntime

/// What a model file holds, read from the file itself: the report of `inspect`, and of `export` about what it wrote.
struct ModelReport {
  struct Layer {
    var name: String
    var operation: Operation
    var inputs: [TensorRecord]
    var output: TensorRecord
    var macs: UInt64
    var workspaceBytes: Int
    var sqnr: Double?
    /// The formats of a layer's weights: one width, a fraction for each output channel.
    var weightFractions: ClosedRange<Int>?
    /// nil without weights.
    var weights: WeightCost?
  }

  struct Buffer {
    var name: String
    var record: TensorRecord
  }

  let model: LoadedModel
  let layers: [Layer]
  let buffers: [Buffer]

  init(_ model: LoadedModel) {
    self.model = model
    layers = (0..<model.file.operationCount).map { Layer(model, index: $0) }
    buffers = (0..<model.file.tensorCount).map {
      let record = model.file.tensor($0)
      return Buffer(name: model.name(record.name), record: record)
    }
  }

  var macs: UInt64 { layers.reduce(0) { $0 + $1.macs } }

  /// Over all layers.
  var weights: WeightCost { layers.compactMap(\.weights).reduce(WeightCost(), +) }
}

extension ModelReport.Layer {
  fileprivate init(_ model: LoadedModel, index: Int) {
    let record = model.file.operation(index)
    name = model.name(record.name)
    operation = record.operation
    inputs = (0..<record.inputCount).map { [inputs = record.inputs] in model.file.tensor(inputs[$0]) }
    output = model.file.tensor(record.output)
    macs = record.multiplyAccumulates
    workspaceBytes = record.workspaceBytes
    sqnr = record.sqnrCentibels.map { Double($0) / 100 }
    weightFractions = nil
    weights = nil
    guard let parameters = operation.convolution else { return }
    // A product has the fraction bits of both factors, and the shift drops those that the output lacks.
    let dropped = (0..<output.channels).map { model.file.shift(parameters, outputChannel: $0) }
    let offset = output.format.fraction - inputs[0].format.fraction
    weightFractions = (dropped.min() ?? 0) + offset...(dropped.max() ?? 0) + offset
    weights = WeightCost(model.file, parameters, inputChannels: inputs[0].channels, outputChannels: output.channels)
  }

  /// `Q(8, 5...9, signed)`; nil without weights.
  var weightFormat: String? {
    guard let parameters = operation.convolution, let fractions = weightFractions else { return nil }
    let isOne = fractions.lowerBound == fractions.upperBound
    return FixedFormat.name(
      width: parameters.weightWidth,
      fraction: isOne ? "\(fractions.lowerBound)" : "\(fractions.lowerBound)...\(fractions.upperBound)", isSigned: true)
  }

  var hasMaxPool: Bool { operation.convolution?.hasMaxPool ?? false }
}

extension EdgeRuntime.Operation {
  /// The parameters of a convolution or fully connected layer.
  var convolution: ConvolutionParameters? {
    switch self {
    case .conv2D(let parameters), .fullyConnected(let parameters): parameters
    default: nil
    }
  }
}

// MARK: - JSON

extension ModelReport {
  /// Bytes of arena that each thread but the first adds: a workspace of its own.
  var bytesPerThread: Int { model.file.sessionBytes(threads: 2) - model.file.sessionBytes(threads: 1) }

  var json: JSON {
    [
      "bytes": JSON(model.file.fileBytes),
      "digest": JSON(model.file.digest.hexadecimal),
      "layers": JSON(layers.map(\.json)),
      "arena_bytes": JSON(model.file.arenaBytes), "arena_bytes_per_thread": JSON(bytesPerThread),
      "session_bytes": JSON(model.file.sessionBytes(threads: 1)),
      "macs": JSON(macs),
      "weight_bytes": JSON(weights.bytes),
      "weight_entropy_bytes": JSON(weights.entropyBytes),
      "float_bytes": JSON(weights.floatBytes),
      "workspace_offset": JSON(model.file.workspaceOffset),
      "test_vectors": JSON(model.file.testVectorCount),
      "buffers": JSON(buffers.map(\.json)),
      "inputs": JSON((0..<model.file.inputCount).map(inputJSON)),
      "outputs": JSON(model.outputs.map(\.json)),
      "labels": JSON(model.labels.map(JSON.string)),
      "provenance": JSON(model.provenance),
      "signature": model.file.signature.json,
    ]
  }
}

extension ModelReport {
  /// An input's name, role, shape and format.
  private func inputJSON(_ index: Int) -> JSON {
    let record = model.file.input(index)
    return [
      "name": JSON(model.name(record.name)), "role": index == 0 ? "image" : "values", "shape": record.shape,
      "format": JSON(record.format.name),
    ]
  }
}

extension ModelReport.Layer {
  fileprivate var json: JSON {
    [
      "name": JSON(name),
      "op": JSON("\(operation.kind.name)"),
      "macs": JSON(macs),
      "input_format": JSON(inputs[0].format.name),
      "weight_format": weightFormat.map(JSON.string) ?? .null,
      "output_format": JSON(output.format.name),
      "sqnr_db": JSON(sqnr),
      "input_shape": inputs[0].shape,
      "output_shape": output.shape,
      "max_pool": .bool(hasMaxPool),
      "weight_width": operation.convolution.map { JSON($0.weightWidth) } ?? .null,
      "weight_bytes": weights.map { JSON($0.bytes) } ?? .null,
      "weight_entropy_bytes": weights.map { JSON($0.entropyBytes) } ?? .null,
      "float_bytes": weights.map { JSON($0.floatBytes) } ?? .null,
      "accumulator_bound": accumulator.map { JSON($0.bound) } ?? .null,
      "accumulator_bits": accumulator.map { JSON($0.bits) } ?? .null,
      "accumulator_spare_bits": accumulator.map { JSON($0.spareBits) } ?? .null,
      "workspace_bytes": JSON(workspaceBytes),
    ]
  }
}

extension ModelReport.Buffer {
  fileprivate var json: JSON {
    [
      "name": JSON(name), "shape": record.shape, "format": JSON(record.format.name), "offset": JSON(record.arenaOffset),
      "bytes": JSON(record.bytes), "first_operation": JSON(record.firstOperation),
      "last_operation": JSON(record.lastOperation),
    ]
  }
}
