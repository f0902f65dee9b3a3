import EdgeRuntime
import Foundation
import Testing

/// What `bench` tells of the machine, read from files under a folder in place of the system's.
@Suite struct MachineTests {
  private func machine(_ files: [String: String]) throws -> Machine {
    let root = "/tmp/ferrite-machine-\(UInt32.random(in: 0 ... .max))"
    defer { try? FileManager.default.removeItem(atPath: root) }
    for (path, content) in files {
      let file = URL(fileURLWithPath: root + path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(content.utf8).write(to: file)
    }
    return unsafe root.withCString { unsafe Machine(unsafeRoot: $0) }
  }

  @Test func whatTheSystemDoesNotTellIsNil() throws {
    let bare = try machine([:])
    #expect(bare.processor == nil && bare.kernel == nil && bare.governor == nil && bare.cores >= 1)
    #expect(bare.kilohertz == nil && bare.minimumKilohertz == nil && bare.maximumKilohertz == nil)
    #expect(bare.millidegrees == nil && bare.throttled == nil && bare.isUnderVoltage == nil)
    let empty = try machine(["/proc/device-tree/model": "", "/sys/class/thermal/thermal_zone0/temp": "hot\n"])
    #expect(empty.processor == nil && empty.millidegrees == nil)
  }

  @Test func aBoardIsNamedByItsDeviceTreeAndAnotherMachineByItsProcessor() throws {
    let cpuinfo = "processor\t: 0\nmodel\t\t: 143\nmodel name\t: A Processor @ 2.0GHz\nflags\t\t: fpu\n"
    let board = try machine(["/proc/device-tree/model": "A Board\0", "/proc/cpuinfo": cpuinfo])
    #expect(board.processor.map { String($0) } == "A Board")
    #expect(try machine(["/proc/cpuinfo": cpuinfo]).processor.map { String($0) } == "A Processor @ 2.0GHz")
    #expect(try machine(["/proc/cpuinfo": "processor : 0\nFeatures : fp\n"]).processor == nil)
  }

  @Test func frequenciesAndTemperatureAreNumbers() throws {
    let cpu = "/sys/devices/system/cpu/cpu0/cpufreq/"
    let found = try machine([
      cpu + "scaling_governor": "performance\n", cpu + "scaling_cur_freq": "1500000\n",
      cpu + "scaling_min_freq": "600000\n", cpu + "scaling_max_freq": "1800000\n",
      "/sys/class/thermal/thermal_zone0/temp": "-3125\n", "/proc/sys/kernel/osrelease": "6.6.51+rpt-rpi-v8\n",
    ])
    #expect(found.governor.map { String($0) } == "performance")
    #expect(found.kernel.map { String($0) } == "6.6.51+rpt-rpi-v8")
    #expect(
      [found.kilohertz, found.minimumKilohertz, found.maximumKilohertz, found.millidegrees]
        == [1_500_000, 600_000, 1_800_000, -3125])
  }

  @Test(arguments: [("0\n", 0, false), ("50005\n", 0x50005, true), ("0x80008\n", 0x80008, false)])
  func aRaspberryPisFlagsAreHexadecimal(_ text: String, _ flags: UInt32, _ isLow: Bool) throws {
    let found = try machine(["/sys/devices/platform/soc/soc:firmware/get_throttled": text])
    #expect(found.throttled == flags && found.isUnderVoltage == isLow)
  }

  @Test func theVoltageSensorIsFoundByItsName() throws {
    let sensors = ["/sys/class/hwmon/hwmon0/name": "cpu_thermal\n", "/sys/class/hwmon/hwmon3/name": "rpi_volt\n"]
    for (value, isLow) in [("0\n", false), ("1\n", true)] {
      let found = try machine(sensors.merging(["/sys/class/hwmon/hwmon3/in0_lcrit_alarm": value]) { $1 })
      #expect(found.isUnderVoltage == isLow && found.throttled == nil)
    }
    #expect(try machine(sensors).isUnderVoltage == nil)
  }
}

@Suite struct MeasurementTests {
  @Test func histogramBinsGrowByAnEqualRatio() {
    let bounds = HistogramBounds(least: 1, greatest: 4096, bins: 12)
    for bin in 0...12 { #expect(abs(bounds.lowerEnd(bin) / Double(1 << bin) - 1) < 1e-9) }
    #expect([1, 3, 5, 3000, 4096].map { bounds.bin(of: $0) } == [0, 1, 2, 11, 11])
    let equal = HistogramBounds(least: 7, greatest: 7, bins: 5)
    #expect(equal.bin(of: 7) == 0)
    #expect(HistogramBounds(least: 0, greatest: .max, bins: 3).bin(of: .max) == 2)
  }

  @Test func theSystemCountsPagesThatAreTouchedForTheFirstTime() {
    let pages = 256
    let memory = unsafe mmap(nil, pages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
    defer { unsafe munmap(memory, pages * 4096) }
    // One fault for each small page, whatever the system would rather do.
    unsafe madvise(memory, pages * 4096, MADV_NOHUGEPAGE)
    let before = SystemUsage.current
    for page in 0..<pages { unsafe memory.storeBytes(of: 1, toByteOffset: page * 4096, as: UInt8.self) }
    let usage = SystemUsage.current - before
    #expect(usage.minorPageFaults >= pages && usage.pageFaults == usage.minorPageFaults + usage.majorPageFaults)
  }

  @Test func aSharePutsWorkAndTimeAgainstThePeak() {
    let one = MultiplyPeak(.scalar, threads: 1)
    let two = MultiplyPeak(.scalar, threads: 2)
    #expect(one.cyclesPerMicrosecond > 100 && one.cyclesPerMicrosecond < 10_000 && one.multiplyAccumulatesPerCycle == 1)
    #expect(two.multiplyAccumulatesPerMicrosecond == 2 * two.cyclesPerMicrosecond)
    let half = one.share(UInt64(one.cyclesPerMicrosecond * 5000), microseconds: 10_000)
    #expect(half.map { abs($0 - 0.5) < 0.001 } == true)
    #expect(one.share(0, microseconds: 1) == nil && one.share(1, microseconds: 0) == nil)
  }

  /// With AVX-512, processors differ by two.
  @Test func thePeakIsTheInstructionSetsOrHalfOfIt() {
    for set in InstructionSet.allCases where set.isAvailable {
      let found = MultiplyPeak(set, threads: 1).multiplyAccumulatesPerCycle
      let most = set.peakMultiplyAccumulates
      #expect(found == most || (set == .avx512vnni && found == most / 2), "\(set.name)")
    }
  }
}
