// What this folder's threads do about signals.
#pragma once
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

// Signals are the first thread's, which Ending.h has prepared and which alone drives lines: a handler that interrupts it is not
// overtaken by it. Faults of its own are each thread's. By the kernel's call, because the C library's lets two signals of its own
// through.
static inline void block_signals(void) {
  uint64_t blocked = ~(uint64_t)0;
  const int faults[] = {SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS};
  for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) blocked &= ~((uint64_t)1 << (faults[i] - 1));
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &blocked, NULL, sizeof blocked);
}
