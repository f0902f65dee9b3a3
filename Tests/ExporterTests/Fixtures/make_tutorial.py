#!/usr/bin/env python3
"""Keeps the networks of docs/tutorial.md, and what ONNX Runtime makes of one picture.

usage: Tests/ExporterTests/Fixtures/make_tutorial.py FOLDER

FOLDER is where the page's three scripts have written face.onnx, keras.onnx and sklearn.onnx; they were trained by torch 2.15.0 with onnxscript 0.7.2,
TensorFlow 2.21.0 with Keras 3.15.1 and tf2onnx 1.17.0, and scikit-learn 1.9.1 with skl2onnx 1.20.0. Needs `pip install numpy onnxruntime`.
"""

import json
import pathlib
import shutil
import sys

import numpy as np
import onnxruntime

HERE = pathlib.Path(__file__).resolve().parent
NAMES = {"face.onnx": "tutorial-torch", "keras.onnx": "tutorial-keras", "sklearn.onnx": "tutorial-sklearn"}


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    random = np.random.default_rng(1)
    golden = {}
    for file, name in NAMES.items():
        shutil.copyfile(folder / file, HERE / f"{name}.onnx")
        session = onnxruntime.InferenceSession(folder / file, providers=["CPUExecutionProvider"])
        (given,) = session.get_inputs()
        # Sixteenths are exact however they are written. One channel, so that rows and columns are all the order that there is.
        image = (random.integers(-16, 17, given.shape) / 16).astype(np.float32)
        (output,) = session.run(None, {given.name: image})
        golden[name] = {"input": image.reshape(-1).tolist(), "output": output.reshape(-1).tolist()}
    (HERE / "golden-tutorial.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
