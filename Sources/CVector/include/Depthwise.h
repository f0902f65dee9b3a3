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

/// Of a group, four taps of each of 16 outputs: the weights of one tap. Loaded and divided by one `ld4` on ARM.
#define FERRITE_EVERY_FOURTH(name, n)                                                                              \
  static inline __attribute__((always_inline)) FerriteInt8x16 name(FerriteInt8x64 a) {                              \
    return __builtin_shufflevector(a, a, n, n + 4, n + 8, n + 12, n + 16, n + 20, n + 24, n + 28, n + 32, n + 36,   \
                                   n + 40, n + 44, n + 48, n + 52, n + 56, n + 60);                                 \
  }
FERRITE_EVERY_FOURTH(ferrite_firstOfFour, 0)
FERRITE_EVERY_FOURTH(ferrite_secondOfFour, 1)
FERRITE_EVERY_FOURTH(ferrite_thirdOfFour, 2)
FERRITE_EVERY_FOURTH(ferrite_fourthOfFour, 3)
#undef FERRITE_EVERY_FOURTH

/// Of -127...127.
static inline __attribute__((always_inline)) FerriteUInt8x16 ferrite_magnitudes(FerriteInt8x16 a) {
  return __builtin_bit_cast(FerriteUInt8x16, __builtin_elementwise_abs(a));
}

/// `sums + a`.
static inline __attribute__((always_inline)) FerriteInt16x16 ferrite_addSigned16(FerriteInt16x16 sums, FerriteInt8x16 a) {
  return sums + ferrite_widenSigned(a);
}

/// `sums + a`.
static inline __attribute__((always_inline)) FerriteInt16x16 ferrite_addUnsigned16(FerriteInt16x16 sums, FerriteUInt8x16 a) {
  return sums + ferrite_widenUnsigned(a);
}
