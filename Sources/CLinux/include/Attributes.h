// Small files of text that stay open, such as a driver's attributes in /sys, and what is written to them before the program ends.
#pragma once
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

enum { linux_most_attributes = 48, linux_longest_attribute = 63 };

struct linux_attributes;

/// None yet; NULL where there is no memory. They stay until the program ends.
struct linux_attributes *_Nullable linux_new_attributes(void);

/// Opens a file for writing, and waits up to `patience` nanoseconds for it to be there and permitted. Returns its number, or a
/// negated error number.
int linux_open_attribute(struct linux_attributes *attributes, const char *path, uint64_t patience);

/// Writes a text, which replaces what the file says. Returns 0 or an error number.
int linux_write_attribute(struct linux_attributes *attributes, int number, const char *text, size_t count);

/// Adds a text of up to `linux_longest_attribute` bytes to those that `linux_write_endings` writes, in the order of these calls. Returns 0
/// or E2BIG.
int linux_write_at_end(struct linux_attributes *attributes, int number, const char *text, size_t count);

/// Writes the texts of `linux_write_at_end` to `attributes`, all of them even where one can't be. Returns 0 or the first error number.
/// Signal handlers may call it.
int linux_write_endings(void *_Nullable attributes);

/// The word in brackets of a file such as a LED's trigger, `none [mmc0] timer`, with a zero behind it. Returns its length, 0 for
/// none, or a negated error number.
int linux_selected_word(const char *path, char word[_Nonnull linux_longest_attribute + 1]);

/// The last part of what a symbolic link points to, with a zero behind it. Returns its length or a negated error number.
int linux_link_name(const char *path, char name[_Nonnull linux_longest_attribute + 1]);

#pragma clang assume_nonnull end
