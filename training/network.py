"""The spatial deep learning (SDL) network, and what it costs.

Two branches look at one grey face: a plain convolutional baseline, and two SDL modules, each of which first straightens
its input with a spatial transformer. Their features are concatenated and classified.

Tensors are NCHW. The input is float [N, 1, 48, 48], (pixel / 255 - MEAN) / STD; the output is float [N, 7], raw logits.

    python -m training.network      prints weights and multiply-accumulates of every size
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LABELS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""Class names in FER-2013's order: index i of the logits is LABELS[i]."""

IMAGE_SIZE = 48
MEAN = 0.508
STD = 0.255
"""Mean and standard deviation of FER-2013's Training pixels, as fractions of 255."""


@dataclass(frozen=True)
class Widths:
    """Channel counts of one size of the network, in multiples of 16: the runtime packs 16 output channels together.

    `baseline` has a tuple per stage, each with the widths of the convolutions before the stage's pooling.
    """

    baseline: tuple[tuple[int, ...], ...]
    localisation1: tuple[int, int, int]
    localisation2: tuple[int, int, int]
    localisation_hidden: int
    sdl1: int
    sdl2: int
    hidden: int


SIZES = {
    "small": Widths(((16,), (32,), (32, 48), (64, 64)), (16, 16, 16), (16, 16, 16), 32, 16, 16, 64),
    "medium": Widths(((32,), (64, 64), (128, 128), (256, 256)), (32, 32, 64), (32, 64, 64), 32, 32, 16, 144),
    "large": Widths(((64,), (128, 128), (256, 256), (512, 512)), (32, 64, 128), (64, 64, 128), 64, 64, 32, 128),
    "teacher": Widths(
        ((64, 64), (128, 128, 128), (256, 256, 256), (512, 512, 512)), (32, 64, 128), (64, 64, 128), 64, 64, 32, 256
    ),
}
"""`teacher` is no size to run on a board: it is there to teach the others."""


class NormalisedConv(nn.Module):
    """3x3 convolution and batch-norm: [N, C, H, W] to [N, out, H, W].

    The batch-norm follows its convolution directly, so that it folds into the weights.
    """

    def __init__(self, channels: int, out: int):
        super().__init__()
        self.conv = nn.Conv2d(channels, out, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(out)

    def forward(self, x: Tensor) -> Tensor:
        if self.training and self.conv.in_channels == 1:
            return self._folded(x)
        return self.norm(self.conv(x))

    def _folded(self, x: Tensor) -> Tensor:
        """The same values for one input channel without a pass over the output, which at 48x48 costs the most memory.

        The outputs' mean and variance follow from those of the 9 pixels under the filter: for a filter w and patches p,
        mean = w . E[p] and variance = w' Cov[p] w. So batch-norm folds into the weights while training, exactly.
        """
        height, width = x.shape[2:]
        padded = F.pad(x[:, 0], (1, 1, 1, 1))
        shifted = [padded[:, ky : ky + height, kx : kx + width] for ky in range(3) for kx in range(3)]
        with _float_arithmetic(x):
            patches = torch.stack(shifted).flatten(1)
            count = patches.shape[1]
            centre = patches.mean(1)
            # Images come normalised, with means near zero, so little is cancelled.
            covariance = patches @ patches.t() / count - torch.outer(centre, centre)
            filters = self.conv.weight.flatten(1)
            mean = filters @ centre
            variance = ((filters @ covariance) * filters).sum(1)
        norm = self.norm
        with torch.no_grad():
            norm.running_mean.lerp_(mean, norm.momentum)
            norm.running_var.lerp_(variance * (count / (count - 1)), norm.momentum)
        factor = norm.weight * torch.rsqrt(variance + norm.eps)
        return F.conv2d(x, self.conv.weight * factor.view(-1, 1, 1, 1), norm.bias - mean * factor, padding=1)


class Stage(nn.Sequential):
    """3x3 convolutions with batch-norm and ReLU, the last with a 2x2 max-pool before its ReLU: [N, C, H, W] to [N, widths[-1], H/2, W/2]."""

    def __init__(self, channels: int, widths: tuple[int, ...]):
        inputs = (channels, *widths[:-1])
        layers: list[nn.Module] = []
        for c, out in zip(inputs, widths):
            layers += [NormalisedConv(c, out), nn.ReLU()]
        layers.insert(-1, nn.MaxPool2d(2))
        super().__init__(*layers)


def stack(channels: int, stages: tuple[tuple[int, ...], ...]) -> nn.Sequential:
    """One Stage per entry, the first taking `channels`."""
    inputs = (channels, *(widths[-1] for widths in stages[:-1]))
    return nn.Sequential(*(Stage(c, widths) for c, widths in zip(inputs, stages)))


TRANSFORMERS = {"both": (True, True), "sdl1": (True, False), "sdl2": (False, True), "none": (False, False)}
"""Which SDL modules straighten their input; the others convolve it as it is."""


def affine_grid(theta: Tensor, size: int) -> Tensor:
    """What `F.affine_grid` makes for square images (align_corners=False), without its product of small matrices: [N, 2, 3] to [N, size, size, 2]."""
    places = (2 * torch.arange(size, device=theta.device, dtype=theta.dtype) + 1) / size - 1
    columns = theta[:, None, None, :, 0] * places.view(1, 1, size, 1) + theta[:, None, None, :, 2]
    return columns + theta[:, None, None, :, 1] * places.view(1, size, 1, 1)


class Halving(torch.autograd.Function):
    """What `F.avg_pool2d(x, 2)` makes, with a gradient that takes a third of the time: [N, C, H, W] to [N, C, H/2, W/2], both sides even."""

    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        return F.avg_pool2d(x, 2)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        return F.interpolate(gradient * 0.25, scale_factor=2, mode="nearest")


class SpatialTransformer(nn.Module):
    """Resamples its input through an affine map that it predicts from that input: [N, C, S, S] to the same shape.

    theta [N, 2, 3] maps target to source coordinates, both in -1..1 over the outer pixel edges (align_corners=False).
    Samples are bilinear; outside the input is zero. (Jaderberg et al. 2015; ONNX AffineGrid and GridSample, opset 20.)
    The map starts as the identity.
    """

    def __init__(self, channels: int, size: int, widths: tuple[int, ...], hidden: int):
        super().__init__()
        self.features = stack(channels, tuple((width,) for width in widths))
        self.hidden = nn.Linear(widths[-1] * (size // 8) ** 2, hidden)
        self.regression = nn.Linear(hidden, 6)
        nn.init.zeros_(self.regression.weight)
        with torch.no_grad():
            self.regression.bias.copy_(torch.tensor([1.0, 0, 0, 0, 1, 0]))

    def theta(self, x: Tensor) -> Tensor:
        """The affine maps [N, 2, 3] predicted for a batch."""
        hidden = F.relu(self.hidden(self.features(x).flatten(1)))
        with _float_arithmetic(x):
            return self.regression(hidden.float()).view(-1, 2, 3)

    def forward(self, x: Tensor) -> Tensor:
        theta = self.theta(x)
        with _float_arithmetic(x):
            # An exported graph has the operator.
            grid = affine_grid(theta, x.size(3)) if self.training else F.affine_grid(theta, x.size(), align_corners=False)
            return F.grid_sample(x.float(), grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def _float_arithmetic(x: Tensor):
    """Keeps coordinates and statistics in float32 under autocast: bfloat16 has 8 significant bits, which is an eighth of
    a pixel at 48 pixels."""
    # Entered only under autocast, so that an export never sees the context.
    kind = x.device.type
    return torch.autocast(kind, enabled=False) if torch.is_autocast_enabled(kind) else nullcontext()


class SDLModule(nn.Module):
    """Spatial transformer, 3x3 convolution, batch-norm, ReLU, 2x2 average-pool: [N, C, S, S] to [N, out, S/2, S/2].

    Without `straighten` there is no transformer, for comparison.
    """

    def __init__(self, channels: int, out: int, size: int, localisation: tuple[int, ...], hidden: int, straighten: bool = True):
        super().__init__()
        self.transformer = SpatialTransformer(channels, size, localisation, hidden) if straighten else nn.Identity()
        self.conv = NormalisedConv(channels, out)

    def forward(self, x: Tensor) -> Tensor:
        features = F.relu(self.conv(self.transformer(x)))
        return Halving.apply(features) if self.training else F.avg_pool2d(features, 2)


class SDLNetwork(nn.Module):
    """The whole network: float [N, 1, 48, 48] to logits [N, 7].

    `size` names an entry of SIZES, `transformers` one of TRANSFORMERS. In training only, `dropout` acts on the hidden classifier
    layer, `feature_dropout` on the features before it, and `branch_dropout` is
    the probability of hiding the whole baseline branch from the classifier, image by image: what the SDL modules see must
    then do alone, which makes their transformers learn where plain convolutions could manage without.
    """

    def __init__(
        self,
        size: str,
        dropout: float = 0.0,
        branch_dropout: float = 0.0,
        feature_dropout: float = 0.0,
        transformers: str = "both",
    ):
        super().__init__()
        widths = SIZES[size]
        first, second = TRANSFORMERS[transformers]
        half, quarter = IMAGE_SIZE // 2, IMAGE_SIZE // 4
        self.sdl1 = SDLModule(1, widths.sdl1, IMAGE_SIZE, widths.localisation1, widths.localisation_hidden, first)
        self.sdl2 = SDLModule(widths.sdl1, widths.sdl2, half, widths.localisation2, widths.localisation_hidden, second)
        self.baseline = stack(1, widths.baseline)
        features = widths.sdl2 * quarter**2 + widths.baseline[-1][-1] * (IMAGE_SIZE // 16) ** 2
        self.hidden = nn.Linear(features, widths.hidden)
        self.dropout = nn.Dropout(dropout)
        self.feature_dropout = nn.Dropout(feature_dropout)
        self.branch_dropout = nn.Dropout1d(branch_dropout)
        self.classifier = nn.Linear(widths.hidden, len(LABELS))

    def forward(self, image: Tensor) -> Tensor:
        straightened = self.sdl2(self.sdl1(image)).flatten(1)
        plain = self.baseline(image).flatten(1)
        if self.training:  # In an exported graph the two reshapings would remain.
            plain = self.branch_dropout(plain.unsqueeze(1)).squeeze(1)
        features = self.feature_dropout(torch.cat((straightened, plain), 1))
        hidden = F.relu(self.hidden(features))
        return self.classifier(self.dropout(hidden))


@dataclass(frozen=True)
class Cost:
    """What one image costs: `macs` multiply-accumulates in convolutions and fully connected layers, `weights` stored."""

    macs: int
    transformer_macs: int
    weights: int


def cost(network: SDLNetwork) -> Cost:
    """Counts by running one image. Batch-norm is left out of both figures, since it folds into its convolution."""
    macs: dict[str, int] = {}
    weights = 0
    hooks = []
    for name, module in network.named_modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            weights += module.weight.numel()

            def count(module, _, output, name=name):
                positions = output.shape[2] * output.shape[3] if output.dim() == 4 else 1
                macs[name] = module.weight.numel() * positions

            hooks.append(module.register_forward_hook(count))
    training = network.training
    network.eval()
    with torch.no_grad():
        network(torch.zeros(1, 1, IMAGE_SIZE, IMAGE_SIZE))
    network.train(training)
    for hook in hooks:
        hook.remove()
    transformers = sum(count for name, count in macs.items() if ".transformer." in name)
    return Cost(sum(macs.values()), transformers, weights)


def main() -> None:
    print(f"{'size':<8}{'weights':>12}{'MACs':>14}{'transformers':>14}")
    for size in SIZES:
        c = cost(SDLNetwork(size))
        print(f"{size:<8}{c.weights:>12,}{c.macs:>14,}{c.transformer_macs / c.macs:>14.1%}")


if __name__ == "__main__":
    main()
