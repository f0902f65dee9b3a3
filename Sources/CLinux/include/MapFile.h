// A read-only mapping of a whole file.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/// Maps `path`. Returns 0 and the place and length, or an errno. An empty or irregular file is EINVAL; one above `limit` bytes
/// is EFBIG.
static inline int linux_map_file(const char *path, size_t limit, const void **base, size_t *length) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return errno;
  struct stat status;
  int error = 0;
  if (fstat(file, &status) != 0) {
    error = errno;
  } else if (!S_ISREG(status.st_mode) || status.st_size <= 0) {
    error = EINVAL;
  } else if ((unsigned long long)status.st_size > limit) {
    error = EFBIG;
  } else {
    void *place = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (place == MAP_FAILED) {
      error = errno;
    } else {
      *base = place;
      *length = (size_t)status.st_size;
    }
  }
  close(file);
  return error;
}

static inline void linux_unmap(const void *base, size_t length) { munmap((void *)base, length); }
