import FoundationEssentials
import Glibc

/// The machine that a benchmark ran on, as far as the system tells: what is not there is nil.
struct Machine {
  var processor: String?
  var cores: Int
  var kernel: String
  /// The frequency governor of the first core, and its frequency, megahertz.
  var governor: String?
  var megahertz: Double?
  /// The first thermal zone, degrees Celsius.
  var temperature: Double?
  /// A Raspberry Pi's flags: bit 0 under-voltage now, 1 frequency capped, 2 throttled; bits 16 to 18 the same since boot.
  var throttled: UInt32?

  /// This machine, now.
  static var current: Machine {
    let cpu = "/sys/devices/system/cpu/cpu0/cpufreq/"
    return Machine(
      processor: processorName, cores: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), kernel: kernelName,
      governor: text(cpu + "scaling_governor"), megahertz: number(cpu + "scaling_cur_freq").map { $0 / 1000 },
      temperature: number("/sys/class/thermal/thermal_zone0/temp").map { $0 / 1000 },
      throttled: text("/sys/devices/platform/soc/soc:firmware/get_throttled").flatMap { UInt32($0, radix: 16) })
  }

  /// What the flags of `throttled` mean, for a person; nil when all is well or nothing is known.
  var trouble: String? {
    guard let throttled, throttled != 0 else { return nil }
    let names = [(0, "under-voltage"), (1, "frequency capped"), (2, "throttled")]
    let now = names.filter { throttled >> $0.0 & 1 == 1 }.map { $0.1 }
    let earlier = names.filter { throttled >> ($0.0 + 16) & 1 == 1 && throttled >> $0.0 & 1 == 0 }.map {
      "\($0.1) earlier"
    }
    return (now + earlier).joined(separator: ", ")
  }

  /// An ARM board names itself in its device tree, an x86-64 processor in cpuinfo.
  private static var processorName: String? {
    if let model = text("/proc/device-tree/model") { return model }
    let lines = text("/proc/cpuinfo")?.split(separator: "\n") ?? []
    guard let line = lines.first(where: { $0.hasPrefix("model name") }), let colon = line.firstIndex(of: ":") else {
      return nil
    }
    return trimmed(line[line.index(after: colon)...])
  }

  private static var kernelName: String {
    var name = utsname()
    guard unsafe uname(&name) == 0 else { return "unknown" }
    return unsafe withUnsafeBytes(of: name.release) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  private static func number(_ path: String) -> Double? { text(path).flatMap { Double($0) } }

  private static func text(_ path: String) -> String? {
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)), !data.isEmpty else { return nil }
    return trimmed(String(decoding: data, as: UTF8.self))
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    let blank: (Character) -> Bool = { $0.isWhitespace || $0 == "\0" }
    return String(text.drop(while: blank).reversed().drop(while: blank).reversed())
  }
}

extension Machine {
  var json: JSON {
    [
      "processor": processor.map(JSON.string) ?? .null, "cores": JSON(cores), "kernel": JSON(kernel),
      "governor": governor.map(JSON.string) ?? .null, "megahertz": JSON(megahertz), "celsius": JSON(temperature),
      "throttled": throttled.map { JSON($0) } ?? .null,
    ]
  }

  var text: String {
    var parts = [processor ?? "unknown processor", "\(cores) core\(cores == 1 ? "" : "s")", "Linux \(kernel)"]
    if let governor { parts.append("governor \(governor)") }
    if let megahertz { parts.append("\(megahertz.decimals(0)) MHz") }
    if let temperature { parts.append("\(temperature.decimals(1)) C") }
    if let trouble { parts.append("TROUBLE: \(trouble)") }
    return parts.joined(separator: ", ")
  }
}
