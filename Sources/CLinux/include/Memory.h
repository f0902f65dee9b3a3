#pragma once
#include <string.h>
#include <sys/mman.h>

/// Pages of zeros outside the heap, or NULL. The kernel gives a page its memory when it is first touched.
static inline void *linux_pages(size_t bytes) {
  void *place = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return place == MAP_FAILED ? NULL : place;
}

/// What an error number means, in English.
static inline const char *linux_error_text(int error) { return strerror(error); }
