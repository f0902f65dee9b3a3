"""Averages the networks of several checkpoints of one size, weight by weight.

    python -m training.average checkpoints/medium/best.pt checkpoints/medium/last.pt -o checkpoints/medium/mean.pt

Points of one run's end lie in one basin, whose middle is often better than its rim (P. Izmailov et al., "Averaging weights leads
to wider optima", UAI 2018). The result is the first checkpoint with the mean in the place of its moving average: for
`training.export` and `training.qat`, not for --resume.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from training import checkpoint as checkpoints
from training.checkpoint import Checkpoint
from training.errors import ArgumentParser, BadInput, run


def mean(found: list[tuple[Path, Checkpoint]]) -> Checkpoint:
    """The first checkpoint with the mean of all moving averages as its own. Throws BadInput for one of another shape."""
    first = found[0][1]
    for path, checkpoint in found[1:]:
        shapes = {name: value.shape for name, value in checkpoint.average.items()}
        if shapes != {name: value.shape for name, value in first.average.items()}:
            raise BadInput(f"{path}: its network is not of the same shape as that of {found[0][0]}")
    average = {
        name: torch.stack([c.average[name] for _, c in found]).mean(0) if value.is_floating_point() else value
        for name, value in first.average.items()
    }
    return replace(first, average=average)


def main() -> None:
    parser = ArgumentParser(description="Averages the networks of checkpoints.")
    parser.add_argument("checkpoints", type=Path, nargs="+", metavar="CHECKPOINT")
    parser.add_argument("-o", dest="output", type=Path, required=True, metavar="MEAN.pt")
    arguments = parser.parse_args()
    if arguments.output in arguments.checkpoints:
        parser.error(f"-o {arguments.output}: would replace its source")
    checkpoints.save(mean([(path, checkpoints.load(path)) for path in arguments.checkpoints]), arguments.output)


if __name__ == "__main__":
    run(main)
