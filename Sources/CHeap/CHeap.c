// The counter stands before the C library's allocator in two ways: a static link renames every call (`ld --wrap`, see
// scripts/build-device.sh); in a dynamic one these definitions come before the library's. Under a sanitizer, whose own allocator has to
// stand there, nothing is counted.
#include "CHeap.h"
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

static _Atomic uint64_t calls;

uint64_t heap_calls(void) { return atomic_load_explicit(&calls, memory_order_relaxed); }

#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)

static void count(void) { atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed); }

#ifdef FERRITE_WRAPPED_HEAP
#define COUNTED(name) __wrap_##name
#define ALLOCATOR(name) __real_##name
#else
#define COUNTED(name) name
#define ALLOCATOR(name) __libc_##name
#endif

void *ALLOCATOR(malloc)(size_t);
void *ALLOCATOR(calloc)(size_t, size_t);
void *ALLOCATOR(realloc)(void *, size_t);
void *ALLOCATOR(memalign)(size_t, size_t);

void *COUNTED(malloc)(size_t bytes) {
  count();
  return ALLOCATOR(malloc)(bytes);
}

void *COUNTED(calloc)(size_t number, size_t bytes) {
  count();
  return ALLOCATOR(calloc)(number, bytes);
}

void *COUNTED(realloc)(void *block, size_t bytes) {
  count();
  return ALLOCATOR(realloc)(block, bytes);
}

void *COUNTED(memalign)(size_t alignment, size_t bytes) {
  count();
  return ALLOCATOR(memalign)(alignment, bytes);
}

void *COUNTED(aligned_alloc)(size_t alignment, size_t bytes) {
  count();
  return ALLOCATOR(memalign)(alignment, bytes);
}

int COUNTED(posix_memalign)(void **block, size_t alignment, size_t bytes) {
  count();
  void *place = ALLOCATOR(memalign)(alignment, bytes);
  if (!place) return ENOMEM;
  *block = place;
  return 0;
}

#endif
