"""Writes a fixed-point network as ONNX: ordinary operators between QuantizeLinear and DequantizeLinear.

All scales are powers of two and all zero points 0, so that the file says exactly which integers EdgeRuntime is to hold: weights int8 with a
scale for each output channel, biases int32 at the accumulators' scale, activations uint8 or int8, theta and logits int16. An
activation narrower than its type has a Clip to its range in front. Engines that follow ONNX round halves to even where EdgeRuntime rounds
them up, so their logits differ in the last bits. (ONNX operators QuantizeLinear and DequantizeLinear, opset 21.)
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor

from training.fixed import FixedLayer, FixedModule, FixedNetwork, FixedTransformer, Format
from training.network import IMAGE_SIZE, LABELS, MEAN, STD

OPSET = 21
IR_VERSION = 10


class _Graph:
    """Nodes and initializers in the order in which they are made; each method returns the name of its output."""

    def __init__(self):
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def constant(self, name: str, values: np.ndarray) -> str:
        self.initializers.append(numpy_helper.from_array(np.array(values, order="C"), name))
        return name

    def node(self, operator: str, name: str, *inputs: str, **attributes) -> str:
        self.nodes.append(helper.make_node(operator, list(inputs), [name], name=name, **attributes))
        return name

    def rounded(self, name: str, source: str, format: Format) -> str:
        """`source` brought into `format` and back: Clip where the type is wider, QuantizeLinear, DequantizeLinear."""
        bits = 8 if format.width <= 8 else 16
        step = np.float32(2.0**-format.fraction)
        if format.width < bits:
            ends = (("least", format.minimum), ("greatest", format.maximum))
            least, greatest = (self.constant(f"{name}.{end}", np.float32(raw) * step) for end, raw in ends)
            source = self.node("Clip", f"{name}.clipped", source, least, greatest)
        scale = self.constant(f"{name}.scale", step)
        zero = self.constant(f"{name}.zero", np.zeros((), f"{'' if format.signed else 'u'}int{bits}"))
        raw = self.node("QuantizeLinear", f"{name}.raw", source, scale, zero)
        return self.node("DequantizeLinear", name, raw, scale, zero)

    def layer(self, name: str, layer: FixedLayer, source: str) -> str:
        weights = _integers(layer.raw_weights(), np.int8)
        weight_steps = _steps(layer.fractions)
        weight = self._dequantised(f"{name}.weight", weights, weight_steps)
        bias_steps = weight_steps * np.float32(2.0**-layer.input.fraction)
        bias = self._dequantised(f"{name}.bias", _integers(layer.raw_bias(), np.int32), bias_steps)
        if weights.ndim == 2:
            x = self.node("Gemm", f"{name}.sums", source, weight, bias, transB=1)
        else:
            x = self.node("Conv", f"{name}.sums", source, weight, bias, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
        if layer.pool:
            x = self.node("MaxPool", f"{name}.pooled", x, kernel_shape=[2, 2], strides=[2, 2])
        if layer.relu:
            x = self.node("Relu", f"{name}.relu", x)
        return self.rounded(name, x, layer.output)

    def _dequantised(self, name: str, raws: np.ndarray, steps: np.ndarray) -> str:
        raw = self.constant(f"{name}.raw", raws)
        return self.node("DequantizeLinear", name, raw, self.constant(f"{name}.scale", steps), axis=0)

    def layers(self, name: str, layers: list[FixedLayer], source: str) -> str:
        for index, layer in enumerate(layers):
            source = self.layer(f"{name}.{index}", layer, source)
        return source

    def transformer(self, name: str, transformer: FixedTransformer, source: str, format: Format, shape: list[int]) -> str:
        x = self.layers(f"{name}.features", list(transformer.features), source)
        x = self.node("Flatten", f"{name}.flat", x)
        x = self.layer(f"{name}.hidden", transformer.hidden, x)
        x = self.layer(f"{name}.regression", transformer.regression, x)
        theta = self.node("Reshape", f"{name}.theta", x, self.constant(f"{name}.theta_shape", np.array([1, 2, 3])))
        extents = self.constant(f"{name}.grid_shape", np.array(shape))
        grid = self.node("AffineGrid", f"{name}.grid", theta, extents, align_corners=0)
        sampling = {"mode": "linear", "padding_mode": "zeros", "align_corners": 0}
        return self.rounded(name, self.node("GridSample", f"{name}.samples", source, grid, **sampling), format)

    def module(self, name: str, module: FixedModule, source: str, format: Format, shape: list[int]) -> str:
        x = self.transformer(f"{name}.transformer", module.transformer, source, format, shape)
        x = self.layer(f"{name}.conv", module.conv, x)
        x = self.node("AveragePool", f"{name}.mean", x, kernel_shape=[2, 2], strides=[2, 2])
        return self.rounded(name, x, module.output)


def _integers(raws: Tensor, type: type) -> np.ndarray:
    """Raw values as integers; throws OverflowError if the type can't hold one."""
    values = raws.detach().double().numpy()
    limits = np.iinfo(type)
    if values.min() < limits.min or values.max() > limits.max:
        raise OverflowError(f"raw values {values.min():.0f}..{values.max():.0f} don't fit {np.dtype(type)}")
    return values.astype(type)


def _steps(fractions: Tensor) -> np.ndarray:
    return np.exp2(-fractions.double().numpy()).astype(np.float32)


def to_onnx(network: FixedNetwork) -> onnx.ModelProto:
    """The network for one image `image` [1, 1, 48, 48], prepared as its metadata says; `logits` [1, 7]."""
    graph = _Graph()
    image = graph.rounded("input", "image", network.input)
    channels = network.sdl1.conv.weight.shape[0]
    half = IMAGE_SIZE // 2
    x = graph.module("sdl1", network.sdl1, image, network.input, [1, 1, IMAGE_SIZE, IMAGE_SIZE])
    x = graph.module("sdl2", network.sdl2, x, network.sdl1.output, [1, channels, half, half])
    plain = graph.layers("baseline", list(network.baseline), image)
    flat = [graph.node("Flatten", f"{name}.flat", source) for name, source in (("sdl2", x), ("baseline", plain))]
    x = graph.node("Concat", "features", *flat, axis=1)
    x = graph.layer("hidden", network.hidden, x)
    logits = graph.layer("logits", network.classifier, x)
    inputs = [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 1, IMAGE_SIZE, IMAGE_SIZE])]
    outputs = [helper.make_tensor_value_info(logits, TensorProto.FLOAT, [1, len(LABELS)])]
    model = helper.make_model(
        helper.make_graph(graph.nodes, "sdl", inputs, outputs, graph.initializers),
        opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="ferrite training",
    )
    helper.set_model_props(
        model,
        {"ferrite.input.mean": str(MEAN), "ferrite.input.std": str(STD), "ferrite.labels": ",".join(LABELS)},
    )
    onnx.checker.check_model(model, full_check=True)
    return model
