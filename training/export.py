"""Writes the averaged network of a checkpoint as ONNX.

    python -m training.export checkpoints/medium/best.pt -o Models/sdl-medium.onnx
    python -m training.export checkpoints/medium/best.pt -o decomposed.onnx --exporter dynamo

The input is `image`, float [1, 1, 48, 48]; the output is `logits`, float [1, 7]; batch-norm stays a node of its own.
`legacy` keeps AffineGrid and GridSample as operators (opset 20); `dynamo` keeps GridSample and spells the affine grid out.
The metadata says how to prepare the input, (pixel / 255 - mean) / std, and names the classes:
`ferrite.input.mean`, `ferrite.input.std`, `ferrite.labels`.
"""

from __future__ import annotations

import io
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

from training import checkpoint as checkpoints
from training.errors import ArgumentParser, BadInput, run
from training.files import save_onnx
from training.network import IMAGE_SIZE, LABELS, MEAN, STD

OPSET = 20
EXPORTERS = ("legacy", "dynamo")
TOLERANCE = 1e-3
"""The largest difference of a logit between ONNX Runtime and torch with which a file is written."""


def to_onnx(network: nn.Module, exporter: str) -> onnx.ModelProto:
    """The network in inference form, with its metadata, as one self-contained model. `exporter` is one of EXPORTERS."""
    network = network.eval()
    example = torch.zeros(1, 1, IMAGE_SIZE, IMAGE_SIZE)
    names = {"input_names": ["image"], "output_names": ["logits"], "opset_version": OPSET}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if exporter == "legacy":
            buffer = io.BytesIO()
            # PRESERVE: the network is in inference mode already, and asking for that again would fold batch-norm away.
            torch.onnx.export(
                network, (example,), buffer, dynamo=False, training=torch.onnx.TrainingMode.PRESERVE, **names
            )
            model = onnx.load_from_string(buffer.getvalue())
        else:
            model = torch.onnx.export(network, (example,), dynamo=True, verbose=False, **names).model_proto
    onnx.helper.set_model_props(
        model,
        {"ferrite.input.mean": str(MEAN), "ferrite.input.std": str(STD), "ferrite.labels": ",".join(LABELS)},
    )
    onnx.checker.check_model(model, full_check=True)
    return model


def largest_difference(network: nn.Module, model: onnx.ModelProto, images: int = 16) -> float:
    """The largest absolute difference of a logit between torch and ONNX Runtime on random inputs."""
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    inputs = torch.randn(images, 1, 1, IMAGE_SIZE, IMAGE_SIZE, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        return max(
            float(np.abs(session.run(None, {"image": x.numpy()})[0] - network(x).numpy()).max()) for x in inputs
        )


def main() -> None:
    parser = ArgumentParser(description="Writes a checkpoint's averaged network as ONNX.")
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("-o", dest="output", type=Path, required=True, metavar="NET.onnx")
    parser.add_argument("--exporter", choices=EXPORTERS, default="legacy")
    arguments = parser.parse_args()

    saved = checkpoints.load(arguments.checkpoint)
    network = checkpoints.averaged_network(saved, arguments.checkpoint)
    model = to_onnx(network, arguments.exporter)
    difference = largest_difference(network, model)
    if not difference <= TOLERANCE:
        raise BadInput(f"{arguments.checkpoint}: ONNX Runtime's logits differ from torch's by {difference:.2g}")
    save_onnx(model, arguments.output)
    operators = Counter(node.op_type for node in model.graph.node)
    print(f"{arguments.output}: size {saved.recipe.size}, epoch {saved.epoch}, differs from torch by {difference:.1e}")
    print("  ".join(f"{name} {count}" for name, count in sorted(operators.items())))


if __name__ == "__main__":
    run(main)
