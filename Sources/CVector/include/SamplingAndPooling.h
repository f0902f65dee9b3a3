#pragma once
#include <stdbool.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// One axis of the source places of a sampler, in 2^-`fraction` of 1/128 pixel.
struct FerriteSamplingAxis {
  /// The place of output pixel (0, 0), plus the rounding half, and what the next column and the next row add to it.
  int64_t start, perColumn, perRow;
  /// Where reflected places repeat: `start`, `perColumn` and `perRow` are then below it and not negative. Else 0.
  int64_t period;
};

/// An affine grid and sampler over 8-bit values. NHWC with N = 1. All zeros beyond `y` stand for bilinear interpolation with zeros
/// outside.
struct FerriteSampling {
  const void *image;
  void *output;
  int64_t imageHeight, imageWidth, channels;
  int64_t outputHeight, outputWidth;
  int64_t fraction;
  int16_t minimum, maximum;
  bool isSigned;
  struct FerriteSamplingAxis x, y;
  /// The nearest pixel instead of four.
  bool isNearest;
  /// Places outside the image move to its nearest pixel, after reflection if there is any.
  bool isBordered;
  /// How far before the first pixel's centre the place 0 lies, in 1/128 pixel: 64 where reflection turns at the image's edge.
  int32_t offset;
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

/// Pools of any window over 8-bit values, NHWC: `windows` of a row with as many taps inside the image. The greatest tap, or
/// `RND(sum * multiplier, shift)`.
struct FerriteWindowPooling {
  /// The first window's first tap inside the image.
  const void *input;
  void *output;
  int64_t windows, channels;
  /// Taps of a window: 1 or more, 2^23 at most.
  int64_t rows, columns;
  /// Bytes from one tap to the next below it and beside it, and from one window to the next.
  int64_t rowStep, columnStep, windowStep;
  /// For an average. No sum times the multiplier, with the rounding half added, leaves 64 bits; nor 32, where `isShort` says so.
  int64_t multiplier, shift;
  int16_t minimum, maximum;
  bool isAverage, isShort;
  bool isSigned;
};

/// `RND(value << left, right)` of 8-bit values, `pixels` runs of `channels` that lie apart; 16 bits hold every value and the rounding half.
struct FerriteRequantization {
  const void *input;
  void *output;
  int64_t pixels, channels;
  /// Bytes from one pixel to the next.
  int64_t inputStep, outputStep;
  int16_t left, right;
  int16_t minimum, maximum;
  bool isSigned;
  /// Nothing changes.
  bool isCopy;
};

/// `RND((first << firstLeft) + (second << secondLeft), shift)` of `count` pairs of 8-bit values. 16 bits hold every sum and the
/// rounding half.
struct FerriteAddition {
  const void *first;
  const void *second;
  void *output;
  int64_t count;
  int16_t firstLeft, secondLeft, shift;
  int16_t minimum, maximum;
  bool firstIsSigned, secondIsSigned;
};

/// `RND((first << firstLeft) * (second << secondLeft), 15)` of 8-bit values, in `runs` runs of `count` of the first and of the output,
/// which follow one another.
struct FerriteMultiplication {
  const void *first;
  const void *second;
  void *output;
  int64_t runs, count;
  /// How far a run's values of the second lie behind those of the one before it: 0 where they serve all.
  int64_t secondStep;
  /// One value of the second serves a run, instead of `count`.
  bool secondIsOne;
  /// 0...7 each, so that no moved value leaves 16 bits.
  int16_t firstLeft, secondLeft;
  int16_t minimum, maximum;
  bool firstIsSigned, secondIsSigned;
};

void ferrite_sample_avx2(const struct FerriteSampling *sampling);
void ferrite_sample_avx512vnni(const struct FerriteSampling *sampling);
void ferrite_sample_neon(const struct FerriteSampling *sampling);

void ferrite_pool_avx2(const struct FerritePooling *pooling);
void ferrite_pool_avx512vnni(const struct FerritePooling *pooling);
void ferrite_pool_neon(const struct FerritePooling *pooling);

void ferrite_pool_windows_avx2(const struct FerriteWindowPooling *pooling);
void ferrite_pool_windows_avx512vnni(const struct FerriteWindowPooling *pooling);
void ferrite_pool_windows_neon(const struct FerriteWindowPooling *pooling);

void ferrite_requantize_avx2(const struct FerriteRequantization *requantization);
void ferrite_requantize_avx512vnni(const struct FerriteRequantization *requantization);
void ferrite_requantize_neon(const struct FerriteRequantization *requantization);

void ferrite_add_avx2(const struct FerriteAddition *addition);
void ferrite_add_avx512vnni(const struct FerriteAddition *addition);
void ferrite_add_neon(const struct FerriteAddition *addition);

void ferrite_multiply_values_avx2(const struct FerriteMultiplication *multiplication);
void ferrite_multiply_values_avx512vnni(const struct FerriteMultiplication *multiplication);
void ferrite_multiply_values_neon(const struct FerriteMultiplication *multiplication);

#pragma clang assume_nonnull end
