import CLinux

/// What the process has asked of the system so far; the difference of two tells what happened between.
public struct SystemUsage: Sendable {
  /// Pages that the kernel supplied from memory, and those that it had to read.
  public var minorPageFaults: Int
  public var majorPageFaults: Int
  /// Turns on a processor that the process gave up to wait, and those that were taken from it.
  public var voluntaryContextSwitches: Int
  public var involuntaryContextSwitches: Int

  public static var current: SystemUsage {
    let usage = linux_usage_now()
    return SystemUsage(
      minorPageFaults: usage.minor_page_faults, majorPageFaults: usage.major_page_faults,
      voluntaryContextSwitches: usage.voluntary_context_switches,
      involuntaryContextSwitches: usage.involuntary_context_switches)
  }

  public static func - (end: SystemUsage, start: SystemUsage) -> SystemUsage {
    SystemUsage(
      minorPageFaults: end.minorPageFaults - start.minorPageFaults,
      majorPageFaults: end.majorPageFaults - start.majorPageFaults,
      voluntaryContextSwitches: end.voluntaryContextSwitches - start.voluntaryContextSwitches,
      involuntaryContextSwitches: end.involuntaryContextSwitches - start.involuntaryContextSwitches)
  }

  public var pageFaults: Int { minorPageFaults + majorPageFaults }
  public var contextSwitches: Int { voluntaryContextSwitches + involuntaryContextSwitches }
}
