// PNG by libpng's simplified interface.
#pragma once
#include <png.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/// Encodes 8-bit pixels, width x height x channels bytes, rows from the top; 1 channel is grey, 3 are red, green, blue.
///
/// Writes at most `*count` bytes to `bytes` (NULL only to ask for the size) and sets `*count` to the bytes of the file.
/// Returns 1, or 0 if there was no room or the library failed.
static inline int image_write_png(const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels,
                                  uint8_t *bytes, size_t *count) {
  png_image image;
  memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  image.width = width;
  image.height = height;
  image.format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  png_alloc_size_t size = *count;
  const int succeeded = png_image_write_to_memory(&image, bytes, &size, 0, pixels, (png_int_32)(width * channels), NULL);
  *count = size;
  png_image_free(&image);
  return succeeded;
}
