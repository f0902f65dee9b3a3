"""Averages the networks of several checkpoints of one size, weight by weight.

    python -m training.average checkpoints/medium/best.pt checkpoints/medium/last.pt -o checkpoints/medium/mean.pt

Points of one run's end lie in one basin, whose middle is often better than its rim (P. Izmailov et al., "Averaging weights leads
to wider optima", UAI 2018); so may a run's end and the exported network that it started from (M. Wortsman et al., "Robust fine-tuning of
zero-shot models", CVPR 2022). The result is the first checkpoint with the mean in the place of its moving average: for
`training.export` and `training.qat`, not for --resume.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from training import checkpoint as checkpoints
from training.checkpoint import Checkpoint
from training.errors import ArgumentParser, BadInput, run
from training.initial import trained_network


def mean(first: Path, others: list[Path]) -> Checkpoint:
    """The first checkpoint with the mean of all networks as its moving average. Throws BadInput for one of another shape."""
    checkpoint = checkpoints.load(first)
    networks = [checkpoint.average]
    for path in others:
        networks.append(trained_network(path).state_dict())
        if {name: value.shape for name, value in networks[-1].items()} != {name: value.shape for name, value in networks[0].items()}:
            raise BadInput(f"{path}: its network is not of the same shape as that of {first}")
    average = {
        name: torch.stack([network[name] for network in networks]).mean(0) if value.is_floating_point() else value
        for name, value in networks[0].items()
    }
    return replace(checkpoint, average=average)


def main() -> None:
    parser = ArgumentParser(description="Averages the networks of checkpoints.")
    parser.add_argument("first", type=Path, metavar="CHECKPOINT")
    parser.add_argument("others", type=Path, nargs="+", metavar="NETWORK", help="checkpoints, or ONNX as training.export writes it")
    parser.add_argument("-o", dest="output", type=Path, required=True, metavar="MEAN.pt")
    arguments = parser.parse_args()
    if arguments.output in (arguments.first, *arguments.others):
        parser.error(f"-o {arguments.output}: would replace its source")
    checkpoints.save(mean(arguments.first, arguments.others), arguments.output)


if __name__ == "__main__":
    run(main)
