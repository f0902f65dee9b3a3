"""Reports how well an ONNX network does on a data set, one crop per image.

    python -m training.evaluate Models/sdl-medium.onnx --data fer2013/public_test --train fer2013/train

The input is prepared as the network's metadata says. With --train, the accuracy is also given without the images that
stand in that split pixel for pixel.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime

from training.dataset import Faces, load_faces
from training.errors import ArgumentParser, BadInput, run
from training.metrics import accuracy, confusion_matrix, per_class, wilson_interval
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

    def predict(self, image: np.ndarray) -> int:
        """The class index of one uint8 image [48, 48]."""
        values = (image.astype(np.float32) / 255 - self.mean) / self.std
        return int(self.session.run(None, {self.input: values[None, None]})[0].argmax())


def predictions(classifier: Classifier, faces: Faces) -> np.ndarray:
    return np.array([classifier.predict(image) for image in faces.images.numpy()])


def print_accuracy(name: str, confusion: np.ndarray) -> None:
    hits, count = int(np.trace(confusion)), int(confusion.sum())
    if count == 0:
        print(f"{name}: no image left")
        return
    low, high = wilson_interval(hits, count)
    print(f"{name}: {accuracy(confusion):.2%} ({hits} of {count}; 95% interval {low:.2%} to {high:.2%})")


def print_classes(labels: list[str], confusion: np.ndarray) -> None:
    print(f"\n{'class':<10}{'precision':>10}{'recall':>8}{'F1':>8}{'images':>8}")
    for label, figures in zip(labels, per_class(confusion)):
        print(
            f"{label:<10}{figures.precision:>10.3f}{figures.recall:>8.3f}{figures.f1:>8.3f}{figures.support:>8}"
        )
    print("\nConfusion (row: true class, column: predicted class)")
    print(" " * 10 + "".join(f"{label:>10}" for label in labels))
    for label, row in zip(labels, confusion):
        print(f"{label:<10}" + "".join(f"{count:>10}" for count in row))


def main() -> None:
    parser = ArgumentParser(description="Reports accuracy, per-class figures and the confusion matrix.")
    parser.add_argument("network", type=Path, metavar="NET.onnx")
    parser.add_argument("--data", required=True, metavar="PREFIX", help="PREFIX-images.npy and PREFIX-labels.npy")
    parser.add_argument("--train", metavar="PREFIX", help="the split trained on, to tell its duplicates apart")
    arguments = parser.parse_args()

    faces = load_faces(arguments.data)
    known = set(load_faces(arguments.train).digests()) if arguments.train else set()
    classifier = Classifier(arguments.network)
    labels, predicted = faces.labels.numpy(), predictions(classifier, faces)
    classes = len(classifier.labels)
    confusion = confusion_matrix(labels, predicted, classes)
    print_accuracy("accuracy", confusion)
    if arguments.train:
        unseen = np.array([digest not in known for digest in faces.digests()])
        print(f"images that stand in {arguments.train} too: {len(faces) - int(unseen.sum())}")
        print_accuracy("accuracy without them", confusion_matrix(labels[unseen], predicted[unseen], classes))
    print_classes(classifier.labels, confusion)


if __name__ == "__main__":
    run(main)
