"""Reports how well an ONNX network does on a data set, one crop per image.

    python -m training.evaluate Models/sdl-medium.onnx --data fer2013/public_test --train fer2013/train

The input is prepared as the network's metadata says. With --train, the accuracy is also given without the images that
stand in that split pixel for pixel.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from training.classifier import Classifier
from training.dataset import load_faces
from training.errors import ArgumentParser, run
from training.metrics import accuracy, confusion_matrix, per_class, wilson_interval


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
    labels, predicted = faces.labels.numpy(), classifier.logits(faces.images.numpy()).argmax(1)
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
