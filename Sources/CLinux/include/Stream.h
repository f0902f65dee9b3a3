// File descriptors, read and written in pieces. Results below zero are negated error numbers.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
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

/// From now on SIGTERM, SIGINT and SIGHUP no longer end the program: they make the returned descriptor readable. A reader of
/// our output that goes away becomes a write error (EPIPE).
static inline int linux_stop_signals(void) {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  sigaddset(&stop, SIGHUP);
  signal(SIGPIPE, SIG_IGN);
  if (sigprocmask(SIG_BLOCK, &stop, NULL) != 0) return -errno;
  int signals = signalfd(-1, &stop, SFD_CLOEXEC);
  return signals < 0 ? -errno : signals;
}

/// Waits until `file` can be read (or written, with `write`), or `signals` says stop: 1 the file, 0 stop.
static inline int linux_wait(int file, int write, int signals) {
  struct pollfd waits[2] = {{file, write ? POLLOUT : POLLIN, 0}, {signals, POLLIN, 0}};
  int ready;
  do ready = poll(waits, 2, -1);
  while (ready < 0 && errno == EINTR);
  if (ready < 0) return -errno;
  return waits[1].revents ? 0 : 1;
}
