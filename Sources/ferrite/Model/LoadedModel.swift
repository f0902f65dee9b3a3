import EdgeRuntime
import Exporter
import Foundation
import ImageData

/// A model file with its texts, for several threads.
final class LoadedModel: Sendable {
  let path: String
  let file: ModelFile
  let outputs: [ModelOutput]
  /// The classes in the order of the logits, of the only output of scores; none where there is none or more than one.
  let labels: [String]

  /// Maps and checks the file.
  ///
  /// - Parameter key: of whoever must have signed it.
  /// - Throws: `BadData` with the path, the fault and its byte offset.
  init(path: String, key: PublicKey? = nil) throws {
    self.path = path
    do throws(ModelError) {
      file = unsafe try ModelFile(path: path, key: key)
    } catch {
      throw BadData("\(path): \(error.explanation)")
    }
    var outputs: [ModelOutput] = []
    for index in 0..<file.outputCount { outputs.append(ModelOutput(file, index)) }
    self.outputs = outputs
    labels = file.scoresOutput.flatMap { outputs[$0].labels } ?? []
  }

  /// The picture that the model takes.
  var extent: ImageExtent {
    let input = file.tensor(file.inputTensor)
    return ImageExtent(width: input.width, height: input.height, channels: input.channels)
  }

  func name(_ reference: NameReference) -> String {
    unsafe String(decoding: file.unsafeName(reference), as: UTF8.self)
  }

  var provenance: String { unsafe String(decoding: file.unsafeProvenance, as: UTF8.self) }

  /// What whoever exported the model said of the network's input, as the provenance tells it; nothing where it doesn't.
  var inputSettings: InputSettings {
    struct Told: Decodable {
      var input_settings: InputSettings?
    }
    return (try? JSONDecoder().decode(Told.self, from: Data(provenance.utf8)))?.input_settings ?? InputSettings()
  }

  /// The provenance without the channels' factors, which people can't read.
  var briefProvenance: String {
    guard let start = provenance.range(of: "\"scaling\":{"),
      let end = provenance[start.upperBound...].firstIndex(of: "}")
    else { return provenance }
    return provenance.replacingCharacters(in: start.upperBound..<end, with: "...")
  }

  /// The frame of a test vector, as a session takes it.
  func testFrame(_ index: Int) -> [UInt8] { unsafe Array(file.unsafeTestFrame(index)) }
}

extension ModelError {
  /// The fault, and the byte or the system's reason.
  var explanation: String {
    guard fault == .unreadable else { return "\(fault.message) (byte \(byteOffset))" }
    // How `linux_map_file` says so.
    let isNoFile = systemError == EINVAL
    return "\(fault.message): \(isNoFile ? "it is empty or no ordinary file" : systemMessage(systemError))"
  }
}
