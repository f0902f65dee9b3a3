// What a program needs whose frames must be in time, and what its user has to be permitted for it.
#pragma once
#include <stdint.h>

/// Keeps all memory of the program in RAM, what it has and what it will get, its stack's next pages included. 0 or an error number:
/// ENOMEM or EPERM where RLIMIT_MEMLOCK is too low.
int linux_lock_memory(void);

/// Bytes that may be locked (RLIMIT_MEMLOCK); UINT64_MAX for any number.
uint64_t linux_memory_lock_limit(void);

/// The highest real-time priority that may be asked for (RLIMIT_RTPRIO); UINT64_MAX for any.
uint64_t linux_priority_limit(void);
