import EdgeRuntime
import Exporter
import FoundationEssentials

/// What export has made of the numbers of a tensor: `number * factor + offset`, by channel.
struct ChannelMap: Equatable, Sendable {
  /// One for each channel, or one for all of them.
  var factors: [Double]
  var offsets: [Double]

  static let identity = ChannelMap(factors: [1], offsets: [0])

  /// A tensor's numbers, channels last, as the model has them.
  func applied(to numbers: [Double]) -> [Double] {
    numbers.indices.map { numbers[$0] * factors[$0 % factors.count] + offsets[$0 % offsets.count] }
  }

  /// The map of channels from `first` on; those that are none of the tensor's are as they were.
  func moved(by first: Int, channels: Int) -> ChannelMap {
    guard factors.count > 1 || offsets.count > 1 else { return self }
    let sources = (0..<channels).map { $0 + first }
    return ChannelMap(
      factors: sources.map { factors.count == 1 ? factors[0] : factors.indices ~= $0 ? factors[$0] : 1 },
      offsets: sources.map { offsets.count == 1 ? offsets[0] : offsets.indices ~= $0 ? offsets[$0] : 0 })
  }

  /// The network's numbers again.
  func undone(in numbers: [Double]) -> [Double] {
    numbers.indices.map { (numbers[$0] - offsets[$0 % offsets.count]) / factors[$0 % factors.count] }
  }
}

/// Each tensor's map, as a model's provenance tells them.
struct ChannelMaps: Sendable {
  private(set) var input = ChannelMap.identity
  /// By operation, of its output.
  private(set) var outputs: [ChannelMap] = []

  /// The provenance tells the factors of layers with weights and the map of the input; whatever else computes passes on
  /// those of its input.
  init(_ model: LoadedModel) {
    let told = try? JSONDecoder().decode(Told.self, from: Data(model.provenance.utf8))
    if let aligned = told?.input { input = aligned.map }
    var byTensor = [model.file.inputTensor: input]
    // A view has the place of the tensor that it is a view of.
    var latest = [model.file.tensor(model.file.inputTensor).arenaOffset: model.file.inputTensor]
    func map(of tensor: Int) -> ChannelMap {
      byTensor[tensor] ?? latest[model.file.tensor(tensor).arenaOffset].flatMap { byTensor[$0] } ?? .identity
    }
    for index in 0..<model.file.operationCount {
      let record = model.file.operation(index)
      let found: ChannelMap
      switch record.operation {
      case .conv2D, .fullyConnected: found = told?.map(ofLayer: model.name(record.name)) ?? .identity
      case .concatenate:
        let inputs = (0..<record.inputCount).map { [inputs = record.inputs] in inputs[$0] }
        let parts = inputs.map { (map: map(of: $0), channels: model.file.tensor($0).channels) }
        found = ChannelMap(
          factors: parts.flatMap { part in (0..<part.channels).map { part.map.factors[$0 % part.map.factors.count] } },
          offsets: parts.flatMap { part in (0..<part.channels).map { part.map.offsets[$0 % part.map.offsets.count] } })
      // No factor goes through a product.
      case .multiply: found = .identity
      case .rearrange(let rearrangement):
        found = map(of: record.inputs[0]).moved(
          by: rearrangement.firstChannel, channels: model.file.tensor(record.output).channels)
      default: found = map(of: record.inputs[0])
      }
      byTensor[record.output] = found
      latest[model.file.tensor(record.output).arenaOffset] = record.output
      outputs.append(found)
    }
  }

  /// What of a provenance tells maps.
  private struct Told: Decodable {
    struct Input: Decodable {
      var scale: [Float]
      var offset: [Float]

      var map: ChannelMap { ChannelMap(factors: scale.map(Double.init), offsets: offset.map(Double.init)) }
    }

    /// By layer, 256ths of an octave: little-endian 16-bit integers.
    var scaling: [String: Data]?
    var input: Input?

    func map(ofLayer name: String) -> ChannelMap? {
      guard let data = scaling?[name], data.count >= 2 else { return nil }
      let factors = stride(from: 0, to: data.count - 1, by: 2).map { place in
        let parts = Int16(truncatingIfNeeded: Int(data[place]) | Int(data[place + 1]) << 8)
        return Double(OctaveParts.factor(Int(parts)))
      }
      return ChannelMap(factors: factors, offsets: [0])
    }
  }
}
