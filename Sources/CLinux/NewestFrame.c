#define _GNU_SOURCE
#include "NewestFrame.h"
#include "Clock.h"
#include "Memory.h"
#include "Signals.h"
#include "Stream.h"
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/stat.h>

// Three places: one is being filled, one may hold the newest whole frame, one may be in use. No place is two of these.
enum { none = -1 };

struct linux_frames {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  linux_frame_source *source;
  void *context;
  int file; // of the source that reads frames of one size
  bool every;
  size_t room;
  unsigned char *places[3];
  // Under the lock.
  int newest, taken;
  bool ended;
  size_t lengths[3];
  uint64_t arrived[3];
  uint64_t dropped;
  int error;
  size_t rest;
};

static int free_place(const struct linux_frames *frames) {
  int place = 0;
  while (place == frames->newest || place == frames->taken) place++;
  return place;
}

// Frames of one size, with nothing between them.
static ptrdiff_t read_whole(void *context, unsigned char *place, size_t room, size_t *rest) {
  const struct linux_frames *frames = context;
  size_t filled = 0;
  while (filled < room) {
    const ptrdiff_t got = linux_read(frames->file, place + filled, room - filled);
    if (got < 0) return got;
    if (got == 0) {
      *rest = filled;
      return 0;
    }
    filled += (size_t)got;
  }
  return (ptrdiff_t)filled;
}

static void *read_frames(void *argument) {
  struct linux_frames *frames = argument;
  block_signals();
  pthread_mutex_lock(&frames->lock);
  while (!frames->ended) {
    while (frames->every && frames->newest != none) pthread_cond_wait(&frames->changed, &frames->lock);
    const int place = free_place(frames);
    pthread_mutex_unlock(&frames->lock);
    size_t rest = 0;
    const ptrdiff_t filled = frames->source(frames->context, frames->places[place], frames->room, &rest);
    const uint64_t now = linux_nanoseconds();
    pthread_mutex_lock(&frames->lock);
    if (filled > 0) {
      if (frames->newest != none) frames->dropped++;
      frames->newest = place;
      frames->lengths[place] = (size_t)filled;
      frames->arrived[place] = now;
    } else {
      frames->ended = true;
      frames->error = (int)-filled;
      frames->rest = rest;
    }
    pthread_cond_broadcast(&frames->changed);
  }
  pthread_mutex_unlock(&frames->lock);
  return NULL;
}

static struct linux_frames *prepare(void *memory, size_t room, bool every) {
  struct linux_frames *frames = linux_pages(sizeof *frames);
  if (frames == NULL) return NULL;
  *frames = (struct linux_frames){
      .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .every = every, .room = room, .newest = none,
      .taken = none};
  for (int place = 0; place < 3; place++) frames->places[place] = (unsigned char *)memory + (size_t)place * room;
  return frames;
}

static int start(struct linux_frames *frames, struct linux_frames **result) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 64 << 10);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread;
  const int error = pthread_create(&thread, &attributes, read_frames, frames);
  pthread_attr_destroy(&attributes);
  if (error == 0) *result = frames;
  return error;
}

int linux_start_frames(int file, void *memory, size_t bytes, bool every, struct linux_frames **result) {
  struct stat status;
  if (fstat(file, &status) != 0) return errno;
  struct linux_frames *frames = prepare(memory, bytes, every || S_ISREG(status.st_mode));
  if (frames == NULL) return ENOMEM;
  frames->file = file;
  frames->source = read_whole;
  frames->context = frames;
  return start(frames, result);
}

int linux_start_frames_of(
    linux_frame_source *source, void *context, void *memory, size_t room, bool every, struct linux_frames **result) {
  struct linux_frames *frames = prepare(memory, room, every);
  if (frames == NULL) return ENOMEM;
  frames->source = source;
  frames->context = context;
  return start(frames, result);
}

bool linux_await_frame(struct linux_frames *frames, uint64_t until) {
  const struct timespec time = {.tv_sec = (time_t)(until / 1000000000u), .tv_nsec = (long)(until % 1000000000u)};
  pthread_mutex_lock(&frames->lock);
  int error = 0;
  while (error == 0 && frames->newest == none && !frames->ended) {
    error = pthread_cond_clockwait(&frames->changed, &frames->lock, CLOCK_MONOTONIC, &time);
  }
  const bool is_there = frames->newest != none || frames->ended;
  pthread_mutex_unlock(&frames->lock);
  return is_there;
}

struct linux_frame linux_next_frame(struct linux_frames *frames) {
  pthread_mutex_lock(&frames->lock);
  frames->taken = none;
  while (frames->newest == none && !frames->ended) pthread_cond_wait(&frames->changed, &frames->lock);
  struct linux_frame frame = {.dropped = frames->dropped};
  if (frames->newest != none) {
    frame.bytes = frames->places[frames->newest];
    frame.length = frames->lengths[frames->newest];
    frame.nanoseconds = frames->arrived[frames->newest];
    frames->taken = frames->newest;
    frames->newest = none;
    pthread_cond_broadcast(&frames->changed);
  } else {
    frame.error = frames->error;
    frame.rest = frames->rest;
  }
  pthread_mutex_unlock(&frames->lock);
  return frame;
}
