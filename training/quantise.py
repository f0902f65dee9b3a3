"""From a trained float network to its fixed-point form: folds batch-norm, then chooses every format from images.

Formats follow the exporter's rules: activations have the fraction of least squared error; what is concatenated shares one
format; theta and logits have 16 bits that cover twice the range seen.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.align import convolutions, folded
from training.fixed import FixedLayer, FixedModule, FixedNetwork, FixedTransformer, Format
from training.network import NormalisedConv, SDLModule, SDLNetwork

PRECISE_BITS = 16
SAMPLE = 1 << 21
"""How many values of a tensor a format is chosen on, at most."""


def fixed_network(network: SDLNetwork, weight_bits: int, end_bits: int) -> FixedNetwork:
    """The network, in inference mode, with batch-norm folded; formats are still to be chosen.

    `end_bits` are those of the weights that read the image or make theta or logits: few, and with most to lose.
    """

    def layer(source: NormalisedConv | nn.Linear, relu: bool = True, pool: bool = False) -> FixedLayer:
        is_end = not relu or (isinstance(source, NormalisedConv) and source.conv.in_channels == 1)
        bits = end_bits if is_end else weight_bits
        weight, factor = folded(source)
        if isinstance(source, nn.Linear):
            return FixedLayer(weight.detach(), source.bias.detach(), bits, relu, pool)
        bias = source.norm.bias - source.norm.running_mean * factor
        return FixedLayer(weight.view_as(source.conv.weight).detach(), bias.detach(), bits, relu, pool)

    def stack(features: nn.Sequential) -> list[FixedLayer]:
        pooled = {convolutions(stage)[-1] for stage in features}
        return [layer(conv, pool=conv in pooled) for conv in convolutions(features)]

    def module(source: SDLModule) -> FixedModule:
        transformer = source.transformer
        return FixedModule(
            FixedTransformer(stack(transformer.features), layer(transformer.hidden), layer(transformer.regression, relu=False)),
            layer(source.conv),
        )

    return FixedNetwork(
        module(network.sdl1), module(network.sdl2), stack(network.baseline), layer(network.hidden),
        layer(network.classifier, relu=False),
    )


def covering(values: Tensor, width: int, signed: bool) -> Format:
    """The finest format that clips none of the values; that of +-1 if all are zero."""
    least, greatest = float(values.min()), float(values.max())
    reach = max(abs(least), abs(greatest))
    fraction = width - (math.floor(math.log2(reach)) if reach else 0)
    format = Format(width, fraction, signed)
    while not (
        math.floor(greatest * 2.0**format.fraction + 0.5) <= format.maximum
        and math.floor(least * 2.0**format.fraction + 0.5) >= format.minimum
    ):
        format = Format(width, format.fraction - 1, signed)
    return format


def of_least_error(values: Tensor, width: int, signed: bool) -> Format:
    """The format that rounds the values with the least squared error: the covering one, or up to six bits finer."""
    sample = values.flatten()
    sample = sample[:: -(-sample.numel() // SAMPLE)]
    widest = covering(values, width, signed)
    candidates = [Format(width, widest.fraction + finer, signed) for finer in range(7)]
    errors = [float((f.raw(sample) * 2.0**-f.fraction - sample).double().square().sum()) for f in candidates]
    return candidates[errors.index(min(errors))]


@torch.no_grad()
def choose_formats(network: FixedNetwork, images: Tensor, activation_bits: int) -> None:
    """Chooses the formats of all tensors, layer after layer, each from what the layers before it make of the images.

    `images` are float [N, 1, 48, 48], the network's input; `activation_bits` the width of activations, the image's too.
    """

    def outputs(layer: FixedLayer, x: Tensor) -> Tensor:
        if layer.weight.dim() == 2:
            values = F.linear(x, layer.weight, layer.bias)
        else:
            values = F.conv2d(x, layer.weight, layer.bias, padding=1)
            values = F.max_pool2d(values, 2) if layer.pool else values
        return F.relu(values) if layer.relu else values

    def through(layer: FixedLayer, x: Tensor, input: Format) -> tuple[Tensor, Format]:
        layer.choose(input, of_least_error(outputs(layer, x), activation_bits, signed=False))
        return layer(x), layer.output

    def precise(layer: FixedLayer, x: Tensor, input: Format, most: int) -> None:
        wanted = covering(2 * outputs(layer, x), PRECISE_BITS, signed=True)
        layer.choose(input, Format(PRECISE_BITS, min(wanted.fraction, most), signed=True))

    def straightened(module: FixedModule, image: Tensor, input: Format) -> Tensor:
        x, format = image, input
        for layer in module.transformer.features:
            x, format = through(layer, x, format)
        x, format = through(module.transformer.hidden, x.flatten(1), format)
        precise(module.transformer.regression, x, format, most=15)
        return through(module.conv, module.transformer(image, input), input)[0]

    network.input = of_least_error(images, min(activation_bits, 8), signed=True)
    image = network.input.quantised(images)

    x, format = image, network.input
    *first, last = network.baseline
    for layer in first:
        x, format = through(layer, x, format)
    plain = outputs(last, x)

    pooled = F.avg_pool2d(straightened(network.sdl1, image, network.input), 2)
    network.sdl1.output = _mean_format(of_least_error(pooled, activation_bits, signed=False), network.sdl1)
    features = network.sdl1.output.quantised(pooled)
    pooled = F.avg_pool2d(straightened(network.sdl2, features, network.sdl1.output), 2)

    # Concatenated tensors share one format: that of the coarser where one can't have as many fraction bits.
    joint = of_least_error(torch.cat((pooled.flatten(), plain.flatten())), activation_bits, signed=False)
    joint = _mean_format(joint, network.sdl2)
    last.choose(format, joint)
    joint = last.output
    network.sdl2.output = joint
    both = torch.cat((joint.quantised(pooled).flatten(1), last(x).flatten(1)), 1)
    x, format = through(network.hidden, both, joint)
    precise(network.classifier, x, format, most=64)


def _mean_format(wanted: Format, module: FixedModule) -> Format:
    """Means of four values have two fraction bits more than the values; further ones would hold nothing."""
    return Format(wanted.width, min(wanted.fraction, module.conv.output.fraction + 2), wanted.signed)
