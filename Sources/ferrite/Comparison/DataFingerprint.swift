import EdgeRuntime
import ImageData

extension DataSet {
  /// A digest that tells data sets apart without reading them whole: the number of pictures, and the name, label and pixels
  /// of at most 64 of them, evenly spread. BLAKE2b-256, hexadecimal.
  ///
  /// - Throws: what reading a picture threw.
  func fingerprint() throws -> String {
    let samples = try indices(limit: 64).map { try sample($0) }
    return Digest.of { digest in
      digest.update(Int32(truncatingIfNeeded: count))
      for sample in samples {
        for bytes in [Array(sample.id.utf8), sample.frame] {
          digest.update(Int32(truncatingIfNeeded: bytes.count))
          unsafe bytes.withUnsafeBytes { unsafe digest.update($0) }
        }
        digest.update(Int32(truncatingIfNeeded: sample.label))
      }
    }.hexadecimal
  }
}
