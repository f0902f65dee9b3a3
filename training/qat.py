"""Quantisation-aware training: fits a trained float network to narrow fixed point, with EdgeRuntime's own arithmetic.

    python -m training.qat Models/sdl-medium.onnx --data fer2013/train --val fer2013/public_test \\
        --weight-bits 4 --activation-bits 8 --epochs 3 --out checkpoints/medium-w4 --log training/runs/sdl-medium-w4.csv \\
        -o Models/sdl-medium-w4.onnx
    python -m training.qat ... --resume

The float network is the teacher: the fixed-point one, which starts as its rounding, learns to give the same probabilities (knowledge
distillation, Hinton et al. 2015) on distorted training images. Channels are scaled first, as by `training.align`. The folder of --out
receives `last.pt` after each epoch and `best.pt`, which did best on --val; -o receives the best as ONNX with its formats.
"""

from __future__ import annotations

import copy
import dataclasses
import math
import time
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from training import checkpoint as checkpoints
from training.align import scale_channels
from training.augment import LEVELS, augment
from training.dataset import Faces, load_faces, normalise
from training.errors import ArgumentParser, BadUsage, run
from training.files import replacing, save_onnx
from training.fixed import FixedNetwork
from training.initial import trained_network
from training.network import SDLNetwork
from training.qdq import to_onnx
from training.quantise import choose_formats, fixed_network
from training.course import progress_line, write_log

COLUMNS = ("epoch", "rate", "train_loss", "train_agreement", "val_accuracy", "val_agreement", "seconds")
CALIBRATION_IMAGES = 512
TEMPERATURE = 2.0
"""Both networks' logits are divided by it before they are compared."""


@dataclass(frozen=True)
class QuantisedRecipe:
    """What defines a run besides its data. Everything but `epochs` is fixed when the run starts."""

    source: str
    epochs: int
    weight_bits: int = 8
    activation_bits: int = 8
    end_bits: int = 8
    """Bits of the weights that read the image or make theta or logits."""
    batch: int = 128
    rate: float = 0.003
    """A step's size to start with, as a share of a layer's root mean square weight."""
    augment: str = "light"
    seed: int = 1


class QuantisedRun:
    """A run between two epochs: start one from a recipe or from a checkpoint, then call `train_epoch`."""

    def __init__(self, recipe: QuantisedRecipe, train: Faces):
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.epoch = 0
        self.teacher = trained_network(Path(recipe.source))
        self.network = start(self.teacher, recipe, train)
        self.optimizer = torch.optim.Adam(
            [
                {"params": [parameter], "factor": float(parameter.detach().square().mean().sqrt())}
                for parameter in self.network.parameters()
            ],
            lr=recipe.rate,
        )
        self.history: list[dict] = []

    @classmethod
    def resumed(cls, recipe: QuantisedRecipe, train: Faces, path: Path) -> QuantisedRun:
        """Goes on from a checkpoint. Throws BadInput if `recipe` differs from its recipe in more than `epochs`."""
        saved = load(path)
        checkpoints.check_resumable(path, saved["recipe"], recipe, saved["epoch"])
        made = cls(recipe, train)
        made.epoch, made.history = saved["epoch"], saved["history"]
        made.network.load_state_dict(saved["network"])
        made.optimizer.load_state_dict(saved["optimizer"])
        torch.set_rng_state(saved["random_state"])
        return made

    def save(self, path: Path) -> None:
        """Writes all that `resumed` needs, replacing the file at once."""
        state = {
            "recipe": dataclasses.asdict(self.recipe), "epoch": self.epoch, "history": self.history,
            "network": self.network.state_dict(), "optimizer": self.optimizer.state_dict(),
            "random_state": torch.get_rng_state(),
        }
        with replacing(path) as temporary:
            torch.save(state, temporary)

    def train_epoch(self, train: Faces, val: Faces, val_teacher: Tensor) -> dict:
        """Trains on every image once, then measures. `val_teacher` [N] are the float network's answers on `val`."""
        started = time.monotonic()
        batches = [batch for batch in torch.randperm(len(train)).split(self.recipe.batch) if len(batch) > 1]
        loss_sum, agreed, seen = 0.0, 0, 0
        for index, batch in enumerate(batches):
            progress = (self.epoch + index / len(batches)) / self.recipe.epochs
            loss, same = self._step(train.images[batch], progress)
            seen += len(batch)
            loss_sum += loss * len(batch)
            agreed += same
            progress_line(self.epoch + 1, seen, len(train), loss_sum / seen, time.monotonic() - started)
        self.epoch += 1
        found = answers(self.network, val)
        row = {
            "epoch": self.epoch,
            "rate": f"{self._rate(progress):.6f}",
            "train_loss": f"{loss_sum / seen:.5f}",
            "train_agreement": f"{agreed / seen:.4f}",
            "val_accuracy": f"{float((found == val.labels).double().mean()):.4f}",
            "val_agreement": f"{float((found == val_teacher).double().mean()):.4f}",
            "seconds": f"{time.monotonic() - started:.1f}",
        }
        self.history.append(row)
        return row

    def _rate(self, progress: float) -> float:
        return self.recipe.rate * 0.5 * (1 + math.cos(math.pi * progress))

    def _step(self, images: Tensor, progress: float) -> tuple[float, int]:
        for group in self.optimizer.param_groups:
            group["lr"] = self._rate(progress) * group["factor"]
        inputs = augment(normalise(images), self.recipe.augment)
        with torch.no_grad():
            wanted = self.teacher(inputs)
        logits = self.network(inputs)
        loss = TEMPERATURE**2 * F.kl_div(
            F.log_softmax(logits / TEMPERATURE, 1), F.log_softmax(wanted / TEMPERATURE, 1), log_target=True,
            reduction="batchmean",
        )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        return float(loss.detach()), int((logits.argmax(1) == wanted.argmax(1)).sum())


def start(teacher: SDLNetwork, recipe: QuantisedRecipe, train: Faces) -> FixedNetwork:
    """The teacher's rounding: its channels scaled, batch-norm folded, formats chosen on images spread over `train`."""
    images = normalise(train.images[:: max(len(train) // CALIBRATION_IMAGES, 1)])
    scaled = copy.deepcopy(teacher)
    scale_channels(scaled, images, recipe.weight_bits)
    network = fixed_network(scaled, recipe.weight_bits, recipe.end_bits)
    choose_formats(network, images, recipe.activation_bits)
    return network


@torch.no_grad()
def answers(network: torch.nn.Module, faces: Faces) -> Tensor:
    """The class index of each image, [N]."""
    return torch.cat([network(normalise(images)).argmax(1) for images in faces.images.split(256)])


def load(path: Path) -> dict:
    """A checkpoint's state. Throws BadInput naming the file if it is missing, broken or of something else."""
    return checkpoints.read(path, lambda state: {**state, "recipe": QuantisedRecipe(**state["recipe"])})


def main() -> None:
    parser = ArgumentParser(description="Fits a trained network to narrow fixed point.")
    parser.add_argument("source", metavar="NETWORK", help="the float network: a checkpoint, or ONNX as training.export writes it")
    parser.add_argument("--data", required=True, metavar="PREFIX", help="PREFIX-images.npy and PREFIX-labels.npy")
    parser.add_argument("--val", required=True, metavar="PREFIX", help="the split to select on, in the same form")
    parser.add_argument("--epochs", required=True, type=int, help="0 writes the plain rounding")
    parser.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="where checkpoints go")
    parser.add_argument("--log", required=True, type=Path, metavar="FILE.csv", help="a row per epoch")
    parser.add_argument("-o", dest="onnx", required=True, type=Path, metavar="NET.onnx")
    parser.add_argument("--resume", action="store_true", help="go on from last.pt in --out")
    for name in ("weight_bits", "activation_bits", "end_bits", "batch", "seed"):
        parser.add_argument("--" + name.replace("_", "-"), type=int, default=getattr(QuantisedRecipe, name))
    parser.add_argument("--rate", type=float, default=QuantisedRecipe.rate)
    parser.add_argument("--augment", choices=LEVELS, default=QuantisedRecipe.augment)
    arguments = parser.parse_args()
    if not all(2 <= bits <= 8 for bits in (arguments.weight_bits, arguments.activation_bits, arguments.end_bits)):
        parser.error("weights and activations have 2 to 8 bits")
    if arguments.epochs < 0 or arguments.batch < 2:
        parser.error("--epochs must be at least 0 and --batch at least 2")

    recipe = QuantisedRecipe(**{field.name: getattr(arguments, field.name) for field in dataclasses.fields(QuantisedRecipe)})
    train, val = load_faces(arguments.data).distinct(), load_faces(arguments.val)
    last, best = arguments.out / "last.pt", arguments.out / "best.pt"
    if last.exists() and not arguments.resume:
        raise BadUsage(f"{last}: exists; give --resume to go on from it, or another --out")
    training = QuantisedRun.resumed(recipe, train, last) if arguments.resume else QuantisedRun(recipe, train)
    val_teacher = answers(training.teacher, val)
    found = answers(training.network, val)
    print(f"float {float((val_teacher == val.labels).double().mean()):.4f}  fixed {float((found == val.labels).double().mean()):.4f}  "
          f"agreement {float((found == val_teacher).double().mean()):.4f}", flush=True)
    arguments.out.mkdir(parents=True, exist_ok=True)
    arguments.log.parent.mkdir(parents=True, exist_ok=True)
    best_accuracy = max((float(row["val_accuracy"]) for row in training.history), default=-1.0)
    while training.epoch < recipe.epochs:
        row = training.train_epoch(train, val, val_teacher)
        training.save(last)
        if float(row["val_accuracy"]) > best_accuracy:
            best_accuracy = float(row["val_accuracy"])
            training.save(best)
        write_log(training.history, arguments.log, COLUMNS)
        print("  ".join(f"{name} {row[name]}" for name in COLUMNS), flush=True)
    if best.exists():
        training.network.load_state_dict(load(best)["network"])
    save_onnx(to_onnx(training.network), arguments.onnx)


if __name__ == "__main__":
    run(main)
