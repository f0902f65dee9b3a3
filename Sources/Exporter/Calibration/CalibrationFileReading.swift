import EdgeRuntime
import Foundation
import Quantize

/// Why a file is no calibration of a network, and where.
public struct CalibrationFileError: Error, Equatable, Sendable, CustomStringConvertible {
  public enum Fault: Equatable, Sendable {
    case tooShort, magic, version(Int), fileSize, digest
    case otherNetwork(name: String)
    case imageSize(Shape, wanted: Shape)
    case count, text, histogram, pictures
    case tensor(found: String, wanted: String)
    case channels(Int, wanted: Int)
  }

  public var fault: Fault
  /// Bytes from the start of the file to the field at fault.
  public var byteOffset: Int

  public var description: String { "\(fault) (byte \(byteOffset))" }
}

extension CalibrationFileError.Fault: CustomStringConvertible {
  public var description: String {
    switch self {
    case .tooShort: "the file ends before its header does"
    case .magic: "this is no calibration that ferrite calibrate wrote"
    case .version(let version):
      "the format version is \(version), this program reads \(CalibrationFile.version): calibrate again"
    case .fileSize: "the file's length is not the one in its header: truncated or extended"
    case .digest: "the digest does not match: the file is damaged"
    case .otherNetwork(let name):
      "it is the calibration of another network, of an earlier state of this one, or with other --mean, --std, --range or "
        + "--channels: \(name)"
    case .imageSize(let found, let wanted):
      "its pictures are \(found.width)x\(found.height)x\(found.channels), the network takes "
        + "\(wanted.width)x\(wanted.height)x\(wanted.channels)"
    case .count: "a count is zero or more than the file has room for"
    case .text: "a name is not UTF-8"
    case .histogram: "a channel's histogram contradicts itself"
    case .pictures: "the pictures do not lie where the histograms end"
    case .tensor(let found, let wanted):
      "it has the tensor \(found) where this program sees \(wanted): calibrate again"
    case .channels(let found, let wanted): "a tensor has \(found) channels, the network's has \(wanted)"
    }
  }
}

extension CalibrationFile {
  /// Reads what `write` wrote; the pictures stay in the file until they are asked for.
  ///
  /// - Parameters:
  ///   - data: the whole file, mapped for preference.
  ///   - source: the network that it must be the calibration of.
  /// - Throws: `CalibrationFileError`, or `ExportError` for a network that can't be exported.
  public static func read(
    _ data: Data, of source: ExportSource
  ) throws -> (calibration: Calibration, images: CalibrationImages) {
    let layers = try LayerGraph(fusing: source.graph)
    try checkIdentity(data)
    // `checkIdentity` has found a whole header.
    var reader = CalibrationReader(Array(data.prefix(headerBytes)), at: 12)
    let imageCount = try reader.size()
    _ = try reader.integer(UInt64.self)
    let shape = try Shape(height: reader.size(), width: reader.size(), channels: reader.size())
    let (classes, tensors, nameBytes) = (try reader.size(), try reader.size(), try reader.size())
    let wanted = layers.shape(layers.graph.input)
    guard shape == wanted else { throw CalibrationFileError(fault: .imageSize(shape, wanted: wanted), byteOffset: 24) }
    let frameBytes = layers.graph.frameBytes
    let room = (data.count - headerBytes - digestBytes) / frameBytes
    guard imageCount >= 1, imageCount <= room else { throw CalibrationFileError(fault: .count, byteOffset: 12) }
    guard classes == 0 || classes == layers.graph.labels.count else {
      throw CalibrationFileError(fault: .count, byteOffset: 36)
    }
    guard tensors == layers.stored.count else { throw CalibrationFileError(fault: .count, byteOffset: 40) }

    let pictures = data.count - digestBytes - imageCount * frameBytes
    reader = CalibrationReader(Array(data.prefix(pictures)), at: headerBytes)
    let name = try reader.text(nameBytes)
    guard Array(data[data.startIndex + 48..<data.startIndex + 80]) == padded(try source.calibrationDigest) else {
      throw CalibrationFileError(fault: .otherNetwork(name: name), byteOffset: 48)
    }
    let classCounts = try (0..<classes).map { _ in try reader.size() }
    guard classes == 0 || classCounts.reduce(0, +) == imageCount else {
      throw CalibrationFileError(fault: .count, byteOffset: headerBytes + nameBytes)
    }
    var histograms = [ChannelHistograms?](repeating: nil, count: layers.graph.values.count)
    for value in layers.stored {
      histograms[value] = try reader.tensor(layers.graph.values[value], images: imageCount)
    }
    guard reader.position == pictures else {
      throw CalibrationFileError(fault: .pictures, byteOffset: reader.position)
    }
    let images = CalibrationImages(
      count: imageCount, frameBytes: frameBytes, classCounts: classCounts
    ) { index in
      let start = data.startIndex + pictures + index * frameBytes
      return Array(data[start..<start + frameBytes])
    }
    return (Calibration(histograms: histograms, imageCount: imageCount), images)
  }

  /// Magic, version, length and digest: what tells a calibration from other files and a whole one from a damaged one.
  private static func checkIdentity(_ data: Data) throws(CalibrationFileError) {
    guard data.starts(with: magic) else { throw CalibrationFileError(fault: .magic, byteOffset: 0) }
    guard data.count >= headerBytes + digestBytes else {
      throw CalibrationFileError(fault: .tooShort, byteOffset: data.count)
    }
    var reader = CalibrationReader(Array(data.prefix(headerBytes)), at: magic.count)
    let found = try reader.size()
    guard found == version else { throw CalibrationFileError(fault: .version(found), byteOffset: 8) }
    _ = try reader.size()
    guard try reader.integer(UInt64.self) == UInt64(data.count) else {
      throw CalibrationFileError(fault: .fileSize, byteOffset: 16)
    }
    let digest = Digest.of { digest in
      unsafe data.dropLast(digestBytes).withUnsafeBytes { unsafe digest.update($0) }
    }
    guard data.suffix(digestBytes).elementsEqual((0..<digestBytes).map { digest[$0] }) else {
      throw CalibrationFileError(fault: .digest, byteOffset: data.count - digestBytes)
    }
  }

  private static func padded(_ digest: String) -> [UInt8] {
    let bytes = digest.hexadecimalBytes.prefix(digestBytes)
    return bytes + Array(repeating: 0, count: digestBytes - bytes.count)
  }
}

/// A place in a calibration file's bytes.
private struct CalibrationReader {
  private let bytes: [UInt8]
  /// Bytes from the start of the file.
  private(set) var position: Int

  init(_ bytes: [UInt8], at position: Int) {
    self.bytes = bytes
    self.position = position
  }

  mutating func integer<Value: FixedWidthInteger & UnsignedInteger>(
    _ type: Value.Type
  ) throws(CalibrationFileError) -> Value {
    let end = position + Value.bitWidth / 8
    guard end <= bytes.count else { throw CalibrationFileError(fault: .count, byteOffset: position) }
    let value = (position..<end).reversed().reduce(Value(0)) { $0 << 8 | Value(bytes[$1]) }
    position = end
    return value
  }

  /// A u32.
  mutating func size() throws(CalibrationFileError) -> Int { Int(try integer(UInt32.self)) }

  mutating func text(_ count: Int) throws(CalibrationFileError) -> String {
    guard count <= bytes.count - position,
      let text = String(validating: bytes[position..<position + count], as: UTF8.self)
    else { throw CalibrationFileError(fault: .text, byteOffset: position) }
    position += count
    return text
  }

  /// LEB128, below 2^63.
  private mutating func variable() throws(CalibrationFileError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 63, by: 7) {
      let byte = try integer(UInt8.self)
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw CalibrationFileError(fault: .histogram, byteOffset: position)
  }

  /// - Parameter wanted: the network's tensor that must come now.
  mutating func tensor(
    _ wanted: FloatGraph.Value, images: Int
  ) throws(CalibrationFileError) -> ChannelHistograms {
    let start = position
    let name = try text(try size())
    guard name == wanted.name else {
      throw CalibrationFileError(fault: .tensor(found: name, wanted: wanted.name), byteOffset: start)
    }
    let channels = try size()
    guard channels == wanted.shape.channels else {
      throw CalibrationFileError(
        fault: .channels(channels, wanted: wanted.shape.channels), byteOffset: position - 4)
    }
    var histograms = ChannelHistograms(channels: channels)
    let values = UInt64(wanted.shape.height * wanted.shape.width) * UInt64(images)
    for channel in 0..<channels {
      let start = position
      guard histograms.set(channel, try record(), values: values) else {
        throw CalibrationFileError(fault: .histogram, byteOffset: start)
      }
    }
    return histograms
  }

  private mutating func record() throws(CalibrationFileError) -> ChannelHistograms.Channel {
    let start = position
    var channel = ChannelHistograms.Channel(
      exponent: Int32(bitPattern: try integer(UInt32.self)), minimum: Float(bitPattern: try integer(UInt32.self)),
      maximum: Float(bitPattern: try integer(UInt32.self)), zeros: try integer(UInt64.self),
      counts: Array(repeating: 0, count: CalibrationFile.bins))
    let (first, count) = (Int(try integer(UInt16.self)), Int(try integer(UInt16.self)))
    guard first + count <= CalibrationFile.bins else {
      throw CalibrationFileError(fault: .histogram, byteOffset: start)
    }
    for bin in first..<first + count { channel.counts[bin] = try variable() }
    return channel
  }
}
