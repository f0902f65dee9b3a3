"""The SDL network in fixed point, as EdgeRuntime computes it, with gradients that see through the roundings.

Every tensor holds exact multiples of its format's step, so that `raw = value * 2^fraction` are EdgeRuntime's integers. In
float64 all sums are exact and the integers are EdgeRuntime's bit for bit (`tests/test_fixed.py`). Training runs in float32, whose 24
bits hold all but the largest of sums exactly. Arithmetic: docs/fixed-point.md. Gradients pass a rounding as if it weren't there and stop
where a value saturates (Bengio et al. 2013).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.network import IMAGE_SIZE, MEAN, STD

COORDINATE_FRACTION = 7
CONSTANT_FRACTION = 16


@dataclass(frozen=True)
class Format:
    """Q(width, fraction, signed): `value = raw * 2^-fraction`, raw in `minimum`..`maximum`."""

    width: int
    fraction: int
    signed: bool

    @property
    def minimum(self) -> int:
        return -(1 << (self.width - 1)) if self.signed else 0

    @property
    def maximum(self) -> int:
        return (1 << (self.width - self.signed)) - 1

    def raw(self, values: Tensor) -> Tensor:
        """The integers, as float, nearest to `values`: halves go up, then saturation (RND, SAT)."""
        return (values * 2.0**self.fraction + 0.5).floor().clamp(self.minimum, self.maximum)

    def quantised(self, values: Tensor) -> Tensor:
        """The representable values nearest to `values`, with their gradients where nothing saturates."""
        step = 2.0**-self.fraction
        # Clamping half a step outside lets the gradient of what rounds into the range through.
        inside = values.clamp((self.minimum - 0.5) * step, (self.maximum + 0.5) * step)
        return _through(inside, self.raw(values) * step)


def _fields(format: Format | None) -> tuple[int, int, bool] | None:
    return format and (format.width, format.fraction, format.signed)


def _format(fields: tuple[int, int, bool] | None) -> Format | None:
    return fields and Format(*fields)


def _through(values: Tensor, replacement: Tensor) -> Tensor:
    """`replacement`, exactly, with the gradient of `values`."""
    return _Through.apply(values, replacement)


class _Through(torch.autograd.Function):
    @staticmethod
    def forward(context, values: Tensor, replacement: Tensor) -> Tensor:
        return replacement

    @staticmethod
    def backward(context, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient, None


class FixedLayer(nn.Module):
    """A 3x3 convolution of padding 1, or a fully connected layer, in fixed point.

    Weights are symmetric, `bits` wide, with fraction bits for each output channel; biases have the accumulator's
    scale. Out of a convolution with `pool`, the greatest accumulator of each 2x2 window. Without `relu` outputs may be negative.
    """

    def __init__(self, weight: Tensor, bias: Tensor, bits: int, relu: bool, pool: bool):
        super().__init__()
        self.weight = nn.Parameter(weight.clone())
        self.bias = nn.Parameter(bias.clone())
        self.bits = bits
        self.relu = relu
        self.pool = pool
        self.input: Format | None = None
        self.output: Format | None = None
        self.register_buffer("fractions", torch.zeros(len(weight), dtype=torch.int64))

    def choose(self, input: Format, output: Format) -> None:
        """Takes the formats of both sides, and for each output channel the fraction that rounds its weights best.

        The output loses fraction bits if an accumulator has fewer, since EdgeRuntime shifts right only.
        """
        self.input = input
        self.fractions.copy_(best_fractions(self.weight.detach(), self.bits))
        fraction = min(output.fraction, input.fraction + int(self.fractions.min()))
        self.output = Format(output.width, fraction, output.signed)
        # A shift by more than 31 doesn't exist.
        self.fractions.clamp_(max=31 + fraction - input.fraction)

    def get_extra_state(self) -> dict:
        return {"bits": self.bits, "input": _fields(self.input), "output": _fields(self.output)}

    def set_extra_state(self, state: dict) -> None:
        self.bits = state["bits"]
        self.input, self.output = _format(state["input"]), _format(state["output"])

    def raw_weights(self) -> Tensor:
        """The integers [outputs, ...], as float."""
        greatest = 2 ** (self.bits - 1) - 1
        scaled = self.weight * self._per_output(self.fractions)
        return (scaled + 0.5).floor().clamp(-greatest, greatest)

    def raw_bias(self) -> Tensor:
        """The integers [outputs] at the accumulators' scale, as float64."""
        return (self.bias.double() * torch.exp2((self.fractions + self.input.fraction).double()) + 0.5).floor()

    def _per_output(self, exponents: Tensor) -> Tensor:
        """2^exponents in the weights' type, to be multiplied with the weights."""
        return torch.exp2(exponents.to(self.weight.dtype)).view(-1, *[1] * (self.weight.dim() - 1))

    def forward(self, x: Tensor) -> Tensor:
        step = self._per_output(-self.fractions)
        greatest = (2 ** (self.bits - 1) - 0.5) * step
        weight = _through(self.weight.clamp(-greatest, greatest), self.raw_weights() * step)
        scale = torch.exp2(-(self.fractions + self.input.fraction).double())
        bias = _through(self.bias, (self.raw_bias() * scale).to(self.bias.dtype))
        if weight.dim() == 2:
            return self._finished(F.linear(x, weight) + bias)
        sums = F.conv2d(x, weight, padding=1)
        if self.pool:
            sums = F.max_pool2d(sums, 2)
        return self._finished(sums + bias.view(-1, 1, 1))

    def _finished(self, sums: Tensor) -> Tensor:
        values = self.output.quantised(sums)
        return F.relu(values) if self.relu else values


def best_fractions(weight: Tensor, bits: int) -> Tensor:
    """For each output channel the fraction bits with which `bits`-wide symmetric weights have the least squared error.

    As Quantize's WeightFormat: the finest that clips nothing, or up to three bits finer. A channel of zeros gets 15.
    """
    flat = weight.flatten(1).double()
    greatest = 2 ** (bits - 1) - 1
    reach = flat.abs().amax(1)
    fractions = []
    for channel, top in zip(flat, reach.tolist()):
        if top == 0:
            fractions.append(15)
            continue
        widest = bits - int(np.floor(np.log2(top)))
        while np.floor(top * 2.0**widest + 0.5) > greatest:
            widest -= 1
        candidates = range(widest, widest + 4)
        errors = [_rounding_error(channel, fraction, greatest) for fraction in candidates]
        fractions.append(candidates[int(np.argmin(errors))])
    return torch.tensor(fractions, dtype=torch.int64)


def _rounding_error(channel: Tensor, fraction: int, greatest: int) -> float:
    raw = (channel * 2.0**fraction + 0.5).floor().clamp(-greatest, greatest)
    return float((raw * 2.0**-fraction - channel).square().sum())


class FixedTransformer(nn.Module):
    """A spatial transformer: localisation in fixed point, and EdgeRuntime's sampler at 1/128 pixel."""

    def __init__(self, features: list[FixedLayer], hidden: FixedLayer, regression: FixedLayer):
        super().__init__()
        self.features = nn.Sequential(*features)
        self.hidden = hidden
        self.regression = regression

    def theta(self, x: Tensor) -> Tensor:
        """The maps [N, 6], multiples of the theta format's step."""
        return self.regression(self.hidden(self.features(x).flatten(1)))

    def forward(self, x: Tensor, format: Format) -> Tensor:
        """Samples x [N, C, S, S] of `format`; the result has the same format."""
        theta = self.theta(x)
        grid = F.affine_grid(theta.view(-1, 2, 3), list(x.shape), align_corners=False)
        smooth = F.grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
        return _through(smooth, sampled(x.detach(), theta.detach(), format, self.regression.output))


def sampled(x: Tensor, theta: Tensor, format: Format, theta_format: Format) -> Tensor:
    """EdgeRuntime's affine grid and bilinear sampler: x [N, C, S, S] of `format` through theta [N, 6] of `theta_format`.

    Places are exact sums of theta's integers times constants of 16 fraction bits, rounded (RND) to 1/128 pixel; weights sum to 2^14.
    """
    count, channels, size, _ = x.shape
    raw_theta = (theta.double() * 2.0**theta_format.fraction).round().long()
    first, step = 1 / size - 1, 2 / size
    reach = size / 2

    def constant(number: float) -> int:
        return int(np.floor(number * 2.0**CONSTANT_FRACTION + 0.5))

    along = torch.arange(size) * constant(step * reach) + constant(first * reach)
    shift = CONSTANT_FRACTION + theta_format.fraction - COORDINATE_FRACTION

    def places(row: int) -> Tensor:
        t0, t1, t2 = (raw_theta[:, row * 3 + i].view(-1, 1, 1) for i in range(3))
        sums = t0 * along.view(1, 1, -1) + t1 * along.view(1, -1, 1) + t2 * constant(reach)
        sums = sums + (constant((size - 1) / 2) << theta_format.fraction)
        return (sums + (1 << (shift - 1))) >> shift

    columns, rows = places(0), places(1)
    left, above = columns >> COORDINATE_FRACTION, rows >> COORDINATE_FRACTION
    u, v = (columns & 127).unsqueeze(1), (rows & 127).unsqueeze(1)
    # 16-bit taps times weights below 2^14 stay below 2^30, too much for float32, so the taps become integers.
    raw = (x.double() * 2.0**format.fraction).round().int().flatten(2)

    def tap(row: Tensor, column: Tensor) -> Tensor:
        inside = (row >= 0) & (row < size) & (column >= 0) & (column < size)
        index = (row.clamp(0, size - 1) * size + column.clamp(0, size - 1)).view(count, 1, -1)
        values = raw.gather(2, index.expand(-1, channels, -1)).view(count, channels, size, size)
        return values * inside.unsqueeze(1)

    upper = (128 - u) * tap(above, left) + u * tap(above, left + 1)
    lower = (128 - u) * tap(above + 1, left) + u * tap(above + 1, left + 1)
    result = ((128 - v) * upper + v * lower + (1 << 13)) >> 14
    return (result.double() * 2.0**-format.fraction).to(x.dtype)


class FixedModule(nn.Module):
    """An SDL module: transformer, convolution with ReLU, 2x2 average-pool rounded to `output`."""

    def __init__(self, transformer: FixedTransformer, conv: FixedLayer):
        super().__init__()
        self.transformer = transformer
        self.conv = conv
        self.output: Format | None = None

    def get_extra_state(self) -> tuple | None:
        return _fields(self.output)

    def set_extra_state(self, state: tuple | None) -> None:
        self.output = _format(state)

    def forward(self, x: Tensor) -> Tensor:
        straight = self.transformer(x, self.conv.input)
        return self.output.quantised(F.avg_pool2d(self.conv(straight), 2))


class FixedNetwork(nn.Module):
    """The whole network. The input is float [N, 1, 48, 48] as `prepared` or `dataset.normalise` makes it; logits [N, 7]."""

    def __init__(
        self, sdl1: FixedModule, sdl2: FixedModule, baseline: list[FixedLayer], hidden: FixedLayer, classifier: FixedLayer
    ):
        super().__init__()
        self.sdl1 = sdl1
        self.sdl2 = sdl2
        self.baseline = nn.Sequential(*baseline)
        self.hidden = hidden
        self.classifier = classifier
        self.input: Format | None = None

    def get_extra_state(self) -> tuple | None:
        return _fields(self.input)

    def set_extra_state(self, state: tuple | None) -> None:
        self.input = _format(state)

    def forward(self, image: Tensor) -> Tensor:
        image = self.input.quantised(image)
        straightened = self.sdl2(self.sdl1(image)).flatten(1)
        plain = self.baseline(image).flatten(1)
        return self.classifier(self.hidden(torch.cat((straightened, plain), 1)))

    def raw_logits(self, pixels: Tensor) -> Tensor:
        """The logits' integers [N, 7] for uint8 pixels [N, 48, 48]; exact if the network is in float64."""
        with torch.no_grad():
            logits = self(prepared(pixels).to(self.classifier.weight.dtype))
        return (logits.double() * 2.0**self.classifier.output.fraction).round().long()


def prepared(pixels: Tensor) -> Tensor:
    """Pixels uint8 [N, 48, 48] as the exporter's input table prepares them: float64 [N, 1, 48, 48]."""
    mean, std = float(np.float32(MEAN)), float(np.float32(STD))
    return ((pixels.double() / 255 - mean) / std).view(-1, 1, IMAGE_SIZE, IMAGE_SIZE)
