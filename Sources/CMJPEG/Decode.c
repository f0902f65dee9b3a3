#include "Decode.h"
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
// After stdio.h and stddef.h, which they need and don't include.
#include <jerror.h>
#include <jpeglib.h>

_Static_assert(mjpeg_longest_message == JMSG_LENGTH_MAX, "another library");

struct mjpeg_decoder {
  struct jpeg_decompress_struct library;
  struct jpeg_error_mgr errors;
  // Where the library's errors, which never return to it, end.
  jmp_buf leave;
  uint32_t width, height;
  char message[mjpeg_longest_message];
};

static void fail(j_common_ptr library) {
  struct mjpeg_decoder *decoder = library->client_data;
  library->err->format_message(library, decoder->message);
  longjmp(decoder->leave, 1);
}

// The library goes on after a warning (level -1), with grey for what is missing: such a picture is broken all the same. But for bytes
// between two markers, with which some webcams fill their pictures up. Levels from 0 on are traces.
static void warn(j_common_ptr library, int level) {
  if (level < 0 && library->err->msg_code != JWRN_EXTRANEOUS_DATA) fail(library);
}

// Returns false without memory.
static bool prepare(struct mjpeg_decoder *decoder) {
  if (setjmp(decoder->leave)) return false;
  // Leaves `err` and `client_data` as they are.
  jpeg_create_decompress(&decoder->library);
  return true;
}

struct mjpeg_decoder *mjpeg_make_decoder(uint32_t width, uint32_t height) {
  struct mjpeg_decoder *decoder = calloc(1, sizeof *decoder);
  if (decoder == NULL) return NULL;
  decoder->width = width;
  decoder->height = height;
  decoder->library.err = jpeg_std_error(&decoder->errors);
  decoder->errors.error_exit = fail;
  decoder->errors.emit_message = warn;
  decoder->library.client_data = decoder;
  if (prepare(decoder)) return decoder;
  free(decoder);
  return NULL;
}

// The divisor that makes an extent of the picture one of the decoder's; 0 for none.
static uint32_t divisor(const struct mjpeg_decoder *decoder) {
  for (uint32_t by = 1; by <= 8; by *= 2) {
    if ((decoder->library.image_width + by - 1) / by == decoder->width &&
        (decoder->library.image_height + by - 1) / by == decoder->height) {
      return by;
    }
  }
  return 0;
}

static bool is_a_cameras(struct jpeg_decompress_struct *library) {
  return !library->progressive_mode && !library->arith_code && library->data_precision == 8 &&
         !jpeg_has_multiple_scans(library);
}

struct mjpeg_picture mjpeg_decode(
    struct mjpeg_decoder *decoder, const void *bytes, size_t count, unsigned char *pixels) {
  struct jpeg_decompress_struct *library = &decoder->library;
  decoder->message[0] = 0;
  library->image_width = 0;
  library->image_height = 0;
  // Nothing below keeps a value of its own over a jump: all that is looked at after it lies in the decoder.
  if (setjmp(decoder->leave)) {
    const struct mjpeg_picture broken = {
        .outcome = mjpeg_broken, .width = library->image_width, .height = library->image_height,
        .message = decoder->message};
    jpeg_abort_decompress(library);
    return broken;
  }
  jpeg_mem_src(library, bytes, (unsigned long)count);
  jpeg_read_header(library, TRUE);
  struct mjpeg_picture picture = {
      .outcome = mjpeg_decoded, .width = library->image_width, .height = library->image_height,
      .message = decoder->message};
  const uint32_t by = divisor(decoder);
  if (by == 0) picture.outcome = mjpeg_of_another_size;
  else if (!is_a_cameras(library)) picture.outcome = mjpeg_of_another_kind;
  if (picture.outcome != mjpeg_decoded) {
    jpeg_abort_decompress(library);
    return picture;
  }
  library->out_color_space = JCS_GRAYSCALE;
  library->dct_method = JDCT_ISLOW;
  library->scale_num = 1;
  library->scale_denom = by;
  jpeg_start_decompress(library);
  // The library's own rule for extents is the divisor's; a row is as wide as the decoder's.
  if (library->output_width != decoder->width || library->output_height != decoder->height) {
    jpeg_abort_decompress(library);
    picture.outcome = mjpeg_of_another_size;
    return picture;
  }
  while (library->output_scanline < library->output_height) {
    JSAMPROW row = pixels + (size_t)library->output_scanline * decoder->width;
    jpeg_read_scanlines(library, &row, 1);
  }
  jpeg_finish_decompress(library);
  return picture;
}
