// File descriptors, read and written in pieces. Results below zero are negated error numbers.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

static inline int linux_open(const char *path) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  return file < 0 ? -errno : file;
}

/// Whether a descriptor is a regular file.
static inline bool linux_is_file(int file) {
  struct stat status;
  return fstat(file, &status) == 0 && S_ISREG(status.st_mode);
}

static inline bool linux_is_terminal(int file) { return isatty(file) == 1; }

static inline void linux_close(int file) { close(file); }

/// At most `bytes` bytes; 0 at the end.
static inline ptrdiff_t linux_read(int file, void *place, size_t bytes) {
  ssize_t got;
  do got = read(file, place, bytes);
  while (got < 0 && errno == EINTR);
  return got < 0 ? -errno : got;
}

static inline ptrdiff_t linux_write(int file, const void *place, size_t bytes) {
  ssize_t put;
  do put = write(file, place, bytes);
  while (put < 0 && errno == EINTR);
  return put < 0 ? -errno : put;
}

struct pollfd;

/// Waits until a descriptor is ready, but no longer than to a time of the monotonic clock. Returns whether it is, an error of its
/// own included.
bool linux_poll_until(struct pollfd *ready, uint64_t until);

/// The same for reading.
bool linux_await_readable(int file, uint64_t until);

/// As much as can be written without waiting: for signal handlers, which must not wait for a reader. Less than `bytes` is no error;
/// a terminal or a pipe with room for a page takes up to 4096 bytes.
ptrdiff_t linux_write_now(int file, const void *place, size_t bytes);
