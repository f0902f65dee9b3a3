import EdgeRuntime

/// Numbers as people read them.
extension Double {
  /// With `digits` decimals: `2.50`. For values in ±2^53 / 10^digits.
  func decimals(_ digits: Int) -> String {
    guard isFinite else { return self > 0 ? "inf" : self < 0 ? "-inf" : "nan" }
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let raw = Int64((magnitude * scale).rounded())
    let sign = self < 0 && raw > 0 ? "-" : ""
    let whole = raw / Int64(scale)
    if digits == 0 { return "\(sign)\(whole)" }
    let fraction = String(raw % Int64(scale))
    return "\(sign)\(whole).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
  }

  /// With at most `digits` decimals, and no zeros behind the last one that counts: `2.5`, `3`.
  func trimmed(_ digits: Int) -> String {
    var text = decimals(digits)
    guard text.contains(".") else { return text }
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }

  /// A fraction of one in percent: `66.12 %`.
  var percent: String { "\((self * 100).decimals(2)) %" }
}

extension BinaryInteger {
  /// With a blank between groups of three digits: `28 709`.
  var grouped: String {
    var text = ""
    for (index, digit) in String(self).reversed().enumerated() {
      if index > 0, index % 3 == 0, digit != "-" { text = " " + text }
      text = String(digit) + text
    }
    return text
  }
}

extension FixedFormat {
  /// `Q(8, 6, unsigned)`: width, fraction bits, sign.
  var name: String { FixedFormat.name(width: width, fraction: "\(fraction)", isSigned: isSigned) }

  static func name(width: Int, fraction: String, isSigned: Bool) -> String {
    "Q(\(width), \(fraction), \(isSigned ? "signed" : "unsigned"))"
  }
}

extension InlineArray where Element == UInt8 {
  /// Lower-case hexadecimal digits.
  var hexadecimal: String {
    var text = ""
    for index in indices {
      let digits = String(self[index], radix: 16)
      text += digits.count == 1 ? "0" + digits : digits
    }
    return text
  }
}
