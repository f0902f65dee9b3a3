// What a service manager wants to know (sd_notify(3)).
#pragma once

/// Sends a state such as "READY=1" or "WATCHDOG=1" to the socket that NOTIFY_SOCKET names; nothing without one. Never waits: a
/// listener that is full or gone misses it.
void linux_notify(const char *state);
