// File descriptors, read and written in pieces. Results below zero are negated error numbers.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

static inline int linux_open(const char *path) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  return file < 0 ? -errno : file;
}

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
