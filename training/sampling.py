"""In what order, and how often, an epoch shows the training images."""

from __future__ import annotations

import torch
from torch import Tensor


def epoch_order(labels: Tensor, oversampling: float) -> Tensor:
    """Indices of an epoch's images, in random order, from torch's default generator.

    `oversampling` 0 shows each image once. At 1 every class appears as often as the largest; in between, a class of n images
    appears n^(1-p) largest^p times. Its images are then shown equally often, but for a random remainder.
    """
    if oversampling == 0:
        return torch.randperm(len(labels))
    counts = torch.bincount(labels)
    largest = int(counts.max())
    shown = []
    for label, count in enumerate(counts.tolist()):
        if count == 0:
            continue
        wanted = round(count ** (1 - oversampling) * largest**oversampling)
        images = (labels == label).nonzero().squeeze(1)
        shown += [images] * (wanted // count) + [images[torch.randperm(count)[: wanted % count]]]
    indices = torch.cat(shown)
    return indices[torch.randperm(len(indices))]
