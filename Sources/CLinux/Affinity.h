// The processors that the program might run on before any of its threads was kept on one.
#pragma once
#include <sched.h>

/// NULL where no thread has been kept on a processor.
const cpu_set_t *affinity_before_pinning(void);
