import EdgeRuntime

/// Where one spatial transformer looked, and what it saw there.
struct SamplerView: Sendable {
  struct Point: Equatable, Sendable {
    var x: Double
    var y: Double
  }

  var name: String
  /// The six values that the network predicted, target to source.
  var theta: [Double]
  /// The corners of the sampler's output on the picture, in pixels from its upper left corner: upper left, upper right,
  /// lower right, lower left.
  var corners: [Point]
  /// The sampled values: height x width, the mean of the channels.
  var width: Int
  var height: Int
  var sampled: [Double]
}

extension SamplerView {
  /// Runs the network on a picture and looks at each of its samplers, in their order.
  ///
  /// A sampler behind another one sees what that one has straightened, so that its window goes through both maps. What lies
  /// between them (padded convolutions, pools) is taken to keep its input's frame.
  static func all(_ pixels: [UInt8], _ classifier: Classifier) -> [SamplerView] {
    let model = classifier.model
    // For each tensor, the map of its frame (0...1 along either axis) to the picture's.
    var frames = [Frame](repeating: .whole, count: model.file.tensorCount)
    var views: [SamplerView] = []
    classifier.begin(pixels)
    for index in 0..<model.file.operationCount {
      let record = model.file.operation(index)
      // Read before the step: it may write over a tensor that it is the last to use.
      let sampler = Sampler(record, classifier)
      classifier.step(index)
      frames[record.output] = frames[record.inputs[0]]
      guard let sampler else { continue }
      frames[record.output] = sampler.frame.inside(frames[record.inputs[0]])
      if isResize(record, model) { continue }
      views.append(
        SamplerView(
          sampler, classifier, record, picture: model.file.tensor(model.file.inputTensor), frames[record.output]))
    }
    return views
  }

  /// Whether a sampler does no more than to give its input another size: its theta are the biases of a layer that reads a single value.
  private static func isResize(_ sampler: OperationRecord, _ model: LoadedModel) -> Bool {
    (0..<model.file.operationCount).contains { index in
      let record = model.file.operation(index)
      return record.output == sampler.inputs[1] && record.operation.kind == .fullyConnected
        && model.file.tensor(record.inputs[0]).count == 1
    }
  }

  private init(
    _ sampler: Sampler, _ classifier: Classifier, _ record: OperationRecord, picture: TensorRecord, _ frame: Frame
  ) {
    let output = classifier.model.file.tensor(record.output)
    let values = classifier.values(record.output)
    name = classifier.model.name(record.name)
    theta = sampler.theta
    corners = frame.corners.map { Point(x: $0.x * Double(picture.width), y: $0.y * Double(picture.height)) }
    width = output.width
    height = output.height
    sampled = (0..<output.width * output.height).map { place in
      let channels = values[place * output.channels..<(place + 1) * output.channels]
      return channels.reduce(0, +) / Double(output.channels)
    }
  }
}

/// An affine map of one frame to another, both 0...1 along either axis: `x' = xx * x + xy * y + x1`.
private struct Frame: Sendable {
  var xx: Double
  var xy: Double
  var x1: Double
  var yx: Double
  var yy: Double
  var y1: Double

  static let whole = Frame(xx: 1, xy: 0, x1: 0, yx: 0, yy: 1, y1: 0)

  func callAsFunction(_ p: SamplerView.Point) -> SamplerView.Point {
    .init(x: xx * p.x + xy * p.y + x1, y: yx * p.x + yy * p.y + y1)
  }

  var corners: [SamplerView.Point] {
    [.init(x: 0, y: 0), .init(x: 1, y: 0), .init(x: 1, y: 1), .init(x: 0, y: 1)].map { self($0) }
  }

  /// This map, then `outer`.
  func inside(_ outer: Frame) -> Frame {
    Frame(
      xx: outer.xx * xx + outer.xy * yx, xy: outer.xx * xy + outer.xy * yy,
      x1: outer.xx * x1 + outer.xy * y1 + outer.x1,
      yx: outer.yx * xx + outer.yy * yx, yy: outer.yx * xy + outer.yy * yy, y1: outer.yx * x1 + outer.yy * y1 + outer.y1
    )
  }
}

/// What a sampler is about to do: its theta, and the frame of its output in that of its input.
private struct Sampler {
  var theta: [Double]
  var frame: Frame

  /// nil for another operation.
  init?(_ record: OperationRecord, _ classifier: Classifier) {
    guard case .affineGridSample(let parameters) = record.operation else { return nil }
    let theta = classifier.values(record.inputs[1])
    let (input, output) = (classifier.model.file.tensor(record.inputs[0]), classifier.model.file.tensor(record.output))
    /// Source pixel (its centre a whole number) of the output's `column`, `row`, as the runtime has it before rounding.
    func source(_ axis: AffineGridParameters.Axis, _ t: ArraySlice<Double>, column: Double, row: Double) -> Double {
      let along = t.first! * (Double(axis.a0) + Double(axis.a1) * column)
      let across = t.dropFirst().first! * (Double(axis.b0) + Double(axis.b1) * row)
      let one = Double(1 << AffineGridParameters.constantFraction)
      return (along + across + t.last! * Double(axis.c) + Double(axis.d)) / one
    }
    /// The output's point in the input, both as fractions of their frames, from outer edge to outer edge.
    func place(_ x: Double, _ y: Double) -> SamplerView.Point {
      let (column, row) = (x * Double(output.width) - 0.5, y * Double(output.height) - 0.5)
      return .init(
        x: (source(parameters.x, theta[0..<3], column: column, row: row) + 0.5) / Double(input.width),
        y: (source(parameters.y, theta[3..<6], column: column, row: row) + 0.5) / Double(input.height))
    }
    let (origin, right, down) = (place(0, 0), place(1, 0), place(0, 1))
    self.theta = theta
    frame = Frame(
      xx: right.x - origin.x, xy: down.x - origin.x, x1: origin.x, yx: right.y - origin.y, yy: down.y - origin.y,
      y1: origin.y)
  }
}
