#!/usr/bin/env python3
"""Networks of the shapes that users bring, with seeded weights, to measure what they cost: not trained, so that they tell
nothing about accuracy.

usage: Benchmarks/networks.py OUT [--images IMAGES.npy] [--networks NAME...] [--size N]

Writes OUT/NAME.onnx and calibration pictures OUT/NAME-images.npy for those of MLPerf Tiny and others (NETWORKS, at their own sizes or at N x N) and for macs-1 to
macs-1024 (plain 3x3 and 1x1 convolutions of about as many million multiply-accumulates). MobileNets and ResNet-8 are of one grey channel. Pictures are IMAGES
(uint8, N x H x W) scaled by nearest pixels, or blurred noise.
Batch-norms have the statistics of a pass over those pictures and shift by 1: around 0, layers at random amplify noise as no trained
network does. Needs `pip install numpy onnx onnxscript torch`.

    Benchmarks/networks.py build/networks
    .build/release/ferrite export build/networks/resnet-8.onnx --calibrate build/networks/resnet-8-images.npy -o build/resnet-8.fxm
"""

import argparse
import pathlib
import sys
import warnings

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import shapes

NETWORKS = {
    "mobilenet-v1": (shapes.mobilenet_v1, 1, 96, 96),
    "mobilenet-v2": (shapes.mobilenet_v2, 1, 96, 96),
    "resnet-8": (shapes.resnet_8, 1, 32, 32),
    "ds-cnn": (shapes.ds_cnn, 1, 49, 10),
    "autoencoder": (shapes.autoencoder, 1, 5, 128),
    "mini-xception": (shapes.mini_xception, 1, 48, 48),
    "lenet-5": (shapes.lenet_5, 1, 28, 28),
    "u-net": (shapes.UNet, 1, 64, 64),
    "face-detector": (shapes.FaceDetector, 3, 128, 128),
    "efficientnet-lite0": (shapes.efficientnet_lite0, 3, 96, 96),
    "squeezenet": (shapes.squeezenet, 3, 96, 96),
}
"""A network's builder, and the channels, height and width of its image."""
PLAIN = {f"macs-{4**power}": (lambda millions=4**power: shapes.plain(millions), 1, 48, 48) for power in range(6)}


def pictures(images: np.ndarray | None, channels: int, height: int, width: int, count: int = 200) -> np.ndarray:
    """uint8, `count` x height x width, and x channels where there are several."""
    if images is not None:
        rows, columns = (np.arange(extent) * found // extent for extent, found in zip((height, width), images.shape[1:]))
        grey = images[:count][:, rows[:, None], columns]
        return grey if channels == 1 else np.repeat(grey[..., None], channels, -1)
    coarse = torch.rand(count, channels, 6, 6, generator=torch.Generator().manual_seed(height)) * 255
    fine = nn.functional.interpolate(coarse, size=(height, width), mode="bilinear").permute(0, 2, 3, 1).numpy().astype(np.uint8)
    return fine[..., 0] if channels == 1 else fine


def settled(network: nn.Module, batch: torch.Tensor) -> nn.Module:
    """`network` with the statistics of one pass over `batch` in its batch-norms."""
    for norm in [layer for layer in network.modules() if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d))]:
        nn.init.ones_(norm.bias)
    with torch.no_grad():
        network.train()(batch)
    return network.eval()


def main() -> None:
    every = NETWORKS | PLAIN
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--images", type=pathlib.Path)
    parser.add_argument("--networks", nargs="+", choices=every, default=list(every))
    parser.add_argument("--size", type=int)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    images = np.load(options.images, mmap_mode="r") if options.images else None
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.networks:
        build, channels, height, width = every[name]
        if options.size:
            height = width = options.size
        calibration = pictures(images, channels, height, width)
        np.save(options.out / f"{name}-images.npy", calibration)
        # `ferrite` wants labels beside pictures; calibration does not look at them.
        np.save(options.out / f"{name}-labels.npy", np.arange(len(calibration), dtype=np.uint8) % 2)
        torch.manual_seed(1)
        batch = torch.from_numpy(calibration[:64].astype(np.float32) / 255)
        batch = batch[:, None] if channels == 1 else batch.permute(0, 3, 1, 2)
        network = settled(build(), batch)
        outputs = ["boxes", "scores"] if isinstance(network, shapes.FaceDetector) else ["logits"]
        torch.onnx.export(
            network, (torch.zeros(1, channels, height, width),), options.out / f"{name}.onnx", input_names=["image"],
            output_names=outputs, dynamo=True, external_data=False, verbose=False)
        print(f"{name}: {sum(p.numel() for p in network.parameters())} parameters, {channels} x {height} x {width}")


if __name__ == "__main__":
    main()
