"""Reports how well a network does on a data set, in float and, given its model file, in fixed point beside it.

    python -m training.evaluate Models/sdl-medium.onnx --data fer2013/public_test --train fer2013/train \\
        --fixed build/sdl-medium.fxm > build/sdl-medium-report.md

Prints Markdown: accuracy with its 95% interval (Wilson), one crop an image and, apart, with the logits of the image and its mirror
image added; with --train also without the images that have a duplicate there; precision, recall and F1 of each class; confusion matrices.
The float network's input is prepared as its metadata says. Fixed point is what `ferrite run` answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.classifier import Classifier, FixedClassifier
from training.dataset import load_faces
from training.duplicates import Duplicates, duplicates_of
from training.errors import ArgumentParser, BadInput, run
from training.metrics import confusion_matrix, per_class, wilson_interval


@dataclass(frozen=True)
class Answers:
    """One network's class indices [N], from one crop and from the sum of the logits of image and mirror image."""

    name: str
    single: np.ndarray
    mirrored: np.ndarray


def answers(name: str, classifier: Classifier | FixedClassifier, images: np.ndarray) -> Answers:
    """`images` are uint8 [N, 48, 48]."""
    logits = classifier.logits(images)
    both = logits + classifier.logits(np.ascontiguousarray(images[:, :, ::-1]))
    return Answers(name, logits.argmax(1), both.argmax(1))


def accuracy_rows(found: list[Answers], labels: np.ndarray, subsets: dict[str, np.ndarray]) -> list[str]:
    """A table: for each subset (a mask [N]) and network the accuracy of single crops and of mirror averaging."""
    rows = ["| images | network | one crop | 95% interval | with its mirror image |", "|---|---|---|---|---|"]
    for subset, mask in subsets.items():
        count = int(mask.sum())
        for network in found if count else []:
            hits, both = (int((part[mask] == labels[mask]).sum()) for part in (network.single, network.mirrored))
            low, high = wilson_interval(hits, count)
            rows.append(f"| {subset}: {count} | {network.name} | {hits / count:.2%} ({hits}) | {low:.2%} to {high:.2%} | {both / count:.2%} ({both}) |")
    return rows


def class_rows(names: list[str], found: list[Answers], labels: np.ndarray) -> list[str]:
    """A table of each class's precision, recall and F1, single crop, the networks side by side."""
    figures = ("precision", "recall", "F1")
    heads = [f"{figure}, {network.name}" for network in found for figure in figures]
    rows = [f"| class | images | {' | '.join(heads)} |", "|---|---|" + "---|" * len(heads)]
    per_network = [per_class(confusion_matrix(labels, network.single, len(names))) for network in found]
    for index, name in enumerate(names):
        classes = [network[index] for network in per_network]
        values = " | ".join(f"{c.precision:.3f} | {c.recall:.3f} | {c.f1:.3f}" for c in classes)
        rows.append(f"| {name} | {classes[0].support} | {values} |")
    means = [(np.mean([c.precision for c in n]), np.mean([c.recall for c in n]), np.mean([c.f1 for c in n])) for n in per_network]
    rows.append(f"| mean | {len(labels)} | {' | '.join(f'{p:.3f} | {r:.3f} | {f:.3f}' for p, r, f in means)} |")
    return rows


def confusion_rows(names: list[str], network: Answers, labels: np.ndarray) -> list[str]:
    """The confusion matrix of single crops: a row per true class, a column per answer."""
    matrix = confusion_matrix(labels, network.single, len(names))
    rows = [f"| {network.name}: true, then answered | {' | '.join(names)} |", "|---|" + "---|" * len(names)]
    return rows + [f"| {name} | {' | '.join(map(str, row))} |" for name, row in zip(names, matrix)]


def main() -> None:
    parser = ArgumentParser(description="Reports accuracy, per-class figures and confusion matrices as Markdown.")
    parser.add_argument("network", type=Path, metavar="NET.onnx")
    parser.add_argument("--data", required=True, metavar="PREFIX", help="PREFIX-images.npy and PREFIX-labels.npy")
    parser.add_argument("--train", metavar="PREFIX", help="the split trained on, to tell its duplicates apart")
    parser.add_argument("--fixed", type=Path, metavar="MODEL.fxm", help="the network in fixed point")
    parser.add_argument("--ferrite", type=Path, default=Path(".build/release/ferrite"), metavar="PROGRAM")
    arguments = parser.parse_args()

    faces = load_faces(arguments.data)
    labels, images = faces.labels.numpy(), faces.images.numpy()
    subsets = {"all": np.ones(len(faces), bool)}
    if arguments.train:
        twins: Duplicates = duplicates_of(load_faces(arguments.train), faces)
        subsets["without exact duplicates"] = ~twins.exact
        subsets["without exact and near duplicates"] = ~(twins.exact | twins.near)
    classifier = Classifier(arguments.network)
    if len(classifier.labels) <= labels.max():
        raise BadInput(f"{arguments.data}-labels.npy: label {labels.max()}, but the network has {len(classifier.labels)} classes")
    found = [answers("float", classifier, images)]
    if arguments.fixed:
        found.append(answers("fixed", FixedClassifier(arguments.fixed, arguments.ferrite), images))
    blocks = [accuracy_rows(found, labels, subsets), class_rows(classifier.labels, found, labels)]
    if arguments.fixed:
        same = np.mean(found[0].single == found[1].single)
        blocks.insert(1, [f"Float and fixed give the same answer on {same:.2%} of the images."])
    blocks += [confusion_rows(classifier.labels, network, labels) for network in found]
    print("\n\n".join("\n".join(block) for block in blocks))


if __name__ == "__main__":
    run(main)
