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
