import CLinux

/// The machine that a program runs on, as far as the system tells: what it doesn't tell is nil.
public struct Machine: Sendable {
  /// A board's name from its device tree, or an x86-64 processor's from cpuinfo.
  public var processor: SystemText?
  public var cores: Int
  public var kernel: SystemText?
  /// The frequency governor of the first core, and its frequency now and the bounds that it is kept in, kilohertz. A Raspberry
  /// Pi that throttles still reports the unthrottled frequency here: trust the clock that `ProcessorClock` measures.
  public var governor: SystemText?
  public var kilohertz: Int?
  public var minimumKilohertz: Int?
  public var maximumKilohertz: Int?
  /// The first thermal zone, thousandths of a degree Celsius.
  public var millidegrees: Int?
  /// A Raspberry Pi's flags: bit 0 under-voltage now, 1 frequency capped, 2 throttled, 3 soft temperature limit; bits 16 to 19
  /// the same since boot.
  public var throttled: UInt32?
  /// Whether the supply's voltage is too low: by those flags, or the alarm of the sensor `rpi_volt` where there are none.
  public var isUnderVoltage: Bool?

  /// This machine, now.
  public static var current: Machine { unsafe Machine(unsafeRoot: nil) }

  /// Reads the state of now.
  ///
  /// - Parameter root: a folder, at most 100 bytes, that stands for `/`; nil for the system itself.
  public init(unsafeRoot root: UnsafePointer<CChar>?) {
    func text(_ path: StaticString) -> SystemText? { unsafe SystemText(SystemPath(unsafeRoot: root, path)) }
    processor = text("/proc/device-tree/model") ?? text("/proc/cpuinfo")?.value(of: "model name")
    cores = linux_online_processors()
    kernel = text("/proc/sys/kernel/osrelease")
    governor = text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    kilohertz = text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq")?.decimal
    minimumKilohertz = text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_min_freq")?.decimal
    maximumKilohertz = text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_max_freq")?.decimal
    millidegrees = text("/sys/class/thermal/thermal_zone0/temp")?.decimal
    throttled = text("/sys/devices/platform/soc/soc:firmware/get_throttled")?.hexadecimal.flatMap {
      UInt32(exactly: $0)
    }
    isUnderVoltage = unsafe throttled.map { $0 & 1 == 1 } ?? Self.voltageAlarm(unsafeRoot: root)
  }

  /// The alarm of the hardware monitor that is called `rpi_volt`, whatever its number.
  private static func voltageAlarm(unsafeRoot root: UnsafePointer<CChar>?) -> Bool? {
    let monitors = unsafe SystemPath(unsafeRoot: root, "/sys/class/hwmon/hwmon")
    for number in 0..<10 {
      guard let name = SystemText(monitors.appending(digit: number, "/name")), name == "rpi_volt" else { continue }
      return SystemText(monitors.appending(digit: number, "/in0_lcrit_alarm"))?.decimal.map { $0 != 0 }
    }
    return nil
  }
}
