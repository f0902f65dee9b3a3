"""Writes the ONNX files of this folder and golden.json, ONNX Runtime's output of each for one seeded input.

    python make_fixtures.py

torch 2.15, onnx 1.23 and onnxruntime 1.32 wrote the committed ones. `network-*` is one small network with a spatial
transformer, as torch's two exporters spell it; the others exercise operators alone.
"""

import io
import json
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper
from torch import nn

HERE = Path(__file__).parent
METADATA = {"ferrite.input.mean": "0.5", "ferrite.input.std": "0.25", "ferrite.labels": "left, right,none"}


class Network(nn.Module):
    """[1, 1, 12, 12] to 3 logits: a transformer and a convolution beside a plain branch, joined flattened."""

    def __init__(self, align_corners: bool):
        super().__init__()
        self.align_corners = align_corners
        self.localisation = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1, bias=False), nn.BatchNorm2d(3), nn.MaxPool2d(2))
        self.hidden = nn.Linear(3 * 6 * 6, 4)
        self.regression = nn.Linear(4, 6)
        self.conv = nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.AvgPool2d(2))
        self.baseline = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.MaxPool2d(2), nn.ReLU(), nn.MaxPool2d(2))
        self.classifier = nn.Linear(4 * 6 * 6 + 2 * 3 * 3, 3)

    def forward(self, x):
        features = F.relu(self.localisation(x))
        theta = self.regression(F.relu(self.hidden(features.flatten(1)))).view(-1, 2, 3)
        grid = F.affine_grid(theta, list(x.shape), align_corners=self.align_corners)
        straight = F.grid_sample(x, grid, align_corners=self.align_corners)
        return self.classifier(torch.cat([self.conv(straight).flatten(1), self.baseline(x).flatten(1)], 1))


def network(exporter: str, align_corners: bool) -> onnx.ModelProto:
    torch.manual_seed(7)
    net = Network(align_corners)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.3)
            nn.init.normal_(module.running_mean, std=0.3)
            nn.init.uniform_(module.running_var, 0.3, 1.5)
    with torch.no_grad():
        net.regression.bias.copy_(torch.tensor([0.9, 0.2, 0.1, -0.2, 1.1, -0.15]))
    net.eval()
    names = {"input_names": ["image"], "output_names": ["logits"], "opset_version": 20}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if exporter == "legacy":
            buffer = io.BytesIO()
            torch.onnx.export(net, (torch.zeros(1, 1, 12, 12),), buffer, dynamo=False,
                              training=torch.onnx.TrainingMode.PRESERVE, **names)
            model = onnx.load_from_string(buffer.getvalue())
        else:
            optimize = exporter == "dynamo"
            program = torch.onnx.export(net, (torch.zeros(1, 1, 12, 12),), dynamo=True, verbose=False,
                                        optimize=optimize, **names)
            model = program.model_proto
    helper.set_model_props(model, METADATA)
    return model


def weights(name: str, *dims: int) -> TensorProto:
    seed = sum(map(ord, name)) + sum(dims)
    return numpy_helper.from_array(np.random.default_rng(seed).normal(0, 0.5, dims).astype(np.float32), name)


def numbers(name: str, values, kind=np.int64) -> TensorProto:
    return numpy_helper.from_array(np.array(values, kind), name)


def graph(image, nodes, initializers, opset: int) -> onnx.ModelProto:
    """Nodes are (operator, inputs, output, attributes); the first reads `image`, the last makes `logits`."""
    made = [helper.make_node(op, inputs, [output], name=f"{op}_{output}", **attributes)
            for op, inputs, output, attributes in nodes]
    return helper.make_model(
        helper.make_graph(made, "g", [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, *image])],
                          [helper.make_tensor_value_info("logits", TensorProto.FLOAT, None)], initializers),
        opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def convolutions() -> onnx.ModelProto:
    """Strides, dilations, groups, uneven and automatic padding; clip; a 1x1 after a batch-norm."""
    return graph((4, 11, 9), [
        ("Conv", ["image", "w1", "b1"], "a",
         {"strides": [2, 1], "dilations": [1, 2], "group": 2, "pads": [1, 0, 2, 3]}),
        ("Clip", ["a", "", "top"], "b", {}),
        ("Conv", ["b", "w2"], "c", {"auto_pad": "SAME_UPPER", "strides": [2, 2], "kernel_shape": [3, 2]}),
        ("BatchNormalization", ["c", "s", "o", "m", "v"], "d", {"epsilon": 1e-3}),
        ("Conv", ["d", "w3"], "e", {"auto_pad": "SAME_LOWER", "kernel_shape": [2, 2]}),
        ("Conv", ["e", "w4", "b4"], "f", {"auto_pad": "VALID"}),
        ("Flatten", ["f"], "g", {}),
        ("Gemm", ["g", "w5"], "logits", {"alpha": 0.5}),
    ], [weights("w1", 6, 2, 3, 2), weights("b1", 6), weights("w2", 5, 6, 3, 2), weights("w3", 4, 5, 2, 2),
        weights("w4", 3, 4, 1, 1), weights("b4", 3), weights("s", 5), weights("o", 5), weights("m", 5),
        numbers("v", [0.5, 1, 1.5, 0.2, 0.9], np.float32), numbers("top", 0.6, np.float32),
        weights("w5", 3 * 3 * 5, 4)], 13)


def pools() -> onnx.ModelProto:
    """Overlapping, padded and global pools; a concatenation of five images along channels."""
    window = {"kernel_shape": [3, 2], "strides": [2, 2]}
    return graph((2, 9, 8), [
        ("MaxPool", ["image"], "a", {**window, "pads": [1, 0, 1, 0]}),
        ("AveragePool", ["image"], "b", {**window, "pads": [1, 0, 1, 0], "count_include_pad": 1}),
        ("MaxPool", ["image"], "c", {**window, "auto_pad": "SAME_UPPER"}),
        ("Relu", ["a"], "d", {}),
        ("Concat", ["a", "b", "c", "d", "b"], "e", {"axis": -3}),
        ("GlobalAveragePool", ["e"], "f", {}),
        ("Squeeze", ["f"], "logits", {"axes": [2, 3]}),
    ], [], 11)


def dense() -> onnx.ModelProto:
    """MatMul + Add, Mul and Sub by channel, a batch-norm of a flattened image, Gemm's options, a folded shape."""
    return graph((3, 4, 5), [
        ("Mul", ["image", "by"], "a", {}),
        ("Sub", ["three", "a"], "b", {}),
        ("Shape", ["b"], "s", {}),
        ("Slice", ["s", "zero", "one"], "batch", {}),
        ("Gather", ["s", "one"], "c", {"axis": 0}),
        ("Mul", ["c", "twenty"], "n", {}),
        ("Concat", ["batch", "n"], "shape", {"axis": 0}),
        ("Reshape", ["b", "shape"], "flat", {}),
        ("BatchNormalization", ["flat", "scale", "o", "m", "v"], "normal", {}),
        ("Dropout", ["normal"], "e", {}),
        ("MatMul", ["e", "w1"], "f", {}),
        ("Add", ["b1", "f"], "g", {}),
        ("Relu", ["g"], "h", {}),
        ("Gemm", ["h", "w2", "b2"], "logits", {"alpha": 1.5, "beta": -0.5, "transB": 1}),
    ], [weights("by", 3, 1, 1), numbers("three", 3, np.float32), numbers("zero", [0]), numbers("one", [1]),
        numbers("twenty", [20]), weights("w1", 60, 7), weights("b1", 7), weights("w2", 4, 7), weights("b2", 1, 4),
        weights("scale", 60), weights("o", 60), weights("m", 60),
        numbers("v", np.linspace(0.5, 2, 60), np.float32)], 17)


def matmul_grid() -> onnx.ModelProto:
    """An affine grid as a constant base grid times the transposed theta, aligned corners, smaller than the image."""
    ys, xs = np.meshgrid(np.linspace(-1, 1, 5), np.linspace(-1, 1, 6), indexing="ij")
    base = np.stack([xs, ys, np.ones_like(xs)], -1).reshape(1, 30, 3).astype(np.float32)
    return graph((2, 8, 7), [
        ("GlobalAveragePool", ["image"], "a", {}),
        ("Flatten", ["a"], "b", {}),
        ("Gemm", ["b", "w", "identity"], "t", {}),
        ("Reshape", ["t", "map"], "theta", {}),
        ("Transpose", ["theta"], "turned", {"perm": [0, 2, 1]}),
        ("MatMul", ["base", "turned"], "places", {}),
        ("Reshape", ["places", "size"], "grid", {}),
        ("GridSample", ["image", "grid"], "c", {"align_corners": 1, "mode": "linear"}),
        ("Flatten", ["c"], "logits_in", {}),
        ("Gemm", ["logits_in", "v"], "logits", {"transB": 1}),
    ], [weights("w", 2, 6), numbers("identity", [0.8, 0.3, 0.1, -0.2, 0.9, 0.2], np.float32), numbers("map", [1, 2, 3]),
        numbers("size", [1, 5, 6, 2]), numbers("base", base, np.float32), weights("v", 4, 60)], 20)


def residual() -> onnx.ModelProto:
    """Two sums of images: behind a ReLU as in ResNet, and without one around a depthwise convolution as in MobileNetV2."""
    pads = {"pads": [1, 1, 1, 1]}
    return graph((3, 13, 10), [
        ("Conv", ["image", "w1", "b1"], "a", pads),
        ("Relu", ["a"], "stem", {}),
        ("Conv", ["stem", "w2"], "b", pads),
        ("Add", ["b", "stem"], "c", {}),
        ("Relu", ["c"], "d", {}),
        ("MaxPool", ["d"], "e", {"kernel_shape": [2, 2], "strides": [2, 2]}),
        ("Conv", ["e", "w3", "b3"], "f", {**pads, "group": 17}),
        ("Relu", ["f"], "g", {}),
        ("Conv", ["g", "w4"], "h", {}),
        ("Add", ["e", "h"], "i", {}),
        ("AveragePool", ["i"], "j", {"kernel_shape": [2, 2], "strides": [2, 2]}),
        ("Flatten", ["j"], "k", {}),
        ("Gemm", ["k", "w5"], "logits", {}),
    ], [weights("w1", 17, 3, 3, 3), weights("b1", 17), weights("w2", 17, 17, 3, 3), weights("w3", 17, 1, 3, 3),
        weights("b3", 17), weights("w4", 17, 17, 1, 1), weights("w5", 17 * 3 * 2, 5)], 17)


def quantized() -> onnx.ModelProto:
    """Formats in the graph: weights of 8, 4 and 3 bits, by output and by tensor, as integers and as rounded floats; activations
    of 8, 6 and 16 bits; an int32 bias; a sampler and a pool that keep their input's format."""
    rng = np.random.default_rng(11)

    def integers(name: str, low: int, high: int, *dims: int, kind=TensorProto.INT8) -> TensorProto:
        raws = rng.integers(low, high + 1, dims)
        return helper.make_tensor(name, kind, dims, raws.ravel().tolist())

    def steps(name: str, fractions) -> TensorProto:
        return numbers(name, np.exp2(-np.array(fractions, np.float64)), np.float32)

    def zero(name: str, kind: int, *dims: int) -> TensorProto:
        return helper.make_tensor(name, kind, dims, [0] * int(np.prod(dims)))

    def rounded(source: str, target: str, scale: str, zero_point: str) -> list:
        return [("QuantizeLinear", [source, scale, zero_point], f"{target}_raw", {}),
                ("DequantizeLinear", [f"{target}_raw", scale, zero_point], target, {})]

    return graph((1, 12, 12), [
        *rounded("image", "x", "s5", "i8"),
        # Theta: 16 bits, from a pooled image.
        ("AveragePool", ["x"], "pooled", {"kernel_shape": [4, 4], "strides": [4, 4]}),
        *rounded("pooled", "p", "s5", "i8"),
        ("Flatten", ["p"], "flat", {}),
        ("DequantizeLinear", ["w_theta", "s8"], "wt", {}),
        ("MatMul", ["flat", "wt"], "t0", {}),
        ("Add", ["t0", "identity"], "t1", {}),
        *rounded("t1", "t2", "s12", "i16"),
        ("Reshape", ["t2", "map"], "theta", {}),
        ("AffineGrid", ["theta", "size"], "grid", {"align_corners": 0}),
        ("GridSample", ["x", "grid"], "straight", {"align_corners": 0}),
        *rounded("straight", "y", "s5", "i8"),
        # int8 by output, and an int32 bias at the accumulator's scale.
        ("DequantizeLinear", ["w1", "s_w1"], "k1", {"axis": 0}),
        ("DequantizeLinear", ["bias1", "s_b1"], "c1", {"axis": 0}),
        ("Conv", ["y", "k1", "c1"], "a0", {"pads": [1, 1, 1, 1]}),
        ("Relu", ["a0"], "a1", {}),
        ("MaxPool", ["a1"], "a2", {"kernel_shape": [2, 2], "strides": [2, 2]}),
        *rounded("a2", "a", "s4", "u8"),
        # Floats rounded to int4 by output; a clip to 6 bits of the uint8.
        ("QuantizeLinear", ["w2", "s_w2", "i4"], "w2_raw", {"axis": 0}),
        ("DequantizeLinear", ["w2_raw", "s_w2", "i4"], "k2", {"axis": 0}),
        ("Conv", ["a", "k2"], "b0", {}),
        ("Clip", ["b0", "zero", "most"], "b1", {}),
        *rounded("b1", "b", "s3", "u8"),
        ("MaxPool", ["b"], "b2", {"kernel_shape": [3, 3]}),
        *rounded("b2", "b3", "s3", "u8"),
        ("Flatten", ["b3"], "g", {}),
        ("DequantizeLinear", ["w3", "s_w3"], "k3", {"axis": 0}),
        ("Gemm", ["g", "k3", "b3_bias"], "l0", {"transB": 1}),
        *rounded("l0", "logits", "s6", "i16"),
    ], [steps("s3", 3), steps("s4", 4), steps("s5", 5), steps("s6", 6), steps("s8", 8), steps("s12", 12),
        zero("i8", TensorProto.INT8), zero("u8", TensorProto.UINT8), zero("i16", TensorProto.INT16),
        zero("i4", TensorProto.INT4, 5),
        integers("w_theta", -3, 3, 9, 6), numbers("identity", [0.9, 0.2, 0.1, -0.2, 1.1, -0.15], np.float32),
        numbers("map", [1, 2, 3]), numbers("size", [1, 1, 12, 12]),
        integers("w1", -127, 127, 4, 1, 3, 3), steps("s_w1", [7, 8, 6, 7]),
        integers("bias1", -500, 500, 4, kind=TensorProto.INT32), steps("s_b1", [12, 13, 11, 12]),
        weights("w2", 5, 4, 3, 3), steps("s_w2", [3, 3, 2, 4, 3]),
        numbers("zero", 0, np.float32), numbers("most", 63 / 8, np.float32),
        integers("w3", -3, 3, 3, 20, kind=TensorProto.INT4), steps("s_w3", [4, 5, 4]), weights("b3_bias", 3)], 21)


def bare(model: onnx.ModelProto) -> onnx.ModelProto:
    """Without what exporters write for people: stack traces and shapes of inner values."""
    for node in model.graph.node:
        node.ClearField("doc_string")
        node.ClearField("metadata_props")
    for tensor in model.graph.initializer:
        tensor.ClearField("metadata_props")
    for value in [*model.graph.input, *model.graph.output]:
        value.ClearField("metadata_props")
    model.graph.ClearField("value_info")
    model.graph.ClearField("metadata_props")
    model.ClearField("functions")
    return model


def main() -> None:
    models = {
        "network-legacy": network("legacy", False),
        "network-dynamo": network("dynamo", False),
        "network-legacy-aligned": network("legacy", True),
        "network-unoptimised": network("unoptimised", True),
        "convolutions": convolutions(), "pools": pools(), "dense": dense(), "matmul-grid": matmul_grid(),
        "quantized": quantized(), "residual": residual(),
    }
    golden = {}
    for name, model in models.items():
        data = bare(model).SerializeToString()
        (HERE / f"{name}.onnx").write_bytes(data)
        # Without fusions, which would round quantised operators elsewhere than the graph says.
        options = onnxruntime.SessionOptions()
        if name == "quantized":
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        image = np.random.default_rng(5).normal(0, 1, session.get_inputs()[0].shape).astype(np.float32)
        output = session.run(None, {"image": image})[0]
        channels_last = image[0].transpose(1, 2, 0)
        golden[name] = {"input": [round(float(x), 7) for x in channels_last.ravel()],
                        "output": [round(float(x), 7) for x in output.ravel()]}
        print(name, len(data), output.ravel()[:4])
    (HERE / "golden.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
