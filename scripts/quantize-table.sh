#!/usr/bin/env bash
# usage: scripts/quantize-table.sh FER2013_FOLDER [NET.onnx]
# What quantisation costs a network on FER-2013's PublicTest, by weight width and repair: float and fixed accuracy, agreement,
# bytes. 512 calibration images of Training; activations have 8 bits. NET.onnx is Models/sdl-medium.onnx without it.
# QUICK=1 leaves single repairs out at 8 and 4 bits alone.
# The last row is ONNX Runtime's static int8 with float scales by channel on the same images: pip install numpy onnx
# onnxruntime into the python3 on the path, or into the one that PYTHON names.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -eq 1 ] || [ $# -eq 2 ] || { echo "usage: scripts/quantize-table.sh FER2013_FOLDER [NET.onnx]" >&2; exit 64; }
data=$1
network=${2:-Models/sdl-medium.onnx}
ferrite=${FERRITE:-.build/release/ferrite}
python=${PYTHON:-python3}
work=build/quantize-table
mkdir -p "$work"

row() {
  local label=$1 width=$2 without=$3
  local flags=(--weight-bits "$width")
  [ -z "$without" ] || flags+=(--without "$without")
  "$ferrite" export "$network" -o "$work/model.fxm" --calibrate "$data/train-images.npy" --limit 512 "${flags[@]}" >"$work/export.txt"
  "$ferrite" compare "$network" "$work/model.fxm" --data "$data/public_test-images.npy" --json >"$work/compare.json"
  echo "| $width | $label | $(python3 scripts/comparison-cells.py "$work/compare.json") | $(stat -c %s "$work/model.fxm") |"
}

echo "| weight bits | repairs | float % | fixed % | difference | agreement % | bytes |"
echo "|---|---|---|---|---|---|---|"
for width in 8 6 5 4; do
  row all "$width" ""
  if [ -z "${QUICK:-}" ] || [ "$width" = 8 ] || [ "$width" = 4 ]; then
    for repair in input-alignment equalisation absorption bias-correction adaptive-rounding; do row "without $repair" "$width" "$repair"; done
  fi
  row none "$width" all
done

if "$python" -c "import numpy, onnx, onnxruntime" 2>/dev/null; then
  "$python" Benchmarks/onnxruntime_accuracy.py "$network" "$data"
else
  echo "quantize-table: NO ROW for ONNX Runtime: $python lacks it (pip install numpy onnx onnxruntime, or set PYTHON)" >&2
fi
