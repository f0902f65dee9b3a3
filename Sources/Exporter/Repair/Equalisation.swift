import Foundation
import Quantize

/// Channels' factors as a file names them: whole 256ths of an octave.
public enum OctaveParts {
  public static let perOctave = 256

  /// `2^(parts/256)`.
  public static func factor(_ parts: Int) -> Float { Float(exp2(Double(parts) / Double(perOctave))) }
}

/// A graph with its channels scaled, and by how much: the same function.
///
/// Factors are `OctaveParts`, so that a file can name them exactly.
struct Equalisation: Sendable {
  /// How many octaves channels of one format may be moved against each other.
  static let octaves = 2
  /// A channel that lies further below the others than this has no bits left in their format. It is moved all the way: the
  /// weights that read it may make up for its smallness, and if they don't, nothing is lost.
  static let octavesApart = 8
  /// No channel, and no side of a concatenation, is moved by more: files count parts of octaves in 16 bits.
  static let mostOctaves = 60
  /// A reach is that of so many values, extrapolated from those that were seen.
  static let foreseen = 1e6
  /// Bits of a weight from which on the noise of its rounding is small beside that of the activations'.
  static let wideBits = 7

  private(set) var graph: FloatGraph
  /// By name of the node that makes the channels, each channel's factor in 256ths of an octave.
  private(set) var parts: [String: [Int16]] = [:]
  /// By value, a factor for each channel that its numbers are multiplied with; nil for 1.
  private(set) var factors: [[Float]?]
  private(set) var input: InputAlignment?

  /// Nothing scaled.
  init(_ graph: FloatGraph) {
    self.graph = graph
    factors = Array(repeating: nil, count: graph.values.count)
  }

  /// Scales every channel whose readers can undo it.
  ///
  /// With absorption each channel is multiplied by the power of two to which its best weight step is rounded, over that
  /// step, so that power-of-two weight scales fit as well as real ones. With equalisation channels are moved by whole
  /// octaves until each reaches into the upper octave of the format that it shares, `octaves` at most (all the way
  /// from `octavesApart` on), and the sides of a concatenation likewise as a whole. From `wideBits` on both serve the
  /// activations instead: channels fill the format that they share.
  ///
  /// - Parameter calibration: by value, what its channels were on the calibration images.
  init(_ layers: LayerGraph, calibration: [ChannelHistograms?], settings: QuantizationSettings) {
    self.init(layers.graph)
    if !settings.without.contains(.inputAlignment), let seen = calibration[graph.input] {
      align(InputAlignment(graph, seen: seen, width: min(settings.activationBits, 8)))
    }
    let reach = calibration.map { $0.map(Self.expectedReach) }
    // Once for all the layers that take the same factors.
    let links = graph.nodes.indices.map { index in
      graph.link(ofNode: index).flatMap { $0.nodes.min() == index ? $0 : nil }
    }
    let absorbs = !settings.without.contains(.absorption)
    let equalises = !settings.without.contains(.equalisation)
    for index in graph.nodes.indices {
      if let link = links[index] {
        var chosen = [Int](repeating: 0, count: graph.values[graph.nodes[index].output].shape.channels)
        let width = settings.weightBits(of: graph.nodes[index].name)
        let reach = layers.reach(of: link, reach)
        if absorbs, width >= Self.wideBits {
          if let reach { chosen = filling(reach, equalises: equalises) }
        } else {
          if absorbs { chosen = absorption(link, width: width) }
          if equalises, let reach { chosen = raised(chosen, reach: reach) }
        }
        if chosen.contains(where: { $0 != 0 }) { apply(chosen, to: link) }
      }
      if equalises, case .concatenate = graph.nodes[index].operation, let reach = reach[graph.nodes[index].output] {
        equaliseSides(of: graph.nodes[index].output, reach, links.compactMap { $0 })
      }
    }
  }

  /// The greatest magnitude of each channel that a format should hold, for images that calibration hasn't seen either; 0
  /// for channels that are always zero.
  ///
  /// Maxima of values with exponential tails grow as the logarithm of their count, so that what few values have reached says
  /// little. No channel is expected to reach beyond what all of the tensor's values together suggest.
  static func expectedReach(_ seen: ChannelHistograms) -> [Float] {
    func growth(_ count: UInt64) -> Double { max(log(foreseen) / log(max(Double(count), 2)), 1) }
    let (reach, counts) = (seen.clippedReach(levels: 255), seen.nonzeros)
    let most = Double(reach.max() ?? 0) * growth(counts.reduce(0, +))
    return zip(reach, counts).map { Float(min(Double($0) * growth($1), most)) }
  }

  private mutating func align(_ input: InputAlignment?) {
    guard let input, let aligned = graph.align(input) else { return }
    self.input = input
    for (value, factors, _) in aligned { self.factors[value] = factors }
  }

  private mutating func apply(_ chosen: [Int], to link: ChannelLink) {
    let scale = chosen.map(OctaveParts.factor)
    graph.scale(link, by: scale)
    for name in link.nodes.map({ graph.nodes[$0].name }) {
      parts[name] = zip(parts[name] ?? Array(repeating: 0, count: chosen.count), chosen).map { $0 + Int16($1) }
    }
    for (value, channels) in link.values {
      var scaled = factors[value] ?? Array(repeating: 1, count: channels.count)
      for (index, channel) in channels.enumerated() where channel >= 0 { scaled[index] *= scale[channel] }
      factors[value] = scaled
    }
  }

  /// For each output channel the factor, of half an octave at most, that makes its best weight step a power of two; no
  /// factor where several layers take the same.
  private func absorption(_ link: ChannelLink, width: Int) -> [Int] {
    guard let (weights, bias) = graph.nodes[link.nodes[0]].operation.linear else { return [] }
    guard link.nodes.count == 1 else { return bias.map { _ in 0 } }
    let taps = weights.count / bias.count
    return bias.indices.map { channel in
      guard let step = WeightFormat.bestStep(weights[channel * taps..<(channel + 1) * taps], width: width) else {
        return 0
      }
      let octave = log2(step)
      return Int(((octave.rounded() - octave) * Double(OctaveParts.perOctave)).rounded())
    }
  }

  /// The factors with whole octaves more, so that channels reach into one octave as far as `octaves` allow.
  private func raised(_ parts: [Int], reach: [Float]) -> [Int] {
    // How many octaves each channel lies below 1; nil for one that is always zero.
    let room = zip(parts, reach).map { parts, reach in
      reach > 0 ? Int((-log2(Double(reach)) - Double(parts) / Double(OctaveParts.perOctave)).rounded(.down)) : nil
    }
    guard let least = room.compactMap({ $0 }).min() else { return parts }
    return zip(parts, room).map { parts, room in
      parts + Int(Self.move(over: Double((room ?? least) - least))) * OctaveParts.perOctave
    }
  }

  /// How many octaves a channel is moved that lies `gap` octaves below the others.
  private static func move(over gap: Double) -> Double {
    min(gap, Double(gap > Double(octavesApart) ? mostOctaves : octaves))
  }

  /// The factors that bring the greatest magnitude of every channel up to the power of two that the tensor's format will
  /// reach: all channels by what the tensor lacks, and each by as much of its own distance as `move` allows.
  private func filling(_ reach: [Float], equalises: Bool) -> [Int] {
    guard let greatest = reach.max(), greatest > 0 else { return Array(repeating: 0, count: reach.count) }
    let most = log2(Double(greatest))
    return reach.map { reach in
      let gap = equalises && reach > 0 ? most - log2(Double(reach)) : 0
      let moved = most.rounded(.up) - most + Self.move(over: gap)
      return Int((moved * Double(OctaveParts.perOctave)).rounded(.down))
    }
  }

  /// Moves each producer whose channels end in a concatenation as a whole, so that all sides reach into one octave.
  private mutating func equaliseSides(of value: Int, _ reach: [Float], _ links: [ChannelLink]) {
    let reached = reach.indices.map { Double(reach[$0]) * Double(factors[value]?[$0] ?? 1) }
    var isMoved = [Bool](repeating: false, count: reach.count)
    var sides: [(link: ChannelLink, reach: Double)] = []
    for link in links {
      guard let channels = link.values.first(where: { $0.value == value })?.channels else { continue }
      let own = channels.indices.filter { channels[$0] >= 0 }
      own.forEach { isMoved[$0] = true }
      sides.append((link, own.reduce(0) { max($0, reached[$1]) }))
    }
    // What can't be moved is a side, too.
    let fixed = reached.indices.filter { !isMoved[$0] }.reduce(0) { max($0, reached[$1]) }
    guard let most = (sides.map(\.reach) + [fixed]).max(), most > 0 else { return }
    // Up to the power of two that the format will reach.
    let bound = exp2(log2(most).rounded(.up))
    for (link, reach) in sides where reach > 0 {
      let octaves = min(Int(log2(bound / reach).rounded(.down)), Self.mostOctaves)
      if octaves > 0 {
        let moved = octaves * OctaveParts.perOctave
        // A link's first value is what its node makes.
        apply(Array(repeating: moved, count: link.values[0].channels.count), to: link)
      }
    }
  }
}

extension LayerGraph {
  /// How far each of a link's channels reaches: the most of what its layers, and the sums of them, make; nil if nothing was
  /// observed.
  ///
  /// - Parameter seen: by value, how far its channels reach.
  fileprivate func reach(of link: ChannelLink, _ seen: [[Float]?]) -> [Float]? {
    let names = Set(link.nodes.map { graph.nodes[$0].name })
    let values = Set(link.values.map(\.value))
    let own = layers.filter { layer in
      if case .add = layer.operation { return values.contains(layer.output) }
      return names.contains(layer.name)
    }
    return own.compactMap { seen[$0.output] }.reduce(nil) { most, reach in
      most.map { zip($0, reach).map { max($0, $1) } } ?? reach
    }
  }
}
