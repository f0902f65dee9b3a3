import EdgeRuntime

extension ModelReport {
  /// The network in Graphviz's language: a box for each operation, an arrow for each tensor with its size and format.
  var dot: String {
    var text = "digraph \(model.path.quotedForDOT) {\n  node [shape=box, fontname=\"sans-serif\"];\n"
    text += "  edge [fontname=\"sans-serif\", fontsize=10];\n"
    for index in 0..<model.file.inputCount {
      let name = model.file.inputCount > 1 ? ", label=\(model.name(model.file.input(index).name).quotedForDOT)" : ""
      text += "  \(inputNode(index)) [shape=oval\(name)];\n"
    }
    // A tensor's writer: operations are in their order, so the last one before its reader.
    var writer: [Int: String] = [:]
    for (index, layer) in layers.enumerated() {
      let record = model.file.operation(index)
      let kind = "\(layer.operation.kind.name)\(layer.hasMaxPool ? " + max-pool" : "")"
      let macs = layer.macs == 0 ? "" : "\n\(layer.macs.grouped) MACs"
      let weights = layer.weightFormat.map { "\n\($0)" } ?? ""
      text += "  op\(index) [label=\("\(layer.name.briefLayerName)\n\(kind)\(macs)\(weights)".quotedForDOT)];\n"
      for position in 0..<record.inputCount {
        let tensor = record.inputs[position]
        text +=
          "  \(writer[tensor] ?? inputNode(ofView: tensor)) -> op\(index) [label=\(edge(model.file.tensor(tensor)))];\n"
      }
      writer[record.output] = "op\(index)"
    }
    for (index, output) in model.outputs.enumerated() {
      let node = model.file.listsOutputs ? "output\(index)" : "logits"
      let name = model.file.listsOutputs ? ", label=\(output.name.quotedForDOT)" : ""
      text += "  \(node) [shape=oval\(name)];\n"
      text += "  \(self.writer(of: output) ?? "input") -> \(node) [label=\(edge(output.record))];\n"
    }
    return text + "}\n"
  }

  private func inputNode(_ index: Int) -> String { index == 0 ? "input" : "input\(index)" }

  /// The input whose bytes a tensor that no operation writes has: itself, or the one that it is a view of.
  private func inputNode(ofView tensor: Int) -> String {
    let place = model.file.tensor(tensor).arenaOffset
    return inputNode((0..<model.file.inputCount).first { model.file.input($0).arenaOffset == place } ?? 0)
  }

  /// The last operation that writes an output's bytes, which may be a view of what it makes.
  private func writer(of output: ModelOutput) -> String? {
    layers.indices.last {
      layers[$0].output.arenaOffset == output.record.arenaOffset && layers[$0].output.bytes == output.record.bytes
    }.map { "op\($0)" }
  }

  private func edge(_ tensor: TensorRecord) -> String { "\(tensor.extents)\n\(tensor.format.name)".quotedForDOT }
}

extension String {
  /// A quoted identifier; a new line starts a new line of the label.
  fileprivate var quotedForDOT: String {
    var text = "\""
    for character in self {
      switch character {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      default: text.append(character)
      }
    }
    return text + "\""
  }
}
