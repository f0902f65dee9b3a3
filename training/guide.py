"""Shows the first spatial transformer, at the start of a run, where the face is.

Learning where to look from the class alone takes tens of millions of images (Jaderberg et al. 2015 used 150,000 batches of
256). Drawn faces come with their true theta, so the start can be shortened: the loss has a term that pulls the predicted
theta towards the true one, and whose weight falls to zero by the middle of the run. From there on the class alone decides.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from training.network import SpatialTransformer

END = 0.5
"""The part of the run after which the guide is silent."""


class ThetaGuide:
    """Watches the theta that `transformer` predicts for each batch."""

    def __init__(self, transformer: SpatialTransformer, weight: float):
        self.weight = weight
        self._predicted: Tensor | None = None
        transformer.regression.register_forward_hook(self._watch)

    def _watch(self, module, inputs, output: Tensor) -> None:
        self._predicted = output

    def loss(self, truth: Tensor, progress: float) -> Tensor | float:
        """The guide's part of the loss for the batch last seen: `truth` [N, 2, 3]; `progress` 0..1 of the run."""
        strength = self.weight * max(0.0, 1 - progress / END)
        return strength * F.mse_loss(self._predicted.view(-1, 2, 3), truth) if strength > 0 else 0.0
