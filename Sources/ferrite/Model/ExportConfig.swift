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
struct ExportConfig {
  var weightBits: Int?
  var activationBits: Int?
  var calibration: Export.Method?
  var layers: [String: QuantizationSettings.Layer] = [:]
  private var path = ""
  /// Of the layers' names and of their settings.
  private var lines: [[String]: Int] = [:]

  init() {}

  /// - Throws: `BadData` with the path, the line, and the key that is unknown, there twice, or whose value is wrong.
  init(path: String) throws {
    self.path = path
    do {
      try read(LocatedJSON(try contents(of: path)))
    } catch let error as LocatedError {
      throw complaint(error)
    }
  }

  /// What the network has against a layer's settings, with their line.
  func complaint(_ conflict: SettingsConflict) -> BadData {
    var place = ["layers", conflict.layer]
    if let setting = conflict.setting { place.append(setting.rawValue) }
    return complaint(LocatedError(line: lines[place] ?? 1, path: place, reason: conflict.reason))
  }

  /// `config.json:7: layers./hidden/Gemm.weight_bits: is 9; 2 to 8 are possible`.
  private func complaint(_ error: LocatedError) -> BadData {
    let place = error.path.isEmpty ? "" : "\(error.path.joined(separator: ".")): "
    return BadData("\(path):\(error.line): \(place)\(error.reason)")
  }

  private mutating func read(_ document: LocatedJSON) throws(LocatedError) {
    for member in try document.members([]) {
      switch member.key {
      case "weight_bits": weightBits = try member.bits([], QuantizationSettings.weightBits)
      case "activation_bits": activationBits = try member.bits([], QuantizationSettings.activationBits)
      case "calibration": calibration = try member.method()
      case "layers": try readLayers(member.value)
      default: throw member.unknown([], known: ["weight_bits", "activation_bits", "calibration", "layers"])
      }
    }
  }

  private mutating func readLayers(_ object: LocatedJSON) throws(LocatedError) {
    for named in try object.members(["layers"]) {
      let place = ["layers", named.key]
      lines[place] = named.line
      var layer = QuantizationSettings.Layer()
      for member in try named.value.members(place) {
        lines[place + [member.key]] = member.line
        switch member.key {
        case "weight_bits": layer.weightBits = try member.bits(place, QuantizationSettings.weightBits)
        case "activation_bits": layer.activationBits = try member.bits(place, QuantizationSettings.activationBits)
        default: throw member.unknown(place, known: ["weight_bits", "activation_bits"])
        }
      }
      layers[named.key] = layer
    }
  }
}

extension LocatedJSON {
  /// - Parameter path: the keys that lead here.
  fileprivate func members(_ path: [String]) throws(LocatedError) -> [Member] {
    guard case .object(let members) = content else {
      throw LocatedError(line: line, path: path, reason: "an object, {...}, is wanted, not \(content.kind)")
    }
    return members
  }
}

extension LocatedJSON.Member {
  /// - Parameter path: the keys that lead to the object that this is a member of.
  fileprivate func bits(_ path: [String], _ range: ClosedRange<Int>) throws(LocatedError) -> Int {
    guard case .number(let number) = value.content else {
      throw wrong(path, "a number is wanted, not \(value.content.kind)")
    }
    guard let bits = Int(exactly: number), range ~= bits else {
      let found = Int(exactly: number).map(String.init) ?? "\(number)"
      throw wrong(path, "is \(found); \(range.lowerBound) to \(range.upperBound) are possible")
    }
    return bits
  }

  fileprivate func method() throws(LocatedError) -> Export.Method {
    guard case .string(let name) = value.content, let method = Export.Method(rawValue: name) else {
      throw wrong([], "is none of \(Export.Method.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return method
  }

  fileprivate func unknown(_ path: [String], known: [String]) -> LocatedError {
    wrong(path, "is unknown; \(known.joined(separator: ", ")) are possible")
  }

  private func wrong(_ path: [String], _ reason: String) -> LocatedError {
    LocatedError(line: line, path: path + [key], reason: reason)
  }
}
