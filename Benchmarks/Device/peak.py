#!/usr/bin/env python3
"""The share of the peak that each layer of build/layers reaches, by a cycle model of 64-bit ARM cores.

usage: peak.py CYCLES.py [--isa neon] [--cpu cortex-a53] [--bits 8] [--shapes]

The medium SDL network's layers; with --shapes those of other shapes instead: 1x1, strided, 5x5, 7x7, dilated,
depthwise, and products of two tensors.

CYCLES.py is the model that the head of layers.c names; build/layers is built as that says. The peak is the multiplying
instructions' alone: 8 multiply-accumulates a cycle by smull and smlal, 32 by sdot (docs/kernels.md). A layer that needs
fewer products than the plain sum, as by Winograd, can exceed it.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

PEAK = {"neon": 8, "dotprod": 32}
NETWORK = 25
"""Layers of the network; those behind it are of other shapes."""


def modelled(model: str, cpu: str, *arguments: str) -> dict:
    """Cycles and instructions of a frame, and what bounds its longest loop."""
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        words = [sys.executable, model, "--frames", "2", "--cpus", cpu, "--json", report.name, "--", *arguments]
        subprocess.run(words, check=True, capture_output=True)
        return json.loads(pathlib.Path(report.name).read_text())[cpu]


def row(name: str, macs: int, found: dict, peak: int) -> None:
    share = f"{macs / found['cycles'] / peak:8.0%}" if macs else " " * 8
    print(f"{name:44s} {macs / 1e6:8.3f} {found['instructions'] / 1e6:8.3f} {found['cycles'] / 1e6:8.3f} {share}"
          f"  {found['paths'][0]['bound']}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--isa", default="neon", choices=PEAK)
    parser.add_argument("--cpu", default="cortex-a53")
    parser.add_argument("--bits", default="8")
    parser.add_argument("--shapes", action="store_true")
    options = parser.parse_args()
    layers = str(pathlib.Path(__file__).resolve().parents[2] / "build/layers")
    print(f"{'layer':44s} {'M MACs':>8s} {'M insns':>8s} {'M cycles':>8s} {'of peak':>8s}  its longest loop is bound by")
    total = 0
    for line in subprocess.run(["qemu-aarch64", layers, "list"], check=True, capture_output=True, text=True).stdout.splitlines():
        number, name, macs = re.fullmatch(r" *(\d+) (.*): (\d+) MACs", line).groups()
        if (int(number) >= NETWORK) != options.shapes:
            continue
        total += int(macs)
        found = modelled(options.model, options.cpu, layers, options.isa, "{frames}", options.bits, number)
        row(f"{number:>2s} {name}", int(macs), found, PEAK[options.isa])
    if options.shapes:
        return
    row("all", total, modelled(options.model, options.cpu, layers, options.isa, "{frames}", options.bits), PEAK[options.isa])


if __name__ == "__main__":
    main()
