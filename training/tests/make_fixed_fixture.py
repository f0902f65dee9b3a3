"""Makes Tests/ExporterTests/Fixtures/sdl-narrow.{onnx,json}: a tiny SDL network of 4-bit weights and 6-bit activations with its formats,
and the raw logits that `training.fixed` gives for four pictures. EdgeRuntime must give the same integers.

    python -m training.tests.make_fixed_fixture
"""

import json
from pathlib import Path

import onnx
import torch

from training import network
from training.align import scale_channels
from training.fixed import prepared
from training.network import SDLNetwork, Widths
from training.qdq import to_onnx
from training.quantise import choose_formats, fixed_network
from training.tests.test_align import untrained
from training.tests.test_fixed import pixels

FOLDER = Path(__file__).parents[2] / "Tests/ExporterTests/Fixtures"


def main() -> None:
    narrow = (16, 16, 16)
    network.SIZES["tiny"] = Widths(((16,), (16, 16), (16,), (16,)), narrow, narrow, 16, 16, 16, 16)
    floating = untrained(SDLNetwork("tiny"))
    images = prepared(pixels(16)).float()
    scale_channels(floating, images, 4)
    fixed = fixed_network(floating, weight_bits=4, end_bits=6)
    choose_formats(fixed, images, activation_bits=6)
    fixed = fixed.double().eval()
    pictures = pixels(4, seed=8)
    onnx.save(to_onnx(fixed), FOLDER / "sdl-narrow.onnx")
    golden = {
        "pixels": [picture.flatten().numpy().tobytes().hex() for picture in pictures],
        "logits": fixed.raw_logits(pictures).tolist(),
    }
    (FOLDER / "sdl-narrow.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
