#define _GNU_SOURCE
#include "Aside.h"
#include "Affinity.h"
#include "Clock.h"
#include "Memory.h"
#include "Signals.h"
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

static const uint32_t last = 1u << 31;

struct linux_aside {
  void (*task)(void *context, uint32_t reasons);
  void *context;
  uint64_t period;
  // Reasons that have not been seen yet. The thread sleeps while there are none.
  _Atomic uint32_t asked;
  _Atomic uint32_t finished;
};

// The call whose times are as wide as `time_t`: on 32-bit boards a newer one (Linux 5.1), for there they have 64 bits here.
#ifdef SYS_futex_time64
_Static_assert(sizeof(time_t) == 8, "times beyond the year 2038");
static const long wait_call = SYS_futex_time64;
#else
static const long wait_call = SYS_futex;
#endif

// Until the word is no longer 0, or the time has come; 0 for no time. The kernel looks at the word itself before it sleeps.
static void await_nonzero(_Atomic uint32_t *word, uint64_t until) {
  const uint64_t now = linux_nanoseconds();
  if (until != 0 && until <= now) return;
  const struct timespec rest = {
      .tv_sec = (time_t)((until - now) / 1000000000u), .tv_nsec = (long)((until - now) % 1000000000u)};
  syscall(wait_call, word, FUTEX_WAIT_PRIVATE, 0, until == 0 ? NULL : &rest, NULL, 0);
}

static void wake(_Atomic uint32_t *word) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0); }

static void *work(void *argument) {
  struct linux_aside *aside = argument;
  block_signals();
  uint64_t next = aside->period == 0 ? 0 : linux_nanoseconds() + aside->period;
  uint32_t reasons = 0;
  while (!(reasons & last)) {
    reasons = atomic_exchange(&aside->asked, 0);
    if (next != 0 && linux_nanoseconds() >= next) {
      reasons |= linux_aside_period;
      next = linux_nanoseconds() + aside->period;
    }
    if (reasons == 0) await_nonzero(&aside->asked, next);
    else aside->task(aside->context, reasons & ~last);
  }
  atomic_store(&aside->finished, 1);
  wake(&aside->finished);
  return NULL;
}

int linux_start_aside(
    void (*task)(void *context, uint32_t reasons), void *context, uint64_t period, struct linux_aside **result) {
  struct linux_aside *aside = linux_pages(sizeof *aside);
  if (aside == NULL) return ENOMEM;
  aside->task = task;
  aside->context = context;
  aside->period = period;
  pthread_attr_t attributes;
  int error = pthread_attr_init(&attributes);
  if (error != 0) return error;
  // Enough for a histogram and a text on it, twice.
  pthread_attr_setstacksize(&attributes, 128 << 10);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
  pthread_attr_setschedpolicy(&attributes, SCHED_OTHER);
  // Unless it is said, the C library takes the caller's.
  pthread_attr_setschedparam(&attributes, &(struct sched_param){.sched_priority = 0});
  // Neither does it share the processor that the caller has to itself.
  const cpu_set_t *processors = affinity_before_pinning();
  if (processors != NULL) pthread_attr_setaffinity_np(&attributes, sizeof *processors, processors);
  pthread_t thread;
  error = pthread_create(&thread, &attributes, work, aside);
  pthread_attr_destroy(&attributes);
  if (error == 0) *result = aside;
  return error;
}

void linux_ask_aside(struct linux_aside *aside, uint32_t reasons) {
  // With reasons there already, the thread is awake or somebody is about to wake it.
  if (atomic_fetch_or(&aside->asked, reasons) == 0) wake(&aside->asked);
}

int linux_finish_aside(struct linux_aside *aside, uint32_t reasons, uint64_t patience) {
  linux_ask_aside(aside, reasons | last);
  const uint64_t until = linux_nanoseconds() + patience;
  while (atomic_load(&aside->finished) == 0) {
    if (linux_nanoseconds() >= until) return ETIMEDOUT;
    await_nonzero(&aside->finished, until);
  }
  return 0;
}
