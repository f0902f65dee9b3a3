import EdgeRuntime
import Foundation

/// A cascade file (docs/file-format.md), and what is worth telling of it.
public struct ExportedCascade: Sendable {
  public var bytes: [UInt8]
  /// How many stages decide every window as floating point does, whatever its codes.
  public var exactStages: Int
  public var stageCount: Int
  public var fractionBits: Int
}

extension FixedCascade {
  /// Writes the cascade, and reads it back by the loader.
  ///
  /// - Parameters:
  ///   - source: the bytes that `cascade` was read from, whose digest goes into the provenance.
  ///   - file: where they were read.
  public static func export(
    _ cascade: FloatCascade, source: [UInt8], file: String
  ) throws(CascadeImportError) -> ExportedCascade {
    let fixed = FixedCascade(cascade)
    var bytes = fixed.bytes(cascade, provenance: provenance(of: source, file: file))
    let digest = unsafe bytes.withUnsafeBytes { unsafe Digest.ofModel($0) }
    for index in 0..<Layout.digestBytes { bytes[Layout.digestOffset + index] = digest[index] }
    if let error = refusal(bytes) {
      throw CascadeImportError(file, .refusedByLoader("\(error.fault.message)", byteOffset: error.byteOffset))
    }
    return ExportedCascade(
      bytes: bytes, exactStages: fixed.stages.count(where: \.isExact), stageCount: fixed.stages.count,
      fractionBits: fixed.fractionBits)
  }

  private static func refusal(_ bytes: [UInt8]) -> CascadeError? {
    unsafe bytes.withUnsafeBytes { bytes in
      do throws(CascadeError) {
        _ = unsafe try CascadeFile(unsafeBytes: bytes)
        return nil
      } catch {
        return error
      }
    }
  }

  private static func provenance(of source: [UInt8], file: String) -> [UInt8] {
    let digest = Digest.of { digest in unsafe source.withUnsafeBytes { unsafe digest.update($0) } }
    let digits = (0..<Layout.digestBytes).map { digest[$0] }[...].hexadecimal
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let provenance = CascadeProvenance(
      source: CascadeProvenance.Source(name: URL(filePath: file).lastPathComponent, digest: digits))
    guard let json = try? encoder.encode(provenance) else { preconditionFailure("strings encode") }
    return Array(json)
  }

  private func bytes(_ cascade: FloatCascade, provenance: [UInt8]) -> [UInt8] {
    let stumpCount = cascade.stumpCount
    let provenanceOffset = CascadeLayout.provenanceOffset(stages: stages.count, stumps: stumpCount)
    var writer = ByteWriter()
    writer.put(CascadeLayout.magic)
    writer.put(CascadeLayout.majorVersion)
    writer.put(CascadeLayout.minorVersion)
    writer.size(CascadeLayout.headerBytes)
    writer.put(UInt64(provenanceOffset + provenance.count))
    writer.put(UInt64(0))
    for value in [cascade.windowWidth, cascade.windowHeight, stages.count, stumpCount] { writer.put(UInt16(value)) }
    writer.put(UInt8(fractionBits))
    writer.pad(to: 44)
    writer.size(provenance.count)
    writer.pad(to: CascadeLayout.headerBytes)
    var first = 0
    for stage in stages {
      writer.put(stage.threshold)
      writer.put(UInt16(first))
      writer.put(UInt16(stage.values.count))
      first += stage.values.count
    }
    writer.pad(to: CascadeLayout.stumpsOffset(stages: stages.count))
    for (stage, fixed) in zip(cascade.stages, stages) {
      for (stump, values) in zip(stage.stumps, fixed.values) { writer.put(stump, values) }
    }
    writer.pad(to: provenanceOffset)
    writer.put(provenance)
    return writer.bytes
  }
}

extension ByteWriter {
  fileprivate mutating func put(_ stump: FloatCascade.Stump, _ values: (inside: Int32, outside: Int32)) {
    for value in [stump.x, stump.y, stump.width, stump.height] { put(UInt8(value)) }
    put(values.inside)
    put(values.outside)
    for word in stump.subset { put(word) }
    put(UInt32(0))
  }
}

/// Where a cascade comes from.
private struct CascadeProvenance: Encodable {
  struct Source: Encodable {
    var name: String
    /// BLAKE2b-256, hexadecimal.
    var digest: String
  }

  var exporter = exporterVersion
  var source: Source
}
