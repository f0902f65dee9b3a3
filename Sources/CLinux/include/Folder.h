// A folder's files, in the order of their names.
#pragma once
#include <stdbool.h>
#include <stddef.h>

#pragma clang assume_nonnull begin

struct linux_folder {
  /// Files with the ending that was asked for: the folder, a slash and the name of each, by the order of the names' bytes. They
  /// stay until the program ends.
  const char *_Nonnull const *_Nullable paths;
  size_t count;
  /// Others, and the name of the first of them, which is NULL where there is none. Names that start with a dot don't count.
  size_t other_count;
  const char *_Nullable other;
};

/// Whether a path is a folder.
bool linux_is_folder(const char *path);

/// Lists a folder. Returns 0 or an error number; a folder that grows meanwhile is EAGAIN.
int linux_list_folder(const char *path, const char *ending, struct linux_folder *folder);

#pragma clang assume_nonnull end
