"""A network as a classifier of faces: an ONNX file in float, or a model file in fixed point."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime

from training.errors import BadInput
from training.network import IMAGE_SIZE


class Classifier:
    """An ONNX network of one grey face [1, 1, 48, 48] with the metadata that `training.export` writes."""

    def __init__(self, path: Path):
        try:
            self.session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's exceptions share no narrower base.
            raise BadInput(f"{path}: not a network that ONNX Runtime reads ({str(error).splitlines()[0]})") from None
        inputs = self.session.get_inputs()
        if len(inputs) != 1 or inputs[0].shape != [1, 1, IMAGE_SIZE, IMAGE_SIZE]:
            raise BadInput(f"{path}: expected one input [1, 1, {IMAGE_SIZE}, {IMAGE_SIZE}]")
        self.input = inputs[0].name
        metadata = self.session.get_modelmeta().custom_metadata_map
        try:
            self.mean = float(metadata["ferrite.input.mean"])
            self.std = float(metadata["ferrite.input.std"])
            self.labels = metadata["ferrite.labels"].split(",")
        except (KeyError, ValueError) as error:
            raise BadInput(f"{path}: metadata without a usable {error}") from None

    def logits(self, images: np.ndarray) -> np.ndarray:
        """The raw outputs, float32 [N, classes], of uint8 images [N, 48, 48], each run on its own."""
        values = (images.astype(np.float32) / 255 - self.mean) / self.std
        return np.concatenate([self.session.run(None, {self.input: value[None, None]})[0] for value in values])


class FixedClassifier:
    """A model file, run by the `ferrite` program."""

    def __init__(self, model: Path, program: Path):
        for path in (model, program):
            if not path.is_file():
                raise BadInput(f"{path}: no such file")
        self.model = model
        self.program = program

    def logits(self, images: np.ndarray) -> np.ndarray:
        """The raw outputs, int64 [N, classes], of uint8 images [N, 48, 48]."""
        with tempfile.TemporaryDirectory() as folder:
            prefix = Path(folder) / "faces"
            np.save(f"{prefix}-images.npy", images)
            np.save(f"{prefix}-labels.npy", np.zeros(len(images), np.uint8))
            command = [self.program, "run", self.model, "--data", f"{prefix}-images.npy", "--json"]
            done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise BadInput(f"{self.model}: {done.stderr.strip()}")
        return np.array([json.loads(line)["logits"] for line in done.stdout.splitlines()])
