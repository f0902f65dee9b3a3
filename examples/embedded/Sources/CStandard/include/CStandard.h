// Of the C library what the example needs: Embedded Swift can't import all of it.
#pragma once
#include <stdio.h>

/// Reads a frame of so many bytes from standard input; 0 at its end.
static inline int read_frame(void *place, size_t bytes) { return fread(place, 1, bytes, stdin) == bytes; }

static inline void put_line(const void *text, size_t bytes) {
  fwrite(text, 1, bytes, stdout);
  putchar('\n');
}
