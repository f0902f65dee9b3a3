#include "WriteFrame.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

static const int patience = 1000; // milliseconds

static sigset_t before;

void mjpeg_hold_signals(void) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
}

void mjpeg_let_signals(void) { pthread_sigmask(SIG_SETMASK, &before, NULL); }

int mjpeg_write_frame(int file, const void *bytes, size_t count) {
  const unsigned char *next = bytes;
  while (count > 0) {
    struct pollfd ready = {.fd = file, .events = POLLOUT};
    if (poll(&ready, 1, patience) == 0) {
      // What waits is dealt with here, and may end the program.
      mjpeg_let_signals();
      mjpeg_hold_signals();
      continue;
    }
    // A pipe that is ready has room for this much, so that no write waits longer than the poll.
    const ssize_t put = write(file, next, count < PIPE_BUF ? count : PIPE_BUF);
    if (put >= 0) {
      next += put;
      count -= (size_t)put;
    } else if (errno != EINTR && errno != EAGAIN) {
      return errno;
    }
  }
  return 0;
}
