#!/usr/bin/python3
"""Writes networks/, small models of every operation, and digests.txt, what they compute on seeded noise.

    Tests/EdgeRuntimeTests/Fixtures/make_networks.py [--digests]     after 'make build'

They are committed and stay: later releases have to load them and to compute the same (docs/decisions/0025-networks-that-stay.md). With
--digests the models stay as they are. The fuzzer starts from them, too.
"""

import pathlib
import random
import struct
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
FERRITE = ROOT / ".build/release/ferrite"
SOURCES = ROOT / "Tests/ExporterTests/Fixtures"
# Network, extents of its input, bits of weights and activations: every operation, and 8-bit, packed and 16-bit formats.
EXPORTS = [
    ("network-legacy", (12, 12, 1), 8, 8), ("network-dynamo", (12, 12, 1), 4, 8), ("network-legacy-aligned", (12, 12, 1), 3, 16),
    ("pools", (9, 8, 2), 8, 8), ("dense", (4, 5, 3), 6, 6), ("convolutions", (11, 9, 4), 8, 8),
    ("convolutions", (11, 9, 4), 5, 16), ("matmul-grid", (8, 7, 2), 7, 8), ("quantized", (12, 12, 1), 8, 8),
    ("residual", (13, 10, 3), 8, 8), ("residual", (13, 10, 3), 2, 16), ("sdl-narrow", (48, 48, 1), 8, 8),
]


def npy(shape: tuple, data: bytes) -> bytes:
    """Bytes as an array in NumPy's format, version 1.0."""
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def export(network: str, extents: tuple, weights: int, activations: int) -> None:
    random.seed(4711)
    height, width, channels = extents
    with tempfile.TemporaryDirectory() as folder:
        images = pathlib.Path(folder) / "x-images.npy"
        pixels = bytes(random.randrange(256) for _ in range(3 * height * width * channels))
        images.write_bytes(npy((3, *extents), pixels))
        (pathlib.Path(folder) / "x-labels.npy").write_bytes(npy((3,), bytes(3)))
        subprocess.run(
            [FERRITE, "export", SOURCES / f"{network}.onnx", "-o", HERE / f"networks/{network}-{weights}-{activations}.fxm",
             "--calibrate", images, "--weight-bits", str(weights), "--activation-bits", str(activations)],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main() -> None:
    (HERE / "networks").mkdir(exist_ok=True)
    if sys.argv[1:] != ["--digests"]:
        for arguments in EXPORTS:
            export(*arguments)
    models = sorted(path.name for path in (HERE / "networks").glob("*.fxm"))
    found = subprocess.run(
        [FERRITE, "conformance", *models], cwd=HERE / "networks", check=True, capture_output=True, text=True).stdout
    lines = [line.replace(": digest ", " ") for line in found.splitlines()]
    (HERE / "digests.txt").write_text("\n".join(lines) + "\n")
    print(found, end="")


if __name__ == "__main__":
    main()
