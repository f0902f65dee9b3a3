#define _GNU_SOURCE
#include "Folder.h"
#include "Memory.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// The C library's own way takes memory from the heap.
struct entry {
  uint64_t inode;
  int64_t offset;
  unsigned short length;
  unsigned char type;
  char name[];
};

struct listing {
  const char *path, *ending;
  // Where paths go; NULL while they are only counted.
  const char **places;
  char *text;
  size_t capacity, text_bytes;
  size_t count, used;
  size_t other_count;
  char other[256];
};

bool linux_is_folder(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool ends_with(const char *name, const char *ending) {
  const size_t length = strlen(name), more = strlen(ending);
  return length > more && strcmp(name + length - more, ending) == 0;
}

static int take(struct listing *listing, const char *name) {
  if (name[0] == '.') return 0;
  if (!ends_with(name, listing->ending)) {
    if (listing->other_count++ == 0 || strcmp(name, listing->other) < 0) strncpy(listing->other, name, sizeof listing->other - 1);
    return 0;
  }
  const size_t folder = strlen(listing->path), length = strlen(name), bytes = folder + 1 + length + 1;
  if (listing->places != NULL) {
    if (listing->count == listing->capacity || bytes > listing->text_bytes - listing->used) return EAGAIN;
    char *place = listing->text + listing->used;
    memcpy(place, listing->path, folder);
    place[folder] = '/';
    memcpy(place + folder + 1, name, length + 1);
    listing->places[listing->count] = place;
  }
  listing->count++;
  listing->used += bytes;
  return 0;
}

static int walk(int file, struct listing *listing) {
  _Alignas(struct entry) char buffer[8192];
  listing->count = listing->used = listing->other_count = 0;
  if (lseek(file, 0, SEEK_SET) != 0) return errno;
  for (;;) {
    const long got = syscall(SYS_getdents64, file, buffer, sizeof buffer);
    if (got < 0) return errno;
    if (got == 0) return 0;
    for (long at = 0; at < got;) {
      const struct entry *entry = (const struct entry *)(buffer + at);
      const int error = take(listing, entry->name);
      if (error != 0) return error;
      at += entry->length;
    }
  }
}

// Moves a path down the heap until no child is greater.
static void sift(const char **paths, size_t root, size_t count) {
  for (size_t child; (child = 2 * root + 1) < count; root = child) {
    if (child + 1 < count && strcmp(paths[child + 1], paths[child]) > 0) child++;
    if (strcmp(paths[child], paths[root]) <= 0) return;
    const char *swapped = paths[child];
    paths[child] = paths[root];
    paths[root] = swapped;
  }
}

// All start with the folder, so that the order of paths is that of names.
static void sort(const char **paths, size_t count) {
  for (size_t root = count / 2; root-- > 0;) sift(paths, root, count);
  for (size_t end = count; end-- > 1;) {
    const char *greatest = paths[0];
    paths[0] = paths[end];
    paths[end] = greatest;
    sift(paths, 0, end);
  }
}

int linux_list_folder(const char *path, const char *ending, struct linux_folder *folder) {
  const int file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return errno;
  struct listing *listing = linux_pages(sizeof *listing);
  int error = listing == NULL ? ENOMEM : 0;
  if (error == 0) {
    listing->path = path;
    listing->ending = ending;
    error = walk(file, listing);
  }
  if (error == 0 && listing->count > 0) {
    listing->capacity = listing->count;
    listing->text_bytes = listing->used;
    listing->places = linux_pages(listing->capacity * sizeof *listing->places);
    listing->text = linux_pages(listing->text_bytes);
    error = listing->places == NULL || listing->text == NULL ? ENOMEM : walk(file, listing);
  }
  close(file);
  if (error != 0) return error;
  if (listing->places != NULL) sort(listing->places, listing->count);
  *folder = (struct linux_folder){
      .paths = listing->places, .count = listing->count, .other_count = listing->other_count,
      .other = listing->other_count > 0 ? listing->other : NULL};
  return 0;
}
