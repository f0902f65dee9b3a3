#!/usr/bin/env bash
# usage: scripts/mixed-table.sh FER2013_FOLDER [NET.onnx]
# What mixed precision gives on FER-2013's PublicTest beside the same bits everywhere: every point that one search for half of the
# 8-bit weights' bytes measures. Widths are chosen on Training alone: 512 pictures calibrate, 2048 others tell what widths cost.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -eq 1 ] || [ $# -eq 2 ] || { echo "usage: scripts/mixed-table.sh FER2013_FOLDER [NET.onnx]" >&2; exit 64; }
data=$1
network=${2:-Models/sdl-medium.onnx}
ferrite=${FERRITE:-.build/release/ferrite}
work=build/mixed-table
mkdir -p "$work"
calibration=(--calibrate "$data/train-images.npy" --limit 512)

# The file with 8 bits, less half of its weights' bytes.
half=$("$ferrite" export "$network" -o "$work/wide.fxm" "${calibration[@]}" --without all --json |
  python3 -c 'import json, sys; report = json.load(sys.stdin); print(report["bytes"] - report["weight_bytes"] // 2)')
"$ferrite" search "$network" "${calibration[@]}" --max-bytes "$half" -o "$work/half.json" --svg "$work/front.svg" --json >"$work/search.json"

# A configuration for each point, by rising size.
points=$(python3 - "$work" <<'PYTHON'
import json, sys

work = sys.argv[1]
report = json.load(open(f"{work}/search.json"))
points = report["front"] + [point for point in report["uniform"] if point not in report["front"]]
for point in sorted(points, key=lambda point: point["bytes"]):
    json.dump({"layers": point["layers"]}, open(f'{work}/{point["bytes"]}.json', "w"))
    note = "the same everywhere" if point["uniform_bits"] else "half the bytes" if point == report["chosen"] else "mixed"
    print(f'{point["bytes"]}|{point["mean_weight_bits"]:.2f}, {note}|{point["divergence"]:.5f}')
PYTHON
)

echo "| bits a weight | bytes | divergence, Training | float % | fixed % | difference | agreement % |"
echo "|---|---|---|---|---|---|---|"
while IFS='|' read -r bytes label divergence; do
  "$ferrite" export "$network" -o "$work/model.fxm" "${calibration[@]}" --config "$work/$bytes.json" >"$work/export.txt"
  "$ferrite" compare "$network" "$work/model.fxm" --data "$data/public_test-images.npy" --json >"$work/compare.json"
  echo "| $label | $bytes | $divergence | $(python3 scripts/comparison-cells.py "$work/compare.json") |"
done <<<"$points"
