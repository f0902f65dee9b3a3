#define _GNU_SOURCE
#include "Attributes.h"
#include "Clock.h"
#include "Memory.h"
#include "Stream.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct text {
  int number;
  size_t count;
  char bytes[linux_longest_attribute];
};

struct linux_attributes {
  int count;
  int files[linux_most_attributes];
  // Texts are complete before they are counted: a handler may come at any time.
  volatile int ending_count;
  struct text endings[linux_most_attributes];
};

struct linux_attributes *linux_new_attributes(void) { return linux_pages(sizeof(struct linux_attributes)); }

int linux_open_attribute(struct linux_attributes *attributes, const char *path, uint64_t patience) {
  if (attributes->count == linux_most_attributes) return -E2BIG;
  const uint64_t end = linux_nanoseconds() + patience;
  const struct timespec pause = {.tv_nsec = 20000000};
  int file;
  // A channel that was just exported is there at once, the right to it when udev has been there.
  while ((file = open(path, O_WRONLY | O_CLOEXEC)) < 0 && (errno == ENOENT || errno == EACCES)) {
    const int error = errno;
    if (linux_nanoseconds() >= end) return -error;
    nanosleep(&pause, NULL);
  }
  if (file < 0) return -errno;
  attributes->files[attributes->count] = file;
  return attributes->count++;
}

static int write_text(int file, const char *text, size_t count) {
  ssize_t put;
  do put = pwrite(file, text, count, 0);
  while (put < 0 && errno == EINTR);
  return put < 0 ? errno : 0;
}

int linux_write_attribute(struct linux_attributes *attributes, int number, const char *text, size_t count) {
  return write_text(attributes->files[number], text, count);
}

int linux_write_at_end(struct linux_attributes *attributes, int number, const char *text, size_t count) {
  const int place = attributes->ending_count;
  if (place == linux_most_attributes || count > linux_longest_attribute) return E2BIG;
  struct text *ending = &attributes->endings[place];
  ending->number = number;
  ending->count = count;
  memcpy(ending->bytes, text, count);
  __atomic_signal_fence(__ATOMIC_RELEASE);
  attributes->ending_count = place + 1;
  return 0;
}

int linux_write_endings(void *context) {
  const struct linux_attributes *attributes = context;
  int error = 0;
  for (int place = 0; place < attributes->ending_count; place++) {
    const struct text *ending = &attributes->endings[place];
    const int found = write_text(attributes->files[ending->number], ending->bytes, ending->count);
    if (error == 0) error = found;
  }
  return error;
}

int linux_selected_word(const char *path, char word[linux_longest_attribute + 1]) {
  // The kernel gives such a list in one page at most.
  char list[4096 + 1];
  const int file = linux_open(path);
  if (file < 0) return file;
  const ptrdiff_t count = linux_read(file, list, sizeof list - 1);
  close(file);
  if (count < 0) return (int)count;
  list[count] = 0;
  const char *start = strchr(list, '['), *end = start ? strchr(start, ']') : NULL;
  if (end == NULL) return 0;
  const size_t length = (size_t)(end - start) - 1;
  if (length > linux_longest_attribute) return -ENAMETOOLONG;
  memcpy(word, start + 1, length);
  word[length] = 0;
  return (int)length;
}

int linux_link_name(const char *path, char name[linux_longest_attribute + 1]) {
  char target[PATH_MAX];
  const ssize_t count = readlink(path, target, sizeof target - 1);
  if (count < 0) return -errno;
  target[count] = 0;
  const char *slash = strrchr(target, '/'), *last = slash ? slash + 1 : target;
  const size_t length = strlen(last);
  if (length > linux_longest_attribute) return -ENAMETOOLONG;
  memcpy(name, last, length + 1);
  return (int)length;
}
