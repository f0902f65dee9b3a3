#include "Pictures.h"
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

// The markers that bear on where a picture ends (ITU-T T.81, table B.1), behind their FF.
enum { stuffing = 0x00, temporary = 0x01, first_restart = 0xD0, last_restart = 0xD7, start = 0xD8, end = 0xD9, scan = 0xDA };

enum state {
  between,        // pictures: any byte
  between_marked, // behind an FF
  marker,         // the FF of the next marker must come
  marked,         // its code, or another FF
  length_high, length_low,
  body,           // of a segment
  coded,          // a scan's data, up to a marker that is none of its own
  coded_marked
};

struct mjpeg_pictures {
  int file;
  enum state state;
  unsigned code; // of the segment at hand
  size_t left;   // bytes of its body
  size_t length; // bytes of the picture at hand that are in its place
  size_t next, filled;
  _Atomic uint64_t cut, bytes;
  unsigned char buffer[1 << 16];
};

struct mjpeg_pictures *mjpeg_find_pictures(int file) {
  struct mjpeg_pictures *pictures = calloc(1, sizeof *pictures);
  if (pictures != NULL) pictures->file = file;
  return pictures;
}

uint64_t mjpeg_cut_pictures(const struct mjpeg_pictures *pictures) { return atomic_load(&pictures->cut); }
uint64_t mjpeg_bytes(const struct mjpeg_pictures *pictures) { return atomic_load(&pictures->bytes); }

static void leave_out(struct mjpeg_pictures *pictures, enum state next) {
  atomic_fetch_add(&pictures->cut, 1);
  pictures->length = 0;
  pictures->state = next;
}

// The state behind a marker's code; `coded` and `marker` say where the code was found.
static void meet(struct mjpeg_pictures *pictures, unsigned code, enum state found) {
  const bool is_alone = (code >= first_restart && code <= last_restart) || code == temporary;
  if (code == 0xFF) return; // fills up: another code may follow
  if (code == start) leave_out(pictures, marker);
  else if (code == end) pictures->state = between;
  else if (is_alone || (code == stuffing && found == coded)) pictures->state = found;
  else if (code == stuffing) leave_out(pictures, between);
  else {
    pictures->code = code;
    pictures->state = length_high;
  }
}

// Behind a segment's length, which counts its own two bytes.
static void measure(struct mjpeg_pictures *pictures) {
  if (pictures->left < 2) return leave_out(pictures, between);
  pictures->left -= 2;
  pictures->state = pictures->left > 0 ? body : pictures->code == scan ? coded : marker;
}

// Takes the byte that follows. Returns whether it is the last one of a picture.
static bool take(struct mjpeg_pictures *pictures, unsigned byte) {
  switch (pictures->state) {
  case between:
    if (byte == 0xFF) pictures->state = between_marked;
    return false;
  case between_marked:
    if (byte != 0xFF) pictures->state = byte == start ? marker : between;
    return false;
  case marker:
    if (byte == 0xFF) pictures->state = marked;
    else leave_out(pictures, between);
    return false;
  case marked:
    meet(pictures, byte, marker);
    return pictures->state == between && byte == end;
  case length_high:
    pictures->left = byte << 8;
    pictures->state = length_low;
    return false;
  case length_low:
    pictures->left |= byte;
    measure(pictures);
    return false;
  case body:
    if (--pictures->left == 0) pictures->state = pictures->code == scan ? coded : marker;
    return false;
  case coded:
    if (byte == 0xFF) pictures->state = coded_marked;
    return false;
  case coded_marked:
    meet(pictures, byte, coded);
    return pictures->state == between && byte == end;
  }
  return false;
}

// Puts a byte behind those of the picture at hand. The first two, SOI, are put when the second one has shown what they are.
static void keep(struct mjpeg_pictures *pictures, unsigned char *place, size_t room, unsigned byte) {
  if (pictures->length == 0) {
    place[0] = 0xFF;
    place[1] = start;
    pictures->length = 2;
  } else if (pictures->length < room) {
    place[pictures->length++] = (unsigned char)byte;
  } else {
    leave_out(pictures, between);
  }
}

// Returns 0, or -1 at the end, or a negated error number.
static int fill(struct mjpeg_pictures *pictures) {
  ssize_t got;
  do got = read(pictures->file, pictures->buffer, sizeof pictures->buffer);
  while (got < 0 && errno == EINTR);
  if (got < 0) return -errno;
  pictures->next = 0;
  pictures->filled = (size_t)got;
  atomic_fetch_add(&pictures->bytes, (uint64_t)got);
  return 0;
}

ptrdiff_t mjpeg_next_picture(void *context, unsigned char *place, size_t room, size_t *rest) {
  struct mjpeg_pictures *pictures = context;
  pictures->length = 0;
  for (;;) {
    if (pictures->next == pictures->filled) {
      const int error = fill(pictures);
      if (error == 0 && pictures->filled > 0) continue;
      *rest = pictures->length;
      if (pictures->length > 0) leave_out(pictures, between);
      return error;
    }
    const unsigned byte = pictures->buffer[pictures->next++];
    const bool is_last = take(pictures, byte);
    if (is_last || (pictures->state != between && pictures->state != between_marked)) keep(pictures, place, room, byte);
    if (is_last && pictures->length > 0) return (ptrdiff_t)pictures->length;
  }
}
