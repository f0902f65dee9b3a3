#define _GNU_SOURCE
#include "Notify.h"
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

// Opened at the first call; -1 for none, -2 before.
static int listener = -2;
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static socklen_t address_bytes;

static int open_listener(void) {
  const char *name = getenv("NOTIFY_SOCKET");
  if (name == NULL || (name[0] != '/' && name[0] != '@')) return -1;
  const size_t length = strlen(name);
  if (length < 2 || length >= sizeof address.sun_path) return -1;
  memcpy(address.sun_path, name, length);
  // An abstract name starts with a zero instead of the @, and has none at its end.
  if (name[0] == '@') address.sun_path[0] = 0;
  address_bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (name[0] == '@' ? 0 : 1));
  return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

void linux_notify(const char *state) {
  if (listener == -2) listener = open_listener();
  if (listener < 0) return;
  sendto(listener, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&address, address_bytes);
}
