// A thread beside the frames, for what may wait: it sleeps until it is asked, and whoever asks never waits for it.
#pragma once
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

struct linux_aside;

/// Asked for by no one: the thread's period has passed.
enum { linux_aside_period = 1u << 30 };

/// Starts a thread that calls `task(context, reasons)` with the reasons for which it was asked since the last time, and every
/// `period` nanoseconds, unless that is 0, with `linux_aside_period`. It has an ordinary priority and all
/// processors that the program may use, whatever the caller has, and no signal meets it. Returns 0 or an error number. This call takes memory; the thread lives as long as the program.
int linux_start_aside(
    void (*task)(void *context, uint32_t reasons), void *context, uint64_t period,
    struct linux_aside *_Nullable *_Nonnull aside);

/// Asks the thread, for reasons of bits 0 to 29. Never waits; signal handlers may call it.
void linux_ask_aside(struct linux_aside *aside, uint32_t reasons);

/// Asks the thread once more, after which it ends, and waits for that, but no longer than `patience` nanoseconds. Returns 0, or
/// ETIMEDOUT where it is still busy.
int linux_finish_aside(struct linux_aside *aside, uint32_t reasons, uint64_t patience);

#pragma clang assume_nonnull end
