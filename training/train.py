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

from training.augment import LEVELS
from training.checkpoint import Recipe
from training.course import OPTIMIZERS, SCHEDULES, Run, train_to_end
from training.dataset import load_drawn_faces, load_faces
from training.errors import ArgumentParser, BadUsage, run
from training.network import SIZES, TRANSFORMERS
from training.recipes import RECIPES
from training.targets import soft_targets

SETTINGS: dict[str, dict] = {
    "transformers": {"choices": TRANSFORMERS, "help": "which spatial transformers act"},
    "optimizer": {"choices": OPTIMIZERS},
    "schedule": {"choices": SCHEDULES},
    "batch": {"type": int, "metavar": "IMAGES"},
    "rate": {"type": float},
    "localisation_rate": {"type": float, "metavar": "FACTOR", "help": "the localisation networks' share of --rate"},
    "weight_decay": {"type": float, "metavar": "FACTOR"},
    "warm_up": {"type": float, "metavar": "FRACTION", "help": "of the run, in which the rate rises"},
    "weight_deviation": {"type": float, "metavar": "DEVIATION", "help": "start weights from N(0, DEVIATION)"},
    "average_decay": {"type": float, "metavar": "FACTOR", "help": "of the moving average of weights, each step"},
    "seed": {"type": int},
    "initial": {"metavar": "NET.onnx", "help": "start from this network's weights instead of random ones"},
    "label_smoothing": {"type": float, "metavar": "SHARE"},
    "teachers": {"nargs": "+", "metavar": "NET.onnx", "help": "networks whose mean answer is part of each target"},
    "teaching": {"type": float, "metavar": "SHARE", "help": "the teachers' share of the targets"},
    "oversampling": {"type": float, "metavar": "POWER", "help": "0: none, 1: every class as often as the largest"},
    "mixing": {"type": float, "metavar": "FRACTION", "help": "of the batches that mixup or CutMix change, at first"},
    "augment": {"choices": LEVELS},
    "final_augment": {"type": float, "metavar": "FACTOR", "help": "of the distortions' strength at the end of the run"},
    "dropout": {"type": float, "metavar": "PROBABILITY", "help": "in the hidden classifier layer"},
    "feature_dropout": {"type": float, "metavar": "PROBABILITY", "help": "in the features before it"},
    "branch_dropout": {"type": float, "metavar": "PROBABILITY",
                       "help": "of hiding the baseline branch, so that the transformers must learn"},
    "hidden_penalty": {"type": float, "metavar": "FACTOR", "help": "on the hidden classifier layer's squared weights"},
    "classifier_penalty": {"type": float, "metavar": "FACTOR", "help": "on the last layer's squared weights"},
    "theta_weight": {"type": float, "metavar": "WEIGHT",
                     "help": "pull of the true theta of drawn faces (PREFIX-theta.npy) in the first half of the run"},
    "bfloat16": {"action": "store_true", "default": None, "help": "convolve in bfloat16: faster on some processors"},
}
"""A flag for each setting of Recipe."""


def main() -> None:
    parser = ArgumentParser(description="Trains an SDL network.")
    parser.add_argument("--data", required=True, metavar="PREFIX", help="PREFIX-images.npy and PREFIX-labels.npy")
    parser.add_argument("--val", required=True, metavar="PREFIX", help="the split to select on, in the same form")
    parser.add_argument("--size", required=True, choices=SIZES)
    parser.add_argument("--epochs", required=True, type=int)
    parser.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="where checkpoints go")
    parser.add_argument("--log", required=True, type=Path, metavar="FILE.csv", help="a row per epoch")
    parser.add_argument("--resume", action="store_true", help="go on from last.pt in --out")
    parser.add_argument("--recipe", choices=RECIPES, default="ferrite", help="the settings that the flags below change")
    for name, options in SETTINGS.items():
        parser.add_argument("--" + name.replace("_", "-"), **options)
    arguments = parser.parse_args()
    if arguments.theta_weight and (arguments.augment != "none" or arguments.mixing != 0):
        parser.error("--theta-weight needs --augment none --mixing 0: a distorted face has another theta")
    if arguments.epochs < 1 or (arguments.batch is not None and arguments.batch < 2):
        parser.error("--epochs must be at least 1 and --batch at least 2")

    given = {name: value for name, value in vars(arguments).items() if name in SETTINGS and value is not None}
    if "teachers" in given:
        given["teachers"] = tuple(given["teachers"])
    recipe = Recipe(arguments.size, arguments.epochs, **{**RECIPES[arguments.recipe], **given})
    train = (load_drawn_faces if recipe.theta_weight else load_faces)(arguments.data).distinct()
    val = load_faces(arguments.val)
    last = arguments.out / "last.pt"
    if arguments.resume:
        training = Run.resumed(recipe, last)
    elif last.exists():
        raise BadUsage(f"{last}: exists; give --resume to go on from it, or another --out")
    else:
        training = Run(recipe, train)
    targets = soft_targets(train, recipe.label_smoothing, recipe.teachers, recipe.teaching)
    train_to_end(training, train, targets, val, arguments.out, arguments.log)


if __name__ == "__main__":
    run(main)
