// `damage PICTURE.jpg WIDTH HEIGHT FLIPS SEED`: a picture cut at every byte, and with 1 to 8 seeded bits flipped, through the search for pictures and
// the decoder. To be built with the compiler's checks; what it counts says that both ways out were taken.
#define _GNU_SOURCE
#include "Decode.h"
#include "Pictures.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static uint64_t state;

// SplitMix64 (Steele, Lea and Flood 2014).
static uint64_t random_bits(void) {
  uint64_t bits = state += 0x9E3779B97F4A7C15u;
  bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9u;
  bits = (bits ^ bits >> 27) * 0x94D049BB133111EBu;
  return bits ^ bits >> 31;
}

static size_t outcomes[4];
static struct mjpeg_decoder *decoder;
static unsigned char *pixels, *place;
static size_t room;

static void decode(const void *bytes, size_t count) {
  // Memory of just this length, so that a byte too many is seen.
  void *own = malloc(count > 0 ? count : 1);
  memcpy(own, bytes, count);
  const struct mjpeg_picture picture = mjpeg_decode(decoder, own, count, pixels);
  outcomes[picture.outcome]++;
  if (picture.outcome == mjpeg_broken && strlen(picture.message) == 0) abort();
  free(own);
}

// As a camera gives it, and as a stream that goes on with something else.
static void try_both(const unsigned char *bytes, size_t count) {
  decode(bytes, count);
  const int file = memfd_create("pictures", 0);
  if (write(file, bytes, count) != (ssize_t)count || lseek(file, 0, SEEK_SET) != 0) abort();
  struct mjpeg_pictures *pictures = mjpeg_find_pictures(file);
  size_t rest = 0;
  for (ptrdiff_t length; (length = mjpeg_next_picture(pictures, place, room, &rest)) > 0;) decode(place, (size_t)length);
  free(pictures);
  close(file);
}

int main(int count, char **words) {
  if (count != 6) return 64;
  FILE *file = fopen(words[1], "rb");
  unsigned char picture[1 << 16], damaged[1 << 16];
  const size_t length = file ? fread(picture, 1, sizeof picture, file) : 0;
  if (length == 0) return 65;
  fclose(file);
  const uint32_t width = (uint32_t)atoi(words[2]), height = (uint32_t)atoi(words[3]);
  decoder = mjpeg_make_decoder(width, height);
  pixels = malloc((size_t)width * height);
  // Less than the picture, in some of the cases below: it is left out.
  place = malloc(length);
  state = (uint64_t)atoi(words[5]);
  for (size_t cut = 0; cut < length; cut++) {
    room = 2 + random_bits() % (length - 1);
    try_both(picture, cut);
    if (outcomes[mjpeg_decoded] > 0) return 1; // none of these is whole
  }
  room = length;
  const int flips = atoi(words[4]);
  for (int turn = 0; turn < flips; turn++) {
    memcpy(damaged, picture, length);
    for (uint64_t left = 1 + random_bits() % 8; left > 0; left--) damaged[random_bits() % length] ^= (unsigned char)(1 << random_bits() % 8);
    try_both(damaged, length);
  }
  printf("%zu cuts, %d flips: %zu decoded, %zu broken, %zu of another size, %zu of another kind\n", length, flips, outcomes[mjpeg_decoded],
         outcomes[mjpeg_broken], outcomes[mjpeg_of_another_size], outcomes[mjpeg_of_another_kind]);
  return 0;
}
