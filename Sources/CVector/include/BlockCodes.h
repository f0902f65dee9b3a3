// Eight windows of a face detector at a time.
#pragma once
#include "Int32Vectors.h"

#define FERRITE_INLINE static inline __attribute__((always_inline))

/// All ones in the lanes where `a` is not below `b`, else zeros: the standard library's masks don't become numbers.
FERRITE_INLINE FerriteUInt16x8 ferrite_notBelow8(FerriteUInt16x8 a, FerriteUInt16x8 b) {
  return (FerriteUInt16x8)(a >= b);
}

/// The sums of lanes 0...i in lane i, modulo 2^16.
FERRITE_INLINE FerriteUInt16x8 ferrite_prefixSums8(FerriteUInt16x8 a) {
  const FerriteUInt16x8 zero = 0;
  a += __builtin_shufflevector(zero, a, 0, 8, 9, 10, 11, 12, 13, 14);
  a += __builtin_shufflevector(zero, a, 0, 1, 8, 9, 10, 11, 12, 13);
  a += __builtin_shufflevector(zero, a, 0, 1, 2, 3, 8, 9, 10, 11);
  return a;
}

/// The even lanes, then the odd ones.
FERRITE_INLINE FerriteUInt16x8 ferrite_deinterleave8(FerriteUInt16x8 a) {
  return __builtin_shufflevector(a, a, 0, 2, 4, 6, 1, 3, 5, 7);
}

/// `inside` in the lanes whose code, a byte, is in a subset, bit `code % 32` of 32-bit word `code / 32`; `outside` in the others.
FERRITE_INLINE FerriteInt32x8 ferrite_subsetValues8(FerriteUInt16x8 codes, const uint32_t *_Nonnull subset, int32_t inside,
                                                    int32_t outside) {
#if defined(__aarch64__)
  // Little-endian words: bit `code % 8` of byte `code / 8`.
  const uint8x16x2_t bytes = {{vld1q_u8((const uint8_t *)subset), vld1q_u8((const uint8_t *)subset + 16)}};
  const uint8x8_t code = vmovn_u16((uint16x8_t)codes);
  const uint8x8_t found = vqtbl2_u8(bytes, vshr_n_u8(code, 3));
  const uint8x8_t bit = vshl_u8(vdup_n_u8(1), vreinterpret_s8_u8(vand_u8(code, vdup_n_u8(7))));
  const int16x8_t isInside = vmovl_s8(vreinterpret_s8_u8(vtst_u8(found, bit)));
  const int32x4_t yes = vdupq_n_s32(inside), no = vdupq_n_s32(outside);
  const int32x4_t low = vbslq_s32(vreinterpretq_u32_s32(vmovl_s16(vget_low_s16(isInside))), yes, no);
  const int32x4_t high = vbslq_s32(vreinterpretq_u32_s32(vmovl_high_s16(isInside)), yes, no);
  return __builtin_shufflevector((FerriteInt32x4)low, (FerriteInt32x4)high, 0, 1, 2, 3, 4, 5, 6, 7);
#else
#define FERRITE_VALUE(lane) (subset[codes[lane] >> 5 & 7] >> (codes[lane] & 31) & 1 ? inside : outside)
  // Lanes by constants: an index that varies would go through memory.
  return (FerriteInt32x8){FERRITE_VALUE(0), FERRITE_VALUE(1), FERRITE_VALUE(2), FERRITE_VALUE(3),
                          FERRITE_VALUE(4), FERRITE_VALUE(5), FERRITE_VALUE(6), FERRITE_VALUE(7)};
#undef FERRITE_VALUE
#endif
}

/// Bit i is set where lane i is not below `least`.
FERRITE_INLINE uint8_t ferrite_lanesNotBelow8(FerriteInt32x8 a, int32_t least) {
#if defined(__aarch64__)
  const FerriteInt32x4 low = __builtin_shufflevector(a, a, 0, 1, 2, 3), high = __builtin_shufflevector(a, a, 4, 5, 6, 7);
  const int32x4_t bound = vdupq_n_s32(least);
  const uint16x4_t first = vmovn_u32(vcgeq_s32((int32x4_t)low, bound));
  const uint16x8_t all = vmovn_high_u32(first, vcgeq_s32((int32x4_t)high, bound));
  const uint8x8_t bits = {1, 2, 4, 8, 16, 32, 64, 128};
  return vaddv_u8(vand_u8(vmovn_u16(all), bits));
#else
  const FerriteUInt16x8 bits = {1, 2, 4, 8, 16, 32, 64, 128};
  const FerriteUInt16x8 lanes = __builtin_convertvector(a >= least, FerriteUInt16x8) & bits;
  return (uint8_t)__builtin_reduce_or(lanes);
#endif
}

#undef FERRITE_INLINE
