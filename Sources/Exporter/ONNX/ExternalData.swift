import Foundation

/// A tensor's values in a file beside the model. The file must lie in the model's own folder or below, links followed.
struct ExternalData {
  private let tensor: String
  private var location = ""
  private var offset = 0
  private var length: Int?

  init(_ proto: Onnx_TensorProto) throws(ONNXError) {
    tensor = proto.name
    for entry in proto.externalData {
      switch entry.key {
      case "location": location = entry.value
      case "offset": offset = try Self.size(entry, tensor)
      case "length": length = try Self.size(entry, tensor)
      case "checksum": break
      default: throw .externalData(tensor: tensor, reason: "unknown key '\(entry.key)'")
      }
    }
    guard !location.isEmpty else { throw .externalData(tensor: tensor, reason: "it names no location") }
  }

  private static func size(_ entry: Onnx_StringStringEntryProto, _ tensor: String) throws(ONNXError) -> Int {
    guard let value = Int(entry.value), value >= 0 else {
      throw .externalData(tensor: tensor, reason: "\(entry.key) '\(entry.value)' is no size")
    }
    return value
  }

  func read(from folder: URL?) throws(ONNXError) -> Data {
    guard let folder else { throw .externalData(tensor: tensor, reason: "the model was not read from a file") }
    let root = folder.resolvingSymlinksInPath().standardizedFileURL.path
    let file = folder.appendingPathComponent(location).resolvingSymlinksInPath().standardizedFileURL
    guard !location.hasPrefix("/"), file.path.hasPrefix(root.hasSuffix("/") ? root : root + "/") else {
      throw .externalData(tensor: tensor, reason: "'\(location)' leaves the model's folder")
    }
    let data: Data
    do {
      data = try Data(contentsOf: file, options: .mappedIfSafe)
    } catch {
      throw .externalData(tensor: tensor, reason: "'\(location)' cannot be read")
    }
    let wanted = length ?? data.count - offset
    guard offset <= data.count, wanted >= 0, wanted <= data.count - offset else {
      throw .externalData(
        tensor: tensor, reason: "bytes \(offset)..<\(offset)+\(wanted) lie outside '\(location)' of \(data.count) bytes"
      )
    }
    return data[data.startIndex + offset..<data.startIndex + offset + wanted]
  }
}
