// Brightness of JPEG pictures, one after another, by libjpeg-turbo.
#pragma once
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

enum {
  /// libjpeg's texts with what they tell filled in.
  mjpeg_longest_message = 200
};

/// What became of a picture.
enum mjpeg_outcome {
  mjpeg_decoded,
  /// Cut short, or no JPEG from some byte on.
  mjpeg_broken,
  /// Its size is not the decoder's, nor twice, 4 or 8 times that.
  mjpeg_of_another_size,
  /// Whole, perhaps, but not of the kind that cameras make: progressive, in several scans, of arithmetic code or of more than 8 bits.
  mjpeg_of_another_kind
};

struct mjpeg_decoder;

struct mjpeg_picture {
  enum mjpeg_outcome outcome;
  /// As the picture says; 0 where it doesn't come so far.
  uint32_t width, height;
  /// Of a broken one, what the library says; else empty. Valid until the next picture.
  const char *message;
};

/// A decoder to `width` x `height` pixels, for as long as the program runs; NULL without memory.
struct mjpeg_decoder *_Nullable mjpeg_make_decoder(uint32_t width, uint32_t height);

/// Decodes one picture's brightness into width x height bytes. A picture that is 2, 4 or 8 times as wide and high (an extent that doesn't divide
/// is rounded up) is reduced within the inverse transform. Integers alone: the same pixels on every machine. A picture without Huffman tables gets the standard's
/// (ITU-T T.81, K.3), as webcams rely on.
///
/// Any bytes are safe. Where the picture is not decoded, `pixels` may hold a part of it.
struct mjpeg_picture mjpeg_decode(
    struct mjpeg_decoder *decoder, const void *bytes, size_t count, unsigned char *pixels);

#pragma clang assume_nonnull end
