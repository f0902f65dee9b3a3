// PNG by libpng's simplified interface.
#pragma once
#include <png.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/// Reads the size and whether the image has colour, and the pixels too if `pixels` isn't NULL.
///
/// `pixels` has room for width x height x `channels` bytes of the size that a call without pixels gave; `channels` is 1 (only
/// for an image without colour) or 3 (RGB). Transparency shows black. 16-bit samples lose their low byte without a change of
/// gamma. `message` has room for 64 bytes. Returns 1, or 0 with the library's message.
static inline int image_read_png(const uint8_t *bytes, size_t count, uint8_t *pixels, int channels, uint32_t *width,
                                 uint32_t *height, int *has_color, char *message) {
  png_image image;
  memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  int succeeded = png_image_begin_read_from_memory(&image, bytes, count);
  if (succeeded) {
    *width = image.width;
    *height = image.height;
    *has_color = (image.format & PNG_FORMAT_FLAG_COLOR) != 0;
  }
  if (succeeded && pixels) {
    const png_color black = {0, 0, 0};
    image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
    image.format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
    succeeded = png_image_finish_read(&image, &black, pixels, (png_int_32)(image.width * (unsigned)channels), NULL);
  }
  if (!succeeded) memcpy(message, image.message, sizeof image.message);
  png_image_free(&image);
  return succeeded;
}
