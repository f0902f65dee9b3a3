// Runs the kernels of the medium SDL network's layers on a 64-bit ARM, FRAMES times over, so that instructions and modelled
// cycles of a frame can be counted under emulation: `layers neon|dotprod FRAMES [BITS [LAYER]]`. Weights take BITS bits, 2 to
// 8 (without it 8). Layers: the convolutions and fully
// connected ones in their order, then the two samplers and the two average-pools. After `make device`:
//   aarch64-linux-gnu-gcc -O2 -static-pie -Wno-unknown-pragmas -ISources/CVector/include Benchmarks/Device/layers.c \
//     -Wl,--gc-sections -Wl,--whole-archive .build-aarch64/aarch64-none-none-elf/release/libFerriteEdge.a \
//     -Wl,--no-whole-archive -lgpiod -lsodium -o build/layers
//   ../shared/peers/cycles/cycles.py --frames 2 -- build/layers neon {frames}
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "Convolution.h"
#include "SamplingAndPooling.h"

static const struct {
  int size, inputs, outputs, kernel, pool;
} layers[] = {
    {48, 1, 64, 3, 1},   {24, 64, 128, 3, 1}, {12, 128, 256, 3, 1}, {6, 256, 256, 3, 1},  {48, 1, 32, 3, 1},
    {24, 32, 32, 3, 1},  {12, 32, 64, 3, 1},  {1, 2304, 32, 1, 0},  {1, 32, 6, 1, 0},     {48, 1, 32, 3, 0},
    {24, 32, 32, 3, 1},  {12, 32, 64, 3, 1},  {6, 64, 64, 3, 1},    {1, 576, 32, 1, 0},   {1, 32, 6, 1, 0},
    {24, 32, 16, 3, 0},  {1, 4608, 144, 1, 0}, {1, 144, 7, 1, 0},
};

static _Alignas(64) unsigned char input[1 << 20], output[1 << 20], workspace[1 << 18];
static _Alignas(64) int8_t weights[1 << 20];
static _Alignas(64) int32_t bias[256];
static uint8_t shifts[256];

static void convolve(void (*kernel)(const struct FerriteConvolution *), int l, int bits) {
  const int padding = layers[l].kernel / 2, pooled = layers[l].pool ? 2 : 1;
  const int block = layers[l].kernel * ((layers[l].kernel * layers[l].inputs + 3) / 4) * 64;
  const int unpacked = bits == 8 ? 0 : layers[l].size == 1 ? 4096 : block;
  const struct FerriteConvolution convolution = {
      .input = input, .output = output, .weights = weights, .bias = bias, .shifts = shifts, .workspace = workspace,
      .weightBits = bits, .biasBytes = 1024, .unpackedBytes = unpacked,
      .stripBytes = sizeof workspace - 1024 - unpacked, .inputHeight = layers[l].size,
      .inputWidth = layers[l].size, .inputChannels = layers[l].inputs, .outputHeight = layers[l].size / pooled,
      .outputWidth = layers[l].size / pooled, .outputChannels = layers[l].outputs,
      .endRow = layers[l].size / pooled, .endBlock = (layers[l].outputs + 15) / 16, .kernelHeight = layers[l].kernel,
      .kernelWidth = layers[l].kernel, .strideHeight = 1, .strideWidth = 1, .paddingTop = padding,
      .paddingLeft = padding, .dilationHeight = 1, .minimum = 0, .maximum = 255, .hasMaxPool = layers[l].pool};
  kernel(&convolution);
}

// Turned by about 6 degrees, so that borders are met.
static void sample(int size, int channels) {
  const int64_t pixel = (int64_t)1 << 28;
  const struct FerriteSampling sampling = {
      .image = input, .output = output, .imageHeight = size, .imageWidth = size, .channels = channels,
      .outputHeight = size, .outputWidth = size, .x = -2 * pixel, .xPerColumn = pixel, .xPerRow = pixel / 10,
      .y = 2 * pixel, .yPerColumn = -pixel / 10, .yPerRow = pixel, .fraction = 21, .minimum = 0, .maximum = 255};
  ferrite_sample_neon(&sampling);
}

static void pool(int size, int channels) {
  const struct FerritePooling pooling = {
      .input = input, .output = output, .inputWidth = size, .channels = channels, .outputHeight = size / 2,
      .outputWidth = size / 2, .shift = 2, .minimum = 0, .maximum = 255, .isAverage = true};
  ferrite_pool_neon(&pooling);
}

int main(int count, char **arguments) {
  if (count < 3) {
    fputs("usage: layers neon|dotprod FRAMES [BITS [LAYER]]\n", stderr);
    return 64;
  }
  const bool dot = strcmp(arguments[1], "dotprod") == 0;
  const int convolutions = sizeof layers / sizeof layers[0], all = convolutions + 4;
  const int bits = count > 3 ? atoi(arguments[3]) : 8, only = count > 4 ? atoi(arguments[4]) : -1;
  for (size_t i = 0; i < sizeof input; i++) input[i] = (unsigned char)(i * 37 >> 3);
  for (size_t i = 0; i < sizeof weights; i++) weights[i] = (int8_t)(i * 91 % 255 - 127);
  memset(shifts, 9, sizeof shifts);
  for (int frame = 0; frame < atoi(arguments[2]); frame++) {
    for (int l = 0; l < all; l++) {
      if (only >= 0 && l != only) continue;
      switch (l - convolutions) {
        case 0: sample(48, 1); break;
        case 1: sample(24, 32); break;
        case 2: pool(48, 32); break;
        case 3: pool(24, 16); break;
        default: convolve(dot ? ferrite_convolve_dotprod : ferrite_convolve_neon, l, bits);
      }
    }
  }
  return 0;
}
