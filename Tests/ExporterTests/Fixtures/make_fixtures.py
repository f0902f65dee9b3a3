"""Writes the ONNX files of this folder and golden.json, ONNX Runtime's output of each for one seeded input.

    python make_fixtures.py [NAME...]     # all, or some, which golden.json then has anew

Images among the outputs are turned to channels last, as the importer's are.

torch 2.15, onnx 1.23 and onnxruntime 1.32 wrote the committed ones. `network-*` is one small network with a spatial
transformer, as torch's two exporters spell it; the others exercise operators alone.
"""

import io
import json
import sys
import tempfile
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


class Activations(nn.Module):
    """[1, 3, 6, 6] to 4 logits: each activation behind a convolution of its own, so that none can hide in another."""

    FUNCTIONS = [
        nn.Sigmoid(), nn.Tanh(), nn.Hardsigmoid(), nn.Hardswish(), nn.LeakyReLU(0.2), nn.PReLU(4), nn.GELU(),
        nn.GELU("tanh"), nn.ELU(0.7), nn.CELU(1.3), nn.SELU(), nn.Softplus(), nn.SiLU(), nn.Mish(), nn.Softsign()]

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Sequential(nn.Conv2d(3 if index == 0 else 4, 4, 3, padding=1), nn.BatchNorm2d(4), function)
            for index, function in enumerate(self.FUNCTIONS))
        self.classifier = nn.Linear(4 * len(self.FUNCTIONS), 4)

    def forward(self, x):
        seen = []
        for layer in self.layers:
            x = layer(x)
            seen.append(x.mean((2, 3)))
        return self.classifier(torch.cat(seen, 1))


def activations(exporter: str) -> onnx.ModelProto:
    """As torch spells them: in operators of their own, or in products, sums and clips."""
    torch.manual_seed(3)
    net = Activations()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.8, 2)
            nn.init.normal_(module.bias, std=0.7)
        if isinstance(module, nn.PReLU):
            module.weight.data = torch.tensor([0.25, -0.5, 0, 1.5])
        if isinstance(module, nn.Conv2d):
            nn.init.normal_(module.weight, std=0.5)
    net.eval()
    names = {"input_names": ["image"], "output_names": ["logits"], "opset_version": 18}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if exporter == "legacy":
            buffer = io.BytesIO()
            torch.onnx.export(net, (torch.zeros(1, 3, 6, 6),), buffer, dynamo=False, **names)
            return onnx.load_from_string(buffer.getvalue())
        return torch.onnx.export(net, (torch.zeros(1, 3, 6, 6),), dynamo=True, verbose=False, **names).model_proto


def pointwise(opset: int) -> onnx.ModelProto:
    """Element-wise operators and their attributes, each of a convolution's four channels; a filter of its own for each of
    the values, so that every one is in the logits."""
    functions = [
        ("Sigmoid", {}), ("Tanh", {}), ("HardSigmoid", {"alpha": 0.3, "beta": 0.4}), ("LeakyRelu", {"alpha": -0.3}),
        ("Elu", {"alpha": 1.7}), ("Celu", {"alpha": 0.6}), ("Selu", {"alpha": 1.2, "gamma": 0.9}), ("Softplus", {}),
        ("Softsign", {}), ("Erf", {}), ("Exp", {}), ("Abs", {}), ("Neg", {})]
    if opset >= 14:
        functions += [("HardSwish", {})]
    if opset >= 20:
        functions += [("Gelu", {}), ("Gelu", {"approximate": "tanh"}), ("Mish", {})]
    nodes = [("Conv", ["image", "w"], "x", {}), ("Abs", ["x"], "positive", {}), ("Add", ["positive", "one"], "above", {})]
    nodes += [(name, ["x"], f"f{index}", attributes) for index, (name, attributes) in enumerate(functions)]
    nodes += [
        ("PRelu", ["x", "slopes"], "g0", {}), ("Log", ["above"], "g1", {}), ("Sqrt", ["above"], "g2", {}),
        ("Reciprocal", ["above"], "g3", {}), ("Div", ["slopes", "above"], "g4", {}), ("Pow", ["x", "three"], "g5", {}),
        ("Max", ["x", "slopes"], "g6", {}), ("Min", ["one", "x"], "g7", {}),
        # Of one value twice: a square, a difference of two functions, a quotient.
        ("Mul", ["x", "x"], "g8", {}), ("Sub", ["f0", "f1"], "g9", {}), ("Div", ["x", "above"], "g10", {}),
        ("Max", ["x", "f4"], "g11", {}),
        # Behind a clip, and through a batch-norm that differs by channel.
        ("Clip", ["x", "low", "one"], "c", {}), ("Mul", ["c", "x"], "g12", {}),
        ("Mul", ["x", "slopes"], "d", {}), ("Tanh", ["d"], "e", {}), ("Mul", ["e", "x"], "g13", {}),
        ("Mul", ["f0", "slopes"], "g14", {})]
    parts = [f"f{index}" for index in range(len(functions))] + [f"g{index}" for index in range(15)]
    channels = 4 * len(parts)
    nodes += [("Concat", parts, "all", {"axis": 1}), ("Conv", ["all", "each"], "sums", {"group": channels}),
              ("Flatten", ["sums"], "logits", {})]
    return graph((3, 2, 4), nodes, [
        weights("w", 4, 3, 1, 1), numbers("slopes", np.array([0.5, -0.25, 1.5, 0]).reshape(4, 1, 1), np.float32),
        numbers("one", 1, np.float32), numbers("low", -0.2, np.float32), numbers("three", 3, np.float32),
        weights("each", channels, 1, 2, 4)], opset)


def channels_last() -> onnx.ModelProto:
    """As converters from channels-last frameworks write it: the image [1, height, width, channels], turned for each layer."""
    there, back = {"perm": [0, 3, 1, 2]}, {"perm": [0, 2, 3, 1]}
    model = graph((6, 5, 3), [
        ("Transpose", ["image"], "a", there),
        ("Conv", ["a", "w1"], "b", {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
        ("Transpose", ["b"], "c", back),
        ("Add", ["c", "b1"], "d", {}),
        ("Sigmoid", ["d"], "e", {}),
        ("Mul", ["d", "e"], "f", {}),
        ("Transpose", ["f"], "g", there),
        ("Conv", ["g", "w2"], "h", {}),
        ("Transpose", ["h"], "i", back),
        ("Shape", ["i"], "s", {}),
        ("Slice", ["s", "zero", "one"], "batch", {}),
        ("Concat", ["batch", "rest"], "shape", {"axis": 0}),
        ("Reshape", ["i", "shape"], "j", {}),
        ("MatMul", ["j", "w3"], "logits", {}),
    ], [weights("w1", 4, 3, 3, 3), weights("b1", 4), weights("w2", 2, 4, 2, 2), weights("w3", 2 * 2 * 2, 3),
        numbers("zero", [0]), numbers("one", [1]), numbers("rest", [-1])], 13)
    return model


def rearranged(opset: int) -> onnx.ModelProto:
    """Pads of zeros and of another number, crops, slices with steps, splits, larger and smaller images, and the joining of
    what was taken apart."""
    nodes = [
        ("Conv", ["image", "w1"], "x", {"pads": [1, 1, 1, 1]}),
        # Zeros become the padding of what reads them, other numbers stay.
        ("Pad", ["x", "zeros_around"], "p0", {}),
        ("Conv", ["p0", "w2"], "a0", {"pads": [0, 1, 0, 0]}),
        ("AveragePool", ["p0"], "a1", {"kernel_shape": [3, 3], "strides": [2, 2]}),
        ("Pad", ["x", "numbers_around", "seven"], "p1", {"mode": "constant"}),
        ("Conv", ["p1", "w3"], "a2", {}),
        ("Pad", ["x", "crop"], "a3", {}),
        # Every other row of channels 1 and 2, from the second on; the four phases of an image as channels.
        ("Slice", ["x", "starts", "ends", "axes", "steps"], "a4", {}),
        *[("Slice", ["x", f"phase{k}", "far", "plane", "twos"], f"q{k}", {}) for k in range(4)],
        ("Concat", [f"q{k}" for k in range(4)], "a5", {"axis": 1}),
        ("Resize", ["x", "roi", "up"], "a6", {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}),
        ("Resize", ["x", "roi", "up"], "a7", {}),
        ("Resize", ["x", "roi", "roi", "smaller"], "a8", {"coordinate_transformation_mode": "asymmetric"}),
        ("Resize", ["x", "roi", "half"], "a9", {"coordinate_transformation_mode": "pytorch_half_pixel", "nearest_mode": "ceil"}),
        ("MaxPool", ["x"], "a10", {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1}),
        ("GlobalMaxPool", ["x"], "a11", {}),
        ("ReduceMean", ["x", "rows"] if opset >= 18 else ["x"], "a12", {} if opset >= 18 else {"axes": [2]}),
    ]
    parts = [f"a{k}" for k in range(13)]
    # Parts of a split, swapped, and one of them pooled.
    split = [["x", "lengths"], {"axis": 1}] if opset >= 13 else [["x"], {"axis": 1, "split": [1, 3]}]
    model = graph((2, 6, 8), nodes, [], opset)
    made = list(model.graph.node)
    made.append(helper.make_node("Split", split[0], ["s0", "s1"], name="split", **split[1]))
    made.append(helper.make_node("Split", ["x"], ["t0", "t1"], name="halves", axis=-1,
                                 **({"num_outputs": 2} if opset >= 18 else {})))
    made.append(helper.make_node("Concat", ["s1", "s0"], ["a13"], name="swapped", axis=1))
    made.append(helper.make_node("Sub", ["t1", "t0"], ["a14"], name="difference"))
    parts += ["a13", "a14"]
    sizes = {"a0": 3 * 7 * 10, "a1": 4 * 4 * 5, "a2": 2 * 7 * 9, "a3": 4 * 3 * 7, "a4": 2 * 3 * 6, "a5": 16 * 3 * 4,
             "a6": 4 * 12 * 16, "a7": 4 * 12 * 16, "a8": 4 * 3 * 4, "a9": 4 * 3 * 4, "a10": 4 * 3 * 4, "a11": 4,
             "a12": 4 * 8, "a13": 4 * 6 * 8, "a14": 4 * 6 * 4}
    for part in parts:
        made.append(helper.make_node("Flatten", [part], [f"{part}_flat"], name=f"flatten_{part}"))
        made.append(helper.make_node("MatMul", [f"{part}_flat", f"m_{part}"], [f"{part}_sums"], name=f"sums_{part}"))
    made.append(helper.make_node("Concat", [f"{part}_sums" for part in parts], ["logits"], name="logits", axis=1))
    del model.graph.node[:]
    model.graph.node.extend(made)
    axes = {"opset18": numbers("rows", [2])} if opset >= 18 else {}
    model.graph.initializer.extend([
        weights("w1", 4, 2, 3, 3), weights("w2", 3, 4, 3, 3), weights("w3", 2, 4, 3, 3),
        numbers("zeros_around", [0, 0, 1, 2, 0, 0, 2, 1]), numbers("numbers_around", [0, 0, 1, 1, 0, 0, 2, 2]),
        numbers("seven", 0.7, np.float32), numbers("crop", [0, 0, -1, 0, 0, 0, -2, -1]),
        numbers("starts", [1, 1, -7]), numbers("ends", [3, 6, -1]), numbers("axes", [1, 2, 3]), numbers("steps", [1, 2, 1]),
        *[numbers(f"phase{k}", [k // 2, k % 2]) for k in range(4)], numbers("far", [1 << 40, 1 << 40]),
        numbers("plane", [2, 3]), numbers("roi", [], np.float32), numbers("twos", [2, 2]), numbers("up", [1, 1, 2, 2], np.float32),
        numbers("smaller", [1, 4, 3, 4]), numbers("half", [1, 1, 0.5, 0.5], np.float32), numbers("lengths", [1, 3]),
        *axes.values(), *[weights(f"m_{part}", sizes[part], 2) for part in parts]])
    return model


def transposed() -> onnx.ModelProto:
    """Transposed convolutions, one after the other, then a squeeze and excitation, and products of two images."""
    return graph((3, 4, 5), [
        ("ConvTranspose", ["image", "w1", "b1"], "a",
         {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]}),
        ("ConvTranspose", ["a", "w2"], "b", {"strides": [2, 1], "group": 2, "dilations": [1, 2], "pads": [0, 2, 1, 0]}),
        ("ConvTranspose", ["b", "w3"], "c", {"pads": [2, 0, 0, 2]}),
        ("GlobalAveragePool", ["c"], "d", {}),
        ("Conv", ["d", "w4"], "e", {}),
        ("HardSigmoid", ["e"], "f", {}),
        ("Mul", ["c", "f"], "g", {}),
        # By one channel, then by an image of its own kind.
        ("Conv", ["g", "w5"], "h", {}),
        ("Mul", ["h", "g"], "i", {}),
        ("Mul", ["i", "c"], "j", {}),
        ("GlobalAveragePool", ["j"], "k", {}),
        ("Flatten", ["k"], "l", {}),
        ("Relu", ["l"], "m", {}),
        ("Mul", ["m", "l"], "n", {}),
        ("Gemm", ["n", "w6"], "o", {}),
        ("Gemm", ["l", "w7"], "q", {}),
        ("Mul", ["o", "q"], "logits", {}),
    ], [weights("w1", 3, 4, 3, 3), weights("b1", 4), weights("w2", 4, 3, 3, 2), weights("w3", 6, 4, 3, 3),
        weights("w4", 4, 4, 1, 1), weights("w5", 1, 4, 1, 1), weights("w6", 4, 3), weights("w7", 4, 3)], 13)


class Detector(nn.Module):
    """[1, 1, 32, 32] to the boxes and scores of 160 places on two grids, as single-shot detectors make them, and what is seen."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 12, 3, 2, 1), nn.ReLU())
        self.deep = nn.Sequential(nn.Conv2d(12, 16, 3, 2, 1), nn.ReLU())
        self.boxes = nn.ModuleList([nn.Conv2d(12, 2 * 4, 3, padding=1), nn.Conv2d(16, 2 * 4, 3, padding=1)])
        self.scores = nn.ModuleList([nn.Conv2d(12, 2 * 2, 3, padding=1), nn.Conv2d(16, 2 * 2, 3, padding=1)])
        self.kind = nn.Linear(16, 3)

    def forward(self, x):
        fine = self.stem(x)
        coarse = self.deep(fine)

        def lists(heads, channels):
            grids = [head(features) for head, features in zip(heads, (fine, coarse))]
            return torch.cat([grid.permute(0, 2, 3, 1).reshape(1, -1, channels) for grid in grids], 1)

        return lists(self.boxes, 4), torch.sigmoid(lists(self.scores, 2)), self.kind(coarse.mean((2, 3))).softmax(1)


class Segmentation(nn.Module):
    """[1, 3, 24, 20] to a mask of the same size: a U-Net of two levels."""

    def __init__(self):
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU())
        self.middle = nn.Sequential(nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1), nn.ReLU())
        self.up = nn.ConvTranspose2d(16, 8, 2, 2)
        self.last = nn.Sequential(nn.Conv2d(16, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 2, 1))

    def forward(self, x):
        fine = self.down(x)
        coarse = self.middle(F.max_pool2d(fine, 2))
        return torch.sigmoid(self.last(torch.cat([self.up(coarse), fine], 1)))


class Autoencoder(nn.Module):
    """[1, 1, 12, 12] to a picture of the same size, by dense layers."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(), nn.Linear(144, 32), nn.ReLU(), nn.Linear(32, 8), nn.ReLU(), nn.Linear(8, 32), nn.ReLU(),
            nn.Linear(32, 144))

    def forward(self, x):
        return self.layers(x).reshape(1, 1, 12, 12)


def exported(net: nn.Module, shape, outputs, metadata, dynamo: bool) -> onnx.ModelProto:
    torch.manual_seed(11)
    for parameter in net.parameters():
        # Enough for values of about 1 behind each layer.
        nn.init.normal_(parameter, std=1.2 / max(parameter[0].numel(), 1) ** 0.5 if parameter.dim() > 1 else 0.2)
    net.eval()
    names = {"input_names": ["image"], "output_names": outputs, "opset_version": 18}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if dynamo:
            model = torch.onnx.export(net, (torch.zeros(1, *shape),), dynamo=True, verbose=False, **names).model_proto
        else:
            buffer = io.BytesIO()
            torch.onnx.export(net, (torch.zeros(1, *shape),), buffer, dynamo=False, **names)
            model = onnx.load_from_string(buffer.getvalue())
    helper.set_model_props(model, {"ferrite.input.mean": "0.5", "ferrite.input.std": "0.25", **metadata})
    return model


def gates() -> onnx.ModelProto:
    """A block as in MobileNetV3: hard-swishes, a depthwise convolution, squeeze and excitation, a sum; then a gate for each pixel, and a
    slope for each channel."""
    pads = {"pads": [1, 1, 1, 1]}
    return graph((3, 14, 11), [
        ("Conv", ["image", "w1", "b1"], "a", {**pads, "strides": [2, 2]}),
        ("HardSwish", ["a"], "stem", {}),
        ("Conv", ["stem", "w2"], "b", {}),
        ("HardSwish", ["b"], "c", {}),
        ("Conv", ["c", "w3", "b3"], "d", {**pads, "group": 40}),
        ("HardSwish", ["d"], "e", {}),
        ("GlobalAveragePool", ["e"], "f", {}),
        ("Conv", ["f", "w4", "b4"], "g", {}),
        ("Relu", ["g"], "h", {}),
        ("Conv", ["h", "w5", "b5"], "i", {}),
        ("HardSigmoid", ["i"], "gate", {"alpha": 1 / 6}),
        ("Mul", ["e", "gate"], "j", {}),
        ("Conv", ["j", "w6"], "k", {}),
        ("Add", ["k", "stem"], "l", {}),
        # x * sigmoid(x), one table; then a pixel's gate.
        ("Sigmoid", ["l"], "m", {}),
        ("Mul", ["l", "m"], "n", {}),
        ("Conv", ["n", "w7"], "o", {}),
        ("Sigmoid", ["o"], "p", {}),
        ("Mul", ["n", "p"], "q", {}),
        ("Conv", ["q", "w8"], "r", {}),
        ("PRelu", ["r", "slopes"], "s", {}),
        ("GlobalAveragePool", ["s"], "t", {}),
        ("Flatten", ["t"], "u", {}),
        ("Gemm", ["u", "w9"], "logits", {}),
    ], [weights("w1", 16, 3, 3, 3), weights("b1", 16), weights("w2", 40, 16, 1, 1), weights("w3", 40, 1, 3, 3),
        weights("b3", 40), weights("w4", 10, 40, 1, 1), weights("b4", 10), weights("w5", 40, 10, 1, 1),
        weights("b5", 40), weights("w6", 16, 40, 1, 1), weights("w7", 1, 16, 1, 1), weights("w8", 19, 16, 1, 1),
        weights("slopes", 19, 1, 1), weights("w9", 19, 4)], 14)


def unet() -> onnx.ModelProto:
    """Down twice and up again, beside what was seen on the way: by the nearest pixel, and by a transposed convolution. Half of the
    channels pass the lowest part by."""
    pads, half = {"pads": [1, 1, 1, 1]}, {"kernel_shape": [2, 2], "strides": [2, 2]}
    return graph((1, 16, 12), [
        ("Conv", ["image", "w1", "b1"], "a", pads),
        ("Relu", ["a"], "first", {}),
        ("MaxPool", ["first"], "b", half),
        ("Conv", ["b", "w2"], "c", pads),
        ("LeakyRelu", ["c"], "second", {"alpha": 0.1}),
        ("MaxPool", ["second"], "d", half),
        ("Slice", ["d", "zero", "eight", "one"], "e", {}),
        ("Slice", ["d", "eight", "sixteen", "one"], "f", {}),
        ("Conv", ["f", "w3", "b3"], "g", pads),
        ("Relu", ["g"], "h", {}),
        ("Concat", ["h", "e"], "i", {"axis": 1}),
        ("Resize", ["i", "", "up"], "j", {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}),
        ("Concat", ["j", "second"], "k", {"axis": 1}),
        ("Conv", ["k", "w4"], "l", pads),
        ("Relu", ["l"], "m", {}),
        ("ConvTranspose", ["m", "w5", "b5"], "n", half),
        ("Concat", ["n", "first"], "o", {"axis": 1}),
        ("Conv", ["o", "w6"], "p", {}),
        ("Tanh", ["p"], "q", {}),
        ("AveragePool", ["q"], "r", {"kernel_shape": [4, 4], "strides": [4, 4]}),
        ("Flatten", ["r"], "s", {}),
        ("Gemm", ["s", "w7"], "logits", {}),
    ], [weights("w1", 8, 1, 3, 3), weights("b1", 8), weights("w2", 16, 8, 3, 3), weights("w3", 20, 8, 3, 3),
        weights("b3", 20), weights("w4", 16, 44, 3, 3), weights("w5", 16, 8, 2, 2), weights("b5", 8),
        weights("w6", 2, 16, 1, 1), weights("w7", 24, 5), numbers("zero", [0]), numbers("eight", [8]),
        numbers("sixteen", [16]), numbers("one", [1]), numbers("up", [1, 1, 2, 2], np.float32)], 13)


def interpolated(opset: int) -> onnx.ModelProto:
    """Images of other sizes whose pixels lie between those of the first: each meaning of the coordinates, larger and smaller, by whole
    factors and by others, and one that makes single rows."""
    resizes = [
        ({"coordinate_transformation_mode": "half_pixel"}, "up", (12, 16)),
        ({"coordinate_transformation_mode": "asymmetric"}, "up", (12, 16)),
        ({"coordinate_transformation_mode": "align_corners"}, "up", (12, 16)),
        ({"coordinate_transformation_mode": "pytorch_half_pixel"}, "half", (3, 4)),
        ({}, "uneven", (9, 10)),
        ({"coordinate_transformation_mode": "half_pixel"}, [1, 4, 7, 5], (7, 5)),
        ({"coordinate_transformation_mode": "align_corners"}, [1, 4, 5, 13], (5, 13)),
        ({"coordinate_transformation_mode": "align_corners"}, [1, 4, 1, 13], (1, 13)),
        ({"coordinate_transformation_mode": "pytorch_half_pixel"}, [1, 4, 1, 3], (1, 3)),
    ]
    nodes, constants = [("Conv", ["image", "w1"], "x", {"pads": [1, 1, 1, 1]})], []
    for index, (attributes, target, (height, width)) in enumerate(resizes):
        inputs = ["x", "roi", target]
        if not isinstance(target, str):
            inputs = ["x", "roi", "roi", f"size{index}"]
            constants.append(numbers(f"size{index}", target))
        nodes += [("Resize", inputs, f"a{index}", {"mode": "linear", **attributes}),
                  ("Flatten", [f"a{index}"], f"f{index}", {}),
                  ("MatMul", [f"f{index}", f"m{index}"], f"s{index}", {})]
        constants.append(weights(f"m{index}", 4 * height * width, 2))
    nodes.append(("Concat", [f"s{index}" for index in range(len(resizes))], "logits", {"axis": 1}))
    return graph((2, 6, 8), nodes, [
        weights("w1", 4, 2, 3, 3), numbers("roi", [], np.float32), numbers("up", [1, 1, 2, 2], np.float32),
        numbers("half", [1, 1, 0.5, 0.5], np.float32), numbers("uneven", [1, 1, 1.5, 1.3], np.float32), *constants], opset)


def windows() -> onnx.ModelProto:
    """Pools whose padding doesn't count, whose size is rounded up, whose taps lie apart, or that are larger than 255."""
    pools = [
        ("AveragePool", {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}, (9, 8)),
        ("AveragePool", {"kernel_shape": [3, 2], "auto_pad": "SAME_UPPER", "strides": [2, 3]}, (5, 3)),
        ("AveragePool", {"kernel_shape": [2, 3], "auto_pad": "SAME_LOWER"}, (9, 8)),
        ("AveragePool", {"kernel_shape": [2, 3], "ceil_mode": 1, "strides": [2, 3]}, (5, 3)),
        ("AveragePool", {"kernel_shape": [4, 3], "ceil_mode": 1, "strides": [2, 2], "pads": [1, 1, 2, 0]}, (5, 4)),
        ("AveragePool", {"kernel_shape": [4, 3], "ceil_mode": 1, "strides": [3, 3], "pads": [1, 1, 1, 1],
                         "count_include_pad": 1}, (4, 3)),
        ("AveragePool", {"kernel_shape": [3, 2], "dilations": [2, 3], "pads": [2, 1, 1, 1]}, (8, 7)),
        ("AveragePool", {"kernel_shape": [2, 2], "dilations": [3, 2], "pads": [1, 0, 0, 1], "count_include_pad": 1}, (7, 7)),
        ("MaxPool", {"kernel_shape": [3, 2], "dilations": [2, 3], "pads": [2, 1, 1, 1], "strides": [2, 1]}, (4, 7)),
        ("MaxPool", {"kernel_shape": [3, 3], "ceil_mode": 1, "strides": [3, 3], "pads": [1, 1, 1, 1]}, (4, 3)),
    ]
    nodes, constants = [("Conv", ["image", "w"], "x", {"pads": [1, 1, 1, 1]})], []
    for index, (pool, attributes, (height, width)) in enumerate(pools):
        nodes += [(pool, ["x"], f"p{index}", attributes), ("Flatten", [f"p{index}"], f"f{index}", {}),
                  ("MatMul", [f"f{index}", f"m{index}"], f"s{index}", {})]
        constants.append(weights(f"m{index}", 3 * height * width, 2))
    nodes += [("Pad", ["x", "around", "half"], "long", {}),
              ("GlobalAveragePool", ["long"], "mean", {}), ("Flatten", ["mean"], "s10", {}),
              ("GlobalMaxPool", ["long"], "most", {}), ("Flatten", ["most"], "s11", {}),
              ("Concat", [f"s{index}" for index in range(12)], "logits", {"axis": 1})]
    return graph((2, 9, 8), nodes, [
        weights("w", 3, 2, 3, 3), numbers("around", [0, 0, 0, 200, 0, 0, 0, 92]), numbers("half", 0.5, np.float32),
        *constants], 22)


def broadcasts() -> onnx.ModelProto:
    """Sums, differences and products of images whose extents are 1 in one of them; automatic pads and given extents of transposed
    convolutions."""
    pairs = [
        ("Add", "x", "mean", (4, 9, 8)), ("Sub", "rows", "x", (4, 9, 8)), ("Add", "one", "x", (4, 9, 8)), ("Add", "one", "mean", (4, 9, 8)),
        ("Mul", "mean", "one", (4, 9, 8)), ("Add", "rows", "columns", (4, 9, 8)), ("Mul", "columns", "rows", (4, 9, 8)),
        ("Sub", "x", "columns", (4, 9, 8)),
    ]
    transposed = [
        ({"auto_pad": "SAME_UPPER", "strides": [2, 1]}, (18, 8)), ({"auto_pad": "SAME_LOWER", "strides": [2, 2]}, (18, 16)),
        ({"auto_pad": "VALID", "strides": [1, 2], "output_padding": [0, 1]}, (11, 19)), ({"output_shape": [10, 15], "strides": [1, 2]}, (10, 15)),
        ({"output_shape": [20, 11], "strides": [2, 1], "auto_pad": "VALID"}, (20, 11)),
    ]
    nodes, constants, scores = [
        ("Conv", ["image", "w1"], "x", {"pads": [1, 1, 1, 1]}), ("Conv", ["image", "w2"], "one", {}),
        ("GlobalAveragePool", ["x"], "mean", {}), ("ReduceMax", ["x", "three"], "rows", {}), ("ReduceMean", ["x", "two"], "columns", {}),
    ], [], []
    for index, (operator, first, second, (channels, height, width)) in enumerate(pairs):
        nodes.append((operator, [first, second], f"a{index}", {}))
        scores.append((f"a{index}", channels * height * width))
    for index, (attributes, (height, width)) in enumerate(transposed):
        nodes.append(("ConvTranspose", ["x", "t"], f"t{index}", attributes))
        scores.append((f"t{index}", height * width))
    for name, count in scores:
        nodes += [("Flatten", [name], f"{name}f", {}), ("MatMul", [f"{name}f", f"{name}m"], f"{name}s", {})]
        constants.append(weights(f"{name}m", count, 1))
    nodes.append(("Concat", [f"{name}s" for name, _ in scores], "logits", {"axis": 1}))
    return graph((2, 9, 8), nodes, [
        weights("w1", 4, 2, 3, 3), weights("w2", 1, 2, 1, 1), weights("t", 4, 1, 3, 4), numbers("two", [2]), numbers("three", [3]),
        *constants], 18)


def refitted() -> onnx.ModelProto:
    """What ONNX Runtime's static quantisation makes of a small network: scales that are no powers of two, and zero points."""
    from onnxruntime import quantization

    class Pictures(quantization.CalibrationDataReader):
        def __init__(self):
            rng = np.random.default_rng(8)
            self.left = iter([{"image": rng.normal(0, 1, (1, 1, 12, 12)).astype(np.float32)} for _ in range(20)])

        def get_next(self):
            return next(self.left, None)

    base = graph((1, 12, 12), [
        ("Conv", ["image", "w1", "b1"], "a", {"pads": [1, 1, 1, 1]}),
        ("Relu", ["a"], "b", {}),
        ("MaxPool", ["b"], "c", {"kernel_shape": [2, 2], "strides": [2, 2]}),
        ("Conv", ["c", "w2"], "d", {"pads": [1, 1, 1, 1], "group": 4}),
        ("Conv", ["d", "w3", "b3"], "e", {}),
        ("Add", ["c", "e"], "f", {}),
        ("Relu", ["f"], "g", {}),
        ("Sigmoid", ["e"], "h", {}),
        ("Mul", ["g", "h"], "i", {}),
        ("AveragePool", ["i"], "j", {"kernel_shape": [2, 2], "strides": [2, 2]}),
        ("Flatten", ["j"], "k", {}),
        ("Gemm", ["k", "w4", "b4"], "logits", {}),
    ], [weights("w1", 4, 1, 3, 3), weights("b1", 4), weights("w2", 4, 1, 3, 3), weights("w3", 4, 4, 1, 1), weights("b3", 4),
        weights("w4", 36, 3), weights("b4", 3)], 13)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        onnx.save(onnx.shape_inference.infer_shapes(base), path)
        quantization.quantize_static(
            path, Path(folder) / "quantised.onnx", Pictures(), quant_format=quantization.QuantFormat.QDQ, per_channel=True,
            activation_type=quantization.QuantType.QUInt8, weight_type=quantization.QuantType.QInt8)
        return onnx.load(Path(folder) / "quantised.onnx")


def unrounded(model: onnx.ModelProto) -> onnx.ModelProto:
    """The network with a Clip to the range in the place of each value's QuantizeLinear and DequantizeLinear."""
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    rounded = {node.output[0]: node for node in model.graph.node if node.op_type == "QuantizeLinear"}
    for node in list(model.graph.node):
        if node.op_type == "DequantizeLinear" and node.input[0] in rounded:
            scale, zero = (constants[name] for name in node.input[1:3])
            ends = np.array([np.iinfo(zero.dtype).min, np.iinfo(zero.dtype).max], np.float64) - float(zero)
            for name, end in zip(["least", "most"], ends * float(scale)):
                model.graph.initializer.append(numbers(f"{node.output[0]}/{name}", end, np.float32))
            source, target = rounded[node.input[0]].input[0], node.output[0]
            node.CopyFrom(helper.make_node("Clip", [source, f"{target}/least", f"{target}/most"], [target]))
    for node in rounded.values():
        model.graph.node.remove(node)
    return model


class Sequence(nn.Module):
    """[1, 3, 40] to 4 classes: convolutions along a sequence, as torch writes them, with a sum around two of them."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv1d(3, 8, 5, stride=2, padding=2, bias=False), nn.BatchNorm1d(8), nn.SiLU())
        self.deep = nn.Sequential(
            nn.Conv1d(8, 8, 3, padding=2, dilation=2, groups=8), nn.PReLU(8), nn.Conv1d(8, 8, 1), nn.BatchNorm1d(8))
        self.pool = nn.MaxPool1d(3, 2, padding=1)
        self.up = nn.ConvTranspose1d(8, 6, 4, stride=2, padding=1)
        self.mean = nn.AvgPool1d(4)
        self.last = nn.AdaptiveAvgPool1d(1)
        self.classifier = nn.Linear(6 + 6 + 8 + 20 + 80, 4)

    def forward(self, x):
        stem = self.stem(x)
        deep = F.relu(stem + self.deep(stem))
        pooled = self.pool(deep)
        up = self.up(pooled)
        beside = torch.cat([stem, deep], 1)[:, 3:11]
        return self.classifier(torch.cat([
            self.last(up).flatten(1), up.mean(2), (beside * pooled.mean(-1, keepdim=True)).mean(-1),
            self.mean(up).flatten(1)[:, :20], (x * 0.5 - 1).flatten(1)[:, :80]], 1))


def sequence(exporter: str) -> onnx.ModelProto:
    torch.manual_seed(5)
    net = Sequence()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm1d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.3)
            nn.init.normal_(module.running_mean, std=0.3)
            nn.init.uniform_(module.running_var, 0.3, 1.5)
    net.eval()
    names = {"input_names": ["image"], "output_names": ["logits"], "opset_version": 18}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if exporter == "legacy":
            buffer = io.BytesIO()
            torch.onnx.export(net, (torch.zeros(1, 3, 40),), buffer, dynamo=False, **names)
            return onnx.load_from_string(buffer.getvalue())
        return torch.onnx.export(net, (torch.zeros(1, 3, 40),), dynamo=True, verbose=False, **names).model_proto


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
    makers = {
        "network-legacy": lambda: network("legacy", False),
        "network-dynamo": lambda: network("dynamo", False),
        "network-legacy-aligned": lambda: network("legacy", True),
        "network-unoptimised": lambda: network("unoptimised", True),
        "convolutions": lambda: convolutions(),
        "pools": lambda: pools(),
        "dense": lambda: dense(),
        "matmul-grid": lambda: matmul_grid(),
        "quantized": lambda: quantized(),
        "residual": lambda: residual(),
        "activations-legacy": lambda: activations("legacy"),
        "activations-dynamo": lambda: activations("dynamo"),
        "pointwise-12": lambda: pointwise(12),
        "pointwise-20": lambda: pointwise(20),
        "channels-last": lambda: channels_last(),
        "rearranged-11": lambda: rearranged(11),
        "rearranged-18": lambda: rearranged(18),
        "transposed": lambda: transposed(),
        "detector": lambda: exported(Detector(), (1, 32, 32), ["boxes", "scores", "kind"],
                                     {"ferrite.labels.kind": "face,cat,none"}, dynamo=False),
        "segmentation": lambda: exported(Segmentation(), (3, 24, 20), ["mask"], {}, dynamo=True),
        "autoencoder": lambda: exported(Autoencoder(), (1, 12, 12), ["picture"], {}, dynamo=False),
        "gates": lambda: gates(),
        "unet": lambda: unet(),
        "interpolated-11": lambda: interpolated(11),
        "interpolated-19": lambda: interpolated(19),
        "windows": lambda: windows(),
        "broadcasts": lambda: broadcasts(),
        "refitted": lambda: refitted(),
        "sequence-legacy": lambda: sequence("legacy"),
        "sequence-dynamo": lambda: sequence("dynamo"),
    }
    wanted = sys.argv[1:] or list(makers)
    path = HERE / "golden.json"
    golden = json.loads(path.read_text()) if sys.argv[1:] else {}
    for name in wanted:
        data = bare(makers[name]()).SerializeToString()
        (HERE / f"{name}.onnx").write_bytes(data)
        # Without fusions, which would round quantised operators elsewhere than the graph says.
        options = onnxruntime.SessionOptions()
        # What ONNX Runtime otherwise makes of them computes parts in integers of its own.
        if name in ("quantized", "refitted"):
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        if name == "refitted":
            data = unrounded(onnx.load_from_string(data)).SerializeToString()
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        image = np.random.default_rng(5).normal(0, 1, session.get_inputs()[0].shape).astype(np.float32)
        outputs = session.run(None, {"image": image})
        pixels = image[0] if name == "channels-last" else np.moveaxis(image[0], 0, -1)
        golden[name] = {"input": [round(float(x), 7) for x in pixels.ravel()],
                        "output": [round(float(x), 7) for x in outputs[0].ravel()]}
        if name in ("detector", "segmentation", "autoencoder"):
            golden[name]["outputs"] = {
                made.name: [round(float(x), 7) for x in (output[0].transpose(1, 2, 0) if output.ndim == 4 else output).ravel()]
                for made, output in zip(session.get_outputs(), outputs)}
        print(name, len(data), outputs[0].ravel()[:4])
    path.write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
