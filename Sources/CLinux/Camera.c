#define _GNU_SOURCE
#include "Camera.h"
#include "Clock.h"
#include "Memory.h"
#include "Stream.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { most_buffers = 4, none = -1 };

struct linux_camera {
  int file;
  int taken; // the buffer that is in use
  uint32_t frame_bytes;
  bool has_sequence;
  uint32_t sequence; // of the last frame that was taken; at first, that before the first that came
  uint64_t dropped;
  const void *places[most_buffers];
  size_t rooms[most_buffers];
};

// The best first; zeros behind the last.
enum { most_wanted = 4 };
static const uint32_t wanted[][most_wanted] = {
    [linux_camera_brightness] = {V4L2_PIX_FMT_GREY, V4L2_PIX_FMT_NV12, V4L2_PIX_FMT_YUV420, V4L2_PIX_FMT_YUYV},
    [linux_camera_pictures] = {V4L2_PIX_FMT_MJPEG, V4L2_PIX_FMT_JPEG}};

static int call(int file, unsigned long request, void *argument) {
  int result;
  do result = ioctl(file, request, argument);
  while (result != 0 && errno == EINTR);
  return result == 0 ? 0 : errno;
}

// The best format of those that the camera offers; 0 for none.
static uint32_t choose(int file, const uint32_t wanted[most_wanted], uint32_t offers[linux_camera_offers]) {
  memset(offers, 0, linux_camera_offers * sizeof *offers);
  size_t best = most_wanted;
  struct v4l2_fmtdesc offer = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
  for (; call(file, VIDIOC_ENUM_FMT, &offer) == 0; offer.index++) {
    if (offer.index < linux_camera_offers) offers[offer.index] = offer.pixelformat;
    for (size_t rank = 0; rank < best; rank++) {
      if (wanted[rank] == offer.pixelformat) best = rank;
    }
  }
  return best < most_wanted ? wanted[best] : 0;
}

static int agree(
    int file, enum linux_camera_content content, uint32_t width, uint32_t height, struct linux_camera_format *format,
    uint32_t offers[linux_camera_offers]) {
  struct v4l2_capability can = {0};
  int error = call(file, VIDIOC_QUERYCAP, &can);
  if (error != 0) return error;
  const uint32_t abilities = can.capabilities & V4L2_CAP_DEVICE_CAPS ? can.device_caps : can.capabilities;
  if (!(abilities & V4L2_CAP_STREAMING)) return ENOTTY;
  if (!(abilities & V4L2_CAP_VIDEO_CAPTURE)) return abilities & V4L2_CAP_VIDEO_CAPTURE_MPLANE ? EOPNOTSUPP : ENOTTY;
  const uint32_t code = choose(file, wanted[content], offers);
  if (code == 0) return EPROTONOSUPPORT;
  struct v4l2_format chosen = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
  error = call(file, VIDIOC_G_FMT, &chosen);
  if (error != 0) return error;
  chosen.fmt.pix.pixelformat = code;
  chosen.fmt.pix.field = V4L2_FIELD_NONE;
  chosen.fmt.pix.bytesperline = 0;
  if (width != 0) {
    chosen.fmt.pix.width = width;
    chosen.fmt.pix.height = height;
  }
  error = call(file, VIDIOC_S_FMT, &chosen);
  if (error != 0) return error;
  if (chosen.fmt.pix.pixelformat != code) return EPROTONOSUPPORT;
  *format = (struct linux_camera_format){
      .code = code, .width = chosen.fmt.pix.width, .height = chosen.fmt.pix.height, .frame_bytes = 1};
  if (content == linux_camera_pictures) return 0;
  const uint32_t least = chosen.fmt.pix.width * (code == V4L2_PIX_FMT_YUYV ? 2 : 1);
  format->row_bytes = chosen.fmt.pix.bytesperline > least ? chosen.fmt.pix.bytesperline : least;
  format->frame_bytes = format->row_bytes * format->height;
  return 0;
}

static int give(struct linux_camera *camera, int index) {
  struct v4l2_buffer buffer = {
      .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP, .index = (uint32_t)index};
  return call(camera->file, VIDIOC_QBUF, &buffer);
}

static int start(struct linux_camera *camera) {
  struct v4l2_requestbuffers request = {
      .count = most_buffers, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
  int error = call(camera->file, VIDIOC_REQBUFS, &request);
  if (error != 0) return error;
  const int buffers = request.count < most_buffers ? (int)request.count : most_buffers;
  // One in use, one waiting, one being filled.
  if (buffers < 3) return ENOBUFS;
  for (int index = 0; index < buffers; index++) {
    struct v4l2_buffer buffer = {
        .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP, .index = (uint32_t)index};
    error = call(camera->file, VIDIOC_QUERYBUF, &buffer);
    if (error != 0) return error;
    // Brightness comes first; a driver that has less room than that for a frame contradicts itself.
    if (buffer.length < camera->frame_bytes) return EPROTO;
    void *place = mmap(NULL, buffer.length, PROT_READ, MAP_SHARED, camera->file, (off_t)buffer.m.offset);
    if (place == MAP_FAILED) return errno;
    camera->places[index] = place;
    camera->rooms[index] = buffer.length;
    error = give(camera, index);
    if (error != 0) return error;
  }
  enum v4l2_buf_type type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  return call(camera->file, VIDIOC_STREAMON, &type);
}

int linux_open_camera(
    const char *path, enum linux_camera_content content, uint32_t width, uint32_t height, struct linux_camera **result,
    struct linux_camera_format *format, uint32_t offers[linux_camera_offers]) {
  const int file = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return errno;
  int error = agree(file, content, width, height, format, offers);
  struct linux_camera *camera = error == 0 ? linux_pages(sizeof *camera) : NULL;
  if (error == 0 && camera == NULL) error = ENOMEM;
  if (error == 0) {
    *camera = (struct linux_camera){.file = file, .taken = none, .frame_bytes = format->frame_bytes};
    error = start(camera);
  }
  // What was mapped goes with the program, which ends where there is no camera.
  if (error != 0) close(file);
  else *result = camera;
  return error;
}

// Counts what the driver had no buffer for, and what came before a frame that was taken and after the one before it.
static void count_dropped(struct linux_camera *camera, uint32_t sequence) {
  camera->dropped += (uint32_t)(sequence - camera->sequence - 1);
  camera->sequence = sequence;
}

bool linux_await_camera_frame(struct linux_camera *camera, uint64_t until) {
  struct pollfd ready = {.fd = camera->file, .events = POLLIN};
  return linux_poll_until(&ready, until);
}

struct linux_frame linux_next_camera_frame(struct linux_camera *camera) {
  struct linux_frame frame = {0};
  if (camera->taken != none) frame.error = give(camera, camera->taken);
  camera->taken = none;
  struct v4l2_buffer newest = {0};
  while (frame.error == 0) {
    struct v4l2_buffer buffer = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
    const int error = call(camera->file, VIDIOC_DQBUF, &buffer);
    if (error == 0) {
      // Counted from the first that came, which needn't be the first that is taken.
      if (!camera->has_sequence) camera->sequence = buffer.sequence - 1;
      camera->has_sequence = true;
      if (buffer.flags & V4L2_BUF_FLAG_ERROR || buffer.bytesused < camera->frame_bytes) {
        // Damaged on its way: as if it had not come.
        frame.error = give(camera, (int)buffer.index);
        continue;
      }
      if (camera->taken != none) frame.error = give(camera, camera->taken);
      camera->taken = (int)buffer.index;
      newest = buffer;
    } else if (error != EAGAIN) {
      frame.error = error;
    } else if (camera->taken != none) {
      break;
    } else {
      struct pollfd ready = {.fd = camera->file, .events = POLLIN};
      if (poll(&ready, 1, -1) < 0 && errno != EINTR) frame.error = errno;
      // A camera that is gone is ready for ever, with nothing but an error.
      if (ready.revents & (POLLERR | POLLHUP | POLLNVAL) && !(ready.revents & POLLIN)) frame.error = ENODEV;
    }
  }
  if (frame.error == 0) {
    count_dropped(camera, newest.sequence);
    frame.bytes = camera->places[camera->taken];
    const size_t room = camera->rooms[camera->taken];
    frame.length = newest.bytesused < room ? newest.bytesused : room;
    const bool monotonic = (newest.flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) == V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
    frame.nanoseconds = monotonic ? (uint64_t)newest.timestamp.tv_sec * 1000000000u + (uint64_t)newest.timestamp.tv_usec * 1000u
                                  : linux_nanoseconds();
  }
  frame.dropped = camera->dropped;
  return frame;
}
