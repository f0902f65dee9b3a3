import EdgeRuntime

extension Machine {
  /// What the flags of `throttled` mean, for a person; nil when all is well or nothing is known.
  var trouble: String? {
    guard let throttled, throttled != 0 else { return isUnderVoltage == true ? "under-voltage" : nil }
    let names = [(0, "under-voltage"), (1, "frequency capped"), (2, "throttled"), (3, "soft temperature limit")]
    let now = names.filter { throttled >> $0.0 & 1 == 1 }.map { $0.1 }
    let earlier = names.filter { throttled >> ($0.0 + 16) & 1 == 1 && throttled >> $0.0 & 1 == 0 }.map {
      "\($0.1) earlier"
    }
    return (now + earlier).joined(separator: ", ")
  }

  var json: JSON {
    [
      "processor": JSON(processor), "cores": JSON(cores), "kernel": JSON(kernel), "governor": JSON(governor),
      "megahertz": Self.thousandth(kilohertz), "minimum_megahertz": Self.thousandth(minimumKilohertz),
      "maximum_megahertz": Self.thousandth(maximumKilohertz), "celsius": Self.thousandth(millidegrees),
      "throttled": throttled.map { JSON($0) } ?? .null, "under_voltage": isUnderVoltage.map(JSON.bool) ?? .null,
    ]
  }

  private static func thousandth(_ value: Int?) -> JSON { .rounded(value.map { Double($0) / 1000 }, digits: 3) }

  var text: String {
    var parts = [processor.map(String.init) ?? "unknown processor", "\(cores) core\(cores == 1 ? "" : "s")"]
    if let kernel { parts.append("Linux \(String(kernel))") }
    if let governor { parts.append("governor \(String(governor))") }
    if let kilohertz { parts.append("\((Double(kilohertz) / 1000).decimals(0)) MHz") }
    if let minimumKilohertz, let maximumKilohertz {
      parts.append("of \(minimumKilohertz / 1000) to \(maximumKilohertz / 1000)")
    }
    if let millidegrees { parts.append("\((Double(millidegrees) / 1000).decimals(1)) C") }
    if let trouble { parts.append("TROUBLE: \(trouble)") }
    return parts.joined(separator: ", ")
  }
}

extension JSON {
  fileprivate init(_ text: SystemText?) { self = text.map { .string(String($0)) } ?? .null }
}
