import CHeap
import EdgeRuntime

/// What the process has asked of heap and system so far; the difference of two tells what happened between.
struct ResourceUsage {
  /// Calls of malloc and its kin, on all threads.
  var allocations: UInt64
  var system: SystemUsage

  /// The heap's count is read last, for it alone must not count what reading takes.
  static var current: ResourceUsage {
    let system = SystemUsage.current
    return ResourceUsage(allocations: heap_calls(), system: system)
  }

  func since(_ start: ResourceUsage) -> ResourceUsage {
    ResourceUsage(allocations: allocations - start.allocations, system: system - start.system)
  }
}
