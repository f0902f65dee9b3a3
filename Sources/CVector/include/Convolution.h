#pragma once
#include <stdbool.h>
#include <stdint.h>

#ifndef __clang__
#define _Nullable
#endif

#pragma clang assume_nonnull begin

/// One convolution as a kernel sees it: plain C, because each instruction set's kernels are an object of their own whose
/// code nobody may inline. Extents are pixels, NHWC with N = 1. The caller has checked all of it.
struct FerriteConvolution {
  const void *input;
  void *output;
  /// [ceil(outputs/16)][kernel height][ceil(kernel width * C / 4)][16 outputs][4 taps], `weightBits` bits each: int8_t, or
  /// 2...7 in planes. Depthwise: int8_t [ceil(C/16)][kernel height][kernel width][16 channels].
  const void *weights;
  /// Both for a whole number of blocks of 16 outputs. Biases account for `inputFlip`.
  const int32_t *bias;
  const uint8_t *shifts;
  /// Depthwise: for each block of 16 channels, how many products of its filters add up in 16 bits (EdgeKernels' `DepthwiseDepth`).
  const uint8_t *_Nullable depths;
  /// A multiple of 64: unpacked weights, then the strip. `unpackedBytes` is 0 where weights are bytes, 4096 where there is a
  /// single output pixel, else what all weights of 16 outputs take.
  void *workspace;
  int64_t weightBits;
  int64_t unpackedBytes, stripBytes;
  int64_t inputHeight, inputWidth, inputChannels;
  /// From a pixel to the next, in values: the channels, or more where these are one group's of several.
  int64_t inputPixelStride, outputPixelStride;
  /// After the pool.
  int64_t outputHeight, outputWidth, outputChannels;
  /// The part to compute: rows of the output, after the pool, and blocks of 16 output channels, each from the first to before
  /// the end. A part writes its outputs alone; parts that don't overlap may run at once, each with a workspace of its own.
  int64_t firstRow, endRow;
  int64_t firstBlock, endBlock;
  int64_t kernelHeight, kernelWidth, strideHeight, strideWidth, paddingTop, paddingLeft;
  int64_t dilationHeight, dilationWidth;
  /// For the Winograd kernels: outputs of a tile along each axis (3 or 4; else 0) and rows of tiles in a strip.
  int64_t winogradOutputs, winogradTilesDown;
  int32_t minimum, maximum;
  bool inputIsSigned;
  /// 0x80 where the instructions want activations of the other signedness: their copy has the top bits flipped, so that each
  /// is 128 less (unsigned ones read as signed) or more (signed ones read as unsigned). Else 0.
  uint8_t inputFlip;
  bool hasMaxPool;
  /// Two bytes a value instead of one.
  bool outputIsWide;
};

void ferrite_convolve_avx2(const struct FerriteConvolution *convolution);
void ferrite_convolve_avx512vnni(const struct FerriteConvolution *convolution);
void ferrite_convolve_neon(const struct FerriteConvolution *convolution);
void ferrite_convolve_dotprod(const struct FerriteConvolution *convolution);
void ferrite_convolve_winograd_neon(const struct FerriteConvolution *convolution);

/// Depthwise: input channel c alone makes output channel c. The strip takes all of `workspace`, activations as signed bytes.
void ferrite_convolve_depthwise_avx2(const struct FerriteConvolution *convolution);
void ferrite_convolve_depthwise_avx512vnni(const struct FerriteConvolution *convolution);
void ferrite_convolve_depthwise_neon(const struct FerriteConvolution *convolution);

#pragma clang assume_nonnull end
