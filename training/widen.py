"""Widens a trained network into one twice as wide, which starts where the narrow one ended or better.

    python -m training.widen Models/sdl-medium.onnx --size large --data fer2013/train -o build/large-start.onnx

Function-preserving widening (T. Chen et al., "Net2Net: Accelerating learning via knowledge transfer", ICLR 2016) copies channels.
Here the second half of the channels gets the first half's filters mirrored left to right, so that it computes on an image what the
narrow network computes on its mirror image, and the classifier takes the mean of both: the wide network answers on one crop about
as the narrow one does with flip averaging. The weights between the halves start at zero and are there to be trained. The
localisation networks keep their function: what they gain in width starts at random, with no say in theta yet.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from training.dataset import load_faces, normalise
from training.errors import ArgumentParser, BadInput, run
from training.export import to_onnx
from training.files import save_onnx
from training.initial import trained_network
from training.network import IMAGE_SIZE, SIZES, NormalisedConv, SDLNetwork, SpatialTransformer

LIVE_IMAGES = 1024


def widen(narrow: SDLNetwork, wide: SDLNetwork, images: Tensor) -> None:
    """Fills `wide` from `narrow`, whose hidden units that are 0 for all of `images` are left out. Throws BadInput unless every convolution outside the localisation networks is twice as wide."""
    with torch.no_grad():
        for name in ("sdl1", "sdl2"):
            _localise(getattr(narrow, name).transformer, getattr(wide, name).transformer)
            _mirror(getattr(narrow, name).conv, getattr(wide, name).conv, name)
        pairs = zip(_convolutions(narrow.baseline), _convolutions(wide.baseline), strict=True)
        for index, (source, target) in enumerate(pairs):
            _mirror(source, target, f"baseline convolution {index}")
        _classify(narrow, wide, images)


def _convolutions(network: nn.Module) -> list[NormalisedConv]:
    return [module for module in network.modules() if isinstance(module, NormalisedConv)]


def _mirror(source: NormalisedConv, target: NormalisedConv, name: str) -> None:
    """Outputs: the source's, then those of its mirrored filters, each from its own half of the inputs (or from the one image)."""
    out, channels = source.conv.weight.shape[:2]
    inputs = channels if channels == 1 else 2 * channels
    if target.conv.weight.shape[:2] != (2 * out, inputs):
        raise BadInput(f"{name}: {list(target.conv.weight.shape[:2])} is not twice as wide as {[out, channels]}")
    target.conv.weight.zero_()
    target.conv.weight[:out, :channels] = source.conv.weight
    target.conv.weight[out:, -channels:] = source.conv.weight.flip(3)
    for key, value in source.norm.state_dict().items():
        if value.dim():
            target.norm.state_dict()[key].copy_(torch.cat((value, value)))


def _localise(source: SpatialTransformer, target: SpatialTransformer) -> None:
    """The same theta: channels and units beyond the source's keep their random start and are read by no unit of the source's."""
    for narrow, wide in zip(_convolutions(source.features), _convolutions(target.features), strict=True):
        _corner(narrow.conv.weight, wide.conv.weight)
        for key, value in narrow.norm.state_dict().items():
            if value.dim():
                wide.norm.state_dict()[key][: len(value)] = value
    positions = source.hidden.in_features // _convolutions(source.features)[-1].conv.out_channels
    side = int(positions**0.5)
    _corner(source.hidden.weight.unflatten(1, (-1, side, side)), target.hidden.weight.unflatten(1, (-1, side, side)))
    target.hidden.bias[: len(source.hidden.bias)] = source.hidden.bias
    _corner(source.regression.weight, target.regression.weight)
    target.regression.bias.copy_(source.regression.bias)


def _corner(source: Tensor, target: Tensor) -> None:
    """Puts `source` into the first rows and columns of `target`, with zeros in those rows' other columns."""
    rows, columns = source.shape[:2]
    target[:rows] = 0
    target[:rows, :columns] = source


def _classify(narrow: SDLNetwork, wide: SDLNetwork, images: Tensor) -> None:
    """Hidden units: the narrow network's live ones on its half of the features, the same mirrored, then fresh ones without a say."""
    live = _live_units(narrow, images)
    if 2 * len(live) > wide.hidden.out_features:
        raise BadInput(f"{2 * len(live)} hidden units don't fit {wide.hidden.out_features}")
    straightened = narrow.sdl2.conv.conv.out_channels
    plain = _convolutions(narrow.baseline)[-1].conv.out_channels
    quarter, last = IMAGE_SIZE // 4, IMAGE_SIZE // 16
    split = straightened * quarter**2
    maps = [
        narrow.hidden.weight[live, :split].unflatten(1, (straightened, quarter, quarter)),
        narrow.hidden.weight[live, split:].unflatten(1, (plain, last, last)),
    ]
    rows = []
    for half in range(2):
        parts = []
        for weights in maps:
            nothing = torch.zeros_like(weights)
            both = (weights, nothing) if half == 0 else (nothing, weights.flip(3))
            parts.append(torch.cat(both, 1).flatten(1))
        rows.append(torch.cat(parts, 1))
    count = 2 * len(live)
    wide.hidden.weight[:count] = torch.cat(rows)
    wide.hidden.bias[:count] = narrow.hidden.bias[live].repeat(2)
    wide.classifier.weight.zero_()
    wide.classifier.weight[:, :count] = narrow.classifier.weight[:, live].repeat(1, 2) / 2
    wide.classifier.bias.copy_(narrow.classifier.bias)


def _live_units(network: SDLNetwork, images: Tensor) -> Tensor:
    """The indices of the hidden units that are above 0 for some of `images` [N, 1, 48, 48] or of their mirror images."""
    found = []
    handle = network.hidden.register_forward_hook(lambda module, inputs, output: found.append(output.amax(0) > 0))
    network.eval()(torch.cat((images, images.flip(3))))
    handle.remove()
    return found[0].nonzero().flatten()


def main() -> None:
    parser = ArgumentParser(description="Widens a trained network into one twice as wide.")
    parser.add_argument("source", type=Path, help="a checkpoint, or ONNX as training.export writes it")
    parser.add_argument("--size", choices=SIZES, default="large", help="the size to make (default: large)")
    parser.add_argument("--data", required=True, metavar="PREFIX", help="images that tell which hidden units are alive")
    parser.add_argument("--seed", type=int, default=1, help="of the weights that start at random")
    parser.add_argument("-o", dest="output", type=Path, required=True, metavar="WIDE.onnx")
    arguments = parser.parse_args()

    torch.manual_seed(arguments.seed)
    wide = SDLNetwork(arguments.size)
    widen(trained_network(arguments.source), wide, normalise(load_faces(arguments.data).images[:LIVE_IMAGES]))
    save_onnx(to_onnx(wide, "legacy"), arguments.output)


if __name__ == "__main__":
    run(main)
