import EdgeRuntime
import Foundation
import Quantize

@testable import Exporter

/// The ONNX project's node tests as `Fixtures/nodes/make_cases.py` prepared them.
struct NodeCases: Decodable {
  /// The PyPI package that they are from, with its version.
  var package: String
  var cases: [NodeCase]

  static let folder = ImportFixture.folder.appending(path: "nodes")
  static let all: NodeCases = {
    do {
      return try JSONDecoder().decode(NodeCases.self, from: Data(contentsOf: folder.appending(path: "cases.json")))
    } catch {
      preconditionFailure("cases.json: \(error)")
    }
  }()

  /// Models and numbers, one behind the other.
  private static let blob: Data = {
    do { return try Data(contentsOf: folder.appending(path: "cases.bin")) } catch {
      preconditionFailure("cases.bin: \(error)")
    }
  }()

  /// A part of the blob: offset and length in bytes.
  struct Place: Decodable {
    var offset: Int
    var length: Int

    init(from decoder: any Decoder) throws {
      var numbers = try decoder.unkeyedContainer()
      (offset, length) = (try numbers.decode(Int.self), try numbers.decode(Int.self))
    }

    var bytes: Data { NodeCases.blob.subdata(in: offset..<offset + length) }

    /// Little-endian 32-bit floats.
    var floats: [Float] {
      let bytes = [UInt8](bytes)
      return stride(from: 0, to: bytes.count, by: 4).map { index in
        Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[index + $1]) << (8 * UInt32($1)) })
      }
    }
  }
}

/// One of the package's cases.
struct NodeCase: Decodable {
  var name: String
  var `operator`: String
  /// Why it is no network of floats; then it has no forms.
  var skipped: String?
  /// Whether its numbers are not those that ONNX's own evaluator computes: typed with four digits.
  var isRounded: Bool?
  var forms: [Form]

  /// A way to make a network of it.
  struct Form: Decodable {
    /// `constant`: what the operator reads beside its first input is constant; `values`: all of it comes from the network's input;
    /// `folded`: all of it is constant.
    var form: String
    var model: NodeCases.Place
    /// Empty where the case has too many numbers to be kept.
    var frames: [Frame]

    /// An input and what must come out, as it lies in memory: rows, columns, channels.
    struct Frame: Decodable {
      var image: NodeCases.Place
      var outputs: [NodeCases.Place]
    }
  }
}

/// What came of one form of a case.
enum NodeOutcome {
  case passed(NodeError?)
  /// The importer's or the exporter's words.
  case refused(String)
  case failed(String)
}

/// How far fixed point is from the float network, in steps of 8 signed bits over the output's range: its greatest magnitude / 128.
struct NodeError {
  /// What the formats' rounding can make.
  var bound: Double
  var measured: Double
}

extension NodeCase.Form {
  /// Reads the network, holds the float reference to the case and the fixed-point network to the float reference.
  func run(_ case: NodeCase) throws -> NodeOutcome {
    var graph: FloatGraph
    do throws(ONNXError) {
      graph = try Importer.graph(data: model.bytes, folder: nil)
    } catch {
      return .refused(error.placeless)
    }
    guard !frames.isEmpty else {
      return .failed("it can be read now: MOST_NUMBERS of make_cases.py leaves its numbers out")
    }
    for graph in [graph, Passes.all(graph)] {
      let difference = difference(graph, tolerance: `case`.isRounded == true ? 0x1p-10 : 0x1p-17)
      if let difference { return .failed(difference) }
    }
    graph = Passes.all(graph)
    let frames = NodeFrames(frames.map(\.image.floats), seed: `case`.name)
    graph.preparation = frames.preparation(channels: graph.values[graph.input].shape.channels)
    do {
      return .passed(try NodeFixedPoint(graph, frames).error())
    } catch let error as ExportError {
      return .refused("export: \(error)")
    }
  }

  /// What the float reference has other than the case wants; nil if nothing.
  ///
  /// - Parameter tolerance: for a number, as a part of the greatest one, or of 1.
  private func difference(_ graph: FloatGraph, tolerance: Float) -> String? {
    let reference = FloatReference(graph)
    // The probabilities of a softmax that is left away are those of the logits.
    let isLeftAway = graph.notes.contains { $0.contains("is left away") }
    for frame in frames {
      reference.run(frame.image.floats)
      for (index, wanted) in frame.outputs.enumerated() {
        let wanted = wanted.floats
        let found = isLeftAway ? reference.output(index).softmax : reference.output(index)
        guard found.count == wanted.count else {
          return "output \(index) has \(found.count) numbers, not \(wanted.count)"
        }
        // Sums in another order than the package's: numbers up to the tolerance of the greatest one apart.
        let scale = max(wanted.lazy.filter(\.isFinite).map(\.magnitude).max() ?? 0, 1)
        for place in wanted.indices where found[place] != wanted[place] {
          guard (found[place] - wanted[place]).magnitude <= tolerance * scale else {
            return "output \(index) is \(found[place]) at \(place), not \(wanted[place])"
          }
        }
      }
    }
    return nil
  }
}

extension ONNXError {
  /// What is wrong, without the node, which is the case's.
  fileprivate var placeless: String {
    switch self {
    case .unsupportedAttribute(_, let attribute, let found, let supported):
      "attribute \(attribute) is \(found); supported: \(supported)"
    case .invalidNode(_, let reason): reason
    case .unsupportedOperator(let place, _): "the operator \(place.operatorName) is not supported"
    default: description
    }
  }
}

extension [Float] {
  fileprivate var softmax: [Float] {
    let powers = map { exp($0 - (self.max() ?? 0)) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }
}
