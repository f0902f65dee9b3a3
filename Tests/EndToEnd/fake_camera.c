// A Video4Linux2 camera without a kernel's: loaded into a program (LD_PRELOAD) it answers for the device that FAKE_CAMERA names. The kernel's
// own virtual camera, vivid, offers GREY before all and no JPEG, and can't be told to drop, damage or pad frames.
//
// FAKE_FORMATS lists what it offers: NAME:WIDTHxHEIGHT[:ROWBYTES], commas between; it gives each at that size alone. FAKE_FRAMES is a script of
// lines, one a frame, each with its parts in this order: a file of the frame's bytes; the sequence number; flags, "-" or any of e (damaged), m (no
// monotonic time stamp), s (half its bytes); milliseconds before it. Behind the last one FAKE_END says what comes: "unplug" or "wait".
// FAKE_BUSY is set where another program streams from it, FAKE_PLANES where it has the interface of several planes alone. With FAKE_PROBE, whoever gives a buffer back after the first frames tries to open that file, to
// reach a socket and to signal its parent, and what becomes of it goes to standard error.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { most_formats = 8, most_buffers = 4, most_waiting = 64, room = 1 << 24 };

static struct format {
  uint32_t code, width, height, row_bytes;
} formats[most_formats];
static int format_count, device = -1;
static struct format chosen;
static unsigned char *buffers[most_buffers];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
// Buffers that the program has given, and those that are filled, in their order.
static int given[most_waiting], given_count;
static struct v4l2_buffer filled[most_waiting];
static int filled_count;
static bool is_gone, is_streaming;

static void read_formats(void) {
  char text[512];
  snprintf(text, sizeof text, "%s", getenv("FAKE_FORMATS"));
  for (char *word = strtok(text, ","); word && format_count < most_formats; word = strtok(NULL, ",")) {
    struct format *format = &formats[format_count++];
    char name[5] = "";
    sscanf(word, "%4[^:]:%ux%u:%u", name, &format->width, &format->height, &format->row_bytes);
    memcpy(&format->code, name, 4);
  }
  chosen = formats[0];
}

static void ring(void) { eventfd_write(device, 1); }

// Waits for a buffer of the program's: a frame for which there is none is the driver's to drop.
static bool show(const char *file, uint32_t sequence, const char *flags) {
  pthread_mutex_lock(&lock);
  const bool has_room = given_count > 0;
  if (has_room) {
    struct v4l2_buffer buffer = {.index = (uint32_t)given[0], .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .sequence = sequence};
    memmove(given, given + 1, (size_t)--given_count * sizeof *given);
    FILE *bytes = fopen(file, "rb");
    buffer.bytesused = bytes ? (uint32_t)fread(buffers[buffer.index], 1, room, bytes) : 0;
    if (bytes) fclose(bytes);
    if (strchr(flags, 's')) buffer.bytesused /= 2;
    if (strchr(flags, 'e')) buffer.flags |= V4L2_BUF_FLAG_ERROR;
    if (!strchr(flags, 'm')) buffer.flags |= V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    buffer.timestamp.tv_sec = now.tv_sec;
    buffer.timestamp.tv_usec = now.tv_nsec / 1000;
    filled[filled_count++] = buffer;
    ring();
  }
  pthread_mutex_unlock(&lock);
  return has_room;
}

static void *stream(void *nothing) {
  (void)nothing;
  char line[512], file[400], flags[8];
  uint32_t sequence, milliseconds;
  FILE *script = fopen(getenv("FAKE_FRAMES"), "r");
  while (script && fgets(line, sizeof line, script) &&
         sscanf(line, "%399s %u %7s %u", file, &sequence, flags, &milliseconds) == 4) {
    usleep(milliseconds * 1000);
    show(file, sequence, flags);
  }
  if (script) fclose(script);
  const char *end = getenv("FAKE_END");
  if (end && strcmp(end, "unplug") == 0) {
    // What has been shown is taken first.
    for (bool waits = true; waits; usleep(1000)) {
      pthread_mutex_lock(&lock);
      waits = filled_count > 0;
      pthread_mutex_unlock(&lock);
    }
    pthread_mutex_lock(&lock);
    is_gone = true;
    ring();
    pthread_mutex_unlock(&lock);
  }
  return NULL;
}

static int fail(int error) {
  errno = error;
  return -1;
}

static void probe(const char *path) {
  const int file = open(path, O_RDONLY), with_file = errno;
  const int network = socket(AF_INET, SOCK_STREAM, 0), with_network = errno;
  const int sent = kill(getppid(), 0), with_signal = errno;
  dprintf(2, "probe: open %s, socket %s, kill %s\n", file < 0 ? strerror(with_file) : "opened",
          network < 0 ? strerror(with_network) : "opened", sent < 0 ? strerror(with_signal) : "sent");
}

static int answer(unsigned long request, void *argument) {
  struct v4l2_capability *can = argument;
  struct v4l2_fmtdesc *offer = argument;
  struct v4l2_format *format = argument;
  struct v4l2_requestbuffers *wish = argument;
  struct v4l2_buffer *buffer = argument;
  pthread_t thread;
  switch (request) {
  case VIDIOC_QUERYCAP:
    can->capabilities = (getenv("FAKE_PLANES") ? V4L2_CAP_VIDEO_CAPTURE_MPLANE : V4L2_CAP_VIDEO_CAPTURE) | V4L2_CAP_STREAMING;
    return 0;
  case VIDIOC_ENUM_FMT:
    if ((int)offer->index >= format_count) return fail(EINVAL);
    offer->pixelformat = formats[offer->index].code;
    return 0;
  case VIDIOC_S_FMT:
    for (int index = 0; index < format_count; index++) {
      if (formats[index].code == format->fmt.pix.pixelformat) chosen = formats[index];
    }
    // fall through
  case VIDIOC_G_FMT:
    format->fmt.pix.pixelformat = chosen.code;
    format->fmt.pix.width = chosen.width;
    format->fmt.pix.height = chosen.height;
    format->fmt.pix.bytesperline = chosen.row_bytes;
    return 0;
  case VIDIOC_REQBUFS:
    if (getenv("FAKE_BUSY")) return fail(EBUSY);
    wish->count = most_buffers;
    return 0;
  case VIDIOC_QUERYBUF:
    buffer->length = room;
    buffer->m.offset = buffer->index * room;
    return 0;
  case VIDIOC_STREAMON:
    is_streaming = true;
    return pthread_create(&thread, NULL, stream, NULL) == 0 ? 0 : fail(EAGAIN);
  case VIDIOC_QBUF:
    if (is_streaming && getenv("FAKE_PROBE")) probe(getenv("FAKE_PROBE"));
    pthread_mutex_lock(&lock);
    given[given_count++] = (int)buffer->index;
    pthread_mutex_unlock(&lock);
    return 0;
  case VIDIOC_DQBUF:
    pthread_mutex_lock(&lock);
    int error = is_gone ? ENODEV : filled_count == 0 ? EAGAIN : 0;
    if (error == 0) {
      *buffer = filled[0];
      memmove(filled, filled + 1, (size_t)--filled_count * sizeof *filled);
    }
    eventfd_t rings;
    // Ready is who has a frame.
    if (filled_count == 0 && !is_gone) eventfd_read(device, &rings);
    pthread_mutex_unlock(&lock);
    return error == 0 ? 0 : fail(error);
  default:
    return fail(ENOTTY);
  }
}

int open(const char *path, int flags, ...) {
  static int (*real)(const char *, int, ...);
  if (!real) *(void **)&real = dlsym(RTLD_NEXT, "open");
  const char *name = getenv("FAKE_CAMERA");
  if (name && strcmp(path, name) == 0) {
    read_formats();
    for (int index = 0; index < most_buffers; index++) {
      buffers[index] = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    }
    device = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return device;
  }
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return real(path, flags, mode);
}

int ioctl(int file, unsigned long request, ...) {
  static int (*real)(int, unsigned long, ...);
  if (!real) *(void **)&real = dlsym(RTLD_NEXT, "ioctl");
  va_list rest;
  va_start(rest, request);
  void *argument = va_arg(rest, void *);
  va_end(rest);
  return file == device && device >= 0 ? answer(request, argument) : real(file, request, argument);
}

void *mmap(void *place, size_t bytes, int protection, int flags, int file, off_t offset) {
  static void *(*real)(void *, size_t, int, int, int, off_t);
  if (!real) *(void **)&real = dlsym(RTLD_NEXT, "mmap");
  if (file == device && device >= 0) return buffers[offset / room];
  return real(place, bytes, protection, flags, file, offset);
}
