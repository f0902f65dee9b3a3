"""A moving average of a network's weights and batch-norm statistics, which is steadier than the network itself."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn


class MovingAverage:
    """Keeps `network`, the exponential moving average of the networks given to `update`.

    The decay starts low, min(decay, (1 + n) / (10 + n)) at update n, so that the random start is soon forgotten.
    """

    def __init__(self, source: nn.Module, decay: float):
        self.network = copy.deepcopy(source).eval().requires_grad_(False)
        self.decay = decay
        self.updates = 0

    @torch.no_grad()
    def update(self, source: nn.Module) -> None:
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        self.updates += 1
        torch._foreach_lerp_(_floating(self.network), _floating(source), 1 - decay)


def _floating(network: nn.Module) -> list[Tensor]:
    return [value for value in network.state_dict().values() if value.is_floating_point()]
