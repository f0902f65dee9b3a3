#pragma once
#include <stdint.h>

// What the standard library's SIMD types leave to calls or scalar loops: minimum, maximum, and changes of lane width.
#define FERRITE_VECTORS(N)                                                                                   \
  typedef int32_t FerriteInt32x##N __attribute__((ext_vector_type(N)));                                      \
  typedef uint16_t FerriteUInt16x##N __attribute__((ext_vector_type(N)));                                    \
  typedef uint8_t FerriteUInt8x##N __attribute__((ext_vector_type(N)));                                      \
  static inline __attribute__((always_inline)) FerriteInt32x##N ferrite_maximum##N(FerriteInt32x##N a,       \
                                                                                   FerriteInt32x##N b) {     \
    return __builtin_elementwise_max(a, b);                                                                  \
  }                                                                                                          \
  static inline __attribute__((always_inline)) FerriteInt32x##N ferrite_minimum##N(FerriteInt32x##N a,       \
                                                                                   FerriteInt32x##N b) {     \
    return __builtin_elementwise_min(a, b);                                                                  \
  }                                                                                                          \
  static inline __attribute__((always_inline)) FerriteInt32x##N ferrite_widen##N(FerriteUInt8x##N a) {       \
    return __builtin_convertvector(a, FerriteInt32x##N);                                                     \
  }                                                                                                          \
  static inline __attribute__((always_inline)) FerriteUInt8x##N ferrite_bytes##N(FerriteInt32x##N a) {       \
    return __builtin_convertvector(a, FerriteUInt8x##N);                                                     \
  }                                                                                                          \
  static inline __attribute__((always_inline)) FerriteUInt16x##N ferrite_halves##N(FerriteInt32x##N a) {     \
    return __builtin_convertvector(a, FerriteUInt16x##N);                                                    \
  }

FERRITE_VECTORS(4)
FERRITE_VECTORS(8)
FERRITE_VECTORS(16)

#undef FERRITE_VECTORS

/// `a0 0 a1 0`.
typedef int32_t FerriteInt32x2 __attribute__((ext_vector_type(2)));
static inline __attribute__((always_inline)) FerriteInt32x4 ferrite_besideZeros(FerriteInt32x2 a) {
  return __builtin_shufflevector(a, (FerriteInt32x2)(0), 0, 2, 1, 2);
}

#if defined(__aarch64__)
#include <arm_neon.h>

/// RND by each lane's shift, clamped to `minimum`...`maximum`, which fit a byte: lanes of `low`, then of `high`.
static inline __attribute__((always_inline)) FerriteUInt8x8 ferrite_narrowEight(FerriteInt32x4 low, FerriteInt32x4 high,
                                                                                FerriteInt32x4 lowShift,
                                                                                FerriteInt32x4 highShift,
                                                                                int16_t minimum, int16_t maximum) {
  // Narrowing saturates, and the range lies inside 16 bits: no clamp sees another value than it would in 32 bits.
  const int16x4_t four = vqmovn_s32(vrshlq_s32((int32x4_t)low, vnegq_s32((int32x4_t)lowShift)));
  const int16x8_t eight = vqmovn_high_s32(four, vrshlq_s32((int32x4_t)high, vnegq_s32((int32x4_t)highShift)));
  return (FerriteUInt8x8)vmovn_s16(vminq_s16(vmaxq_s16(eight, vdupq_n_s16(minimum)), vdupq_n_s16(maximum)));
}
#endif
