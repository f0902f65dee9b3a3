#pragma once
#include "ByteVectors.h"

// Neighbouring channels' bytes times their own weights, in 16-bit lanes. NEON has one instruction for each of these.

/// `a * b` in 16 bits.
static inline __attribute__((always_inline)) FerriteInt16x8 ferrite_multiplyBytes(FerriteInt8x8 a, FerriteInt8x8 b) {
  return __builtin_convertvector(a, FerriteInt16x8) * __builtin_convertvector(b, FerriteInt16x8);
}

/// `sums + a`.
static inline __attribute__((always_inline)) FerriteInt32x8 ferrite_addHalves8(FerriteInt32x8 sums, FerriteInt16x8 a) {
  return sums + __builtin_convertvector(a, FerriteInt32x8);
}

/// `sums + a`.
static inline __attribute__((always_inline)) FerriteInt32x16 ferrite_addHalves16(FerriteInt32x16 sums,
                                                                                 FerriteInt16x16 a) {
  return sums + __builtin_convertvector(a, FerriteInt32x16);
}
