// Runs the kernels of the medium SDL network's layers on a 64-bit ARM, FRAMES times over, so that instructions and modelled
// cycles of a frame can be counted under emulation: `layers neon|dotprod FRAMES [BITS [LAYER]]`. Weights take BITS bits, 2 to
// 8 (without it 8). LAYER is a number of `layers list`, which tells each layer's multiply-accumulates; behind the network's come
// layers of other shapes, which run only by their number. After `make device`:
//   aarch64-linux-gnu-gcc -O2 -static-pie -Wno-unknown-pragmas -ISources/CVector/include Benchmarks/Device/layers.c \
//     -Wl,--gc-sections -Wl,--whole-archive .build-aarch64/aarch64-none-none-elf/release/libFerriteEdge.a \
//     -Wl,--no-whole-archive -lgpiod -lsodium -o build/layers
//   ../shared/peers/cycles/cycles.py --frames 2 -- build/layers neon {frames}
// On a board, FRAMES 0 times each layer instead. Benchmarks/Device/peak.py prints each layer's share of the peak by the model.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "Convolution.h"
#include "SamplingAndPooling.h"

enum { CONVOLUTION, FULL, SAMPLER, AVERAGE, DEPTHWISE, GATE, PRODUCT };

// In the order of the model file. decisions/0009-two-convolutions-a-stage.md
// A stride or dilation of 0 stands for 1.
static const struct {
  int kind, size, inputs, outputs, kernel, pool, stride, dilation;
} layers[] = {
    {CONVOLUTION, 48, 1, 32, 3, 1},    {CONVOLUTION, 24, 32, 32, 3, 1},   {CONVOLUTION, 12, 32, 64, 3, 1},
    {FULL, 1, 2304, 32, 1, 0},         {FULL, 1, 32, 6, 1, 0},            {SAMPLER, 48, 1, 1, 0, 0},
    {CONVOLUTION, 48, 1, 32, 3, 0},    {AVERAGE, 48, 32, 32, 0, 0},       {CONVOLUTION, 24, 32, 32, 3, 1},
    {CONVOLUTION, 12, 32, 64, 3, 1},   {CONVOLUTION, 6, 64, 64, 3, 1},    {FULL, 1, 576, 32, 1, 0},
    {FULL, 1, 32, 6, 1, 0},            {SAMPLER, 24, 32, 32, 0, 0},       {CONVOLUTION, 24, 32, 16, 3, 0},
    {AVERAGE, 24, 16, 16, 0, 0},       {CONVOLUTION, 48, 1, 32, 3, 1},    {CONVOLUTION, 24, 32, 64, 3, 0},
    {CONVOLUTION, 24, 64, 64, 3, 1},   {CONVOLUTION, 12, 64, 128, 3, 0},  {CONVOLUTION, 12, 128, 128, 3, 1},
    {CONVOLUTION, 6, 128, 256, 3, 0},  {CONVOLUTION, 6, 256, 256, 3, 1},  {FULL, 1, 4608, 144, 1, 0},
    {FULL, 1, 144, 7, 1, 0},
    // Other shapes.
    {CONVOLUTION, 24, 64, 64, 1},      {CONVOLUTION, 12, 128, 128, 1},    {CONVOLUTION, 6, 256, 256, 1},
    {CONVOLUTION, 24, 8, 48, 1},       {CONVOLUTION, 24, 48, 8, 1},       {CONVOLUTION, 24, 64, 64, 3, 0, 2},
    {CONVOLUTION, 24, 64, 64, 5},      {CONVOLUTION, 24, 64, 64, 7},      {CONVOLUTION, 24, 64, 64, 3, 0, 1, 2},
    {DEPTHWISE, 24, 64, 64, 3},        {DEPTHWISE, 24, 64, 64, 3, 0, 2},  {DEPTHWISE, 24, 64, 64, 5},
    {DEPTHWISE, 24, 64, 64, 7},        {DEPTHWISE, 6, 256, 256, 3},          {GATE, 24, 64, 64, 1},
    {PRODUCT, 24, 64, 64, 1},
};
enum { network_count = 25, layer_count = sizeof layers / sizeof layers[0] };

static int stride(int l) { return layers[l].stride ? layers[l].stride : 1; }
static int dilation(int l) { return layers[l].dilation ? layers[l].dilation : 1; }

static long multiply_accumulates(int l) {
  const long size = layers[l].size / stride(l), taps = (long)layers[l].kernel * layers[l].kernel;
  return size * size * taps * layers[l].outputs * (layers[l].kind >= DEPTHWISE ? 1 : layers[l].inputs);
}

static _Alignas(64) unsigned char input[1 << 20], output[1 << 20], workspace[1 << 20];
static _Alignas(64) int8_t weights[1 << 20];
static _Alignas(64) int32_t bias[256];
// Any two products of a depthwise filter.
static uint8_t shifts[256], depths[16];

static void convolve(void (*kernel)(const struct FerriteConvolution *), int l, int bits) {
  const bool depthwise = layers[l].kind == DEPTHWISE;
  const int padding = dilation(l) * (layers[l].kernel / 2), size = layers[l].size / stride(l) / (layers[l].pool ? 2 : 1);
  const int block = layers[l].kernel * ((layers[l].kernel * (depthwise ? 1 : layers[l].inputs) + 3) / 4) * 64;
  const int unpacked = bits == 8 || depthwise ? 0 : layers[l].size == 1 ? 4096 : block;
  const struct FerriteConvolution convolution = {
      .input = input, .output = output, .weights = weights, .bias = bias, .shifts = shifts, .depths = depths, .workspace = workspace,
      .weightBits = bits, .unpackedBytes = unpacked, .stripBytes = sizeof workspace - unpacked, .inputHeight = layers[l].size,
      .inputWidth = layers[l].size, .inputChannels = layers[l].inputs,
      .inputPixelStride = layers[l].inputs, .outputPixelStride = layers[l].outputs, .outputHeight = size,
      .outputWidth = size, .outputChannels = layers[l].outputs,
      .endRow = size, .endBlock = (layers[l].outputs + 15) / 16, .kernelHeight = layers[l].kernel,
      .kernelWidth = layers[l].kernel, .strideHeight = stride(l), .strideWidth = stride(l), .paddingTop = padding,
      .paddingLeft = padding, .dilationHeight = dilation(l), .dilationWidth = dilation(l), .minimum = 0, .maximum = 255, .inputFlip = 0x80,
      .hasMaxPool = layers[l].pool};
  // As WinogradPlan chooses: whole tiles, all of the image in a strip.
  const bool plain = !depthwise && stride(l) == 1 && dilation(l) == 1;
  if (kernel == ferrite_convolve_neon && plain && layers[l].kernel == 3 && layers[l].inputs >= 16) {
    struct FerriteConvolution tiled = convolution;
    tiled.winogradOutputs = layers[l].size % 4 ? 3 : 4;
    tiled.winogradTilesDown = layers[l].size / tiled.winogradOutputs;
    return ferrite_convolve_winograd_neon(&tiled);
  }
  if (layers[l].kernel == 1 && layers[l].size > 1) {
    // As Conv2D.foldedRows: rows of up to 64 pixels.
    int rows = 64 / layers[l].size;
    while (layers[l].size % rows) rows--;
    struct FerriteConvolution folded = convolution;
    folded.inputHeight = folded.outputHeight = folded.endRow = layers[l].size / rows;
    folded.inputWidth = folded.outputWidth = (int64_t)layers[l].size * rows;
    return kernel(&folded);
  }
  kernel(&convolution);
}

// Turned by about 6 degrees, so that borders are met.
static void sample(int size, int channels) {
  const int64_t pixel = (int64_t)1 << 28;
  const struct FerriteSampling sampling = {
      .image = input, .output = output, .imageHeight = size, .imageWidth = size, .channels = channels,
      .outputHeight = size, .outputWidth = size, .fraction = 21, .minimum = 0, .maximum = 255,
      .x = {.start = -2 * pixel, .perColumn = pixel, .perRow = pixel / 10},
      .y = {.start = 2 * pixel, .perColumn = -pixel / 10, .perRow = pixel}};
  ferrite_sample_neon(&sampling);
}

static void pool(int size, int channels) {
  const struct FerritePooling pooling = {
      .input = input, .output = output, .inputWidth = size, .channels = channels, .outputHeight = size / 2,
      .outputWidth = size / 2, .shift = 2, .minimum = 0, .maximum = 255, .isAverage = true};
  ferrite_pool_neon(&pooling);
}

// By a value for each channel, as a squeeze and excitation has it, or by as many values.
static void multiply(int size, int channels, bool gate) {
  const struct FerriteMultiplication multiplication = {
      .first = input, .second = weights, .output = output, .runs = gate ? size * size : 1,
      .count = gate ? channels : size * size * channels, .firstLeft = 7, .secondLeft = 1, .maximum = 255,
      .secondIsSigned = true};
  ferrite_multiply_values_neon(&multiplication);
}

static void run(int l, bool dot, int bits) {
  switch (layers[l].kind) {
    case SAMPLER: return sample(layers[l].size, layers[l].inputs);
    case AVERAGE: return pool(layers[l].size, layers[l].inputs);
    case DEPTHWISE: return convolve(ferrite_convolve_depthwise_neon, l, bits);
    case GATE: return multiply(layers[l].size, layers[l].inputs, true);
    case PRODUCT: return multiply(layers[l].size, layers[l].inputs, false);
    default: convolve(dot ? ferrite_convolve_dotprod : ferrite_convolve_neon, l, bits);
  }
}

static void name(int l) {
  const char *kinds[] = {"convolution", "fully connected", "sampler", "average pool", "depthwise", "gate", "product"};
  printf("%2d %-15s %dx%dx%d to %d%s", l, kinds[layers[l].kind], layers[l].size, layers[l].size, layers[l].inputs,
         layers[l].outputs, layers[l].pool ? ", max-pool" : "");
  if (l >= network_count) printf(", %dx%d", layers[l].kernel, layers[l].kernel);
  if (stride(l) > 1) printf(" by %d", stride(l));
  if (dilation(l) > 1) printf(" dilated by %d", dilation(l));
  printf(": %ld MACs", multiply_accumulates(l));
}

static double microseconds(int l, bool dot, int bits) {
  double least = 1e9;
  for (int round = 0; round < 50; round++) {
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    run(l, dot, bits);
    clock_gettime(CLOCK_MONOTONIC, &end);
    const double time = (double)(end.tv_sec - start.tv_sec) * 1e6 + (double)(end.tv_nsec - start.tv_nsec) / 1e3;
    if (time < least) least = time;
  }
  return least;
}

// Names every layer; with times, too, of 50 runs the least.
static int list(bool timed, bool dot, int bits) {
  double all = 0;
  for (int l = 0; l < layer_count; l++) {
    name(l);
    if (timed) {
      const double time = microseconds(l, dot, bits);
      if (l < network_count) all += time;
      printf(", %.1f us, %.2f MACs/ns", time, (double)multiply_accumulates(l) / time / 1e3);
    }
    putchar('\n');
  }
  if (timed) printf("the network: %.1f us\n", all);
  return 0;
}

int main(int count, char **arguments) {
  if (count == 2 && strcmp(arguments[1], "list") == 0) return list(false, false, 8);
  if (count < 3) {
    fputs("usage: layers list | layers neon|dotprod FRAMES [BITS [LAYER]]\n", stderr);
    return 64;
  }
  const bool dot = strcmp(arguments[1], "dotprod") == 0;
  const int frames = atoi(arguments[2]);
  const int bits = count > 3 ? atoi(arguments[3]) : 8, only = count > 4 ? atoi(arguments[4]) : -1;
  for (size_t i = 0; i < sizeof input; i++) input[i] = (unsigned char)(i * 37 >> 3);
  for (size_t i = 0; i < sizeof weights; i++) weights[i] = (int8_t)(i * 91 % 255 - 127);
  memset(shifts, 9, sizeof shifts);
  memset(depths, 2, sizeof depths);
  if (frames == 0) return list(true, dot, bits);
  for (int frame = 0; frame < frames; frame++) {
    for (int l = 0; l < layer_count; l++) {
      if (only < 0 ? l < network_count : l == only) run(l, dot, bits);
    }
  }
  return 0;
}
