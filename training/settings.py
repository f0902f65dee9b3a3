"""The settings of a training run as flags, for the programs that train."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any

from training.augment import LEVELS
from training.course import OPTIMIZERS, SCHEDULES
from training.network import TRANSFORMERS

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
    "teachers": {"nargs": "+", "metavar": "NETWORK", "help": "checkpoints or exported networks whose mean answer is part of each target"},
    "teaching": {"type": float, "metavar": "SHARE", "help": "the teachers' share of the targets"},
    "views": {"metavar": "FOLDER", "help": "learn from the views that training.teach wrote there, instead of distorting images"},
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


def add_settings(parser: ArgumentParser, without: tuple[str, ...] = (), only: tuple[str, ...] = tuple(SETTINGS)) -> None:
    """Adds a flag for each setting but those that the program sets itself, or for those of `only`."""
    for name, options in SETTINGS.items():
        if name in only and name not in without:
            parser.add_argument("--" + name.replace("_", "-"), **options)


def given_settings(arguments: Namespace) -> dict[str, Any]:
    """The settings that the command line gives, as Recipe takes them."""
    given = {name: value for name, value in vars(arguments).items() if name in SETTINGS and value is not None}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
