#!/usr/bin/env python3
"""A row for scripts/quantize-table.sh: ONNX Runtime's static int8 on FER-2013's PublicTest, or on another split.

usage: Benchmarks/onnxruntime_accuracy.py NET.onnx FER2013_FOLDER [SPLIT]

SPLIT is public_test without it: the arrays SPLIT-images.npy and SPLIT-labels.npy.

QDQ, int8 weights with a float scale for each channel, uint8 activations, min-max over 512 images of Training, evenly spread as
`ferrite export` spreads them. Needs `pip install numpy onnx onnxruntime`.
"""

import os
import pathlib
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime as ort
from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

from against_onnxruntime import Images, options, relu_before_pool

CALIBRATION_IMAGES = 512


def prepared(path: pathlib.Path, network: str, chosen=slice(None)) -> np.ndarray:
    """[N, 1, H, W] as the network's metadata asks for."""
    metadata = {entry.key: entry.value for entry in onnx.load(network).metadata_props}
    images = np.load(path)[chosen].astype(np.float32)[:, None] / 255
    return (images - float(metadata["ferrite.input.mean"])) / float(metadata["ferrite.input.std"])


def answers(model: str, images: np.ndarray) -> np.ndarray:
    session = ort.InferenceSession(model, options(), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return np.array([session.run(None, {name: image[None]})[0].argmax() for image in images])


def main() -> None:
    network, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    split = sys.argv[3] if len(sys.argv) > 3 else "public_test"
    labels = np.load(folder / f"{split}-labels.npy")
    images = prepared(folder / f"{split}-images.npy", network)
    count = len(np.load(folder / "train-images.npy", mmap_mode="r"))
    spread = np.arange(CALIBRATION_IMAGES) * count // CALIBRATION_IMAGES
    calibration = prepared(folder / "train-images.npy", network, spread)
    with tempfile.TemporaryDirectory() as temporary:
        ready, quantized = f"{temporary}/ready.onnx", f"{temporary}/int8.onnx"
        relu_before_pool(network, ready)
        name = ort.InferenceSession(ready, options(), providers=["CPUExecutionProvider"]).get_inputs()[0].name
        quantize_static(ready, quantized, Images(name, calibration), quant_format=QuantFormat.QDQ, per_channel=True,
                        activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
        exact, found = answers(network, images), answers(quantized, images)
        before, after = 100 * (exact == labels).mean(), 100 * (found == labels).mean()
        print(f"| 8 | ONNX Runtime {ort.__version__}, float scales | {before:.2f} | {after:.2f} | {after - before:+.2f} "
              f"| {100 * (exact == found).mean():.2f} | {os.path.getsize(quantized)} |")


if __name__ == "__main__":
    main()
