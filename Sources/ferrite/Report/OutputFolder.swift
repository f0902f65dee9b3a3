import DrawnFaces
import EdgeRuntime
import Exporter
import Foundation

/// A folder that outputs are written to as NumPy arrays, a file for each picture and output.
final class OutputFolder {
  private let path: String
  /// The files that this run has written, and the picture of each: two pictures of one name would overwrite each other.
  private var written: [String: String] = [:]

  /// Makes the folder unless it is there.
  ///
  /// - Throws: `BadData` where it can't be made or written to.
  init(_ path: String) throws {
    self.path = path
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw BadData("\(path): the folder can't be made: \(error.localizedDescription)")
    }
  }

  /// Writes what the latest frame made.
  ///
  /// - Parameter name: the picture's; its ending is left away, and what can't stand in a file's name becomes "_".
  /// - Returns: the files, by output.
  /// - Throws: `BadData` for a second picture of one name; `ExportError.unwritable`.
  func write(_ classifier: Classifier, picture name: String) throws -> [String] {
    try classifier.model.outputs.map { output in
      let file = "\(path)/\(Self.stem(name)).\(Self.plain(output.name)).npy"
      if let other = written[file] {
        throw BadData("\(file): is already an output of \(other); give \(name) a folder of its own")
      }
      written[file] = name
      try AtomicFile.write(Self.array(output, classifier), to: file)
      return file
    }
  }

  /// A picture's name without its ending.
  private static func stem(_ name: String) -> String {
    let ending = [".jpg", ".jpeg", ".png", ".pgm"].first(where: name.lowercased().hasSuffix)
    return plain(String(name.dropLast(ending?.count ?? 0)))
  }

  /// What can stand in a file's name on any system.
  private static func plain(_ text: String) -> String {
    String(text.map { $0.isLetter || $0.isNumber || "-_.".contains($0) ? $0 : "_" })
  }

  /// An array of float32, height x width x channels: exact, as no value has more than 16 bits.
  private static func array(_ output: ModelOutput, _ classifier: Classifier) -> [UInt8] {
    let record = output.record
    var bytes = NumPyArray.header(.float32, shape: [record.height, record.width, record.channels])
    for value in classifier.values(output.tensor) {
      let bits = Float(value).bitPattern
      for byte in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: bits >> (8 * UInt32(byte)))) }
    }
    return bytes
  }
}
