"""Writes the networks of several inputs of this folder and golden-inputs.json, ONNX Runtime's outputs of each for seeded inputs.

    python make_inputs.py

Images among inputs and outputs are turned to channels last, as the importer's are. torch 2.15, onnx 1.23 and onnxruntime 1.32 wrote the
committed ones.
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
from onnx import helper
from torch import nn

HERE = Path(__file__).parent
PREPARATION = {"ferrite.input.mean": "0.5", "ferrite.input.std": "0.25"}


class Pose(nn.Module):
    """[1, 6] numbers and a [1, 1, 16, 12] image to 3 logits: the numbers join the image's features as they are, and through a layer.

    The numbers come first, so that the image is told by its dims.
    """

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 8, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2))
        self.hidden = nn.Linear(6, 10)
        self.classifier = nn.Sequential(nn.Linear(8 * 4 * 3 + 10 + 6, 16), nn.ReLU(), nn.Linear(16, 3))

    def forward(self, pose, image):
        seen = self.features(image).flatten(1)
        return self.classifier(torch.cat([seen, F.relu(self.hidden(pose)), pose], 1))


class Stereo(nn.Module):
    """Two [1, 2, 12, 20] images by the same weights, and what was remembered, [1, 8], to an image and what is to be remembered."""

    def __init__(self):
        super().__init__()
        self.side = nn.Sequential(nn.Conv2d(2, 6, 3, padding=1), nn.ReLU())
        self.both = nn.Sequential(nn.Conv2d(12, 8, 3, padding=1), nn.ReLU())
        self.depth = nn.Conv2d(8, 1, 1)
        self.seen = nn.Linear(8, 8)
        self.kept = nn.Linear(8, 8)

    def forward(self, left, right, state):
        both = self.both(torch.cat([self.side(left), self.side(right)], 1))
        return self.depth(both), torch.tanh(self.seen(both.mean((2, 3))) + self.kept(state))


def exported(net: nn.Module, inputs: dict, outputs: list, metadata: dict) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(net.eval(), tuple(torch.zeros(shape) for shape in inputs.values()), buffer, dynamo=False, opset_version=17,
                          input_names=list(inputs), output_names=outputs)
    model = onnx.load_from_string(buffer.getvalue())
    for node in model.graph.node:
        node.doc_string = ""
    helper.set_model_props(model, metadata)
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()


def channels_last(array: np.ndarray) -> list:
    return [round(float(x), 7) for x in (array[0].transpose(1, 2, 0) if array.ndim == 4 else array).ravel()]


def main() -> None:
    torch.manual_seed(11)
    networks = {
        "pose": exported(Pose(), {"pose": (1, 6), "image": (1, 1, 16, 12)}, ["logits"], {**PREPARATION, "ferrite.labels": "near,far,none"}),
        "stereo": exported(Stereo(), {"left": (1, 2, 12, 20), "right": (1, 2, 12, 20), "state": (1, 8)}, ["depth", "next"],
                           {**PREPARATION, "ferrite.values": "next"}),
    }
    golden = {}
    for name, data in networks.items():
        (HERE / f"{name}.onnx").write_bytes(data)
        session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
        random = np.random.default_rng(5)
        inputs = {one.name: random.normal(0, 1, one.shape).astype(np.float32) for one in session.get_inputs()}
        outputs = dict(zip((one.name for one in session.get_outputs()), session.run(None, inputs)))
        golden[name] = {"inputs": {key: channels_last(array) for key, array in inputs.items()},
                        "outputs": {key: channels_last(array) for key, array in outputs.items()}}
        print(name, len(data), {key: array.ravel()[:3] for key, array in outputs.items()})
    (HERE / "golden-inputs.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
