import EdgeRuntime
import Exporter
import Foundation
import ImageData

/// A model file with its texts, for several threads.
final class LoadedModel: Sendable {
  let path: String
  let file: ModelFile
  /// The classes in the order of the logits.
  let labels: [String]

  /// Maps and checks the file.
  ///
  /// - Throws: `BadData` with the path, the fault and its byte offset.
  init(path: String) throws {
    self.path = path
    do throws(ModelError) {
      file = unsafe try ModelFile(path: path)
    } catch {
      throw BadData("\(path): \(error.explanation)")
    }
    var labels: [String] = []
    for index in 0..<file.classCount { labels.append(unsafe String(decoding: file.unsafeLabel(index), as: UTF8.self)) }
    self.labels = labels
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

  /// By node of the network that the model was made of, what its channels were multiplied with: 256ths of an octave. Empty
  /// where the provenance tells nothing of it.
  var scaling: [String: [Int16]] {
    struct Told: Decodable { var scaling: [String: Data]? }
    let told = try? JSONDecoder().decode(Told.self, from: Data(provenance.utf8))
    return (told?.scaling ?? [:]).mapValues { data in
      stride(from: 0, to: data.count - 1, by: 2).map {
        Int16(truncatingIfNeeded: Int(data[$0]) | Int(data[$0 + 1]) << 8)
      }
    }
  }

  /// By operation, what export has multiplied each channel of its output with; nil for 1.
  ///
  /// The provenance tells the factors of layers with weights; whatever else computes passes on those of its input.
  var channelFactors: [[Float]?] {
    let scaling = scaling
    var byTensor: [Int: [Float]] = [:]
    // A view has the place of the tensor that it is a view of.
    var latest: [Int: Int] = [:]
    func factors(of tensor: Int) -> [Float]? {
      byTensor[tensor] ?? latest[file.tensor(tensor).arenaOffset].flatMap { byTensor[$0] }
    }
    return (0..<file.operationCount).map { index in
      let record = file.operation(index)
      var found: [Float]?
      switch record.operation {
      case .conv2D, .fullyConnected:
        found = scaling[name(record.name)]?.map { OctaveParts.factor(Int($0)) }
      case .concatenate:
        let inputs = (0..<record.inputCount).map { [inputs = record.inputs] in inputs[$0] }
        if inputs.contains(where: { factors(of: $0) != nil }) {
          found = inputs.flatMap { input in
            let own = factors(of: input) ?? [1]
            return (0..<file.tensor(input).channels).map { own[$0 % own.count] }
          }
        }
      default: found = factors(of: record.inputs[0])
      }
      byTensor[record.output] = found
      latest[file.tensor(record.output).arenaOffset] = record.output
      return found
    }
  }

  /// The provenance without the channels' factors, which people can't read.
  var briefProvenance: String {
    guard let start = provenance.range(of: "\"scaling\":{"),
      let end = provenance[start.upperBound...].firstIndex(of: "}")
    else { return provenance }
    return provenance.replacingCharacters(in: start.upperBound..<end, with: "...")
  }

  /// The pixels of a test vector.
  func testPixels(_ index: Int) -> [UInt8] { unsafe Array(file.unsafeTestPixels(index)) }
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
