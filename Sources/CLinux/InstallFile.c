#define _GNU_SOURCE
#include "InstallFile.h"
#include "Stream.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool append(char *result, const char *path, const char *ending) {
  const size_t length = strlen(path), more = strlen(ending) + 1;
  if (length + more > PATH_MAX) return false;
  memcpy(result, path, length);
  memcpy(result + length, ending, more);
  return true;
}

const char *linux_old_path(const char *path) {
  static char old[PATH_MAX];
  return append(old, path, ".old") ? old : NULL;
}

static int write_whole(const char *path, const void *bytes, size_t count) {
  const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (file < 0) return errno;
  int error = 0;
  for (size_t done = 0; done < count && error == 0;) {
    const ptrdiff_t put = linux_write(file, (const char *)bytes + done, count - done);
    if (put < 0) error = (int)-put;
    else done += (size_t)put;
  }
  if (error == 0 && fsync(file) != 0) error = errno;
  if (close(file) != 0 && error == 0) error = errno;
  return error;
}

// What a rename has done is on the disk when its folder is.
static int sync_folder_of(const char *path) {
  char folder[PATH_MAX];
  strcpy(folder, path);
  char *slash = strrchr(folder, '/');
  if (slash == NULL) strcpy(folder, ".");
  else if (slash == folder) folder[1] = 0;
  else *slash = 0;
  const int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return errno;
  const int error = fsync(file) == 0 || errno == EINVAL ? 0 : errno;
  close(file);
  return error;
}

const char *linux_accepted_path(const char *path) {
  static char accepted[PATH_MAX];
  return append(accepted, path, ".accepted") ? accepted : NULL;
}

int linux_replace_file(const void *bytes, size_t count, const char *path) {
  char fresh[PATH_MAX];
  if (!append(fresh, path, ".new")) return ENAMETOOLONG;
  int error = write_whole(fresh, bytes, count);
  if (error == 0 && rename(fresh, path) != 0) error = errno;
  if (error == 0) return sync_folder_of(path);
  unlink(fresh);
  return error;
}

int linux_install_file(const void *bytes, size_t count, const char *path) {
  static char fresh[PATH_MAX], kept[PATH_MAX], old[PATH_MAX];
  if (!append(fresh, path, ".new") || !append(kept, path, ".kept") || !append(old, path, ".old")) return ENAMETOOLONG;
  int error = write_whole(fresh, bytes, count);
  // The one that stands there gets its second name beside it first, so that the old one before it is replaced at once, too.
  if (error == 0 && unlink(kept) != 0 && errno != ENOENT) error = errno;
  if (error == 0 && access(path, F_OK) == 0 && (link(path, kept) != 0 || rename(kept, old) != 0)) error = errno;
  if (error == 0 && rename(fresh, path) != 0) error = errno;
  if (error == 0) return sync_folder_of(path);
  unlink(fresh);
  unlink(kept);
  return error;
}

int linux_create_beside(const char *path) {
  char fresh[PATH_MAX];
  if (!append(fresh, path, ".new")) return -ENAMETOOLONG;
  const int file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
  // What a service's own mask takes away, others need: whoever collects the file is another user.
  if (file >= 0) fchmod(file, 0644);
  return file < 0 ? -errno : file;
}

int linux_close_and_replace(int file, int error, const char *path) {
  char fresh[PATH_MAX];
  if (close(file) != 0 && error == 0) error = errno;
  if (!append(fresh, path, ".new")) return ENAMETOOLONG;
  if (error == 0 && rename(fresh, path) != 0) error = errno;
  if (error != 0) unlink(fresh);
  return error;
}
