#pragma once
#include "ByteVectors.h"

// Eight or sixteen values of a sampler at once.

typedef int64_t FerriteInt64x8 __attribute__((ext_vector_type(8)));
typedef uint32_t FerriteUInt32x8 __attribute__((ext_vector_type(8)));

/// The nearest 32-bit value of each lane.
static inline __attribute__((always_inline)) FerriteInt32x8 ferrite_saturateWords(FerriteInt64x8 a) {
  const FerriteInt64x8 least = INT32_MIN, greatest = INT32_MAX;
  return __builtin_convertvector(__builtin_elementwise_min(__builtin_elementwise_max(a, least), greatest),
                                 FerriteInt32x8);
}

/// The nearest 16-bit value of each lane.
static inline __attribute__((always_inline)) FerriteInt16x8 ferrite_saturateHalves(FerriteInt32x8 a) {
  const FerriteInt32x8 least = INT16_MIN, greatest = INT16_MAX;
  return __builtin_convertvector(__builtin_elementwise_min(__builtin_elementwise_max(a, least), greatest),
                                 FerriteInt16x8);
}

/// `max(0, height - |distance - place|)`.
static inline __attribute__((always_inline)) FerriteInt16x8 ferrite_hat(FerriteInt16x8 distance, int16_t place,
                                                                        int16_t height) {
  const FerriteInt16x8 from = __builtin_elementwise_sub_sat(distance, (FerriteInt16x8)(place));
  // The magnitude of -2^15 is 2^15 as an unsigned number.
  const FerriteUInt16x8 away = (FerriteUInt16x8)__builtin_elementwise_abs(from);
  return (FerriteInt16x8)__builtin_elementwise_sub_sat((FerriteUInt16x8)((uint16_t)height), away);
}

/// `a` where `choice` isn't zero, else `b`.
static inline __attribute__((always_inline)) FerriteInt16x8 ferrite_choose(FerriteInt16x8 choice, FerriteInt16x8 a,
                                                                           FerriteInt16x8 b) {
  return choice != 0 ? a : b;
}

/// The low byte of each lane of `a`, and 0 where `choice` is 0.
static inline __attribute__((always_inline)) FerriteUInt8x8 ferrite_lowBytesWhere(FerriteInt16x8 choice,
                                                                                  FerriteInt16x8 a) {
  return __builtin_convertvector((choice != 0) & a, FerriteUInt8x8);
}

/// `a0 b0 c0 d0 a1 b1 c1 d1` and so on.
static inline __attribute__((always_inline)) FerriteUInt32x8 ferrite_interleave(FerriteUInt8x8 a, FerriteUInt8x8 b,
                                                                                FerriteUInt8x8 c, FerriteUInt8x8 d) {
  const FerriteUInt8x16 ab = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
  const FerriteUInt8x16 cd = __builtin_shufflevector(c, d, 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
  return (FerriteUInt32x8)__builtin_shufflevector((FerriteUInt16x8)ab, (FerriteUInt16x8)cd, 0, 8, 1, 9, 2, 10, 3, 11, 4,
                                                  12, 5, 13, 6, 14, 7, 15);
}

/// The first or the second byte of each lane.
static inline __attribute__((always_inline)) FerriteUInt8x8 ferrite_firstBytes(FerriteUInt16x8 a) {
  return __builtin_convertvector(a, FerriteUInt8x8);
}
static inline __attribute__((always_inline)) FerriteUInt8x8 ferrite_secondBytes(FerriteUInt16x8 a) {
  return __builtin_convertvector(a >> 8, FerriteUInt8x8);
}

// `floor(2 * a * b / 2^16)` of each lane; not for -2^15 times -2^15.
#if defined(__ARM_NEON)
#include <arm_neon.h>

static inline __attribute__((always_inline)) FerriteInt16x8 ferrite_doubledHighProduct8(FerriteInt16x8 a,
                                                                                        FerriteInt16x8 b) {
  return (FerriteInt16x8)vqdmulhq_s16((int16x8_t)a, (int16x8_t)b);
}
#elif defined(__x86_64__)
static inline __attribute__((always_inline)) FerriteInt16x8 ferrite_doubledHighProduct8(FerriteInt16x8 a,
                                                                                        FerriteInt16x8 b) {
  typedef __attribute__((vector_size(16))) short Halves;
  const FerriteInt16x8 high = (FerriteInt16x8)__builtin_ia32_pmulhw128((Halves)a, (Halves)b);
  return high << 1 | (FerriteInt16x8)((FerriteUInt16x8)(a * b) >> 15);
}
#else
static inline __attribute__((always_inline)) FerriteInt16x8 ferrite_doubledHighProduct8(FerriteInt16x8 a,
                                                                                        FerriteInt16x8 b) {
  const FerriteInt32x8 product = __builtin_convertvector(a, FerriteInt32x8) * __builtin_convertvector(b, FerriteInt32x8);
  return __builtin_convertvector(product >> 15, FerriteInt16x8);
}
#endif

// Sixteen lanes are no argument of a C function where the instruction set has none of that width.
#if defined(__AVX2__)
typedef __attribute__((vector_size(32))) short FerriteHalves16;
#define FERRITE_DOUBLED_HIGH_PRODUCT16(A, B)                                                              \
  ((FerriteInt16x16)__builtin_ia32_pmulhw256((FerriteHalves16)(A), (FerriteHalves16)(B)) << 1 |           \
   (FerriteInt16x16)((FerriteUInt16x16)((A) * (B)) >> 15))
#else
#define FERRITE_DOUBLED_HIGH_PRODUCT16(A, B)                                                              \
  __builtin_shufflevector(ferrite_doubledHighProduct8((A).lo, (B).lo),                                    \
                          ferrite_doubledHighProduct8((A).hi, (B).hi), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,  \
                          11, 12, 13, 14, 15)
#endif

// A sampler's four taps in one rounding: `RND(upper + (lower - upper) * v / 128, 7)`, where `upper` and `lower` are each
// `left * leftWeight + right * rightWeight`, with weights of 0 to 128, and `factors` is -256 v, v from 0 to 128. Exact, since
// floor((a + floor(b)) / 2^7) is floor((a + b) / 2^7) for a whole a. Signed bytes take their weights negated, for 128 is
// beyond them, so that both sums come out negated; SUM is what remains to be rounded, not negated.
#define FERRITE_BLEND(NAME, BYTES, BYTE, N, SUM)                                                                       \
  static inline __attribute__((always_inline)) FerriteUInt8x##N NAME##N(                                               \
      FerriteUInt8x##N a, FerriteUInt8x##N b, FerriteUInt8x##N c, FerriteUInt8x##N d, FerriteUInt8x##N wa,             \
      FerriteUInt8x##N wb, FerriteUInt8x##N wc, FerriteUInt8x##N wd, FerriteInt16x##N factors, BYTE minimum,           \
      BYTE maximum) {                                                                                                  \
    const FerriteInt16x##N upper = FERRITE_PRODUCT(a, wa, BYTES, N) + FERRITE_PRODUCT(b, wb, BYTES, N);                \
    const FerriteInt16x##N lower = FERRITE_PRODUCT(c, wc, BYTES, N) + FERRITE_PRODUCT(d, wd, BYTES, N);                \
    const BYTES##N raw = __builtin_convertvector(((SUM) + 64) >> 7, BYTES##N);                                         \
    return (FerriteUInt8x##N)__builtin_elementwise_min(__builtin_elementwise_max(raw, (BYTES##N)(minimum)),            \
                                                       (BYTES##N)(maximum));                                           \
  }
#define FERRITE_PRODUCT(A, B, BYTES, N) \
  (__builtin_convertvector((BYTES##N)(A), FerriteInt16x##N) * __builtin_convertvector((BYTES##N)(B), FerriteInt16x##N))

FERRITE_BLEND(ferrite_blendUnsigned, FerriteUInt8x, uint8_t, 8, upper + ferrite_doubledHighProduct8(upper - lower, factors))
FERRITE_BLEND(ferrite_blendUnsigned, FerriteUInt8x, uint8_t, 16,
              upper + FERRITE_DOUBLED_HIGH_PRODUCT16(upper - lower, factors))
FERRITE_BLEND(ferrite_blendSigned, FerriteInt8x, int8_t, 8, ferrite_doubledHighProduct8(lower - upper, factors) - upper)
FERRITE_BLEND(ferrite_blendSigned, FerriteInt8x, int8_t, 16,
              FERRITE_DOUBLED_HIGH_PRODUCT16(lower - upper, factors) - upper)

#undef FERRITE_BLEND
#undef FERRITE_PRODUCT
#undef FERRITE_DOUBLED_HIGH_PRODUCT16
