"""Where a run's batches come from: images distorted anew each time, or views that were distorted before and that teachers answered.

A batch is its inputs, float [N, 1, 48, 48], normalised; the probabilities wanted for them, float [N, classes]; and the classes,
int64 [N], that count as right in the log's `train_accuracy`.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from training import views
from training.augment import augment
from training.checkpoint import Recipe
from training.dataset import Faces, normalise
from training.mixing import mix
from training.sampling import epoch_order
from training.targets import soft_targets

Batch = tuple[Tensor, Tensor, Tensor]


def augment_strength(recipe: Recipe, progress: float) -> float:
    """The share of the distortions' strength: whole at the start of the run, falling evenly to `final_augment`.

    The last epochs, at a low rate, so fit images that look like those the network will meet.
    """
    return 1 - (1 - recipe.final_augment) * progress


class Distortions:
    """The images of `faces`, distorted and mixed by the recipe, with their soft targets."""

    def __init__(self, faces: Faces, recipe: Recipe, device: str = "cpu"):
        self.recipe = recipe
        self.labels = faces.labels
        self.targets = soft_targets(faces, recipe, device).to(device)
        self.faces = faces.to(device)

    def order(self, epoch: int) -> Tensor:
        """The images that an epoch shows, in its order, as indices for `batch`."""
        return epoch_order(self.labels, self.recipe.oversampling).to(self.targets.device)

    def batch(self, indices: Tensor, progress: float) -> Batch:
        """The images at `indices` as they look after `progress` (0..1) of the run."""
        strength = augment_strength(self.recipe, progress)
        inputs = augment(normalise(self.faces.images[indices]), self.recipe.augment, strength)
        inputs, wanted = mix(inputs, self.targets[indices], self.recipe.mixing * strength)
        return inputs, wanted, self.faces.labels[indices]


class Views:
    """The views that `training.views` wrote to the recipe's folder: epochs of distorted images, gone through in their order.

    A run of more epochs than there are shows each several times, in another order and half of the images mirrored.
    """

    def __init__(self, recipe: Recipe, device: str = "cpu"):
        self.recipe = recipe
        self.folder = Path(recipe.views)
        self.count = views.count(self.folder)
        self.device = device

    def order(self, epoch: int) -> Tensor:
        view = views.load(self.folder, epoch * self.count // self.recipe.epochs)
        self.images = view.images.to(self.device)
        self.labels = view.targets.argmax(1).to(self.device)
        self.targets = view.targets.lerp(view.answers, self.recipe.teaching).to(self.device)
        return torch.randperm(len(view.images), device=self.device)

    def batch(self, indices: Tensor, progress: float) -> Batch:
        inputs = normalise(self.images[indices])
        mirrored = torch.rand(len(inputs), 1, 1, 1, device=self.device) < 0.5
        return torch.where(mirrored, inputs.flip(3), inputs), self.targets[indices], self.labels[indices]


Source = Distortions | Views


def make_source(faces: Faces, recipe: Recipe, device: str = "cpu") -> Source:
    return Views(recipe, device) if recipe.views else Distortions(faces, recipe, device)
