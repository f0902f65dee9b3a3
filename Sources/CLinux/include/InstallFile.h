// A file put in the place of another one, such that a power cut at any moment leaves a whole one there.
#pragma once
#include <stddef.h>

#pragma clang assume_nonnull begin

/// Writes `bytes` beside `path`, to the disk, keeps the file that stands at `path` as `path` with ".old" behind it, and then puts the new
/// one there at once. Returns 0 or an error number; on an error the file at `path` is as it was, and the new one is gone.
int linux_install_file(const void *bytes, size_t count, const char *path);

/// `path` with ".old" behind it, valid until the next call; NULL where that is too long.
const char *_Nullable linux_old_path(const char *path);

/// `path` with ".accepted" behind it, valid until the next call; NULL where that is too long.
const char *_Nullable linux_accepted_path(const char *path);

/// The same as `linux_install_file` without keeping the file that stands at `path`.
int linux_replace_file(const void *bytes, size_t count, const char *path);

/// Creates `path` with ".new" behind it, empty, for writing, readable by all. Returns its descriptor or a negated error number.
int linux_create_beside(const char *path);

/// Closes what `linux_create_beside` gave and, where `error` is 0, puts it in the place of `path` at once; else it is gone. Nothing is
/// forced to the disk. Returns 0 or the error number of the first thing that failed.
int linux_close_and_replace(int file, int error, const char *path);

#pragma clang assume_nonnull end
