// Lines of text to a descriptor that may be slow, full or stuck: they wait in a ring of fixed size for a thread that writes them.
#pragma once
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

struct linux_lines;

/// Starts the thread that writes to `file`. Returns 0 or an error number. This call takes memory.
int linux_start_lines(int file, struct linux_lines *_Nullable *_Nonnull lines);

/// Adds a piece to the line at hand. Never waits.
void linux_add_to_line(struct linux_lines *lines, const void *bytes, size_t count);

/// Ends the line at hand, whose last byte is its newline: it will be written whole, or, where the ring had no room for all of
/// it, it is dropped and counted. Never waits.
void linux_end_line(struct linux_lines *lines);

/// Lines that were dropped; after `linux_finish_lines` those that nobody took as well. Signal handlers may call it.
uint64_t linux_dropped_lines(const struct linux_lines *lines);

/// 0, or the error number of the write that failed: nothing is written after it.
int linux_lines_error(const struct linux_lines *lines);

/// Waits until all lines so far are written, but no longer than `patience` nanoseconds.
void linux_drain_lines(struct linux_lines *lines, uint64_t patience);

/// Waits until all lines are written, but no longer than `patience` nanoseconds; then counts the rest as dropped. No line may follow.
void linux_finish_lines(struct linux_lines *lines, uint64_t patience);

#pragma clang assume_nonnull end
