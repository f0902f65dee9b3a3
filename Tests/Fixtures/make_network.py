#!/usr/bin/env python3
"""The network and the pictures that every-operation-*.fxm beside it were exported from: every operation of the runtime once or more, in a few kilobytes.

usage: Tests/Fixtures/make_network.py OUT

Writes OUT/every-operation.onnx, seeded and untrained, and OUT/pictures-images.npy with OUT/pictures-labels.npy. Needs `pip install numpy onnx
onnxscript torch`. The model files are never made anew: what an earlier version wrote is what later ones have to read. They were made by

    ferrite export OUT/every-operation.onnx --calibrate OUT/pictures-images.npy -o every-operation-1.0.fxm
    ferrite export OUT/every-operation.onnx --calibrate OUT/pictures-images.npy -o every-operation-packed-1.0.fxm --weight-bits 5
    ferrite export two-stages.xml -o two-stages-1.0.fxc
    cp ../EdgeRuntimeTests/Fixtures/networks/detector-8-8.fxm three-outputs-1.0.fxm                               # of make_networks.py there
    ferrite sign every-operation-1.0.fxm --key fixture.key --sequence 3 -o every-operation-signed-1.0.fxm       # a key that is gone
    ferrite sign two-stages-1.0.fxc --key fixture.key --sequence 4 -o two-stages-signed-1.0.fxc
"""

import pathlib
import sys
import warnings

import numpy as np
import torch
from torch import nn

SIDE = 12


class EveryOperation(nn.Module):
    def __init__(self):
        super().__init__()
        self.locate = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.MaxPool2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 6))
        self.first = nn.Conv2d(1, 8, 3, padding=1)
        self.depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.around = nn.Conv2d(8, 8, 1)
        self.average = nn.AvgPool2d(3, 3)
        self.greatest = nn.MaxPool2d(3, 3)
        self.last = nn.Linear(16 * 16, 3)
        self.locate[-1].weight.data *= 0.2
        self.locate[-1].bias.data = torch.tensor([0.9, 0.1, 0.05, -0.1, 0.9, -0.05])

    def forward(self, x):
        grid = nn.functional.affine_grid(self.locate(x).view(-1, 2, 3), [1, 1, SIDE, SIDE], align_corners=False)
        x = torch.relu(self.first(nn.functional.grid_sample(x, grid, align_corners=False)))
        x = torch.relu(self.depthwise(x) + self.around(x))
        x = nn.functional.relu6(torch.cat([self.average(x), self.greatest(x)], 1))
        return self.last(x.flatten(1))


def main() -> None:
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    warnings.filterwarnings("ignore")
    torch.manual_seed(1)
    network = EveryOperation().eval()
    torch.onnx.export(network, (torch.zeros(1, 1, SIDE, SIDE),), out / "every-operation.onnx", input_names=["image"], output_names=["logits"],
                      dynamo=True, external_data=False, verbose=False)
    pictures = np.random.default_rng(2).integers(0, 256, (32, SIDE, SIDE), dtype=np.uint8)
    np.save(out / "pictures-images.npy", pictures)
    np.save(out / "pictures-labels.npy", np.arange(32, dtype=np.uint8) % 3)


if __name__ == "__main__":
    main()
