#!/usr/bin/env python3
"""Time per frame of a model file against ONNX Runtime's int8 of the same network, one thread each, in turns in one run.

usage: Benchmarks/against_onnxruntime.py NET.onnx MODEL.fxm IMAGES.npy [--rounds 9] [--frames 200]

ONNX Runtime quantises NET statically (QDQ, per channel, uint8 activations, int8 weights, min-max over 200 images) after each
Relu has been moved before the max-pool that it follows, which is the same function and lets it fuse. In every round each side
runs alone for FRAMES frames after a warm-up; a round's figure is its median frame, and the last line the median of the
rounds' ratios. Needs `pip install numpy onnx onnxruntime` and a built `ferrite` (make build).
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy as np
import onnx
import onnxruntime as ort
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

ROOT = pathlib.Path(__file__).resolve().parent.parent


def options() -> ort.SessionOptions:
    result = ort.SessionOptions()
    result.intra_op_num_threads = 1
    result.inter_op_num_threads = 1
    result.log_severity_level = 3
    return result


def relu_before_pool(source: str, target: str) -> None:
    """Folds what ONNX Runtime folds, then swaps each Relu with the MaxPool that feeds it."""
    folding = options()
    folding.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    folding.optimized_model_filepath = target
    ort.InferenceSession(source, folding, providers=["CPUExecutionProvider"])
    model = onnx.load(target)
    consumers: dict[str, list[onnx.NodeProto]] = {}
    for node in model.graph.node:
        for name in node.input:
            consumers.setdefault(name, []).append(node)
    for pool in [node for node in model.graph.node if node.op_type == "MaxPool"]:
        after = consumers.get(pool.output[0], [])
        if len(after) == 1 and after[0].op_type == "Relu":
            relu = after[0]
            pool.op_type, relu.op_type = "Relu", "MaxPool"
            window = list(pool.attribute)
            del pool.attribute[:]
            relu.attribute.extend(window)
    del model.graph.value_info[:]
    onnx.save(onnx.shape_inference.infer_shapes(model), target)


class Images(CalibrationDataReader):
    def __init__(self, name: str, images: np.ndarray):
        self._items = iter([{name: image[None]} for image in images])

    def get_next(self):
        return next(self._items, None)


def median_microseconds(session: ort.InferenceSession, images: np.ndarray, frames: int) -> float:
    name = session.get_inputs()[0].name
    for index in range(20):
        session.run(None, {name: images[index % len(images)][None]})
    times = []
    for index in range(frames):
        frame = images[index % len(images)][None]
        start = time.perf_counter()
        session.run(None, {name: frame})
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network")
    parser.add_argument("model")
    parser.add_argument("images")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--frames", type=int, default=200)
    arguments = parser.parse_args()

    metadata = {entry.key: entry.value for entry in onnx.load(arguments.network).metadata_props}
    mean, std = float(metadata["ferrite.input.mean"]), float(metadata["ferrite.input.std"])
    pixels = np.load(arguments.images)[:200].astype(np.float32)
    images = ((pixels / 255 - mean) / std)[:, None].astype(np.float32)

    with tempfile.TemporaryDirectory() as folder:
        swapped, quantised = f"{folder}/swapped.onnx", f"{folder}/int8.onnx"
        relu_before_pool(arguments.network, swapped)
        name = onnx.load(swapped).graph.input[0].name
        quantize_static(
            swapped, quantised, Images(name, images), quant_format=QuantFormat.QDQ, per_channel=True,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
            op_types_to_quantize=["Conv", "Gemm", "MaxPool", "Relu", "AveragePool", "Concat", "Reshape", "Flatten"],
        )
        session = ort.InferenceSession(quantised, options(), providers=["CPUExecutionProvider"])
        ratios = []
        print("round  ONNX Runtime int8 us  ferrite us  ratio")
        for number in range(1, arguments.rounds + 1):
            theirs = median_microseconds(session, images, arguments.frames)
            report = subprocess.run(
                [ROOT / ".build/release/ferrite", "bench", arguments.model, "--frames", str(arguments.frames), "--json"],
                check=True, capture_output=True, text=True,
            )
            ours = json.loads(report.stdout)["latency_us"]["p50"]
            ratios.append(ours / theirs)
            print(f"{number:5}  {theirs:20.0f}  {ours:10.0f}  {ratios[-1]:5.2f}", flush=True)
    print(f"median ratio {statistics.median(ratios):.2f} of {arguments.rounds} rounds")


if __name__ == "__main__":
    main()
