// How fast a processor multiplies, where its instruction set alone doesn't tell.
#pragma once
#include <stdint.h>

/// `rounds` times 16 independent `vpdpbusd` of 64 products each, on registers. The result keeps the work from being left out.
int32_t ferrite_multiply_avx512vnni(int64_t rounds, int32_t start);
