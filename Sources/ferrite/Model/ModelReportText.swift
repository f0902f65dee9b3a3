import EdgeRuntime

extension ModelReport {
  /// Tables of the layers and of the memory plan, then what identifies the file.
  var text: String {
    var layerTable = TextTable([
      ("layer", .left), ("op", .left), ("input", .left), ("output", .left), ("input format", .left),
      ("weight format", .left), ("output format", .left), ("MACs", .right), ("weight bytes", .right),
      ("entropy", .right), ("greatest sum", .right), ("spare bits", .right), ("SQNR dB", .right),
    ])
    for layer in layers {
      layerTable.add([
        layer.name.briefLayerName, "\(layer.operation.kind.name)\(layer.hasMaxPool ? " + max-pool" : "")",
        layer.inputs.map(\.extents).joined(separator: ", "), layer.output.extents, layer.inputs[0].format.name,
        layer.weightFormat ?? "", layer.output.format.name, layer.macs == 0 ? "" : layer.macs.grouped,
        layer.weights?.bytes.grouped ?? "", layer.weights?.entropyBytes.grouped ?? "",
        layer.accumulator.map { $0.bound.grouped } ?? "", layer.accumulator.map { "\($0.spareBits)" } ?? "",
        layer.sqnr?.decimals(1) ?? "",
      ])
    }
    var bufferTable = TextTable([
      ("buffer", .left), ("shape", .left), ("format", .left), ("offset", .right), ("bytes", .right),
      ("live", .left),
    ])
    let plan = MemoryPlanDrawing(report: self)
    for buffer in buffers {
      bufferTable.add([
        buffer.name.briefLayerName, buffer.record.extents, buffer.record.format.name, "\(buffer.record.arenaOffset)",
        buffer.record.bytes.grouped, plan.bar(buffer),
      ])
    }
    return """
      \(layerTable.text)
      \(bufferTable.text)
      file        \(model.file.fileBytes.grouped) bytes
      weights     \(weights.text)
      arena       \(model.file.arenaBytes.grouped) bytes, workspace from \(model.file.workspaceOffset.grouped); each further thread \(bytesPerThread.grouped)
      session     \(model.file.sessionBytes(threads: 1).grouped) bytes: the arena and what is prepared once
      MACs        \(macs.grouped)
      vectors     \(model.file.testVectorCount)
      \(inputs)\(outputs)
      provenance  \(model.briefProvenance)
      digest      \(model.file.digest.hexadecimal)
      signature   \(model.file.signature.text)

      """
  }
}

extension ModelReport {
  /// A line for each input, where there is more than the image.
  private var inputs: String {
    guard model.file.inputCount > 1 else { return "" }
    return (0..<model.file.inputCount).map { index in
      let record = model.file.input(index)
      return
        "takes       \(model.name(record.name)), \(record.extents) \(index == 0 ? "image" : "values") of \(record.format.name)\n"
    }.joined()
  }

  /// The labels of the scores, or a line for each listed output.
  private var outputs: String {
    guard model.file.listsOutputs else { return "labels      \(model.labels.joined(separator: ", "))" }
    return model.outputs.map { output in
      let labels = output.labels.map { ": " + $0.joined(separator: ", ") } ?? ""
      return "output      \(output.text) of \(output.record.format.name)\(labels)"
    }.joined(separator: "\n")
  }
}

extension TensorRecord {
  /// `48x48x1`: height, width, channels; a vector is its channels alone.
  var extents: String { height == 1 && width == 1 ? "\(channels)" : "\(height)x\(width)x\(channels)" }
}

extension WeightCost {
  /// `926 208 bytes, 12.5 % of the 7 409 664 as 32-bit floats; entropy 812 345 bytes`.
  fileprivate var text: String {
    let share = count == 0 ? 0 : Double(bytes) / Double(floatBytes)
    return """
      \(bytes.grouped) bytes, \(share.percent) of the \(floatBytes.grouped) as 32-bit floats; entropy \
      \(entropyBytes.grouped) bytes
      """
  }
}
