"""Writes grid-sample.json beside this file: what ONNX Runtime's AffineGrid and GridSample (opset 20) make of small images, for
each interpolation, padding mode and corner convention of either operator, near the image and far from it.

Usage: python3 make_grid_sample.py      (needs numpy, onnx, onnxruntime)
"""
import itertools
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

SIZES = [(5, 7), (1, 4), (6, 1), (1, 1), (4, 4)]


def sampled(image, theta, target, mode, padding, grid_aligned, image_aligned):
    """ONNX Runtime's output [channels, height, width] for an image [channels, height, width]."""
    channels = image.shape[0]
    nodes = [
        helper.make_node("AffineGrid", ["theta", "size"], ["grid"], align_corners=grid_aligned),
        helper.make_node(
            "GridSample", ["image", "grid"], ["output"], mode=mode, padding_mode=padding, align_corners=image_aligned),
    ]
    size = helper.make_tensor("size", TensorProto.INT64, [4], [1, channels, *target])
    graph = helper.make_graph(
        nodes, "sampler",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, *image.shape]),
         helper.make_tensor_value_info("theta", TensorProto.FLOAT, [1, 2, 3])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, channels, *target])], [size])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"image": image[None], "theta": theta.reshape(1, 2, 3)})[0][0]


def main():
    random = np.random.default_rng(20)
    cases = []
    modes = itertools.product(["linear", "nearest"], ["zeros", "border", "reflection"], [0, 1], [0, 1])
    for mode, padding, grid_aligned, image_aligned in modes:
        for index, (height, width) in enumerate(SIZES):
            # PyTorch and ONNX Runtime disagree on where an aligned grid of a single pixel is: the target has two at least.
            target = [int(random.integers(2, 6)), int(random.integers(2, 6))]
            # Near the identity, a large shear, far outside; at last exact halves of pixels.
            reach = [0.4, 3.0, 0.7, 1.0, 0.0][index]
            theta = np.array([1, 0, 0, 0, 1, 0]) + random.uniform(-reach, reach, 6)
            if index == 2:
                theta[[2, 5]] += [6, -5]
            if index == 4:
                target, theta = [2, 4], np.array([2.5, 0, 0.25, 0, 1, 1.25])
            theta = theta.astype(np.float32)
            image = random.integers(-50, 50, [2, height, width]).astype(np.float32)
            output = sampled(image, theta, target, mode, padding, grid_aligned, image_aligned)
            cases.append({
                "mode": mode, "padding": padding, "gridAligned": bool(grid_aligned), "imageAligned": bool(image_aligned),
                "height": height, "width": width, "targetHeight": target[0], "targetWidth": target[1],
                "theta": theta.tolist(), "image": image.transpose(1, 2, 0).astype(int).ravel().tolist(),
                "output": [round(float(v), 4) for v in output.transpose(1, 2, 0).ravel()],
            })
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    Path(__file__).with_name("grid-sample.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
