"""The shapes of networks that users bring, as torch modules with seeded weights (Benchmarks/networks.py writes them).

Images are float [N, C, H, W] in 0..1; what a module returns is its docstring's.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


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

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int, kernel: int = 3):
        super().__init__()
        inner = inputs * expansion
        expand = [convolution(inputs, inner, 1, last=nn.ReLU6())] if expansion > 1 else []
        self.layers = nn.Sequential(
            *expand, convolution(inner, inner, kernel, stride, inner, nn.ReLU6()), convolution(inner, outputs, 1))
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
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

    def forward(self, x: Tensor) -> Tensor:
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


def efficientnet_lite0(classes: int = 10) -> nn.Module:
    """EfficientNet-Lite0's layers (Tan and Le 2019 without squeezing and excitation, ReLU6 for swish), of three channels."""
    blocks = [
        (1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3), (6, 112, 3, 1, 5), (6, 192, 4, 2, 5), (6, 320, 1, 1, 3)]
    channels = 32
    layers = [convolution(3, channels, stride=2, last=nn.ReLU6())]
    for expansion, outputs, count, stride, kernel in blocks:
        for index in range(count):
            layers.append(Inverted(channels, outputs, stride if index == 0 else 1, expansion, kernel))
            channels = outputs
    return nn.Sequential(*layers, convolution(channels, 1280, 1, last=nn.ReLU6()), nn.Dropout(0.2), *classifier(1280, classes))


def ds_cnn(classes: int = 12) -> nn.Module:
    """The keyword spotter of MLPerf Tiny: 49 spectra of 10 coefficients (Zhang et al. 2017)."""
    layers = [nn.Conv2d(1, 64, (10, 4), 2, (5, 1), bias=False), nn.BatchNorm2d(64, momentum=None), nn.ReLU(), nn.Dropout(0.2)]
    for _ in range(4):
        layers += [convolution(64, 64, groups=64, last=nn.ReLU()), convolution(64, 64, 1, last=nn.ReLU())]
    return nn.Sequential(*layers, nn.Dropout(0.4), *classifier(64, classes))


def autoencoder() -> nn.Module:
    """The anomaly detector of MLPerf Tiny: 5 spectra of 128 bands to 640 values, by dense layers."""
    widths = [640, 128, 128, 128, 128, 8, 128, 128, 128, 128]
    layers: list[nn.Module] = [nn.Flatten()]
    for inputs, outputs in zip(widths, widths[1:]):
        layers += [nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs, momentum=None), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(128, 640))


def separable(inputs: int, outputs: int) -> nn.Module:
    """A depthwise and a 1x1 convolution with nothing between, and batch-norm."""
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False), nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.BatchNorm2d(outputs, momentum=None))


class XceptionBlock(nn.Module):
    """Two separable convolutions and a max-pool; around them a 1x1 convolution of stride 2."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.layers = nn.Sequential(separable(inputs, outputs), nn.ReLU(), separable(outputs, outputs), nn.MaxPool2d(3, 2, 1))
        self.around = convolution(inputs, outputs, 1, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x) + self.around(x)


def mini_xception(classes: int = 7) -> nn.Module:
    """For facial expressions (Arriaga et al. 2017)."""
    widths = [8, 16, 32, 64, 128]
    blocks = [XceptionBlock(inputs, outputs) for inputs, outputs in zip(widths, widths[1:])]
    return nn.Sequential(
        convolution(1, 8, last=nn.ReLU()), convolution(8, 8, last=nn.ReLU()), *blocks, nn.Conv2d(128, classes, 3, padding=1),
        nn.AdaptiveAvgPool2d(1), nn.Flatten())


def lenet_5(classes: int = 10) -> nn.Module:
    """LeCun et al. 1998, with tanh and averages."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, classes))


class Fire(nn.Module):
    """SqueezeNet's module: 1x1 down to `squeezed`, then 1x1 and 3x3 side by side."""

    def __init__(self, inputs: int, squeezed: int, expanded: int):
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeezed, 1)
        self.one = nn.Conv2d(squeezed, expanded, 1)
        self.three = nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.squeeze(x))
        return torch.cat((F.relu(self.one(x)), F.relu(self.three(x))), 1)


def squeezenet(classes: int = 10) -> nn.Module:
    """SqueezeNet 1.1 (Iandola et al. 2016), of three channels, without batch-norms."""
    def pool() -> nn.Module:
        return nn.MaxPool2d(3, 2, ceil_mode=True)

    return nn.Sequential(
        nn.Conv2d(3, 64, 3, 2), nn.ReLU(), pool(), Fire(64, 16, 64), Fire(128, 16, 64), pool(), Fire(128, 32, 128), Fire(256, 32, 128),
        pool(), Fire(256, 48, 192), Fire(384, 48, 192), Fire(384, 64, 256), Fire(512, 64, 256), nn.Dropout(0.5),
        nn.Conv2d(512, classes, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())


def twice(inputs: int, outputs: int) -> nn.Module:
    return nn.Sequential(convolution(inputs, outputs, last=nn.ReLU()), convolution(outputs, outputs, last=nn.ReLU()))


class UNet(nn.Module):
    """A small U-Net (Ronneberger et al. 2015): [N, 1, S, S] to the scores of `classes` for each pixel, [N, classes, S, S]."""

    def __init__(self, classes: int = 2, widths: tuple[int, ...] = (8, 16, 32)):
        super().__init__()
        self.down = nn.ModuleList(twice(inputs, outputs) for inputs, outputs in zip((1, *widths), widths))
        pairs = list(zip(widths, widths[1:]))[::-1]
        self.enlarge = nn.ModuleList(nn.ConvTranspose2d(below, width, 2, 2) for width, below in pairs)
        self.up = nn.ModuleList(twice(2 * width, width) for width, _ in pairs)
        self.last = nn.Conv2d(widths[0], classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        levels = []
        for layers in self.down:
            x = layers(F.max_pool2d(x, 2) if levels else x)
            levels.append(x)
        for enlarge, layers, level in zip(self.enlarge, self.up, levels[-2::-1]):
            x = layers(torch.cat((enlarge(x), level), 1))
        return self.last(x)


class FaceDetector(nn.Module):
    """A single-shot detector with two heads (after Bazarevsky et al. 2019): [N, 3, 128, 128] to boxes [N, 896, 4] and scores [N, 896, 1].

    896 anchors: two for each of 16 x 16 places, six for each of 8 x 8.
    """

    def __init__(self):
        super().__init__()

        def step(inputs: int, outputs: int, stride: int) -> nn.Module:
            return nn.Sequential(
                convolution(inputs, inputs, 5, stride, inputs), convolution(inputs, outputs, 1, last=nn.ReLU()))

        self.coarse = nn.Sequential(
            convolution(3, 24, 5, 2, last=nn.ReLU()), step(24, 24, 1), step(24, 32, 2), step(32, 48, 1), step(48, 64, 2), step(64, 64, 1))
        self.coarser = nn.Sequential(step(64, 96, 2), step(96, 96, 1))
        self.boxes = nn.ModuleList((nn.Conv2d(64, 2 * 4, 1), nn.Conv2d(96, 6 * 4, 1)))
        self.scores = nn.ModuleList((nn.Conv2d(64, 2, 1), nn.Conv2d(96, 6, 1)))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        features = [self.coarse(x)]
        features.append(self.coarser(features[0]))

        def joined(heads: nn.ModuleList, values: int) -> Tensor:
            found = [head(x).permute(0, 2, 3, 1).reshape(1, -1, values) for head, x in zip(heads, features)]
            return torch.cat(found, 1)

        return joined(self.boxes, 4), joined(self.scores, 1)
