#define _GNU_SOURCE
#include "RealTime.h"
#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/resource.h>

// Calls nest no deeper than this; a stack grows by page faults, locked or not.
static void touch_stack(void) {
  volatile char pages[256 << 10];
  for (size_t place = 0; place < sizeof pages; place += 4096) pages[place] = 0;
}

int linux_lock_memory(void) {
  if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0) return errno;
  touch_stack();
  return 0;
}

static uint64_t limit(int of) {
  struct rlimit limits;
  if (getrlimit(of, &limits) != 0 || limits.rlim_cur == RLIM_INFINITY) return UINT64_MAX;
  return limits.rlim_cur;
}

uint64_t linux_memory_lock_limit(void) { return limit(RLIMIT_MEMLOCK); }

uint64_t linux_priority_limit(void) { return limit(RLIMIT_RTPRIO); }
