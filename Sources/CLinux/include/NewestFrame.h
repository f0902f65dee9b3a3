// Frames that a thread of its own reads, so that whoever takes them gets the newest.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

struct linux_frames;

struct linux_frame {
  /// Valid until the next frame is asked for; NULL at the end.
  const void *_Nullable bytes;
  size_t length;
  /// When it was whole, by the monotonic clock.
  uint64_t nanoseconds;
  /// Frames that went unseen before this one, since the start.
  uint64_t dropped;
  /// At the end: 0, or the error number of the read that failed.
  int error;
  /// At the end: bytes of a frame that stayed incomplete.
  size_t rest;
};

/// Bytes of memory for frames of at most `frame` bytes.
static inline size_t linux_frames_bytes(size_t frame) { return 3 * frame; }

/// Starts to read frames of `bytes` bytes into `memory`. Where the descriptor is a file, or `every` is true, the reader waits
/// until each frame has been taken; else a newer frame takes the place of one that nobody has asked for. Returns 0 or an error
/// number. This is the one call that takes memory; the reader lives as long as the program.
int linux_start_frames(
    int file, void *memory, size_t bytes, bool every, struct linux_frames *_Nullable *_Nonnull frames);

/// Fills `place`, of `room` bytes, with the next whole frame, on the reader's thread. Returns its bytes; 0 at the end, or a negated error
/// number, and then in `rest` the bytes of a frame that stayed incomplete.
typedef ptrdiff_t linux_frame_source(void *context, unsigned char *place, size_t room, size_t *rest);

/// The same with frames of up to `room` bytes each, from a source of any kind.
int linux_start_frames_of(
    linux_frame_source *source, void *context, void *memory, size_t room, bool every,
    struct linux_frames *_Nullable *_Nonnull frames);

/// Waits until a frame that has not been taken yet is there, or the end, but no longer than to a time of the monotonic clock. Returns
/// whether it is so.
bool linux_await_frame(struct linux_frames *frames, uint64_t until);

/// Waits for a frame that has not been taken yet.
struct linux_frame linux_next_frame(struct linux_frames *frames);

#pragma clang assume_nonnull end
