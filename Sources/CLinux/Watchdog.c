#include "Watchdog.h"
#include "Stream.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/watchdog.h>
#include <sys/ioctl.h>
#include <unistd.h>

int linux_open_watchdog(const char *path, uint32_t *seconds) {
  const int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return -errno;
  int timeout = 0;
  if (ioctl(file, WDIOC_GETTIMEOUT, &timeout) != 0) {
    const int error = errno;
    close(file);
    return -error;
  }
  *seconds = (uint32_t)timeout;
  return file;
}

int linux_feed_watchdog(int file) { return ioctl(file, WDIOC_KEEPALIVE, 0) == 0 ? 0 : errno; }

int linux_stop_watchdog(int file) {
  // The letter counts when the file is closed, by the program's end.
  const ptrdiff_t put = linux_write(file, "V", 1);
  return put < 0 ? (int)-put : 0;
}
