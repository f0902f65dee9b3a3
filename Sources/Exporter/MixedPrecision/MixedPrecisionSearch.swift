import EdgeRuntime
import Foundation
import Quantize

/// What a search must keep to.
public enum SearchBudget: Equatable, Sendable {
  /// Of the whole model file.
  case bytes(Int)
  /// Modelled, for a frame on a core.
  case cycles(Int, Core)
  /// Points of accuracy, hundredths of the images, that the fixed-point network may get wrong more often than the float one.
  case loss(Double)

  /// Of bytes or cycles.
  public var limit: Int? {
    switch self {
    case .bytes(let limit), .cycles(let limit, _): limit
    case .loss: nil
    }
  }

  public var core: Core? { if case .cycles(_, let core) = self { core } else { nil } }
}

/// Widths for the layers of a network, and what they were measured to give.
public struct SearchPoint: Equatable, Sendable {
  /// Every layer with a choice by name.
  public var settings: QuantizationSettings
  /// The width of all weights, where they were given one; nil for what the search found.
  public var uniformBits: Int?
  /// Of the whole file.
  public var bytes: Int
  public var weightBytes: Int
  /// Of a stored weight.
  public var meanWeightBits: Double
  /// Modelled for a frame; nil without a core.
  public var cycles: Int?
  public var fidelity: Fidelity

  /// Modelled cycles, or bytes where no core is modelled.
  public var cost: Int { cycles ?? bytes }
}

/// What a search has found.
public struct SearchResult: Sendable {
  /// Measured points by rising cost and falling divergence.
  public var front: [SearchPoint]
  /// The same width everywhere, by falling width: what the front is to be compared with.
  public var uniform: [SearchPoint]
  /// Of the points that keep to the budget the one that diverges least, or, for a loss, has the fewest bytes.
  public var chosen: SearchPoint
  /// What exporting with the chosen point's settings makes.
  public var model: ExportedModel
}

/// Searches the widths of layers: adds up how much each width of each layer alone changes the answers, finds the best sums for
/// every budget, and measures those that matter with all repairs.
public struct MixedPrecisionSearch: Sendable {
  /// Points of the front that are measured besides those at the budget.
  public static let frontPoints = 9
  /// Steps by which a loss is narrowed down.
  public static let lossSteps = 4
  /// Points that are tried at a budget.
  public static let budgetSteps = 3
  private static let uniformWidths = [8, 6, 5, 4, 3]

  /// Points that are measured at most.
  public static let mostPoints = uniformWidths.count + frontPoints + 1 + max(lossSteps, budgetSteps)

  private let source: ExportSource
  private let calibration: Calibration
  private let images: CalibrationImages
  private let reference: LogitReference
  private let budget: SearchBudget
  private let base: QuantizationSettings
  public let sensitivities: Sensitivities
  /// By rising cost against 8 bits everywhere.
  private let front: [Knapsack.Solution]
  private var measured: [SearchPoint] = []
  private var best: (point: SearchPoint, network: QuantizedNetwork)?

  /// - Parameters:
  ///   - reference: what points are measured by: images that calibration has not seen, if there are any.
  ///   - settings: with 8 bits for weights and activations.
  ///   - weightWidths: of 2...8.
  ///   - activationWidths: of 2...16.
  ///   - progress: called with what is done of all layers' widths, from several threads.
  public init(
    _ source: ExportSource, calibration: Calibration, images: CalibrationImages, reference: LogitReference,
    budget: SearchBudget, settings: QuantizationSettings, weightWidths: [Int], activationWidths: [Int],
    progress: @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws {
    (self.source, self.calibration, self.images, self.reference) = (source, calibration, images, reference)
    (self.budget, base) = (budget, settings)
    sensitivities = try Sensitivities(
      source, calibration: calibration, images: images, reference: reference, settings: settings,
      weightWidths: weightWidths, activationWidths: activationWidths, core: budget.core, progress: progress)
    guard !sensitivities.choices.isEmpty else { throw ExportError.nothingToSearch }
    let isCycles = budget.core != nil
    front = Knapsack.front(
      sensitivities.choices.map { choice in
        choice.options.map { .init(cost: isCycles ? $0.cycles : $0.bytes, loss: $0.divergence) }
      })
  }

  /// Measures the front and chooses.
  ///
  /// - Parameter progress: called for each measured point.
  /// - Throws: `ExportError.budgetTooSmall`, `.lossNotReached`, or what exporting threw.
  public mutating func run(progress: () -> Void = {}) throws -> SearchResult {
    // Its file tells what all but the weights takes.
    let wide = try measure(uniform(8), uniformBits: 8)
    progress()
    let offset = budget.core == nil ? wide.bytes - wide.weightBytes + sensitivities.weightBytes : sensitivities.cycles
    let affordable = try affordable(offset)
    for width in Self.uniformWidths.dropFirst() where budget.core == nil && hasOption(width) {
      _ = try measure(uniform(width), uniformBits: width)
      progress()
    }
    for index in spread(over: affordable) {
      _ = try measure(settings(front[index]))
      progress()
    }
    if case .loss(let points) = budget {
      try narrow(points, progress)
    } else {
      try stepDown(from: affordable.upperBound - 1, progress)
    }
    return try result()
  }

  // MARK: Choosing

  /// The part of the front that keeps to a budget of bytes or cycles; all of it for a loss.
  private func affordable(_ offset: Int) throws -> Range<Int> {
    guard let limit = budget.limit else { return front.indices }
    let count = front.firstIndex { $0.cost + offset > limit } ?? front.count
    guard count > 0 else { throw budgetTooSmall(least: front[0].cost + offset) }
    return 0..<count
  }

  private func budgetTooSmall(least: Int) -> ExportError {
    let unit = budget.core == nil ? "bytes" : "cycles a frame"
    return .budgetTooSmall("\(budget.limit ?? 0) \(unit) are too few: the least possible is \(least)")
  }

  /// The most that was expected to keep to a budget may cost a little more: measures what is as much cheaper.
  private mutating func stepDown(from top: Int, _ progress: () -> Void) throws {
    var index = top
    for _ in 0..<Self.budgetSteps {
      let point = try measure(settings(front[index]))
      guard !keeps(point), let limit = budget.limit else { return }
      let wanted = front[index].cost - (point.cost - limit)
      guard let cheaper = front[..<index].lastIndex(where: { $0.cost <= wanted }) else { return }
      index = cheaper
      progress()
    }
  }

  /// Indices of the front, evenly spread over the cost: of all of the front where bytes count, else of what can be
  /// afforded. The best that can be afforded is among them.
  private func spread(over affordable: Range<Int>) -> [Int] {
    let range = budget.core == nil ? front.indices : affordable
    let (least, most) = (front[range.lowerBound].cost, front[range.upperBound - 1].cost)
    var chosen = Set([affordable.upperBound - 1])
    for part in 0..<Self.frontPoints {
      let wanted = least + (most - least) * part / (Self.frontPoints - 1)
      chosen.insert(range.last { front[$0].cost <= wanted }!)
    }
    return chosen.sorted()
  }

  /// Measures between the cheapest point that loses no more and the next cheaper one, again and again.
  private mutating func narrow(_ points: Double, _ progress: () -> Void) throws {
    for _ in 0..<Self.lossSteps {
      let known = measured.compactMap { point in
        front.firstIndex { settings($0) == point.settings }.map { (index: $0, meets: keeps(point)) }
      }
      guard let best = known.filter(\.meets).map(\.index).min() else { return }
      let below = known.filter { !$0.meets && $0.index < best }.map(\.index).max() ?? 0
      guard best - below > 1 else { return }
      _ = try measure(settings(front[(best + below) / 2]))
      progress()
    }
  }

  private func keeps(_ point: SearchPoint) -> Bool {
    switch budget {
    case .bytes(let bytes): point.bytes <= bytes
    case .cycles(let cycles, _): point.cycles! <= cycles
    case .loss(let points): 100 * (reference.accuracy - point.fidelity.accuracy) <= points
    }
  }

  /// Whether a point that keeps to the budget is a better choice than another.
  private func isBetter(_ point: SearchPoint, than other: SearchPoint) -> Bool {
    if case .loss = budget {
      return (point.bytes, point.fidelity.divergence) < (other.bytes, other.fidelity.divergence)
    }
    return (point.fidelity.divergence, point.cost) < (other.fidelity.divergence, other.cost)
  }

  private func result() throws -> SearchResult {
    guard let best else {
      if budget.limit != nil { throw budgetTooSmall(least: measured.map(\.cost).min() ?? 0) }
      let least = measured.map { 100 * (reference.accuracy - $0.fidelity.accuracy) }.min() ?? 0
      throw ExportError.lossNotReached(least: least)
    }
    var front: [SearchPoint] = []
    for point in measured.sorted(by: { ($0.cost, $0.fidelity.divergence) < ($1.cost, $1.fidelity.divergence) })
    where front.last.map({ point.fidelity.divergence < $0.fidelity.divergence }) ?? true {
      front.append(point)
    }
    return SearchResult(
      front: front, uniform: measured.filter { $0.uniformBits != nil }, chosen: best.point,
      model: try exportModel(
        best.network, of: source, calibration: calibration, images: images, settings: best.point.settings))
  }

  // MARK: Settings

  private func settings(_ solution: Knapsack.Solution) -> QuantizationSettings {
    settings { solution.taken[$0] }
  }

  /// The nearest width that each layer's weights may have; 8 bits for outputs.
  private func uniform(_ width: Int) -> QuantizationSettings {
    settings { index in
      let choice = sensitivities.choices[index]
      let wanted = choice.kind == .weights ? width : 8
      return choice.options.indices.min {
        abs(choice.options[$0].width - wanted) < abs(choice.options[$1].width - wanted)
      }!
    }
  }

  private func hasOption(_ width: Int) -> Bool {
    sensitivities.choices.contains { $0.kind == .weights && $0.options.contains { $0.width == width } }
  }

  private func settings(option: (_ choice: Int) -> Int) -> QuantizationSettings {
    var settings = base
    for (index, choice) in sensitivities.choices.enumerated() {
      let width = choice.options[option(index)].width
      switch choice.kind {
      case .weights: settings.layers[choice.layer, default: .init()].weightBits = width
      case .activations: settings.layers[choice.layer, default: .init()].activationBits = width
      }
    }
    return settings
  }

  // MARK: Measuring

  /// Quantises with all repairs; what has been measured is not measured again.
  private mutating func measure(_ settings: QuantizationSettings, uniformBits: Int? = nil) throws -> SearchPoint {
    if let known = measured.first(where: { $0.settings == settings }) { return known }
    let network = try QuantizedNetwork(source, calibration: calibration, images: images, settings: settings)
    let graph = network.graph
    var content = try ModelContent(
      draft: graph,
      provenance: try Provenance(source, images: images, settings: settings, equalised: network.equalised).json)
    let inputs = InputFormats(graph)
    content.vectors = try images.spread(graph.testVectors).map { index in
      TestVector(
        pixels: inputs.raw(try images.pixels(index)), values: Array(repeating: 0, count: graph.outputValues))
    }
    let point = SearchPoint(
      settings: settings, uniformBits: uniformBits, bytes: try content.encoded().count,
      weightBytes: graph.storedWeightBytes,
      meanWeightBits: 8 * Double(graph.storedWeightBytes) / Double(max(graph.byteWeightBytes, 1)),
      cycles: budget.core.map { CycleModel($0).cycles(graph) },
      fidelity: try reference.fidelity(of: graph, threads: calibrationThreads))
    measured.append(point)
    if keeps(point), best.map({ isBetter(point, than: $0.point) }) ?? true { best = (point, network) }
    return point
  }
}
