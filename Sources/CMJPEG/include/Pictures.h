// JPEG pictures one after another in a stream, with anything or nothing between them.
#pragma once
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

enum {
  /// Bytes of the longest picture that is kept: 4096 x 4096 pixels at 8 bits each.
  mjpeg_longest_picture = 16 << 20
};

struct mjpeg_pictures;

/// Pictures of a descriptor, for as long as the program runs; NULL without memory.
struct mjpeg_pictures *_Nullable mjpeg_find_pictures(int file);

/// Reads the next picture, from its first marker (SOI) to its last (EOI), for `linux_start_frames_of`: `context` are pictures. What lies
/// between pictures is skipped. One that another begins within, that is longer than `room`, or in which no marker stands where one must, is
/// left out and counted. Nothing else about it is checked.
ptrdiff_t mjpeg_next_picture(void *context, unsigned char *place, size_t room, size_t *rest);

/// Pictures that were left out so far, one that the stream's end cut short included.
uint64_t mjpeg_cut_pictures(const struct mjpeg_pictures *pictures);

/// Bytes so far.
uint64_t mjpeg_bytes(const struct mjpeg_pictures *pictures);

#pragma clang assume_nonnull end
