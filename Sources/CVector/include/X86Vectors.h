#pragma once
#include "ByteVectors.h"

// x86 instructions by the lane types that they work on; Swift sees the compiler's own only as vectors of 64-bit lanes.
// Each exists where the object is built for its instruction set.

#if defined(__AVX2__)
/// vpmaddwd: `a[2i] * b[2i] + a[2i+1] * b[2i+1]` in lane i.
static inline __attribute__((always_inline)) FerriteInt32x8 ferrite_multiplyPairs(FerriteInt16x16 a,
                                                                                  FerriteInt16x16 b) {
  return (FerriteInt32x8)__builtin_ia32_pmaddwd256((__attribute__((vector_size(32))) short)a,
                                                   (__attribute__((vector_size(32))) short)b);
}

/// Four lanes of 16 bits, repeated.
static inline __attribute__((always_inline)) FerriteInt16x16 ferrite_repeatFour(int64_t a) {
  return (FerriteInt16x16)(__attribute__((vector_size(32))) long long){a, a, a, a};
}

/// Each lane, followed by a zero.
static inline __attribute__((always_inline)) FerriteInt32x8 ferrite_spread(FerriteInt32x4 a) {
  return __builtin_shufflevector(a, (FerriteInt32x4)(0), 0, 4, 1, 5, 2, 6, 3, 7);
}

/// `low[2i] + low[2i+1]`, then the same of `high`.
static inline __attribute__((always_inline)) FerriteInt32x8 ferrite_addPairs(FerriteInt32x8 low,
                                                                             FerriteInt32x8 high) {
  return __builtin_shufflevector(low, high, 0, 2, 4, 6, 8, 10, 12, 14) +
         __builtin_shufflevector(low, high, 1, 3, 5, 7, 9, 11, 13, 15);
}
#endif

#if defined(__AVX512VNNI__)
/// vpdpbusd: `sums[i]` plus the four products of unsigned bytes `a[4i...]` and signed bytes `b[4i...]`, without saturation.
static inline __attribute__((always_inline)) FerriteInt32x16 ferrite_dotUnsignedSigned(FerriteInt32x16 sums,
                                                                                       FerriteInt32x16 a,
                                                                                       FerriteInt32x16 b) {
  return (FerriteInt32x16)__builtin_ia32_vpdpbusd512((__attribute__((vector_size(64))) int)sums,
                                                     (__attribute__((vector_size(64))) int)a,
                                                     (__attribute__((vector_size(64))) int)b);
}
#endif
