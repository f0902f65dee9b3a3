"""Mixes the images of a batch with one another, and their targets in the same proportion.

Mixup (Zhang et al. 2018) blends two images; CutMix (Yun et al. 2019) pastes a rectangle of one onto the other. Random numbers
come from torch's default generators.
"""

from __future__ import annotations

import torch
from torch import Tensor

MIXUP_ALPHA = 0.3
"""Both parameters of the beta distribution that a blend's proportion is drawn from."""

SHARE = 0.5
"""Of the batches that `mix` changes, the fraction that is blended; the others are pasted."""


def mix(images: Tensor, targets: Tensor, probability: float) -> tuple[Tensor, Tensor]:
    """The batch [N, 1, S, S] and its targets [N, classes], mixed with the probability given, or as they were."""
    if float(torch.rand(())) >= probability:
        return images, targets
    partner = torch.randperm(len(images), device=images.device)
    if float(torch.rand(())) < SHARE:
        kept = float(torch._sample_dirichlet(torch.full((2,), MIXUP_ALPHA))[0])
        return images.lerp(images[partner], 1 - kept), targets.lerp(targets[partner], 1 - kept)
    return paste(images, targets, partner, float(torch.rand(())))


def paste(images: Tensor, targets: Tensor, partner: Tensor, share: float) -> tuple[Tensor, Tensor]:
    """CutMix: a square with `share` (0..1) of the image's area, cut at the border, comes from image `partner[n]`."""
    size = images.shape[2]
    reach = size * share**0.5 / 2
    row, column = float(torch.rand(())) * size, float(torch.rand(())) * size
    rows = slice(max(round(row - reach), 0), min(round(row + reach), size))
    columns = slice(max(round(column - reach), 0), min(round(column + reach), size))
    mixed = images.clone()
    mixed[:, :, rows, columns] = images[partner][:, :, rows, columns]
    pasted = (rows.stop - rows.start) * (columns.stop - columns.start) / size**2
    return mixed, targets.lerp(targets[partner], pasted)
