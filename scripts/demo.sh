#!/usr/bin/env bash
# The one-minute tour, on drawn faces: from trained float weights to a fixed-point model, its answers and its time per frame.
# Expects the built program; leaves its files in build/demo.
set -euo pipefail
cd "$(dirname "$0")/.."
ferrite=.build/release/ferrite

show() {
  printf '\n$ ferrite %s\n' "$*"
  "$ferrite" "$@"
}

rm -rf build/demo && mkdir -p build/demo

show faces -o build/demo/calibration --count 512 --seed 11 --format npy
show faces -o build/demo/faces --count 700 --seed 12 --format pgm
show export Models/sdl-toon.onnx -o build/demo/sdl-toon.fxm --calibrate build/demo/calibration-images.npy
show run build/demo/sdl-toon.fxm build/demo/faces/happy/000003.pgm build/demo/faces/sad/000004.pgm \
  build/demo/faces/surprise/000005.pgm
show explain build/demo/sdl-toon.fxm build/demo/faces/happy/000003.pgm build/demo/faces/sad/000004.pgm \
  build/demo/faces/surprise/000005.pgm -o build/demo/explained.png
show compare Models/sdl-toon.onnx build/demo/sdl-toon.fxm --data build/demo/faces --html build/demo/comparison.html
show selftest build/demo/sdl-toon.fxm
show bench build/demo/sdl-toon.fxm --frames 2000
