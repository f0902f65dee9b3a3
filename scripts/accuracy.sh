#!/usr/bin/env bash
# usage: scripts/accuracy.sh FER2013_FOLDER
# The medium network on FER-2013's PublicTest, float against fixed: fails where fixed point costs more than 0.1 points
# or agrees on less than 99% of the images.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -eq 1 ] || { echo "usage: scripts/accuracy.sh FER2013_FOLDER" >&2; exit 64; }
data=$1
ferrite=.build/release/ferrite

mkdir -p build
"$ferrite" export Models/sdl-medium.onnx -o build/sdl-medium.fxm --calibrate "$data/train-images.npy" --limit 512
"$ferrite" selftest build/sdl-medium.fxm
"$ferrite" compare Models/sdl-medium.onnx build/sdl-medium.fxm --data "$data/public_test-images.npy" --json \
  >build/accuracy.json
python3 - build/accuracy.json build/sdl-medium.fxm <<'PYTHON'
import json, os, sys

report = json.load(open(sys.argv[1]))
lost = 100 * (report["float"]["accuracy"] - report["fixed"]["accuracy"])
agreement = 100 * report["agreement"]
print(f'PublicTest, {report["samples"]} images: float {100 * report["float"]["accuracy"]:.2f}%, '
      f'fixed {100 * report["fixed"]["accuracy"]:.2f}%, agreement {agreement:.2f}%, '
      f'McNemar p {report["mcnemar_p"]:.3f}, {os.path.getsize(sys.argv[2])} bytes')
passed = (report["samples"] == 3589) + (lost <= 0.1) + (agreement >= 99)
print(f"{passed} passed, {3 - passed} failed")
sys.exit(passed != 3)
PYTHON
