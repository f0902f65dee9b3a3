#!/usr/bin/env python3
"""What importing and exporting networks costs, and what 8 bits and narrow weights leave of their outputs: a row of a table for each.

usage: Benchmarks/import_networks.py FOLDER [--networks NAME...]

FOLDER is Benchmarks/networks.py's. For each NAME.onnx there: seconds and memory of `ferrite export` with NAME-images.npy at 8 bits, the file's bytes,
the signal to quantisation noise of each output (`ferrite compare`), in dB, and the same with narrow layers: weights of the fewest bits that leave 20 dB, or layers' widths as
`ferrite search` has chosen them for 95 % of the bytes. Fails where an export takes 20 s or 500 MB, or an output has less than 20 dB. Needs a built `ferrite` (make build).
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

FERRITE = pathlib.Path(__file__).resolve().parents[1] / ".build/release/ferrite"
MOST_SECONDS, MOST_BYTES, LEAST_DECIBELS = 20, 500e6, 20
NARROW_BITS = (4, 5, 6)


def measured(*words: object) -> tuple[float, float, int]:
    """Wall and processor seconds and the greatest resident bytes of a program that has to succeed."""
    started = time.monotonic()
    process = subprocess.Popen([str(word) for word in words], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"import_networks: failed: {' '.join(map(str, words))}")
    return time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def noise(network: pathlib.Path, model: pathlib.Path, images: pathlib.Path) -> list[float]:
    """Of each output, in dB."""
    words = [FERRITE, "compare", network, model, "--data", images, "--limit", "100", "--json"]
    told = json.loads(subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True).stdout)
    # A model of one vector of scores has no list: they are its last layer.
    return [output["sqnr_db"] for output in told.get("outputs") or told["layers"][-1:]]


def narrow(network: pathlib.Path, model: pathlib.Path, images: pathlib.Path, export: list) -> tuple[str, list[float]]:
    """The fewest bits for all weights that leave LEAST_DECIBELS of each output, or layers' widths that a search has chosen for a twentieth fewer
    bytes; which it is, and the decibels."""
    small = model.with_name(f"{network.stem}-narrow.fxm")
    for bits in NARROW_BITS:
        measured(*export, "--weight-bits", bits, "-o", small)
        found = noise(network, small, images)
        if min(found) >= LEAST_DECIBELS:
            return f"{bits} bits", found
    widths = model.with_name(f"{network.stem}-widths.json")
    budget = model.stat().st_size * 95 // 100
    measured(FERRITE, "search", *export[2:], "--max-bytes", budget, "-o", widths)
    measured(*export, "--config", widths, "-o", small)
    return f"{100 * small.stat().st_size / model.stat().st_size:.0f} % of the bytes", noise(network, small, images)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--networks", nargs="+")
    options = parser.parse_args()
    names = options.networks or sorted(path.stem for path in options.folder.glob("*.onnx") if not path.stem.startswith("macs-"))
    print("| network | export | of processors | memory | file | 8 bits | narrow layers |")
    print("|---" * 7 + "|")
    failed = []
    for name in names:
        network, images = options.folder / f"{name}.onnx", options.folder / f"{name}-images.npy"
        model = options.folder / f"{name}.fxm"
        # They take pixel / 255 as it is.
        export = [FERRITE, "export", network, "--calibrate", images, "--range", "1"]
        seconds, busy, memory = measured(*export, "-o", model)
        decibels = noise(network, model, images)
        row = f"| {name} | {seconds:.1f} s | {busy:.1f} s | {memory / 1e6:.0f} MB | {model.stat().st_size:,} | {', '.join(f'{value:.1f} dB' for value in decibels)} |"
        kind, narrowed = narrow(network, model, images, export)
        print(f"{row} {kind}: {', '.join(f'{value:.1f} dB' for value in narrowed)} |", flush=True)
        if seconds >= MOST_SECONDS or memory >= MOST_BYTES or min(decibels + narrowed) < LEAST_DECIBELS:
            failed.append(name)
    if failed:
        print(f"import_networks: beyond {MOST_SECONDS} s, {MOST_BYTES / 1e6:.0f} MB or below {LEAST_DECIBELS} dB: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
