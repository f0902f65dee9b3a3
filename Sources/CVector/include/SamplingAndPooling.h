#pragma once
#include <stdbool.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// An affine grid and bilinear sampler over 8-bit values, zeros outside. NHWC with N = 1.
struct FerriteSampling {
  const void *image;
  void *output;
  int64_t imageHeight, imageWidth, channels;
  int64_t outputHeight, outputWidth;
  /// The source place of output pixel (0, 0), plus the rounding half, and what the next column and the next row add to it.
  /// `fraction` bits are beyond 1/128 pixel and dropped.
  int64_t x, xPerColumn, xPerRow;
  int64_t y, yPerColumn, yPerRow;
  int64_t fraction;
  int16_t minimum, maximum;
  bool isSigned;
};

/// A 2x2 pool of stride 2 without padding over 8-bit values: the greatest, or `RND(sum, shift)`. NHWC with N = 1.
struct FerritePooling {
  const void *input;
  void *output;
  int64_t inputWidth, channels;
  int64_t outputHeight, outputWidth;
  /// 0...14, for an average.
  int16_t shift;
  int16_t minimum, maximum;
  bool isAverage;
  bool isSigned;
};

void ferrite_sample_avx2(const struct FerriteSampling *sampling);
void ferrite_sample_avx512vnni(const struct FerriteSampling *sampling);
void ferrite_sample_neon(const struct FerriteSampling *sampling);

void ferrite_pool_avx2(const struct FerritePooling *pooling);
void ferrite_pool_avx512vnni(const struct FerritePooling *pooling);
void ferrite_pool_neon(const struct FerritePooling *pooling);

#pragma clang assume_nonnull end
