import EdgeRuntime
import Foundation
import Quantize

/// Where a model comes from: enough to make it again.
struct Provenance: Encodable {
  struct Source: Encodable {
    var name: String
    /// BLAKE2b-256, hexadecimal.
    var digest: String
  }

  struct CalibrationData: Encodable {
    var images: Int
    /// BLAKE2b-256 of all pixels, hexadecimal.
    var digest: String
    var method: String
  }

  struct Settings: Encodable {
    var weightBits: Int
    var activationBits: Int
    /// nil without settings of their own for any layer.
    var layers: [String: QuantizationSettings.Layer]?
    /// Repairs that were left out; nil where all were done.
    var without: [String]?
  }

  var exporter = exporterVersion
  var source: Source
  var calibration: CalibrationData
  var settings: Settings
  /// By node: each channel's factor in 256ths of an octave, little-endian 16-bit integers in Base64.
  var scaling: [String: Data]?
  /// How pixels became raw values in place of the source's own preparation; nil where by that.
  var input: InputAlignment?
  /// What a user said of the input in place of the source's file; nil where nothing.
  var inputSettings: InputSettings?

  init(
    _ source: ExportSource, images: CalibrationImages, settings: QuantizationSettings, equalised: Equalisation
  ) throws {
    self.source = Source(name: source.name, digest: source.digest)
    calibration = CalibrationData(
      images: images.count, digest: try images.digest()[...].hexadecimal, method: settings.method.name)
    self.settings = Settings(
      weightBits: settings.weightBits, activationBits: settings.activationBits,
      layers: settings.layers.isEmpty ? nil : settings.layers,
      without: settings.without.isEmpty ? nil : settings.without.map(\.rawValue).sorted())
    scaling =
      equalised.parts.isEmpty
      ? nil : equalised.parts.mapValues { parts in Data(parts.flatMap { $0.littleEndianBytes }) }
    input = equalised.input
    var said = source.settings
    said.labels = nil
    inputSettings = said == InputSettings() ? nil : said
  }

  /// One line, keys sorted.
  var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      encoder.keyEncodingStrategy = .convertToSnakeCase
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }
}

/// The program that wrote a model.
public let exporterVersion = "ferrite 0.1.0"

extension CalibrationMethod {
  var name: String {
    switch self {
    case .squaredError: "mse"
    case .range: "minmax"
    case .entropy: "entropy"
    case .joint: "joint"
    case .percentile(let percent): "percentile \(percent)"
    }
  }
}

extension ArraySlice<UInt8> {
  /// Two lower-case digits a byte.
  var hexadecimal: String {
    reduce(into: "") { text, byte in
      if byte < 16 { text += "0" }
      text += String(byte, radix: 16)
    }
  }
}
