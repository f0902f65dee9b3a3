"""Trains an SDL network, with a checkpoint after each epoch from which it resumes.

    python -m training.train --data fer2013/train --val fer2013/public_test --size medium --epochs 50 \\
        --out checkpoints/medium --log training/runs/sdl-medium.csv
    python -m training.train ... --resume

The folder of --out receives `last.pt` after each epoch and `best.pt`, whose moving average did best on --val.
The learning rate and the strength of the distortions are functions of the part of the run that is done. Given with
--resume, another --epochs therefore shortens or stretches the rest of both; every other setting must stay as it was.
"""

from __future__ import annotations

from pathlib import Path

from training.checkpoint import Recipe
from training.course import Run, train_to_end
from training.dataset import load_drawn_faces, load_faces
from training.devices import DEVICES, ready
from training.errors import ArgumentParser, BadUsage, run
from training.network import SIZES
from training.recipes import RECIPES
from training.settings import add_settings, given_settings
from training.sources import make_source


def main() -> None:
    parser = ArgumentParser(description="Trains an SDL network.")
    parser.add_argument("--data", required=True, metavar="PREFIX", help="PREFIX-images.npy and PREFIX-labels.npy")
    parser.add_argument("--val", required=True, metavar="PREFIX", help="the split to select on, in the same form")
    parser.add_argument("--size", required=True, choices=SIZES)
    parser.add_argument("--epochs", required=True, type=int)
    parser.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="where checkpoints go")
    parser.add_argument("--log", required=True, type=Path, metavar="FILE.csv", help="a row per epoch")
    parser.add_argument("--device", choices=DEVICES, default="cpu", help="cuda: an NVIDIA accelerator, if torch has one")
    parser.add_argument("--resume", action="store_true", help="go on from last.pt in --out")
    parser.add_argument("--recipe", choices=RECIPES, default="ferrite", help="the settings that the flags below change")
    add_settings(parser)
    arguments = parser.parse_args()
    if arguments.theta_weight and (arguments.augment != "none" or arguments.mixing != 0):
        parser.error("--theta-weight needs --augment none --mixing 0: a distorted face has another theta")
    if arguments.views and (arguments.teachers or arguments.theta_weight):
        parser.error("--views: goes neither with --teachers, which answered them before, nor with --theta-weight")
    if arguments.epochs < 1 or (arguments.batch is not None and arguments.batch < 2):
        parser.error("--epochs must be at least 1 and --batch at least 2")

    device = ready(arguments.device)
    recipe = Recipe(arguments.size, arguments.epochs, **{**RECIPES[arguments.recipe], **given_settings(arguments)})
    train = (load_drawn_faces if recipe.theta_weight else load_faces)(arguments.data).distinct()
    val = load_faces(arguments.val)
    last = arguments.out / "last.pt"
    if arguments.resume:
        training = Run.resumed(recipe, last, device)
    elif last.exists():
        raise BadUsage(f"{last}: exists; give --resume to go on from it, or another --out")
    else:
        training = Run(recipe, train, device)
    train_to_end(training, make_source(train, recipe, device), val, arguments.out, arguments.log)


if __name__ == "__main__":
    run(main)
