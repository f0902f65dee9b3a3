"""Training images as they look distorted, for some epochs ahead, and what teachers answer for each of these views.

`training.teach` writes them, `training.train --views FOLDER` learns from them. Epoch k of a folder is k-images.npy,
uint8 [N, 48, 48]; k-targets.npy, float16 [N, classes], the smoothed labels in the proportions that images were mixed in; and
k-answers.npy, float16 [N, classes], the teachers' mean probabilities.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training.errors import BadInput
from training.files import replacing


@dataclass(frozen=True)
class View:
    """An epoch's images, uint8 [N, 48, 48], with targets and answers, float [N, classes]."""

    images: Tensor
    targets: Tensor
    answers: Tensor


def count(folder: Path) -> int:
    """How many epochs a folder holds. Throws BadInput if there is none or one before the last is missing."""
    numbers = sorted(
        int(match[1]) for path in folder.glob("*-answers.npy") if (match := re.fullmatch(r"(\d+)-answers\.npy", path.name))
    )
    if not numbers or numbers != list(range(len(numbers))):
        raise BadInput(f"{folder}: no views from training.views, or not all of them (found {len(numbers)} epochs)")
    return len(numbers)


def load(folder: Path, epoch: int) -> View:
    """Reads an epoch. Throws BadInput naming the file that is missing or doesn't fit."""
    arrays = []
    for name, dtype in (("images", np.uint8), ("targets", np.float16), ("answers", np.float16)):
        path = folder / f"{epoch:03}-{name}.npy"
        try:
            array = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise BadInput(f"{path}: not a readable NumPy array ({error})") from None
        if array.dtype != dtype or (arrays and len(array) != len(arrays[0])):
            raise BadInput(f"{path}: {array.dtype} {list(array.shape)} doesn't fit the views beside it")
        arrays.append(torch.from_numpy(array))
    return View(arrays[0], arrays[1].float(), arrays[2].float())


def save(view: View, folder: Path, epoch: int) -> None:
    """Writes an epoch, its answers last, so that a folder that was interrupted counts whole epochs only."""
    arrays = {
        "images": view.images.numpy(),
        "targets": view.targets.half().numpy(),
        "answers": view.answers.half().numpy(),
    }
    for name, array in arrays.items():
        with replacing(folder / f"{epoch:03}-{name}.npy") as temporary, open(temporary, "wb") as file:
            np.save(file, array)
