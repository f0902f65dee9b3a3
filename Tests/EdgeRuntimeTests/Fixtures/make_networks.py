#!/usr/bin/python3
"""Writes those of networks/, small models of every operation, that are not there yet, and digests.txt, what all of them compute on seeded
noise.

    Tests/EdgeRuntimeTests/Fixtures/make_networks.py [--digests]     after 'make build'

They are committed and stay: later releases have to load them and to compute the same (docs/decisions/0025-networks-that-stay.md). A
digest that differs from the committed one is an error, unless --digests says that the arithmetic was meant to change. The fuzzer starts
from them, too.
"""

import math
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
    # Tables, rearrangements and products, of 8 and of 16 bits.
    ("gates", (14, 11, 3), 8, 8), ("unet", (16, 12, 1), 4, 8), ("activations-legacy", (6, 6, 3), 8, 8),
    ("rearranged-18", (6, 8, 2), 6, 16), ("transposed", (4, 5, 3), 5, 8),
    # Several outputs, lists and images.
    ("detector", (32, 32, 1), 8, 8), ("segmentation", (24, 20, 3), 5, 8), ("autoencoder", (12, 12, 1), 8, 16),
    # Linear Resize, which is the sampler with a constant theta, and sequences, which are images of one row.
    ("interpolated-19", (6, 8, 2), 8, 8), ("sequence-dynamo", (1, 40, 3), 5, 8),
    # Pools of feature bit 3, and sums and products that repeat an extent of 1.
    ("windows", (9, 8, 2), 8, 8), ("broadcasts", (9, 8, 2), 6, 16),
    # Numbers and a second image beside the image.
    ("pose", (16, 12, 1), 8, 8), ("stereo", (12, 20, 2), 4, 8),
]
# Extents of the inputs beside the image.
BESIDE = {"pose": {"pose": (6,)}, "stereo": {"right": (12, 20, 2), "state": (8,)}}


def npy(shape: tuple, data: bytes, kind: str = "|u1") -> bytes:
    """Bytes as an array in NumPy's format, version 1.0."""
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def export(network: str, extents: tuple, weights: int, activations: int) -> None:
    model = HERE / f"networks/{network}-{weights}-{activations}.fxm"
    if model.exists():
        return
    random.seed(4711)
    height, width, channels = extents
    with tempfile.TemporaryDirectory() as folder:
        images = pathlib.Path(folder) / "x-images.npy"
        pixels = bytes(random.randrange(256) for _ in range(3 * height * width * channels))
        images.write_bytes(npy((3, *extents), pixels))
        (pathlib.Path(folder) / "x-labels.npy").write_bytes(npy((3,), bytes(3)))
        beside = []
        for name, shape in BESIDE.get(network, {}).items():
            count = 3 * math.prod(shape)
            numbers = struct.pack(f"<{count}f", *(random.uniform(-1, 1) for _ in range(count)))
            (pathlib.Path(folder) / f"{name}.npy").write_bytes(npy((3, *shape), numbers, "<f4"))
            beside += ["--input", f"{name}={folder}/{name}.npy"]
        subprocess.run(
            [FERRITE, "export", SOURCES / f"{network}.onnx", "-o", model, "--calibrate", images,
             "--weight-bits", str(weights), "--activation-bits", str(activations), *beside],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main() -> None:
    path = HERE / "digests.txt"
    committed = dict(line.split() for line in path.read_text().splitlines()) if path.exists() else {}
    (HERE / "networks").mkdir(exist_ok=True)
    for arguments in EXPORTS:
        export(*arguments)
    models = sorted(path.name for path in (HERE / "networks").glob("*.fxm"))
    found = subprocess.run(
        [FERRITE, "conformance", *models], cwd=HERE / "networks", check=True, capture_output=True, text=True).stdout
    digests = dict(line.split(": digest ") for line in found.splitlines())
    changed = [name for name, digest in committed.items() if digests.get(name) != digest]
    if changed and sys.argv[1:] != ["--digests"]:
        sys.exit(f"make_networks: these compute other values than when they were committed: {', '.join(changed)}")
    path.write_text("".join(f"{name} {digest}\n" for name, digest in digests.items()))
    print(found, end="")


if __name__ == "__main__":
    main()
