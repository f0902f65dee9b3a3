// A hardware watchdog, which resets the board unless it is fed (watchdog-api.rst of the kernel).
#pragma once
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Opens a watchdog, which starts it. Returns its descriptor, or a negated error number: ENOTTY for what is none. `seconds` is how
/// long it waits to be fed.
int linux_open_watchdog(const char *path, uint32_t *seconds);

/// Feeds it: it waits anew. Returns 0 or an error number.
int linux_feed_watchdog(int file);

/// Stops it when the program ends, unless the driver lets nobody do that (nowayout). Returns 0 or an error number. Signal handlers may
/// call it.
int linux_stop_watchdog(int file);

#pragma clang assume_nonnull end
