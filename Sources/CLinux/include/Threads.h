// Threads that share work with the one that starts them, and sleep in between.
#pragma once
#include <stdint.h>

#pragma clang assume_nonnull begin

enum { linux_maximum_threads = 64 };

struct linux_threads;

/// Starts `count - 1` threads, 1 to `linux_maximum_threads` with the caller, and returns 0 or the error number of the first that
/// the system refuses; none is left then. This is the one call that takes memory.
int linux_start_threads(int count, struct linux_threads *_Nullable *_Nonnull threads);

/// Ends the threads and gives their memory back. The caller is the thread that started them.
void linux_end_threads(struct linux_threads *threads);

/// Calls `task(context, item, thread)` on every thread, 0 being the caller, and returns when all calls have. What the caller has
/// written is seen by them, and what they have written is seen after.
///
/// One caller at a time. A thread without a call waits for the next one for about 0.1 ms, and then asleep.
void linux_on_all_threads(
    struct linux_threads *threads, void (*task)(const void *context, int64_t item, int thread), const void *context,
    int64_t item);

/// Keeps a thread on a processor. 0, or an error number: EINVAL where the program may not run on that processor or there is
/// none.
int linux_pin_thread(struct linux_threads *threads, int thread, int processor);

/// Gives every thread a real-time priority, 1 to 99 (SCHED_FIFO). 0 or an error number.
int linux_prioritize_threads(struct linux_threads *threads, int priority);

/// Nanoseconds that a thread has kept a processor busy since it started.
uint64_t linux_busy_nanoseconds(struct linux_threads *threads, int thread);

/// Processors that this program may run on.
int linux_processors(void);

#pragma clang assume_nonnull end
