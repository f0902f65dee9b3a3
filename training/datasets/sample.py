"""An image of a data set: where it lies, whom it shows, its class, and its pixels as the networks take them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from training.errors import BadInput
from training.network import IMAGE_SIZE

IMAGE_SUFFIXES = {".png", ".tif", ".tiff", ".jpg", ".jpeg", ".bmp", ".gif", ".pgm"}

Box = tuple[float, float, float, float]
"""Left, top, right and bottom edge in pixels of the image."""


@dataclass(frozen=True)
class Sample:
    """An image with its class index. `key` names it within its data set; images of one `group` stay in one split."""

    path: Path
    key: str
    group: str
    subject: str
    label: int
    box: Box | None = None
    """The square to cut out; None: the centre of the image."""


def read_face(sample: Sample, crop: float = 1.0) -> np.ndarray:
    """The sample's square as grey pixels, uint8 [48, 48]. Throws BadInput naming an image that can't be read.

    Without a box the square is central, its side `crop` (0..1) times the shorter side of the image. Transparent parts
    become white; grey is 0.299 R + 0.587 G + 0.114 B (ITU-R 601). The square is resized with Pillow's bilinear filter,
    which in shrinking widens its triangle to two output pixels: each source pixel counts and nothing aliases, and edge
    pixels see a little of what lies beyond the square.
    """
    try:
        with Image.open(sample.path) as image:
            if image.mode not in ("1", "L", "LA", "P", "PA", "RGB", "RGBA"):
                raise BadInput(f"{sample.path}: pixels of mode {image.mode}, expected 8-bit grey or colour")
            if image.has_transparency_data:
                image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
            grey = image.convert("L")
    except FileNotFoundError:
        raise BadInput(f"{sample.path}: no such file") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadInput(f"{sample.path}: not a readable image ({error})") from None
    box = inside(sample.box, grey.size) if sample.box else central_square(grey.size, crop)
    return np.asarray(grey.resize((IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.BILINEAR, box=box))


def central_square(size: tuple[int, int], crop: float) -> Box:
    """The central square of an image of `size` (width, height), `crop` times as large as its shorter side."""
    width, height = size
    half = crop * min(width, height) / 2
    return (width / 2 - half, height / 2 - half, width / 2 + half, height / 2 + half)


def inside(box: Box, size: tuple[int, int]) -> Box:
    """A square box moved, and shrunk where it must be, to lie inside an image of `size` (width, height)."""
    side = min(box[2] - box[0], *size)
    left, top = (
        min(max((low + high - side) / 2, 0), extent - side) for low, high, extent in zip(box[:2], box[2:], size)
    )
    return (left, top, left + side, top + side)


def folders_in(folder: Path) -> list[Path]:
    """The folders in `folder` by name, hidden ones left out."""
    return [path for path in _entries(folder) if path.is_dir()]


def files_in(folder: Path) -> list[Path]:
    """The files in `folder` by name, hidden ones left out."""
    return [path for path in _entries(folder) if path.is_file()]


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith((".", "__MACOSX")))
    except FileNotFoundError:
        raise BadInput(f"{folder}: no such folder") from None
    except NotADirectoryError:
        raise BadInput(f"{folder}: not a folder") from None
    except OSError as error:
        raise BadInput(f"{folder}: can't be read ({error.strerror})") from None
