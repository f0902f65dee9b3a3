extension OperationKind {
  /// The kind's name in docs/file-format.md and in every report.
  public var name: StaticString {
    switch self {
    case .conv2D: "conv2D"
    case .fullyConnected: "fullyConnected"
    case .maxPool2D: "maxPool2D"
    case .averagePool2D: "averagePool2D"
    case .affineGridSample: "affineGridSample"
    case .concatenate: "concatenate"
    case .requantize: "requantize"
    case .add: "add"
    case .table: "table"
    case .rearrange: "rearrange"
    case .multiply: "multiply"
    }
  }
}
