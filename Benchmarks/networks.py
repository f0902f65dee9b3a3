#!/usr/bin/env python3
"""Networks of the shapes that users bring, with seeded weights, to measure what they cost: not trained, so that they tell
nothing about accuracy.

usage: Benchmarks/networks.py OUT [--images IMAGES.npy] [--networks NAME...] [--size N]

Writes OUT/NAME.onnx for mobilenet-v1 (0.25, 96 x 96), mobilenet-v2 (0.35, 96 x 96), resnet-8 (32 x 32) and macs-1 to
macs-1024 (plain 3x3 and 1x1 convolutions of about as many million multiply-accumulates), each of one grey channel, and the
calibration pictures OUT/SIZE-images.npy for each SIZE, N for all with --size: IMAGES (uint8, N x H x W) scaled by nearest pixels, or blurred noise.
Batch-norms have the statistics of a pass over those pictures and shift by 1: around 0, layers at random amplify noise as no trained
network does. Needs `pip install numpy onnx onnxscript torch`.

    Benchmarks/networks.py build/networks
    .build/release/ferrite export build/networks/resnet-8.onnx --calibrate build/networks/32-images.npy -o build/resnet-8.fxm
"""

import argparse
import pathlib
import warnings

import numpy as np
import torch
from torch import nn


def convolution(inputs: int, outputs: int, kernel: int = 3, stride: int = 1, groups: int = 1, last: nn.Module | None = None):
    """Convolution, batch-norm and `last`."""
    layers = [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(outputs, momentum=None)]
    return nn.Sequential(*layers, *([last] if last else []))


def classifier(channels: int, classes: int) -> list[nn.Module]:
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes)]


def mobilenet_v1(width: float = 0.25, classes: int = 2) -> nn.Module:
    """Howard et al. 2017, table 1."""
    steps = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)] + 5 * [(512, 1)] + [(1024, 2), (1024, 1)]
    channels = int(32 * width)
    layers = [convolution(1, channels, stride=2, last=nn.ReLU())]
    for outputs, stride in steps:
        outputs = int(outputs * width)
        layers += [
            convolution(channels, channels, stride=stride, groups=channels, last=nn.ReLU()),
            convolution(channels, outputs, 1, last=nn.ReLU())]
        channels = outputs
    return nn.Sequential(*layers, *classifier(channels, classes))


class Inverted(nn.Module):
    """MobileNetV2's block: expand, depthwise, project; the input is added where it fits."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int):
        super().__init__()
        inner = inputs * expansion
        expand = [convolution(inputs, inner, 1, last=nn.ReLU6())] if expansion > 1 else []
        self.layers = nn.Sequential(
            *expand, convolution(inner, inner, stride=stride, groups=inner, last=nn.ReLU6()), convolution(inner, outputs, 1))
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.layers(x) if self.adds else self.layers(x)


def mobilenet_v2(width: float = 0.35, classes: int = 10) -> nn.Module:
    """Sandler et al. 2018, table 2, channels a multiple of 8."""

    def scaled(channels: int) -> int:
        return max(8, int(channels * width + 4) // 8 * 8)

    blocks = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
    channels = scaled(32)
    layers = [convolution(1, channels, stride=2, last=nn.ReLU6())]
    for expansion, outputs, count, stride in blocks:
        for index in range(count):
            layers.append(Inverted(channels, scaled(outputs), stride if index == 0 else 1, expansion))
            channels = scaled(outputs)
    return nn.Sequential(*layers, convolution(channels, 1280, 1, last=nn.ReLU6()), *classifier(1280, classes))


class Residual(nn.Module):
    """ResNet's block of two 3x3 convolutions; the way around is a 1x1 one where the size changes."""

    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.layers = nn.Sequential(convolution(inputs, outputs, stride=stride, last=nn.ReLU()), convolution(outputs, outputs))
        self.around = convolution(inputs, outputs, 1, stride) if stride > 1 else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.layers(x) + self.around(x))


def resnet_8(classes: int = 10) -> nn.Module:
    """The image classifier of MLPerf Tiny, of one channel."""
    return nn.Sequential(
        convolution(1, 16, last=nn.ReLU()), Residual(16, 16, 1), Residual(16, 32, 2), Residual(32, 64, 2),
        *classifier(64, classes))


def plain(millions: int) -> nn.Module:
    """Convolutions on 48 x 48 and 24 x 24 pixels of about so many million multiply-accumulates, all of one width."""
    width = next(w for w in range(8, 2048, 8) if macs_of_plain(w) >= 1e6 * millions)
    return nn.Sequential(
        convolution(1, width, last=nn.ReLU()), nn.MaxPool2d(2), convolution(width, width, last=nn.ReLU()), nn.MaxPool2d(2),
        convolution(width, width, 1, last=nn.ReLU()), *classifier(width, 7))


def macs_of_plain(width: int) -> float:
    return 48 * 48 * 9 * width + 24 * 24 * 9 * width * width + 12 * 12 * width * width


NETWORKS = {"mobilenet-v1": (96, mobilenet_v1), "mobilenet-v2": (96, mobilenet_v2), "resnet-8": (32, resnet_8)}
NETWORKS |= {f"macs-{4**power}": (48, lambda millions=4**power: plain(millions)) for power in range(6)}


def pictures(images: np.ndarray | None, size: int, count: int = 200) -> np.ndarray:
    """`count` x size x size, uint8."""
    if images is not None:
        rows, columns = (np.arange(size) * extent // size for extent in images.shape[1:])
        return images[:count][:, rows[:, None], columns]
    coarse = torch.rand(count, 1, 6, 6, generator=torch.Generator().manual_seed(size)) * 255
    return nn.functional.interpolate(coarse, size=size, mode="bilinear")[:, 0].numpy().astype(np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--images", type=pathlib.Path)
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--size", type=int)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    images = np.load(options.images, mmap_mode="r") if options.images else None
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.networks:
        size, build = NETWORKS[name]
        size = options.size or size
        calibration = pictures(images, size)
        np.save(options.out / f"{size}-images.npy", calibration)
        # `ferrite` wants labels beside pictures; calibration does not look at them.
        np.save(options.out / f"{size}-labels.npy", np.arange(len(calibration), dtype=np.uint8) % 2)
        torch.manual_seed(1)
        network = build()
        for norm in [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]:
            nn.init.ones_(norm.bias)
        with torch.no_grad():
            network.train()(torch.from_numpy(calibration[:64].astype(np.float32) / 255)[:, None])
        torch.onnx.export(
            network.eval(), (torch.zeros(1, 1, size, size),), options.out / f"{name}.onnx", input_names=["image"],
            output_names=["logits"], dynamo=True, external_data=False, verbose=False)
        print(f"{name}: {sum(p.numel() for p in network.parameters())} parameters, {size} x {size}")


if __name__ == "__main__":
    main()
