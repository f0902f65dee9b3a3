// A read-only mapping of a whole file.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/// Reads a file of `length` bytes into pages of its own, which then can't be written. Returns 0 or an errno; a file that got shorter
/// meanwhile is EIO.
static inline int linux_copy_file(int file, size_t length, void **place) {
  char *pages = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return errno;
  int error = 0;
  for (size_t done = 0; done < length && error == 0;) {
    const ssize_t got = read(file, pages + done, length - done);
    if (got > 0) done += (size_t)got;
    else if (got == 0) error = EIO;
    else if (errno != EINTR) error = errno;
  }
  if (error == 0 && mprotect(pages, length, PROT_READ) != 0) error = errno;
  if (error != 0) munmap(pages, length);
  else *place = pages;
  return error;
}

/// Maps `path`, or where `copies` is true a copy of it that nothing written to the file changes. Returns 0 and the place and length, or
/// an errno. An empty or irregular file is EINVAL; one above `limit` bytes is EFBIG.
static inline int linux_map_file(const char *path, size_t limit, bool copies, const void **base, size_t *length) {
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
    void *place = NULL;
    if (copies) {
      error = linux_copy_file(file, (size_t)status.st_size, &place);
    } else {
      place = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
      if (place == MAP_FAILED) error = errno;
    }
    if (error == 0) {
      *base = place;
      *length = (size_t)status.st_size;
    }
  }
  close(file);
  return error;
}

static inline void linux_unmap(const void *base, size_t length) { munmap((void *)base, length); }
