#define _GNU_SOURCE
#include "CMQTT.h"
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t has_ended;

static void end(int number) {
  (void)number;
  has_ended = 1;
}

static const int ending[] = {SIGTERM, SIGINT, SIGHUP};

void mqtt_end_by_signals(void) {
  struct sigaction handling = {.sa_handler = end};
  sigset_t signals;
  sigemptyset(&signals);
  for (size_t index = 0; index < sizeof ending / sizeof *ending; index++) {
    sigaction(ending[index], &handling, NULL);
    sigaddset(&signals, ending[index]);
  }
  signal(SIGPIPE, SIG_IGN);
  // They come only while `mqtt_read` waits: none passes between a look at `has_ended` and the wait. Threads inherit that.
  pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

ptrdiff_t mqtt_read(int file, void *place, size_t bytes) {
  sigset_t none;
  sigemptyset(&none);
  struct pollfd ready = {.fd = file, .events = POLLIN};
  while (!has_ended) {
    if (ppoll(&ready, 1, NULL, &none) < 0) {
      if (errno == EINTR) continue;
      return -errno;
    }
    const ssize_t got = read(file, place, bytes);
    if (got >= 0) return got;
    if (errno != EINTR && errno != EAGAIN) return -errno;
  }
  return 0;
}

const char *mqtt_host_name(void) {
  static char name[HOST_NAME_MAX + 1];
  if (gethostname(name, sizeof name - 1) != 0 || name[0] == 0) strcpy(name, "device");
  for (char *place = name; *place; place++) {
    if (!isalnum((unsigned char)*place) && *place != '_') *place = '-';
  }
  return name;
}
