"""Distorts training images for some epochs ahead and writes down what teachers answer for each of these views.

    python -m training.teach checkpoints/teacher-1/best.pt checkpoints/teacher-2/best.pt --data fer2013/train --epochs 60 --out views
    python -m training.train --views views --teaching 0.7 ...

A student that sees what its teachers saw learns more from them than from their answers to undistorted images (L. Beyer et al.,
"Knowledge distillation: a good teacher is patient and consistent", CVPR 2022). Written once, the views serve several students,
and cost a student nothing.
"""

from __future__ import annotations

from pathlib import Path

import torch

from training import views
from training.checkpoint import Recipe
from training.dataset import denormalise, load_faces, normalise
from training.devices import DEVICES, ready
from training.errors import ArgumentParser, BadUsage, run
from training.initial import trained_network
from training.settings import add_settings, given_settings
from training.sources import Distortions
from training.targets import mean_answer
from training.views import View

DISTORTIONS = ("seed", "batch", "label_smoothing", "oversampling", "mixing", "augment", "final_augment", "bfloat16")


def main() -> None:
    parser = ArgumentParser(description="Writes distorted images and what teachers answer for them.")
    parser.add_argument("networks", nargs="+", type=Path, metavar="TEACHER", help="checkpoints, or ONNX as training.export writes it")
    parser.add_argument("--data", required=True, metavar="PREFIX")
    parser.add_argument("--epochs", required=True, type=int)
    parser.add_argument("--out", required=True, type=Path, metavar="FOLDER")
    parser.add_argument("--device", choices=DEVICES, default="cpu")
    add_settings(parser, only=DISTORTIONS)
    arguments = parser.parse_args()
    if arguments.epochs < 1:
        parser.error("--epochs must be at least 1")
    if arguments.out.exists():
        raise BadUsage(f"{arguments.out}: exists; give another --out")
    device = ready(arguments.device)
    recipe = Recipe("large", arguments.epochs, **given_settings(arguments))
    torch.manual_seed(recipe.seed)
    teachers = [trained_network(path, device) for path in arguments.networks]
    source = Distortions(load_faces(arguments.data).distinct(), recipe, device)
    arguments.out.mkdir(parents=True)
    for epoch in range(recipe.epochs):
        parts = []
        for indices in source.order(epoch).split(recipe.batch):
            inputs, targets, _ = source.batch(indices, epoch / recipe.epochs)
            images = denormalise(inputs)
            parts.append([part.cpu() for part in (images, targets, mean_answer(teachers, normalise(images), recipe.bfloat16))])
        views.save(View(*(torch.cat(column) for column in zip(*parts))), arguments.out, epoch)
        print(f"epoch {epoch + 1} of {recipe.epochs}", flush=True)


if __name__ == "__main__":
    run(main)
