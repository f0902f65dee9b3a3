import Exporter
import FoundationEssentials
import ImageData

/// The settings of `export --config`: a JSON object that people write and edit. What it doesn't name has its default.
///
///     {
///       "weight_bits": 6,
///       "calibration": "mse",
///       "layers": { "/hidden/Gemm": { "weight_bits": 4, "activation_bits": 8 } }
///     }
struct ExportConfig: Decodable {
  var weightBits: Int?
  var activationBits: Int?
  var calibration: Export.Method?
  var layers: [String: QuantizationSettings.Layer]?

  init() {}

  /// - Throws: `BadData` with the path and the key that is unknown, or whose value is.
  init(path: String) throws {
    let data = try contents(of: path)
    do {
      self = try JSONDecoder().decode(ExportConfig.self, from: data)
    } catch let error as DecodingError {
      throw BadData("\(path): \(error.place)")
    }
  }

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case weightBits = "weight_bits"
    case activationBits = "activation_bits"
    case calibration, layers
  }

  private enum LayerKeys: String, CodingKey, CaseIterable {
    case weightBits = "weight_bits"
    case activationBits = "activation_bits"
  }

  init(from decoder: any Decoder) throws {
    try decoder.refuseKeys(besides: CodingKeys.self)
    let values = try decoder.container(keyedBy: CodingKeys.self)
    weightBits = try values.bits(.weightBits, QuantizationSettings.weightBits)
    activationBits = try values.bits(.activationBits, QuantizationSettings.activationBits)
    calibration = try values.decodeIfPresent(Export.Method.self, forKey: .calibration)
    guard values.contains(.layers) else { return }
    let named = try values.nestedContainer(keyedBy: AnyKey.self, forKey: .layers)
    layers = try named.allKeys.reduce(into: [:]) { layers, name in
      try named.superDecoder(forKey: name).refuseKeys(besides: LayerKeys.self)
      let layer = try named.nestedContainer(keyedBy: LayerKeys.self, forKey: name)
      layers[name.stringValue] = .init(
        weightBits: try layer.bits(.weightBits, QuantizationSettings.weightBits),
        activationBits: try layer.bits(.activationBits, QuantizationSettings.activationBits))
    }
  }
}

/// A key of any name.
private struct AnyKey: CodingKey {
  var stringValue: String
  var intValue: Int? { nil }

  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

extension Decoder {
  /// - Throws: `DecodingError` at the first key, by name, that isn't one of `keys`.
  fileprivate func refuseKeys<Key: CodingKey & CaseIterable & RawRepresentable<String>>(besides keys: Key.Type) throws {
    let container = try container(keyedBy: AnyKey.self)
    let known = keys.allCases.map(\.rawValue)
    guard
      let key = container.allKeys.filter({ !known.contains($0.stringValue) }).min(by: {
        $0.stringValue < $1.stringValue
      })
    else { return }
    throw DecodingError.dataCorruptedError(
      forKey: key, in: container, debugDescription: "is unknown; \(known.joined(separator: ", ")) are possible")
  }
}

extension KeyedDecodingContainer {
  fileprivate func bits(_ key: Key, _ range: ClosedRange<Int>) throws -> Int? {
    guard let bits = try decodeIfPresent(Int.self, forKey: key) else { return nil }
    guard range ~= bits else {
      throw DecodingError.dataCorruptedError(
        forKey: key, in: self,
        debugDescription: "is \(bits); \(range.lowerBound) to \(range.upperBound) are possible")
    }
    return bits
  }
}

extension DecodingError {
  /// `layers./hidden/Gemm.weight_bits: is 9; 2 to 8 are possible`.
  fileprivate var place: String {
    let context: Context
    switch self {
    case .typeMismatch(_, let found), .valueNotFound(_, let found), .keyNotFound(_, let found),
      .dataCorrupted(let found):
      context = found
    @unknown default: return "is no configuration"
    }
    let path = context.codingPath.map(\.stringValue).joined(separator: ".")
    return path.isEmpty ? context.debugDescription : "\(path): \(context.debugDescription)"
  }
}
