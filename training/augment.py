"""Random distortions of a batch, each image with its own, computed for the whole batch at once.

Batches are float [N, 1, S, S], normalised to about zero mean and unit deviation. Random numbers come from the default
generator of the batch's device, so that a seeded run repeats.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from training.network import affine_grid


@dataclass(frozen=True)
class Augmentation:
    """Strengths, each the end of a range centred on "no change"."""

    rotation: float
    """Degrees, uniform in -rotation..rotation."""
    scale: float
    """Each image is enlarged by a factor in 1 - scale..1 + scale."""
    stretch: float
    """Each image is then widened by 1 - stretch..1 + stretch."""
    shear: float
    """Columns slide by -shear..shear of their distance from the middle."""
    shift: float
    """Pixels along each axis, uniform in -shift..shift."""
    elastic: float
    """Standard deviation, in pixels, of the knots of a smooth random displacement; ELASTIC_KNOTS along each axis."""
    flip: bool
    """Mirrors half of the images left to right."""
    contrast: float
    """Pixels are multiplied by 1 - contrast..1 + contrast."""
    brightness: float
    """Then -brightness..brightness is added, in deviations of the pixels."""
    erasing: float
    """The fraction of images in which a random rectangle is blanked."""

    def scaled(self, factor: float) -> Augmentation:
        """The same distortions, `factor` times as strong; mirroring stays as it is."""
        ranges = ("rotation", "scale", "stretch", "shear", "shift", "elastic", "contrast", "brightness", "erasing")
        return replace(self, **{name: getattr(self, name) * factor for name in ranges})


LEVELS: dict[str, Augmentation | None] = {
    "none": None,
    "light": Augmentation(
        rotation=8, scale=0.08, stretch=0, shear=0, shift=2, elastic=0, flip=True, contrast=0.1, brightness=0.1, erasing=0
    ),
    "full": Augmentation(
        rotation=15, scale=0.15, stretch=0, shear=0, shift=4, elastic=0, flip=True, contrast=0.25, brightness=0.25,
        erasing=0.25,
    ),
    "strong": Augmentation(
        rotation=18, scale=0.18, stretch=0.1, shear=0.1, shift=5, elastic=0.7, flip=True, contrast=0.3, brightness=0.3,
        erasing=0.5,
    ),
}

ELASTIC_KNOTS = 5

ERASED_AREA = (0.02, 0.15)
"""Share of the image that an erased rectangle covers; its sides are in a ratio of 1/2..2."""


def augment(batch: Tensor, level: str, factor: float = 1.0) -> Tensor:
    """A distorted copy of the batch, of the same shape. `level` is a key of LEVELS, made `factor` times as strong."""
    full = LEVELS[level]
    if full is None:
        return batch
    strength = full.scaled(factor)
    batch = _relight(_warp(batch, strength), strength)
    return _erase(batch, strength.erasing) if strength.erasing else batch


def _uniform(batch: Tensor, low: float, high: float) -> Tensor:
    return torch.rand(len(batch), device=batch.device) * (high - low) + low


def _warp(batch: Tensor, strength: Augmentation) -> Tensor:
    count, _, _, size = batch.shape
    angle = _uniform(batch, -strength.rotation, strength.rotation) * (math.pi / 180)
    # theta maps target to source, so an enlargement divides.
    scale = 1 / _uniform(batch, 1 - strength.scale, 1 + strength.scale)
    mirror = 1 - 2 * (_uniform(batch, 0, 1) < 0.5).float() if strength.flip else torch.ones(count, device=batch.device)
    reach = 2 * strength.shift / size
    width = mirror / _uniform(batch, 1 - strength.stretch, 1 + strength.stretch)
    shear = _uniform(batch, -strength.shear, strength.shear)
    cos, sin = angle.cos() * scale, angle.sin() * scale
    theta = torch.stack(
        (
            torch.stack((cos * width, cos * shear - sin, _uniform(batch, -reach, reach)), 1),
            torch.stack((sin * width, sin * shear + cos, _uniform(batch, -reach, reach)), 1),
        ),
        1,
    )
    grid = affine_grid(theta, size)
    if strength.elastic:
        knots = torch.randn(count, 2, ELASTIC_KNOTS, ELASTIC_KNOTS, device=batch.device) * (2 * strength.elastic / size)
        grid = grid + F.interpolate(knots, size, mode="bicubic", align_corners=True).permute(0, 2, 3, 1)
    return F.grid_sample(batch, grid, mode="bilinear", padding_mode="reflection", align_corners=False)


def _relight(batch: Tensor, strength: Augmentation) -> Tensor:
    contrast = _uniform(batch, 1 - strength.contrast, 1 + strength.contrast)
    brightness = _uniform(batch, -strength.brightness, strength.brightness)
    return batch * contrast.view(-1, 1, 1, 1) + brightness.view(-1, 1, 1, 1)


def _erase(batch: Tensor, probability: float) -> Tensor:
    height, width = batch.shape[2:]
    area = _uniform(batch, *ERASED_AREA) * (height * width)
    area = area * (_uniform(batch, 0, 1) < probability)
    ratio = torch.exp(_uniform(batch, -math.log(2), math.log(2)))
    rows, columns = (area * ratio).sqrt(), (area / ratio).sqrt()
    top, left = _uniform(batch, 0, 1) * (height - rows), _uniform(batch, 0, 1) * (width - columns)
    inside_rows = _between(height, top, rows)
    inside_columns = _between(width, left, columns)
    inside = inside_rows.unsqueeze(2) & inside_columns.unsqueeze(1)
    # Zero is the mean grey of the data set.
    return batch.masked_fill(inside.unsqueeze(1), 0.0)


def _between(size: int, start: Tensor, length: Tensor) -> Tensor:
    offset = torch.arange(size, device=start.device) - start.unsqueeze(1)
    return (offset >= 0) & (offset < length.unsqueeze(1))
