import CHeap
import Glibc

/// What the process has asked of the system so far; the difference of two tells what happened between.
struct ResourceUsage {
  /// Calls of malloc and its kin, on all threads.
  var allocations: UInt64
  /// Pages that the kernel brought in, from memory or disk.
  var pageFaults: Int
  var contextSwitches: Int

  static var current: ResourceUsage {
    let allocations = heap_calls()
    var usage = rusage()
    _ = unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return ResourceUsage(
      allocations: allocations, pageFaults: usage.ru_minflt + usage.ru_majflt,
      contextSwitches: usage.ru_nvcsw + usage.ru_nivcsw)
  }

  func since(_ start: ResourceUsage) -> ResourceUsage {
    ResourceUsage(
      allocations: allocations - start.allocations, pageFaults: pageFaults - start.pageFaults,
      contextSwitches: contextSwitches - start.contextSwitches)
  }
}
