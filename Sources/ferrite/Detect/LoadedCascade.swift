import EdgeRuntime
import Foundation

/// A cascade file with its name.
final class LoadedCascade: Sendable {
  static let suffix = ".fxc"

  let path: String
  let file: CascadeFile

  /// Maps and checks the file.
  ///
  /// - Parameter key: of whoever must have signed it.
  /// - Throws: `BadData` with the path, the fault and its byte offset.
  init(path: String, key: PublicKey? = nil) throws {
    self.path = path
    do throws(CascadeError) {
      file = unsafe try CascadeFile(path: path, key: key)
    } catch {
      throw BadData("\(path): \(error.explanation)")
    }
  }

  var provenance: String { unsafe String(decoding: file.unsafeProvenance, as: UTF8.self) }
}

extension CascadeError {
  /// The fault, and the byte or the system's reason.
  var explanation: String {
    guard fault == .unreadable else { return "\(fault.message) (byte \(byteOffset))" }
    // How `linux_map_file` says so.
    let isNoFile = systemError == EINVAL
    return "\(fault.message): \(isNoFile ? "it is empty or no ordinary file" : systemMessage(systemError))"
  }
}
