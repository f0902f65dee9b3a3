#define _GNU_SOURCE
#include "Stream.h"
#include "Clock.h"
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>

bool linux_poll_until(struct pollfd *ready, uint64_t until) {
  for (;;) {
    const uint64_t now = linux_nanoseconds();
    const uint64_t rest = until > now ? until - now : 0;
    const struct timespec time = {.tv_sec = (time_t)(rest / 1000000000u), .tv_nsec = (long)(rest % 1000000000u)};
    const int count = ppoll(ready, 1, &time, NULL);
    if (count > 0) return true;
    if (count == 0) return false;
    // What else can be wrong, the call that follows says.
    if (errno != EINTR) return true;
  }
}

bool linux_await_readable(int file, uint64_t until) {
  struct pollfd ready = {.fd = file, .events = POLLIN};
  return linux_poll_until(&ready, until);
}

ptrdiff_t linux_write_now(int file, const void *place, size_t bytes) {
  ssize_t put = send(file, place, bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (put < 0 && errno == ENOTSOCK) {
    // A pipe that is ready has room for this much.
    const size_t most = bytes < PIPE_BUF ? bytes : PIPE_BUF;
    struct pollfd ready = {.fd = file, .events = POLLOUT};
    if (poll(&ready, 1, 0) != 1 || !(ready.revents & POLLOUT)) return 0;
    put = write(file, place, most);
  }
  return put < 0 ? -errno : put;
}
