#pragma once
#include "SampleVectors.h"

// Products of values whose binary points stand 15 bits too far left.

/// `RND(a * b, 15)` of each lane: exact unless a and b are both -2^15.
static inline __attribute__((always_inline)) FerriteInt16x16 ferrite_roundedProduct(FerriteInt16x16 a,
                                                                                    FerriteInt16x16 b) {
#if defined(__ARM_NEON)
  const FerriteInt16x8 low = (FerriteInt16x8)vqrdmulhq_s16((int16x8_t)a.lo, (int16x8_t)b.lo);
  const FerriteInt16x8 high = (FerriteInt16x8)vqrdmulhq_s16((int16x8_t)a.hi, (int16x8_t)b.hi);
  return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
#elif defined(__AVX2__)
  return (FerriteInt16x16)__builtin_ia32_pmulhrsw256((FerriteHalves16)a, (FerriteHalves16)b);
#else
  const FerriteInt32x16 product =
      __builtin_convertvector(a, FerriteInt32x16) * __builtin_convertvector(b, FerriteInt32x16);
  return __builtin_convertvector((product + (1 << 14)) >> 15, FerriteInt16x16);
#endif
}
