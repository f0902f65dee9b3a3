// JPEG by libjpeg-turbo, whose errors leave by longjmp and so must end in C.
#pragma once
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
// After stdio.h and stddef.h, which it needs and doesn't include.
#include <jpeglib.h>

enum { image_message_bytes = JMSG_LENGTH_MAX };

struct image_jpeg_failure {
  struct jpeg_error_mgr manager;
  jmp_buf leave;
  char *message;
};

static inline void image_jpeg_fail(j_common_ptr decoder) {
  // `manager` is the first member, so its address is the failure's.
  struct image_jpeg_failure *failure = (struct image_jpeg_failure *)decoder->err;
  decoder->err->format_message(decoder, failure->message);
  longjmp(failure->leave, 1);
}

/// A warning (level -1) means damaged data, which libjpeg would fill with grey; the traces (0 and up) are dropped.
static inline void image_jpeg_warn(j_common_ptr decoder, int level) {
  if (level < 0) image_jpeg_fail(decoder);
}

/// Reads the size, and the pixels too if `pixels` isn't NULL.
///
/// `pixels` has room for width x height x `channels` bytes of the size that a call without pixels gave; `channels` is 1 (luma)
/// or 3 (RGB). `message` has room for image_message_bytes. Returns 1, or 0 with the library's message.
static inline int image_read_jpeg(const uint8_t *bytes, size_t count, uint8_t *pixels, int channels, uint32_t *width,
                                  uint32_t *height, char *message) {
  struct jpeg_decompress_struct decoder;
  struct image_jpeg_failure failure;
  decoder.err = jpeg_std_error(&failure.manager);
  failure.manager.error_exit = image_jpeg_fail;
  failure.manager.emit_message = image_jpeg_warn;
  failure.message = message;
  jpeg_create_decompress(&decoder);
  if (setjmp(failure.leave)) {
    jpeg_destroy_decompress(&decoder);
    return 0;
  }
  jpeg_mem_src(&decoder, bytes, (unsigned long)count);
  jpeg_read_header(&decoder, TRUE);
  *width = decoder.image_width;
  *height = decoder.image_height;
  if (pixels) {
    decoder.out_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_start_decompress(&decoder);
    size_t stride = (size_t)decoder.output_width * (size_t)decoder.output_components;
    while (decoder.output_scanline < decoder.output_height) {
      JSAMPROW row = pixels + decoder.output_scanline * stride;
      jpeg_read_scanlines(&decoder, &row, 1);
    }
    jpeg_finish_decompress(&decoder);
  }
  jpeg_destroy_decompress(&decoder);
  return 1;
}
