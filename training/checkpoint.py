"""Checkpoints: all that a run needs to go on as if it had never stopped, and all that an export needs."""

from __future__ import annotations

import pickle
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Callable, TypeVar

import torch

from training.errors import BadInput, BadUsage
from training.files import replacing
from training.network import SIZES, SDLNetwork

Made = TypeVar("Made")


@dataclass(frozen=True)
class Recipe:
    """What defines a run besides its data. Everything but `epochs` is fixed when the run starts.

    The defaults are Ferrite's recipe; `training.recipes` has the published one.
    """

    size: str
    epochs: int
    transformers: str = "both"
    """Which spatial transformers act: a key of network.TRANSFORMERS."""

    optimizer: str = "muon"
    """"muon": Muon for convolutions with AdamW for the rest, "adamw": AdamW for everything."""
    schedule: str = "cosine"
    """"cosine": warm-up, then half a cosine to zero; "steps": times STEP_FACTOR every STEP_EPOCHS epochs."""
    batch: int = 128
    rate: float = 2e-3
    localisation_rate: float = 0.1
    weight_decay: float = 0.05
    warm_up: float = 0.03
    weight_deviation: float = 0.0
    """Standard deviation of the normal distribution that weights start from; 0 leaves torch's start."""
    average_decay: float = 0.999
    seed: int = 1
    initial: str = ""
    """An ONNX file whose weights the run starts from; empty, it starts from random ones."""

    label_smoothing: float = 0.1
    teachers: tuple[str, ...] = ()
    """Checkpoints or ONNX files whose mean answer replaces `teaching` of each target."""
    teaching: float = 0.5
    views: str = ""
    """A folder that `training.teach` wrote, whose images and answers take the place of the data's."""
    oversampling: float = 0.25
    mixing: float = 0.5
    """The fraction of batches that are mixed at the start of the run; it falls as the distortions do."""
    augment: str = "strong"
    final_augment: float = 0.4

    dropout: float = 0.3
    feature_dropout: float = 0.2
    branch_dropout: float = 0.0
    hidden_penalty: float = 0.0
    classifier_penalty: float = 0.0
    """Half of these times the squared norm of the two fully connected layers' weights is added to the loss."""
    theta_weight: float = 0.0
    bfloat16: bool = False


@dataclass
class Checkpoint:
    """State at the end of `epoch` (counted from 1). `history` holds a row per epoch, as it stands in the run's CSV."""

    recipe: Recipe
    epoch: int
    network: dict[str, Any]
    average: dict[str, Any]
    average_updates: int
    optimizers: list[dict[str, Any]]
    random_state: torch.Tensor
    history: list[dict[str, Any]]
    device_random_state: torch.Tensor | None = None
    """That of the accelerator which a run on one draws its distortions from."""


def save(checkpoint: Checkpoint, path: Path) -> None:
    """Writes a checkpoint; an interruption leaves the last one whole."""
    state = {field.name: getattr(checkpoint, field.name) for field in fields(Checkpoint)}
    state["recipe"] = asdict(checkpoint.recipe)
    with replacing(path) as temporary:
        torch.save(state, temporary)


def load(path: Path) -> Checkpoint:
    """Reads a checkpoint. Throws BadInput naming the file if it is missing, broken or of something else."""
    checkpoint = read(path, lambda state: Checkpoint(**{**state, "recipe": Recipe(**state["recipe"])}))
    if checkpoint.recipe.size not in SIZES:
        raise BadInput(f"{path}: unknown network size {checkpoint.recipe.size!r}")
    return checkpoint


def read(path: Path, make: Callable[[dict[str, Any]], Made]) -> Made:
    """What `make` makes of a saved state. Throws BadInput naming the file if it is missing, broken or not what `make` takes."""
    try:
        return make(torch.load(path, map_location="cpu", weights_only=True))
    except FileNotFoundError:
        raise BadInput(f"{path}: no such file") from None
    except (OSError, EOFError, RuntimeError, pickle.UnpicklingError, ValueError, KeyError, TypeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BadInput(f"{path}: not a checkpoint of this program ({reason})") from None


def check_resumable(path: Path, saved: Any, wanted: Any, epoch: int) -> None:
    """Throws BadInput if the recipe `wanted` differs from the one `saved` in more than `epochs`, BadUsage if all are done."""
    for field in fields(saved):
        before, now = getattr(saved, field.name), getattr(wanted, field.name)
        if field.name != "epochs" and before != now:
            raise BadInput(f"{path}: was trained with {field.name} {before}, not {now}")
    if epoch >= wanted.epochs:
        raise BadUsage(f"{path}: has {epoch} epochs already, --epochs {wanted.epochs} leaves none to train")


def averaged_network(checkpoint: Checkpoint, path: Path) -> SDLNetwork:
    """The averaged network of a checkpoint, ready for inference."""
    network = SDLNetwork(checkpoint.recipe.size, transformers=checkpoint.recipe.transformers)
    try:
        network.load_state_dict(checkpoint.average)
    except RuntimeError:
        raise BadInput(f"{path}: its weights don't fit a network of size {checkpoint.recipe.size}") from None
    return network.eval()
