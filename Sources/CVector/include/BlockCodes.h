#pragma once
#include "Int32Vectors.h"

/// All ones in the lanes where `a` is not below `b`, else zeros: the standard library's masks don't become numbers.
static inline __attribute__((always_inline)) FerriteUInt16x8 ferrite_notBelow8(FerriteUInt16x8 a, FerriteUInt16x8 b) {
  return (FerriteUInt16x8)(a >= b);
}
