import EdgeRuntime
import Exporter
import Foundation
import Quantize

/// An ONNX network with the digest of its file.
struct FloatNetwork: Sendable {
  let path: String
  let graph: FloatGraph
  /// BLAKE2b-256, hexadecimal.
  let digest: String

  /// The file's name, without folders.
  var name: String { URL(fileURLWithPath: path).lastPathComponent }
  var inputChannels: Int { graph.values[graph.input].shape.channels }

  /// The network with what a user says of its input and outputs.
  ///
  /// - Throws: `BadData` with the path where that doesn't fit.
  func graph(_ settings: InputSettings) throws -> FloatGraph {
    do throws(InputError) { return try settings.applied(to: graph) } catch { throw BadData("\(path): \(error)") }
  }

  /// Reads an ONNX network.
  ///
  /// - Throws: `BadData` with the path and what the importer found.
  init(path: String) throws {
    self.path = path
    do {
      graph = try Importer.graph(path: path)
      let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      digest = Digest.of { digest in unsafe bytes.withUnsafeBytes { unsafe digest.update($0) } }.hexadecimal
    } catch {
      throw BadData("\(path): \(error)")
    }
  }
}
