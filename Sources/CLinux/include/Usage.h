#pragma once
#include <sys/resource.h>
#include <unistd.h>

/// What the process has cost the system so far, on all its threads.
struct linux_usage {
  /// Pages that became the process's own without, and with, a read from disk.
  long minor_page_faults, major_page_faults;
  /// Turns that the process gave up to wait, and turns that were taken from it.
  long voluntary_context_switches, involuntary_context_switches;
};

static inline struct linux_usage linux_usage_now(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (struct linux_usage){usage.ru_minflt, usage.ru_majflt, usage.ru_nvcsw, usage.ru_nivcsw};
}

/// Processors that are switched on, at least 1.
static inline long linux_online_processors(void) {
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count < 1 ? 1 : count;
}
