// Counts this program's heap allocations, the C library's own included.
#pragma once
#include <stdint.h>

/// Calls of malloc and its kin since the program started, on all threads.
uint64_t heap_calls(void);
