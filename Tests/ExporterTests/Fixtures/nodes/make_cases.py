#!/usr/bin/env python3
"""Prepares the ONNX project's own node tests for an importer of networks whose weights are constant.

    python make_cases.py            # writes cases.json and cases.bin beside it
    python make_cases.py --check    # ends with 1 if they are not what the package gives

PyPI package onnx 1.23.2 (`backend/test/case/node`) gave the committed ones. `NodeTests` runs them; docs/onnx-node-tests.md, which it
checks, says what came of each.

A case keeps its nodes, their attributes and their numbers. What is put around them makes a network of them:

- The first input is the network's. A case of an image operator (Conv, MaxPool, ...) that has one gets it as the image or sequence that it
  is; any other value comes as an image of one pixel, [1, count, 1, 1], behind which a Reshape gives the dims of the case.
- Inputs of a layer that Ferrite wants constant (weights, axes, shapes, bounds) are initializers. So is the second value of an
  operator of two: form `constant`. The form `values` has both of them computed from the network's input, which a Split divides.
- Behind what changes no value the network's input would be its output: a Neg stands before it, and the input is negated.
- An output that is no row, and no image of an image operator's, is reshaped to a row.
- Where each item of a batch stands for itself (BatchNormalization, ConvTranspose, AffineGrid, Softmax), it is a frame.
- What a network computes of constants alone (Constant, Cast, DequantizeLinear) is added to an input of zeros: form `folded`.
- The integers that QuantizeLinear makes come out as the numbers that they are.

Every prepared network is run by ONNX's reference evaluator, which must find what the case wants: what was put around is right. (Where the
evaluator can't run the case, which is told, it is asked nothing.)
"""

import json
import re
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.backend.test.case.node import collect_testcases
from onnx.reference import ReferenceEvaluator

HERE = Path(__file__).parent
OPERATORS = """
    Conv ConvTranspose Gemm MatMul BatchNormalization Relu LeakyRelu PRelu Clip HardSigmoid HardSwish Sigmoid Tanh Gelu Add Sub Mul Concat
    Split Slice Pad Resize MaxPool AveragePool GlobalAveragePool GlobalMaxPool ReduceMean Flatten Reshape Transpose Squeeze Unsqueeze
    Softmax ArgMax AffineGrid GridSample Dropout Identity Cast Constant QuantizeLinear DequantizeLinear""".split()
OF_IMAGES = {
    "Conv", "ConvTranspose", "BatchNormalization", "Pad", "Resize", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool",
    "GridSample"}
OF_TWO_VALUES = {"Add", "Sub", "Mul", "Concat", "MatMul", "PRelu"}
OF_ITEMS = {"BatchNormalization", "ConvTranspose", "AffineGrid"}
# What changes no value, as far as the network computes it.
MOVES = {"Flatten", "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Softmax", "Dropout", "Identity", "Concat", "Split", "Slice"}
FOLDED = {"Constant", "Cast", "DequantizeLinear"}
# Numbers of a case beyond which its network alone is kept: volumes, which are refused before a number is read.
MOST_NUMBERS = 8192


class Skipped(Exception):
    """A case that is no network of floats, and why."""


def type_name(value) -> str:
    if isinstance(value, TensorProto):
        return TensorProto.DataType.Name(value.data_type).lower()
    if isinstance(value, (np.ndarray, np.generic)):
        return TensorProto.DataType.Name(helper.np_dtype_to_tensor_dtype(value.dtype)).lower()
    return "sequence or optional"


def array(value) -> np.ndarray:
    return numpy_helper.to_array(value) if isinstance(value, TensorProto) else np.asarray(value)


def initializer(name: str, value) -> TensorProto:
    if isinstance(value, TensorProto):
        tensor = TensorProto()
        tensor.CopyFrom(value)
        tensor.name = name
        return tensor
    return numpy_helper.from_array(np.asarray(value), name)


def floats(value) -> bool:
    return type_name(value) == "float"


class Prepared:
    """A case's network in one form, and what it must give."""

    def __init__(self, case, operator: str, form: str):
        self.case, self.operator, self.form = case, operator, form
        self.nodes, self.initializers, self.tail, self.outputs = [], [], [], []
        self.frames = []
        # Whether the case's numbers are not what ONNX's evaluator computes, as where they were typed with four digits.
        self.is_rounded = False

    def constant(self, name: str, value) -> str:
        self.initializers.append(initializer(name, value))
        return name

    def reshape(self, source: str, dims, target: str):
        shape = self.constant(f"{target}/dims", np.array(dims, np.int64))
        return helper.make_node("Reshape", [source, shape], [target], name=f"{target}/reshaped")

    def model(self) -> onnx.ModelProto:
        graph = helper.make_graph(
            self.nodes + self.tail, "case", [helper.make_tensor_value_info("image", TensorProto.FLOAT, self.input_dims)],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, dims) for name, dims in self.outputs], self.initializers)
        return helper.make_model(
            graph, opset_imports=list(self.case.model.opset_import), ir_version=self.case.model.ir_version)

    def check(self):
        """Holds the network to the case by ONNX's own evaluator."""
        if not evaluates(self.case):
            print(f"{self.case.name}: ONNX's evaluator does not find what the case wants", file=sys.stderr)
            self.is_rounded = True
            return
        evaluator = ReferenceEvaluator(self.model())
        for frame in self.frames:
            try:
                found = evaluator.run(None, {"image": frame["image"]})
            except Exception as error:
                print(f"{self.case.name}: ONNX's evaluator stops with {error!r}", file=sys.stderr)
                return
            for found, wanted in zip(found, frame["outputs"], strict=True):
                np.testing.assert_allclose(found.astype(np.float32), wanted.reshape(found.shape), rtol=1e-4, atol=1e-5, err_msg=self.case.name)


def evaluates(case) -> bool:
    """Whether ONNX's evaluator finds what an untouched case wants."""
    inputs, outputs = case.data_sets[0]
    names = [value.name for value in case.model.graph.input]
    try:
        found = ReferenceEvaluator(case.model).run(None, dict(zip(names, map(array, inputs), strict=True)))
    except Exception:
        return False
    return all(np.allclose(found, array(wanted), 1e-4, 1e-5, True) for found, wanted in zip(found, outputs, strict=True))


def rows_columns_channels(value: np.ndarray) -> np.ndarray:
    """A network's output as it lies in memory: an image or a sequence channels last."""
    return np.moveaxis(value, 1, -1) if value.ndim > 2 else value


def prepare(case, operator: str, form: str) -> Prepared:
    (inputs, outputs), graph = case.data_sets[0], case.model.graph
    nodes = list(graph.node)
    names = [value.name for value in graph.input]
    made = Prepared(case, operator, form)
    for value, what in [(value, "input") for value in inputs] + [(value, "output") for value in outputs]:
        if type_name(value) == "sequence or optional":
            raise Skipped(f"an {what} is a sequence or optional")
    if form == "folded":
        return folded(made, nodes, dict(zip(names, inputs)), outputs[0])
    counts = 2 if form == "values" and operator != "Concat" else len(inputs) if form == "values" else 1
    for index, value in enumerate(inputs[:counts]):
        if not floats(value):
            raise Skipped(f"input {index} is {type_name(value)}")
    for value in inputs[counts:]:
        if type_name(value).startswith("float") and not floats(value):
            raise Skipped(f"a constant is {type_name(value)}")
    if operator == "QuantizeLinear":
        if not type_name(outputs[0]).lstrip("u").startswith("int"):
            raise Skipped(f"output 0 is {type_name(outputs[0])}")
        outputs = [array(outputs[0]).astype(np.float32)]
    for index, value in enumerate(outputs):
        if not floats(value):
            raise Skipped(f"output {index} is {type_name(value)}")
    if any(array(value).size == 0 for value in list(inputs[:1]) + list(outputs)):
        raise Skipped("a value has no elements")
    data, constants = [array(value) for value in inputs[:counts]], dict(zip(names[counts:], inputs[counts:]))
    is_image = operator in OF_IMAGES and data[0].ndim >= 3
    is_by_item = data[0].shape[:1] != (1,) and (
        operator in OF_ITEMS or operator == "Softmax" and data[0].ndim == 2)
    if is_by_item and operator == "AffineGrid":
        constants = {name: np.array([1, *array(value)[1:]]) for name, value in constants.items()}
    items = range(data[0].shape[0]) if is_by_item else [slice(None)]

    def item(value, index):
        return value[index:index + 1] if is_by_item else value

    source = "image"
    moves = operator in MOVES or operator == "Clip" and len(inputs) == 1
    if moves:
        source = "moved"
        made.nodes.append(helper.make_node("Neg", ["image"], [source], name="negated"))
    first = item(data[0], 0)
    if is_image:
        made.input_dims = list(first.shape)
        if source != names[0]:
            rename(nodes, names[0], source)
    else:
        made.input_dims = [1, sum(item(value, 0).size for value in data), 1, 1]
        parts = [source]
        if len(data) > 1:
            parts = [f"part{index}" for index in range(len(data))]
            lengths = made.constant("parts", np.array([value.size for value in data], np.int64))
            made.nodes.append(helper.make_node("Split", [source, lengths], parts, name="parted", axis=1))
        for part, name, value in zip(parts, names, data):
            made.nodes.append(made.reshape(part, item(value, 0).shape, name))
    for name, value in constants.items():
        made.constant(name, value)
    made.nodes += nodes
    for value, wanted in zip(graph.output, outputs):
        wanted = array(wanted)
        if is_by_item and wanted.ndim:
            wanted = wanted[:1]
        name = value.name
        is_row = wanted.ndim == 2 and wanted.shape[0] == 1
        if not (is_row or is_image and wanted.ndim == first.ndim and wanted.shape[0] == 1):
            name = f"{value.name}/row"
            made.tail.append(made.reshape(value.name, [1, wanted.size], name))
            wanted = wanted.reshape(1, -1)
        made.outputs.append((name, list(wanted.shape)))
    for index in items:
        sign = -1 if moves else 1
        frame = np.concatenate([item(value, index).reshape(-1) for value in data]).reshape(made.input_dims) * sign
        wanted = [
            item(array(value), index).reshape(dims) for value, (_, dims) in zip(outputs, made.outputs)]
        made.frames.append({"image": np.asarray(frame, np.float32), "outputs": wanted})
    return made


def folded(made: Prepared, nodes, constants, output) -> Prepared:
    """The network that adds what the importer computes by itself to an image."""
    if not floats(output):
        raise Skipped(f"output 0 is {type_name(output)}")
    wanted, (name,) = array(output), [output.name for output in made.case.model.graph.output]
    for constant, value in constants.items():
        made.constant(constant, value)
    made.input_dims = [1, wanted.size, 1, 1]
    made.nodes = [made.reshape("image", wanted.shape, "zeros"), *nodes, helper.make_node("Add", ["zeros", name], ["sum"], name="sum")]
    made.tail = [made.reshape("sum", [1, wanted.size], "row")]
    made.outputs = [("row", [1, wanted.size])]
    made.frames = [{"image": np.zeros(made.input_dims, np.float32), "outputs": [wanted.reshape(1, -1)]}]
    return made


def rename(nodes, old: str, new: str):
    for index, node in enumerate(nodes):
        nodes[index] = onnx.NodeProto.FromString(node.SerializeToString())
        nodes[index].input[:] = [new if name == old else name for name in node.input]


def cases():
    """Every case of the operators, those that spell one out by simpler ones included, with the operator."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = collect_testcases(None)
    alone = {case.name: case.model.graph.node[0].op_type for case in found if len(case.model.graph.node) == 1}
    for case in sorted(found, key=lambda case: case.name):
        name = re.sub(r"_expanded(_ver\d+)?$", "", case.name)
        operator = alone.get(name)
        if operator in OPERATORS:
            yield case, operator


def main():
    blob = bytearray()

    def place(data: bytes):
        blob.extend(data)
        return [len(blob) - len(data), len(data)]

    listed = []
    for case, operator in cases():
        forms = ["folded"] if operator in FOLDED else ["constant"]
        if operator in OF_TWO_VALUES and len(case.model.graph.input) > 1:
            forms.append("values")
        entry = {"name": case.name, "operator": operator, "forms": []}
        for form in forms:
            try:
                made = prepare(case, operator, form)
            except Skipped as reason:
                entry["skipped"] = str(reason)
                break
            is_large = sum(frame["image"].size for frame in made.frames) > MOST_NUMBERS
            if not is_large:
                made.check()
            frames = [] if is_large else [
                {"image": place(rows_columns_channels(frame["image"]).astype("<f4").tobytes()),
                 "outputs": [place(rows_columns_channels(value).astype("<f4").tobytes()) for value in frame["outputs"]]}
                for frame in made.frames]
            entry["isRounded"] = made.is_rounded
            entry["forms"].append(
                {"form": form, "model": place(made.model().SerializeToString(deterministic=True)), "frames": frames})
        listed.append(entry)
    text = json.dumps({"package": f"onnx {onnx.__version__}", "cases": listed}, separators=(",", ":"))
    text = text.replace('{"name"', '\n{"name"') + "\n"
    files = {HERE / "cases.json": text.encode(), HERE / "cases.bin": bytes(blob)}
    if "--check" in sys.argv[1:]:
        stale = [path.name for path, content in files.items() if not path.exists() or path.read_bytes() != content]
        if stale:
            sys.exit(f"not what {json.loads(text)['package']} gives: {', '.join(stale)}")
    else:
        for path, content in files.items():
            path.write_bytes(content)
        print(len(listed), "cases,", {path.name: len(content) for path, content in files.items()})


if __name__ == "__main__":
    main()
