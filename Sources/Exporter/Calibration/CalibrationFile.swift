import EdgeRuntime
import Foundation
import Quantize

/// The file that keeps a calibration with its pictures, so that a network can be exported again without the data set.
/// docs/calibration-file.md describes it byte by byte.
public enum CalibrationFile {
  public static let suffix = ".fxcal"

  /// `.FXC` between bytes that a text transfer would change.
  static let magic: [UInt8] = [0x89, 0x46, 0x58, 0x43, 0x0D, 0x0A, 0x1A, 0x0A]
  static let version = 1
  static let headerBytes = 80
  static let digestBytes = 32
  /// Bins of a channel's histogram.
  static let bins = 2 * ChannelHistograms.binsPerSide

  /// Writes the file whole or not at all; it may be larger than the memory.
  ///
  /// - Parameters:
  ///   - calibration: what `calibrate` found of the source on these images.
  /// - Throws: `ExportError.unwritable`, or what reading images threw.
  public static func write(
    _ calibration: Calibration, of source: ExportSource, images: CalibrationImages, to path: String
  ) throws {
    let layers = try LayerGraph(fusing: source.graph)
    let head = try head(calibration, source, layers, images)
    let digest = try images.digest(after: head)
    try AtomicFile.write(to: path) { put in
      put(head)
      for index in 0..<images.count { put(try images.pixels(index)) }
      put(digest)
    }
  }

  /// All that stands before the pictures.
  private static func head(
    _ calibration: Calibration, _ source: ExportSource, _ layers: LayerGraph, _ images: CalibrationImages
  ) throws -> [UInt8] {
    var body = ByteWriter()
    let name = Array(source.name.utf8)
    body.put(name)
    for count in images.classCounts { body.size(count) }
    for value in layers.stored {
      guard let histograms = calibration.histograms[value] else {
        preconditionFailure("a calibration of this network")
      }
      put(histograms, named: layers.graph.values[value].name, &body)
    }
    let shape = layers.shape(layers.graph.input)
    var header = ByteWriter()
    header.put(magic)
    header.size(version)
    header.size(images.count)
    header.put(UInt64(headerBytes + body.bytes.count + images.count * layers.graph.frameBytes + digestBytes))
    for size in [
      shape.height, shape.width, shape.channels, images.classCounts.count, layers.stored.count, name.count,
    ] { header.size(size) }
    header.put(try source.calibrationDigest.hexadecimalBytes)
    header.pad(to: headerBytes)
    return header.bytes + body.bytes
  }

  private static func put(_ histograms: ChannelHistograms, named name: String, _ body: inout ByteWriter) {
    body.size(name.utf8.count)
    body.put(Array(name.utf8))
    body.size(histograms.channels)
    for channel in 0..<histograms.channels {
      let record = histograms[channel]
      let first = record.counts.firstIndex { $0 > 0 } ?? 0
      let end = (record.counts.lastIndex { $0 > 0 } ?? -1) + 1
      body.put(record.exponent)
      body.put(record.minimum.bitPattern)
      body.put(record.maximum.bitPattern)
      body.put(record.zeros)
      body.put(UInt16(first))
      body.put(UInt16(end - first))
      for count in record.counts[first..<end] { body.putVariable(count) }
    }
  }
}

extension ByteWriter {
  /// LEB128: seven bits a byte, the lowest first, the eighth set in all but the last.
  fileprivate mutating func putVariable(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      put(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    put(UInt8(rest))
  }
}

extension String {
  /// The bytes that two hexadecimal digits each stand for; empty if some other character is there.
  var hexadecimalBytes: [UInt8] {
    let digits = Array(utf8)
    let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
      UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
    }
    return bytes.count * 2 == digits.count ? bytes : []
  }
}
