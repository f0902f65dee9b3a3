// Runs the convolutions and fully connected layers of the medium SDL network on a 64-bit ARM, FRAMES times over, so that
// instructions and modelled cycles of a frame can be counted under emulation: `layers neon|dotprod FRAMES [LAYER]`.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "Convolution.h"

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

int main(int count, char **arguments) {
  if (count < 3) {
    fputs("usage: layers neon|dotprod FRAMES [LAYER]\n", stderr);
    return 64;
  }
  void (*convolve)(const struct FerriteConvolution *) =
      strcmp(arguments[1], "dotprod") == 0 ? ferrite_convolve_dotprod : ferrite_convolve_neon;
  const int all = sizeof layers / sizeof layers[0];
  const int first = count > 3 ? atoi(arguments[3]) % all : 0;
  for (size_t i = 0; i < sizeof input; i++) input[i] = (unsigned char)(i * 37 >> 3);
  for (size_t i = 0; i < sizeof weights; i++) weights[i] = (int8_t)(i * 91 % 255 - 127);
  memset(shifts, 9, sizeof shifts);
  for (int frame = 0; frame < atoi(arguments[2]); frame++) {
    for (int l = first; l < (count > 3 ? first + 1 : all); l++) {
      const int padding = layers[l].kernel / 2, convolved = layers[l].size, pooled = layers[l].pool ? 2 : 1;
      const struct FerriteConvolution convolution = {
          .input = input, .output = output, .weights = weights, .bias = bias, .shifts = shifts, .workspace = workspace,
          .biasBytes = 1024, .stripBytes = sizeof workspace - 1024, .inputHeight = layers[l].size,
          .inputWidth = layers[l].size, .inputChannels = layers[l].inputs, .outputHeight = convolved / pooled,
          .outputWidth = convolved / pooled, .outputChannels = layers[l].outputs, .kernelHeight = layers[l].kernel,
          .kernelWidth = layers[l].kernel, .strideHeight = 1, .strideWidth = 1, .paddingTop = padding,
          .paddingLeft = padding, .dilationHeight = 1, .minimum = 0, .maximum = 255, .hasMaxPool = layers[l].pool};
      convolve(&convolution);
    }
  }
  return 0;
}
