// A camera by Video4Linux2: frames in the driver's own memory.
#pragma once
#include "NewestFrame.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

struct linux_camera;

enum { linux_camera_offers = 16 };

/// What a camera's frames are to be.
enum linux_camera_content {
  /// 'GREY', 'NV12', 'YU12' or 'YUYV' as four characters, the first in the lowest byte; of each the first plane is brightness.
  linux_camera_brightness,
  /// 'MJPG' or 'JPEG': a picture each, of any length.
  linux_camera_pictures
};

/// What a camera was asked for, or gives.
struct linux_camera_format {
  uint32_t code;
  uint32_t width, height;
  /// From a row of brightness to the next; 0 of pictures.
  uint32_t row_bytes;
  /// A frame has so many at the least.
  uint32_t frame_bytes;
};

/// Opens a camera, agrees with it on a format, and starts it. A width of 0 leaves the size to the camera; it may choose another one
/// than it is asked for. Of the formats it takes the first above that the camera offers.
///
/// Returns 0, or an error number: ENOTTY for what is no camera, EOPNOTSUPP for one that has the interface of several planes alone, as some
/// of boards' own have, and EPROTONOSUPPORT where it offers no format of that content: then
/// `offers` holds the codes that it does offer, up to `linux_camera_offers` of them, and zeros.
int linux_open_camera(
    const char *path, enum linux_camera_content content, uint32_t width, uint32_t height,
    struct linux_camera *_Nullable *_Nonnull camera, struct linux_camera_format *format,
    uint32_t offers[_Nonnull linux_camera_offers]);

/// Waits until a frame is there to be taken, or the camera gone, but no longer than to a time of the monotonic clock. Returns whether
/// it is so.
bool linux_await_camera_frame(struct linux_camera *camera, uint64_t until);

/// Waits for a frame, and takes the newest; its time is when the driver had it whole. Those that the driver
/// marks as damaged, or that are shorter than a frame, count as dropped. A camera that is gone is ENODEV.
struct linux_frame linux_next_camera_frame(struct linux_camera *camera);

#pragma clang assume_nonnull end
