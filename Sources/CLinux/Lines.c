#include "Lines.h"
#include "Aside.h"
#include "Clock.h"
#include "Memory.h"
#include "Stream.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>

// Some seconds of decisions. A power of two, so that counts of bytes may run over.
enum { room = 1 << 16 };

struct linux_lines {
  int file;
  // NULL where whoever adds lines writes them. Then all but `file`, `error` and `is_within_line` stays zero.
  struct linux_aside *writer;
  // Whether the last byte that was written is no newline.
  bool is_within_line;
  // Bytes since the start. `put` are those of ended lines, which the frames' thread alone changes, `written` is the writer's alone.
  _Atomic size_t put, written;
  _Atomic uint64_t dropped;
  _Atomic int error;
  // The line at hand, the frames' thread's alone: its bytes behind `put`, and whether one found no room.
  size_t length;
  bool overflows;
  char ring[room];
};

// Writes the first bytes of what waits: a line, or what is left of one. A pipe takes a line of up to PIPE_BUF bytes whole or not at
// all, so that its reader finds whole lines however this program ends.
static ptrdiff_t write_line(const struct linux_lines *lines, size_t written, size_t waiting) {
  size_t length = 1;
  while (length < waiting && lines->ring[(written + length - 1) % room] != '\n') length++;
  const size_t place = written % room, until_end = room - place;
  const size_t first = length < until_end ? length : until_end;
  const struct iovec parts[] = {
      {.iov_base = (void *)(lines->ring + place), .iov_len = first},
      {.iov_base = (void *)lines->ring, .iov_len = length - first}};
  const ssize_t count = writev(lines->file, parts, 2);
  return count < 0 ? -errno : count;
}

// What is in the ring, to the descriptor, which may take its time.
static void write_lines(void *context, uint32_t reasons) {
  (void)reasons;
  struct linux_lines *lines = context;
  size_t written = atomic_load_explicit(&lines->written, memory_order_relaxed);
  for (;;) {
    const size_t waiting = atomic_load_explicit(&lines->put, memory_order_acquire) - written;
    if (waiting == 0 || atomic_load_explicit(&lines->error, memory_order_relaxed) != 0) return;
    const ptrdiff_t count = write_line(lines, written, waiting);
    if (count == -EINTR) continue;
    if (count == -EAGAIN) {
      // Somebody else has made the descriptor one that doesn't wait.
      poll(&(struct pollfd){.fd = lines->file, .events = POLLOUT}, 1, -1);
      continue;
    }
    if (count < 0) {
      atomic_store(&lines->error, (int)-count);
      return;
    }
    written += (size_t)count;
    atomic_store_explicit(&lines->written, written, memory_order_release);
  }
}

int linux_start_lines(int file, bool waits, struct linux_lines **result) {
  struct linux_lines *lines = linux_pages(sizeof *lines);
  if (lines == NULL) return ENOMEM;
  lines->file = file;
  const int error = waits ? 0 : linux_start_aside(write_lines, lines, 0, &lines->writer);
  if (error == 0) *result = lines;
  return error;
}

// Writes all of it, in pieces that a pipe takes whole or not at all.
static void write_through(struct linux_lines *lines, const char *bytes, size_t count) {
  while (count > 0 && lines->error == 0) {
    const ptrdiff_t put = linux_write(lines->file, bytes, count < PIPE_BUF ? count : PIPE_BUF);
    if (put < 0) {
      lines->error = (int)-put;
      return;
    }
    // Behind the write: a handler that interrupts one which waits finds what was true before it.
    lines->is_within_line = put > 0 ? bytes[put - 1] != '\n' : lines->is_within_line;
    bytes += put;
    count -= (size_t)put;
  }
}

void linux_add_to_line(struct linux_lines *lines, const void *bytes, size_t count) {
  if (lines->writer == NULL) return write_through(lines, bytes, count);
  const size_t put = atomic_load_explicit(&lines->put, memory_order_relaxed);
  const size_t used = put + lines->length - atomic_load_explicit(&lines->written, memory_order_acquire);
  if (lines->overflows || count > room - used) {
    lines->overflows = true;
    return;
  }
  const size_t place = (put + lines->length) % room, until_end = room - place;
  const size_t first = count < until_end ? count : until_end;
  memcpy(lines->ring + place, bytes, first);
  memcpy(lines->ring, (const char *)bytes + first, count - first);
  lines->length += count;
}

void linux_end_line(struct linux_lines *lines) {
  if (lines->writer == NULL) return;
  if (lines->overflows) {
    atomic_fetch_add_explicit(&lines->dropped, 1, memory_order_relaxed);
  } else {
    const size_t put = atomic_load_explicit(&lines->put, memory_order_relaxed);
    atomic_store_explicit(&lines->put, put + lines->length, memory_order_release);
    linux_ask_aside(lines->writer, 1);
  }
  lines->length = 0;
  lines->overflows = false;
}

uint64_t linux_dropped_lines(const struct linux_lines *lines) { return atomic_load(&lines->dropped); }

int linux_lines_error(const struct linux_lines *lines) { return atomic_load(&lines->error); }

static size_t waiting_bytes(const struct linux_lines *lines) { return atomic_load(&lines->put) - atomic_load(&lines->written); }

// Waits a little; false where that is in vain, or the time is over.
static bool pause_until(const struct linux_lines *lines, uint64_t until) {
  if (atomic_load(&lines->error) != 0 || linux_nanoseconds() >= until) return false;
  nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  return true;
}

static void drain_until(const struct linux_lines *lines, uint64_t until) {
  while (waiting_bytes(lines) != 0 && pause_until(lines, until)) {}
}

void linux_drain_lines(struct linux_lines *lines, uint64_t patience) { drain_until(lines, linux_nanoseconds() + patience); }

// The same for a handler, which must not wait for ever: what can't be written in time is left.
static void write_until(const struct linux_lines *lines, const char *bytes, size_t count, uint64_t until) {
  while (count > 0) {
    struct pollfd ready = {.fd = lines->file, .events = POLLOUT};
    if (!linux_poll_until(&ready, until)) return;
    // A pipe that is ready has room for this much.
    const ptrdiff_t put = linux_write(lines->file, bytes, count < PIPE_BUF ? count : PIPE_BUF);
    if (put <= 0) return;
    bytes += put;
    count -= (size_t)put;
  }
}

void linux_put_last_line(struct linux_lines *lines, const void *line, size_t count, uint64_t patience) {
  if (lines->writer == NULL) {
    const uint64_t until = linux_nanoseconds() + patience;
    if (lines->is_within_line) write_until(lines, "\n", 1, until);
    write_until(lines, line, count, until);
    return;
  }
  // What was being added is overwritten; if it had been ended, it lies before `put` already.
  lines->length = 0;
  lines->overflows = false;
  const uint64_t until = linux_nanoseconds() + patience;
  // In a ring that is full, room comes as its reader takes what waits.
  while (waiting_bytes(lines) > room - count && pause_until(lines, until)) {}
  linux_add_to_line(lines, line, count);
  linux_end_line(lines);
  drain_until(lines, until);
}

void linux_finish_lines(struct linux_lines *lines, uint64_t patience) {
  if (lines->writer == NULL) return;
  if (linux_finish_aside(lines->writer, 1, patience) == 0) return;
  const size_t put = atomic_load(&lines->put);
  uint64_t left = 0;
  for (size_t byte = atomic_load(&lines->written); byte != put; byte++) left += lines->ring[byte % room] == '\n';
  atomic_fetch_add(&lines->dropped, left);
}
