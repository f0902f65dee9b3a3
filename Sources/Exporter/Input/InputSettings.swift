import Foundation
import Quantize

/// What a user says of a network's input and classes; it takes the place of what the network's file says.
///
/// Numbers of `mean` and `standardDeviation` are for pixels of 0...`range`, one for all channels or one for each, in the order of the
/// network's channels: a pixel becomes `(pixel / 255 * range - mean) / standardDeviation`.
public struct InputSettings: Equatable, Sendable, Codable {
  /// What a network takes of a picture.
  public enum Channels: String, CaseIterable, Sendable, Codable {
    /// Red first, as pictures have them.
    case rgb
    /// Blue first, as OpenCV reads pictures.
    case bgr
    /// The luma in every channel.
    case grey
  }

  public var mean: [Double]?
  public var standardDeviation: [Double]?
  /// 1 or 255. Given alone it says that the network takes pixels of 0...`range` as they are.
  public var range: Double?
  public var channels: Channels?
  /// How pictures of another size are made the input's, for whoever reads pictures.
  public var resize: String?
  /// One for each output.
  public var labels: [String]?

  public init() {}

  /// Labels have a section of their own in a model.
  private enum CodingKeys: String, CodingKey {
    case mean, range, channels, resize
    case standardDeviation = "std"
  }

  /// Whether it says how pixels become numbers.
  public var statesPreparation: Bool { mean != nil || standardDeviation != nil || range != nil }

  /// Whether a calibration with it differs from one without.
  public var changesNumbers: Bool { statesPreparation || (channels != nil && channels != .rgb) }
}

extension InputSettings {
  /// What these say, and where they say nothing, what is there already. Numbers belong together: who says one, says all.
  public func replaced(by other: InputSettings) -> InputSettings {
    var settings = self
    if other.statesPreparation {
      (settings.mean, settings.standardDeviation, settings.range) = (other.mean, other.standardDeviation, other.range)
    }
    settings.channels = other.channels ?? channels
    settings.resize = other.resize ?? resize
    settings.labels = other.labels ?? labels
    return settings
  }

  /// The network with these settings, of pictures with red first or grey ones.
  ///
  /// - Throws: `InputError` where they don't fit the network.
  public func applied(to graph: FloatGraph) throws(InputError) -> FloatGraph {
    var graph = graph
    let count = graph.values[graph.input].shape.channels
    graph.preparation = InputPreparation(
      mean: try numbers(mean, own: graph.preparation.mean, usual: 0, count, "--mean"),
      standardDeviation: try numbers(
        standardDeviation, own: graph.preparation.standardDeviation, usual: 1, count, "--std"))
    if let place = graph.preparation.standardDeviation.firstIndex(where: { !($0 > 0) }) {
      throw .deviation(channel: place)
    }
    if statesPreparation { graph.states.insert(.preparation) }
    if let labels {
      let outputs = graph.scores.map { graph.values[$0.value].shape.channels } ?? 0
      guard labels.count == outputs else { throw .labelCount(labels.count, outputs: outputs) }
      graph.labels = labels
      graph.states.insert(.labels)
    }
    guard let channels else { return graph }
    guard count == 3 || (count == 1 && channels == .grey) else { throw .channels(channels, network: count) }
    switch channels {
    case .bgr: graph.takeRedFirst()
    case .grey where count == 3: graph.takeGrey()
    case .rgb, .grey: break
    }
    return graph
  }

  /// Numbers for pixels of 0...1, one for each channel.
  ///
  /// - Parameters:
  ///   - own: the network's.
  ///   - usual: those of a range whose numbers nobody gives.
  private func numbers(
    _ given: [Double]?, own: [Float], usual: Double, _ count: Int, _ option: String
  ) throws(InputError) -> [Float] {
    guard given != nil || range != nil else { return own }
    let numbers = given ?? [usual]
    guard numbers.count == 1 || numbers.count == count else {
      throw .count(option: option, numbers.count, channels: count)
    }
    let scaled = numbers.map { Float($0 / (range ?? 1)) }
    guard scaled.allSatisfy(\.isFinite) else { throw .notFinite(option: option) }
    return scaled.count == count ? scaled : Array(repeating: scaled[0], count: count)
  }
}

/// Why settings don't fit a network, or names are no list of classes.
public enum InputError: Error, Equatable, Sendable, CustomStringConvertible {
  case count(option: String, Int, channels: Int)
  case notFinite(option: String)
  case deviation(channel: Int)
  case channels(InputSettings.Channels, network: Int)
  case labelCount(Int, outputs: Int)
  /// The first line is 1.
  case label(line: Int, reason: String)
  case labelsTwice(String, lines: Int, Int)
  case noLabels
  case notText(reason: String)

  public var description: String {
    switch self {
    case .count(let option, let count, let channels):
      "\(option): \(count) numbers for \(channels) \(channels == 1 ? "channel" : "channels"); one, or one for each, is wanted"
    case .notFinite(let option): "\(option): a number is beyond 32-bit floats"
    case .deviation(let channel): "--std: the deviation of channel \(channel) is not above 0"
    case .channels(let channels, let network):
      "--channels \(channels.rawValue): the network takes \(network) \(network == 1 ? "channel" : "channels"), "
        + (network == 1 ? "which is grey" : "which only arrays (.npy) have")
    case .labelCount(let labels, let outputs):
      "--labels: \(labels) names for \(outputs) outputs"
        + (labels == outputs + 1 ? "; is there one too many, such as for a background?" : "")
    case .label(let line, let reason): "line \(line): \(reason)"
    case .labelsTwice(let label, let first, let second):
      "\"\(label)\" stands there twice, in lines \(first) and \(second)"
    case .noLabels: "there are no names"
    case .notText(let reason): reason
    }
  }
}
