"""Fits a trained network to power-of-two fixed point without training: scales channels, then rounds weights.

    python -m training.align checkpoints/medium/best.pt --data fer2013/train -o checkpoints/medium/aligned.pt

ReLU, pooling, sampling and concatenation commute with a positive factor for each channel, so that a factor in one layer's
outputs is undone in the next layer's weights and the network stays the same function. The factors are chosen so that
each output channel's best weight step is a power of two, and that channels which share a format share its range. Then
folded weights are rounded to BITS bits at those steps: what the exporter finds is on its grid already, and only
activations are left to be rounded. (Scaling between layers: M. Nagel et al., "Data-free quantization through weight
equalization and bias correction", ICCV 2019, section 4.1.)
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from training import checkpoint as checkpoints
from training.dataset import load_faces, normalise
from training.errors import ArgumentParser, run
from training.network import IMAGE_SIZE, NormalisedConv, SDLNetwork

BITS = 8
GREATEST = 2 ** (BITS - 1) - 1
CALIBRATION_IMAGES = 200


@dataclass(frozen=True)
class Consumer:
    """A layer that reads a producer's channels, in the columns `start`..`end` of its weights if it is fully connected."""

    layer: NormalisedConv | nn.Linear
    start: int = 0
    end: int | None = None

    def divide(self, factors: Tensor) -> None:
        """Undoes `factors` of the channels. A flattened channel has its positions side by side."""
        weight = self.layer.conv.weight if isinstance(self.layer, NormalisedConv) else self.layer.weight
        if weight.dim() == 4:
            weight /= factors.view(1, -1, 1, 1)
        else:
            block = weight[:, self.start : self.end]
            block /= factors.repeat_interleave(block.shape[1] // len(factors))


@dataclass(frozen=True)
class Link:
    """A layer with its readers. Channels weaker than the strongest one are raised by at most 2^`octaves`."""

    producer: NormalisedConv | nn.Linear
    consumers: tuple[Consumer, ...]
    octaves: int = 1
    partner: NormalisedConv | None = None
    """A layer whose outputs have the same format, since both are concatenated."""


def convolutions(features: nn.Sequential) -> list[NormalisedConv]:
    """Its convolutions in the order of execution."""
    return [module for module in features.modules() if isinstance(module, NormalisedConv)]


def links(network: SDLNetwork) -> list[Link]:
    """All layers whose factors can be undone, in the order of execution."""
    chains: list[Link] = []

    def stack(features: nn.Sequential, last: Consumer) -> None:
        convs = convolutions(features)
        readers = [Consumer(conv) for conv in convs[1:]] + [last]
        chains.extend(Link(conv, (reader,)) for conv, reader in zip(convs, readers))

    def transformer(module: nn.Module) -> None:
        stack(module.features, Consumer(module.hidden))
        chains.append(Link(module.hidden, (Consumer(module.regression),)))

    sdl1, sdl2 = network.sdl1, network.sdl2
    transformer(sdl1.transformer)
    chains.append(Link(sdl1.conv, (Consumer(sdl2.transformer.features[0][0]), Consumer(sdl2.conv))))
    transformer(sdl2.transformer)
    last = convolutions(network.baseline)[-1]
    split = sdl2.conv.conv.out_channels * (IMAGE_SIZE // 4) ** 2
    chains.append(Link(sdl2.conv, (Consumer(network.hidden, end=split),), octaves=4, partner=last))
    stack(network.baseline, Consumer(network.hidden, start=split))
    chains.append(Link(network.hidden, (Consumer(network.classifier),)))
    return chains


def folded(layer: NormalisedConv | nn.Linear) -> tuple[Tensor, Tensor]:
    """The layer's weights [outputs, taps] with batch-norm folded in, and batch-norm's factor of each output."""
    if isinstance(layer, nn.Linear):
        return layer.weight.clone(), torch.ones(layer.out_features, dtype=layer.weight.dtype)
    factor = layer.norm.weight * torch.rsqrt(layer.norm.running_var + layer.norm.eps)
    return layer.conv.weight.flatten(1) * factor.view(-1, 1), factor


def rounded(weights: Tensor, step: Tensor, top: int = GREATEST) -> Tensor:
    """Weights [outputs, taps] on the grid of a step for each output [outputs, 1], at most `top` steps from zero."""
    return (weights / step).round().clamp(-top, top) * step


def best_step(weights: Tensor, candidates: list[Tensor], top: int = GREATEST) -> Tensor:
    """For each output the candidate [outputs, 1] that rounds its weights with the least squared error."""
    errors = torch.stack([(rounded(weights, step, top) - weights).square().sum(1) for step in candidates])
    return torch.stack(candidates)[errors.argmin(0), torch.arange(len(weights))]


def greatest_outputs(network: SDLNetwork, images: Tensor) -> dict[nn.Module, Tensor]:
    """The greatest output of each channel of each producer, after ReLU, over the images [N, 1, 48, 48]."""
    found: dict[nn.Module, Tensor] = {}

    def watch(layer: nn.Module, _: object, output: Tensor) -> None:
        channels = output.transpose(0, 1).flatten(1).amax(1).clamp(min=1e-9)
        found[layer] = torch.maximum(found[layer], channels) if layer in found else channels

    hooks = [link.producer.register_forward_hook(watch) for link in links(network)]
    with torch.no_grad():
        for batch in images.split(50):
            network(batch)
    for hook in hooks:
        hook.remove()
    return found


@torch.no_grad()
def scale_channels(network: SDLNetwork, images: Tensor, bits: int = BITS) -> None:
    """Chooses and applies a factor for each channel, for weights of `bits`; the network stays the same function."""
    top = 2 ** (bits - 1) - 1
    # Narrow weights gain from clipping more of the largest.
    clipped = 9 if bits >= 7 else 13
    greatest = greatest_outputs(network, images)
    for link in links(network):
        weights, _ = folded(link.producer)
        full = weights.abs().amax(1, keepdim=True).clamp(min=1e-30) / top
        step = best_step(weights, [full * (1 - 0.05 * k) for k in range(clipped)], top).squeeze(1).log2()
        factors = torch.exp2(step.round() - step)
        reached = greatest[link.producer] * factors
        bound = reached.max()
        if link.partner is not None:
            # Averages over four stay well below the greatest of them: an octave more leaves nothing to clip.
            bound = torch.maximum(bound, 2 * greatest[link.partner].max())
        factors *= torch.exp2((bound / reached).log2().floor().clamp(0, link.octaves))
        greatest[link.producer] = greatest[link.producer] * factors
        if isinstance(link.producer, NormalisedConv):
            link.producer.norm.weight *= factors
            link.producer.norm.bias *= factors
        else:
            link.producer.weight *= factors.view(-1, 1)
            link.producer.bias *= factors
        for consumer in link.consumers:
            consumer.divide(factors)


@torch.no_grad()
def round_weights(network: SDLNetwork) -> None:
    """Puts every folded weight on an 8-bit grid whose step is a power of two for each output."""
    for layer in network.modules():
        if not isinstance(layer, (NormalisedConv, nn.Linear)):
            continue
        weights, factor = folded(layer)
        full = torch.exp2((weights.abs().amax(1, keepdim=True).clamp(min=1e-30) / GREATEST).log2().ceil())
        grid = rounded(weights, best_step(weights, [full, full / 2, full / 4]))
        # A channel that batch-norm switches off has no grid to lie on.
        kept = torch.where(factor == 0, 1, factor).view(-1, 1)
        target = layer.conv.weight if isinstance(layer, NormalisedConv) else layer.weight
        target.copy_((grid / kept).view_as(target))


def main() -> None:
    parser = ArgumentParser(description="Scales channels and rounds weights for power-of-two fixed point.")
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--data", required=True, metavar="PREFIX", help="the training split: ranges are taken from it")
    parser.add_argument("-o", dest="output", type=Path, required=True, metavar="CHECKPOINT")
    arguments = parser.parse_args()

    saved = checkpoints.load(arguments.checkpoint)
    network = checkpoints.averaged_network(saved, arguments.checkpoint)
    images = load_faces(arguments.data).images
    chosen = images[:: max(len(images) // CALIBRATION_IMAGES, 1)]
    inputs = normalise(chosen)
    with torch.no_grad():
        before = network(inputs)
        scale_channels(network, inputs)
        scaled = network(inputs)
        round_weights(network)
        after = network(inputs)
    checkpoints.save(dataclasses.replace(saved, average=network.state_dict()), arguments.output)
    print(f"{arguments.output}: logits move by {float((scaled - before).abs().max()):.1e} at most by scaling, "
          f"{float((after - scaled).abs().max()):.1e} by rounding; "
          f"{float((after.argmax(1) == before.argmax(1)).double().mean()):.2%} of {len(chosen)} answers stay")


if __name__ == "__main__":
    run(main)
