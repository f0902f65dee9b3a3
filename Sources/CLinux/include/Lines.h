// Lines of text to a descriptor that may be slow, full or stuck: they wait in a ring of fixed size for a thread that writes them, or,
// where none may be lost, whoever adds them waits.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

struct linux_lines;

/// Prepares lines to `file`: by a thread of their own, which this call starts, or, with `waits`, by whoever adds them, who waits until
/// they are taken. Returns 0 or an error number. This call takes memory.
int linux_start_lines(int file, bool waits, struct linux_lines *_Nullable *_Nonnull lines);

/// Adds a piece to the line at hand.
void linux_add_to_line(struct linux_lines *lines, const void *bytes, size_t count);

/// Ends the line at hand, whose last byte is its newline: it will be written whole, or, where the ring had no room for all of
/// it, it is dropped and counted.
void linux_end_line(struct linux_lines *lines);

/// Lines that were dropped; after `linux_finish_lines` those that nobody took as well. Signal handlers may call it.
uint64_t linux_dropped_lines(const struct linux_lines *lines);

/// 0, or the error number of the write that failed: nothing is written after it.
int linux_lines_error(const struct linux_lines *lines);

/// Waits until all lines so far are written, but no longer than `patience` nanoseconds.
void linux_drain_lines(struct linux_lines *lines, uint64_t patience);

/// Puts a last line, newline included, behind the whole ones, and waits until all are written, but no longer than `patience`
/// nanoseconds. The line at hand is given up; where the descriptor has a part of it, that gets a newline. For signal handlers on the
/// thread that adds lines, which doesn't go on behind them.
void linux_put_last_line(struct linux_lines *lines, const void *line, size_t count, uint64_t patience);

/// Waits until all lines are written, but no longer than `patience` nanoseconds; then counts the rest as dropped. No line may follow
/// but a last one, which will not be written.
void linux_finish_lines(struct linux_lines *lines, uint64_t patience);

#pragma clang assume_nonnull end
