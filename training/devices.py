"""The machine part that trains: the processor, or an NVIDIA accelerator, where a step is recorded once and then replayed."""

from __future__ import annotations

from typing import Callable

import torch
from torch import Tensor

from training.errors import BadUsage

DEVICES = ("cpu", "cuda")

EAGER_STEPS = 4
"""Steps before the recording: they allocate the optimisers' state and let cuDNN choose among its convolutions."""


def ready(device: str) -> str:
    """Prepares a device of DEVICES. Throws BadUsage if this machine has none or torch can't use it."""
    if device == "cuda":
        if not torch.cuda.is_available():
            raise BadUsage("--device cuda: torch finds no such device here")
        torch.backends.cudnn.benchmark = True
        torch.set_float32_matmul_precision("high")
    return device


class Replayed:
    """A training step on an accelerator as one graph, which spares the processor thousands of launches.

    `step` maps inputs [N, ...] and targets [N, classes] to the loss and the logits, and changes weights in place; it may not
    wait for the device. Batches must all have one shape. The first EAGER_STEPS calls run it as it is, the next records it.
    """

    def __init__(self, step: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]):
        self.step = step
        self.calls = 0
        self.graph: torch.cuda.CUDAGraph | None = None

    def __call__(self, inputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Valid until the next call."""
        self.calls += 1
        if self.calls <= EAGER_STEPS:
            # On another stream than the default, as recording demands of what was allocated before.
            stream = torch.cuda.Stream()
            stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(stream):
                result = self.step(inputs, targets)
            torch.cuda.current_stream().wait_stream(stream)
            return result
        if self.graph is None:
            self.inputs, self.targets = inputs.clone(), targets.clone()
            self.graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self.graph):
                self.result = self.step(self.inputs, self.targets)
        self.inputs.copy_(inputs)
        self.targets.copy_(targets)
        self.graph.replay()
        return self.result
