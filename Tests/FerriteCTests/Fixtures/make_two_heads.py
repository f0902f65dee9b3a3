#!/usr/bin/env python3
"""Writes two-heads.fxm: a network that tells two things and a box between them, for which no committed network of the exporter's tests stands.

    Tests/FerriteCTests/Fixtures/make_two_heads.py     after 'make build'; needs numpy and onnx
"""

import pathlib
import subprocess
import tempfile

import numpy as np
import onnx
from onnx import helper, numpy_helper

HERE = pathlib.Path(__file__).resolve().parent
FERRITE = HERE.parents[2] / ".build/release/ferrite"
# Of each output: its values, and the labels of scores.
OUTPUTS = {"mood": (2, "calm,cross"), "box": (4, None), "age": (3, "young,grown,old")}
HEIGHT, WIDTH, FILTERS = 6, 5, 4


def network() -> onnx.ModelProto:
    """A convolution, and of its means a dense layer for each output."""
    random = np.random.default_rng(20)

    def weights(name: str, *shape: int) -> onnx.TensorProto:
        return numpy_helper.from_array(random.normal(0, 0.5, shape).astype(np.float32), name)

    nodes = [helper.make_node("Conv", ["image", "w"], ["c"], pads=[1, 1, 1, 1]), helper.make_node("Relu", ["c"], ["r"]),
             helper.make_node("GlobalAveragePool", ["r"], ["p"]), helper.make_node("Flatten", ["p"], ["f"])]
    constants = [weights("w", FILTERS, 1, 3, 3)]
    for name, (values, _) in OUTPUTS.items():
        nodes.append(helper.make_node("Gemm", ["f", f"w.{name}"], [name]))
        constants.append(weights(f"w.{name}", FILTERS, values))
    graph = helper.make_graph(
        nodes, "two-heads", [helper.make_tensor_value_info("image", onnx.TensorProto.FLOAT, [1, 1, HEIGHT, WIDTH])],
        [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, values]) for name, (values, _) in OUTPUTS.items()], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, {f"ferrite.labels.{name}": labels for name, (_, labels) in OUTPUTS.items() if labels})
    onnx.checker.check_model(model, full_check=True)
    return model


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        onnx.save(network(), folder / "two-heads.onnx")
        np.save(folder / "x-images.npy", np.random.default_rng(21).integers(0, 256, (8, HEIGHT, WIDTH, 1), dtype=np.uint8))
        np.save(folder / "x-labels.npy", np.zeros(8, np.uint8))
        subprocess.run([FERRITE, "export", "two-heads.onnx", "-o", HERE / "two-heads.fxm", "--calibrate", "x-images.npy"], check=True, cwd=folder)


if __name__ == "__main__":
    main()
