#pragma once
#include "Int32Vectors.h"

// Sixteen channels of 8-bit values, and the wider lanes that they are computed in.

typedef int8_t FerriteInt8x16 __attribute__((ext_vector_type(16)));
typedef int16_t FerriteInt16x16 __attribute__((ext_vector_type(16)));

static inline __attribute__((always_inline)) FerriteInt16x16 ferrite_widenSigned(FerriteInt8x16 a) {
  return __builtin_convertvector(a, FerriteInt16x16);
}

static inline __attribute__((always_inline)) FerriteInt16x16 ferrite_widenUnsigned(FerriteUInt8x16 a) {
  return __builtin_convertvector(a, FerriteInt16x16);
}

typedef int8_t FerriteInt8x8 __attribute__((ext_vector_type(8)));
typedef int8_t FerriteInt8x64 __attribute__((ext_vector_type(64)));
typedef int16_t FerriteInt16x8 __attribute__((ext_vector_type(8)));

static inline __attribute__((always_inline)) FerriteInt16x8 ferrite_widenSigned8(FerriteInt8x8 a) {
  return __builtin_convertvector(a, FerriteInt16x8);
}

/// Lanes 0...7 or, with `half` 1, 8...15.
static inline __attribute__((always_inline)) FerriteInt16x8 ferrite_widenHalf(FerriteInt8x16 a, int half) {
  return half ? ferrite_widenSigned8(a.hi) : ferrite_widenSigned8(a.lo);
}

/// Sixteen values of each of four interleaved channels.
typedef struct {
  FerriteInt8x16 a, b, c, d;
} FerriteFourChannels;

static inline __attribute__((always_inline)) FerriteFourChannels ferrite_fourChannels(FerriteInt8x64 bytes) {
  return (FerriteFourChannels){
      __builtin_shufflevector(bytes, bytes, 0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60),
      __builtin_shufflevector(bytes, bytes, 1, 5, 9, 13, 17, 21, 25, 29, 33, 37, 41, 45, 49, 53, 57, 61),
      __builtin_shufflevector(bytes, bytes, 2, 6, 10, 14, 18, 22, 26, 30, 34, 38, 42, 46, 50, 54, 58, 62),
      __builtin_shufflevector(bytes, bytes, 3, 7, 11, 15, 19, 23, 27, 31, 35, 39, 43, 47, 51, 55, 59, 63)};
}

/// `a * b` in 32 bits.
static inline __attribute__((always_inline)) FerriteInt32x16 ferrite_multiplyLong(FerriteInt16x16 a,
                                                                                  FerriteInt16x16 b) {
  return __builtin_convertvector(a, FerriteInt32x16) * __builtin_convertvector(b, FerriteInt32x16);
}

/// The low two bytes of each lane.
static inline __attribute__((always_inline)) FerriteInt16x16 ferrite_narrow(FerriteInt32x16 a) {
  return __builtin_convertvector(a, FerriteInt16x16);
}

/// The low byte of each lane.
static inline __attribute__((always_inline)) FerriteUInt8x16 ferrite_lowBytes(FerriteInt16x16 a) {
  return __builtin_convertvector(a, FerriteUInt8x16);
}

/// `value` in lanes where `a` and `mask` share a bit, else 0.
static inline __attribute__((always_inline)) FerriteUInt8x16 ferrite_whereShared(FerriteUInt8x16 a, FerriteUInt8x16 mask,
                                                                                 uint8_t value) {
  return (FerriteUInt8x16)((a & mask) != 0) & value;
}

static inline __attribute__((always_inline)) FerriteInt16x16 ferrite_clampHalves(FerriteInt16x16 a, int16_t minimum,
                                                                                 int16_t maximum) {
  return __builtin_elementwise_min(__builtin_elementwise_max(a, (FerriteInt16x16)(minimum)), (FerriteInt16x16)(maximum));
}

static inline __attribute__((always_inline)) FerriteInt16x16 ferrite_maximumHalves(FerriteInt16x16 a,
                                                                                   FerriteInt16x16 b) {
  return __builtin_elementwise_max(a, b);
}

static inline __attribute__((always_inline)) FerriteUInt8x16 ferrite_maximumBytes(FerriteUInt8x16 a,
                                                                                  FerriteUInt8x16 b) {
  return __builtin_elementwise_max(a, b);
}

static inline __attribute__((always_inline)) FerriteInt8x16 ferrite_maximumSignedBytes(FerriteInt8x16 a,
                                                                                       FerriteInt8x16 b) {
  return __builtin_elementwise_max(a, b);
}

/// Eight values, twice.
static inline __attribute__((always_inline)) FerriteUInt8x16 ferrite_twice(FerriteUInt8x8 a) {
  return __builtin_shufflevector(a, a, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}
static inline __attribute__((always_inline)) FerriteInt8x16 ferrite_twiceSigned(FerriteInt8x8 a) {
  return __builtin_shufflevector(a, a, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

static inline __attribute__((always_inline)) FerriteUInt8x8 ferrite_firstEight(FerriteUInt8x16 a) {
  return a.lo;
}

static inline __attribute__((always_inline)) FerriteInt32x16 ferrite_widenHalves(FerriteInt16x16 a) {
  return __builtin_convertvector(a, FerriteInt32x16);
}

static inline __attribute__((always_inline)) FerriteInt32x16 ferrite_clampWords(FerriteInt32x16 a, int32_t minimum,
                                                                                int32_t maximum) {
  return __builtin_elementwise_min(__builtin_elementwise_max(a, (FerriteInt32x16)(minimum)), (FerriteInt32x16)(maximum));
}

#if defined(__ARM_NEON)
/// No instruction: what needs `first` or `second` stays behind what made `low` and `high`.
static inline __attribute__((always_inline)) void ferrite_inOrder(FerriteInt32x4 *low, FerriteInt32x4 *high,
                                                                  FerriteInt8x8 *first, FerriteInt8x8 *second) {
  __asm__ volatile("" : "+w"(*low), "+w"(*high), "+w"(*first), "+w"(*second));
}
#endif
