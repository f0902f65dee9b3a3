#define _GNU_SOURCE
#include "Threads.h"
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
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

// A number that some threads wait for to change, on a cache line of its own.
struct flag {
  _Alignas(64) _Atomic uint32_t value;
  _Atomic uint32_t sleepers;
};

struct linux_threads {
  struct flag start;  // the turn that threads may work on
  struct flag finish; // the last turn that all of them have finished
  _Alignas(64) _Atomic uint32_t working;
  // Written by the caller before `start` changes, read after.
  _Alignas(64) void (*task)(const void *context, int64_t item, int thread);
  const void *context;
  int64_t item;
  int count;
  struct place {
    struct linux_threads *threads;
    pthread_t handle;
    int thread;
  } places[linux_maximum_threads];
};

// Longer than most layers that one thread computes alone, so that threads are awake throughout a frame; a hundredth of the
// time between two frames of a camera.
static const uint64_t patience = 100000;

static void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb"); // `yield` does nothing on these cores
#endif
}

static bool changes_soon(struct flag *flag, uint32_t old) {
  if (atomic_load_explicit(&flag->value, memory_order_acquire) != old) return true;
  const uint64_t end = linux_nanoseconds() + patience;
  do {
    for (int look = 0; look < 64; look++) {
      if (atomic_load_explicit(&flag->value, memory_order_acquire) != old) return true;
      relax();
    }
  } while (linux_nanoseconds() < end);
  return false;
}

// The value is stored before `sleepers` is read, there and here the other way round, all in one order: whoever goes to sleep
// is seen, or sees the new value.
static void await_change(struct flag *flag, uint32_t old) {
  if (changes_soon(flag, old)) return;
  atomic_fetch_add(&flag->sleepers, 1);
  while (atomic_load(&flag->value) == old) syscall(SYS_futex, &flag->value, FUTEX_WAIT_PRIVATE, old, NULL, NULL, 0);
  atomic_fetch_sub(&flag->sleepers, 1);
}

static void change(struct flag *flag, uint32_t value) {
  atomic_store(&flag->value, value);
  if (atomic_load(&flag->sleepers) > 0) syscall(SYS_futex, &flag->value, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static void *work(void *argument) {
  const struct place *place = argument;
  struct linux_threads *threads = place->threads;
  block_signals();
  for (uint32_t turn = 1;; turn++) {
    await_change(&threads->start, turn - 1);
    if (!threads->task) return NULL;
    threads->task(threads->context, threads->item, place->thread);
    if (atomic_fetch_sub(&threads->working, 1) == 1) change(&threads->finish, turn);
  }
}

// The kernels' frames are a few kilobytes and nothing recurs.
static int start(struct place *place) {
  const size_t stack = 256 << 10;
  pthread_attr_t attributes;
  int error = pthread_attr_init(&attributes);
  if (error) return error;
  error = pthread_attr_setstacksize(&attributes, stack);
  if (!error) error = pthread_create(&place->handle, &attributes, work, place);
  pthread_attr_destroy(&attributes);
  return error;
}

int linux_start_threads(int count, struct linux_threads **result) {
  struct linux_threads *threads = linux_pages(sizeof *threads);
  if (!threads) return ENOMEM;
  threads->count = 1;
  threads->places[0].handle = pthread_self();
  while (threads->count < count) {
    struct place *place = &threads->places[threads->count];
    place->threads = threads;
    place->thread = threads->count;
    const int error = start(place);
    if (error) {
      linux_end_threads(threads);
      return error;
    }
    threads->count++;
  }
  *result = threads;
  return 0;
}

void linux_end_threads(struct linux_threads *threads) {
  threads->task = NULL;
  change(&threads->start, atomic_load(&threads->start.value) + 1);
  for (int thread = 1; thread < threads->count; thread++) pthread_join(threads->places[thread].handle, NULL);
  munmap(threads, sizeof *threads);
}

void linux_on_all_threads(
    struct linux_threads *threads, void (*task)(const void *context, int64_t item, int thread), const void *context,
    int64_t item) {
  if (threads->count == 1) return task(context, item, 0);
  const uint32_t last = atomic_load_explicit(&threads->start.value, memory_order_relaxed);
  threads->task = task;
  threads->context = context;
  threads->item = item;
  atomic_store_explicit(&threads->working, (uint32_t)(threads->count - 1), memory_order_relaxed);
  change(&threads->start, last + 1);
  task(context, item, 0);
  await_change(&threads->finish, last);
}

static cpu_set_t before_pinning;
static bool is_pinned;

const cpu_set_t *affinity_before_pinning(void) { return is_pinned ? &before_pinning : NULL; }

int linux_pin_thread(struct linux_threads *threads, int thread, int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (processor < 0 || processor >= CPU_SETSIZE) return EINVAL;
  if (!is_pinned) is_pinned = sched_getaffinity(0, sizeof before_pinning, &before_pinning) == 0;
  CPU_SET(processor, &set);
  return pthread_setaffinity_np(threads->places[thread].handle, sizeof set, &set);
}

int linux_prioritize_threads(struct linux_threads *threads, int priority) {
  const struct sched_param parameters = {.sched_priority = priority};
  for (int thread = 0; thread < threads->count; thread++) {
    const int error = pthread_setschedparam(threads->places[thread].handle, SCHED_FIFO, &parameters);
    if (error) return error;
  }
  return 0;
}

uint64_t linux_busy_nanoseconds(struct linux_threads *threads, int thread) {
  clockid_t clock;
  struct timespec busy;
  if (pthread_getcpuclockid(threads->places[thread].handle, &clock) != 0 || clock_gettime(clock, &busy) != 0) return 0;
  return (uint64_t)busy.tv_sec * 1000000000u + (uint64_t)busy.tv_nsec;
}

int linux_processors(void) {
  cpu_set_t set;
  // The kernel of a machine with more processors than the set has room for says EINVAL; then nobody asks for too many.
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : linux_maximum_threads;
}
