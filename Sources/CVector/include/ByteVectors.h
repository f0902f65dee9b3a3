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
