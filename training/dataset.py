"""Data sets as pairs of NumPy files: PREFIX-images.npy (uint8 [N, 48, 48]) with PREFIX-labels.npy (integers [N])."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training.errors import BadInput
from training.network import IMAGE_SIZE, LABELS, MEAN, STD


@dataclass(frozen=True)
class Faces:
    """Grey faces and their classes: `images` uint8 [N, 48, 48], `labels` int64 [N] in 0..6.

    Drawn faces also have `theta`, float [N, 2, 3]: the affine maps that straighten them.
    """

    images: Tensor
    labels: Tensor
    theta: Tensor | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def digests(self) -> list[bytes]:
        """A digest of each image's pixels, by which exact duplicates are found."""
        return [hashlib.sha256(image.tobytes()).digest() for image in self.images.numpy()]

    def first_by_digest(self) -> dict[bytes, int]:
        """The index of the first of each set of identical images, in the order of the images."""
        first: dict[bytes, int] = {}
        for index, digest in enumerate(self.digests()):
            first.setdefault(digest, index)
        return first

    def distinct(self) -> Faces:
        """The first of each set of identical images."""
        kept = torch.tensor(list(self.first_by_digest().values()))
        return Faces(self.images[kept], self.labels[kept], None if self.theta is None else self.theta[kept])

    def to(self, device: str) -> Faces:
        """The same faces in the memory of a device."""
        return Faces(self.images.to(device), self.labels.to(device), None if self.theta is None else self.theta.to(device))


def load_faces(prefix: str) -> Faces:
    """Reads the pair of files of `prefix`. Throws BadInput naming the file that is missing or doesn't fit."""
    images = _load_array(Path(f"{prefix}-images.npy"))
    labels = _load_array(Path(f"{prefix}-labels.npy"))
    if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (IMAGE_SIZE, IMAGE_SIZE):
        raise BadInput(
            f"{prefix}-images.npy: expected uint8 [N, {IMAGE_SIZE}, {IMAGE_SIZE}], "
            f"found {images.dtype} {list(images.shape)}"
        )
    if not np.issubdtype(labels.dtype, np.integer) or labels.shape != (len(images),):
        raise BadInput(
            f"{prefix}-labels.npy: expected {len(images)} integers, one per image, "
            f"found {labels.dtype} {list(labels.shape)}"
        )
    if len(images) == 0:
        raise BadInput(f"{prefix}-images.npy: no image in it")
    if labels.min() < 0 or labels.max() >= len(LABELS):
        raise BadInput(f"{prefix}-labels.npy: labels {labels.min()}..{labels.max()}, expected 0..{len(LABELS) - 1}")
    return Faces(torch.from_numpy(images), torch.from_numpy(labels.astype(np.int64)))


def load_drawn_faces(prefix: str) -> Faces:
    """As `load_faces`, with PREFIX-theta.npy (float32 [N, 2, 3]) as `ferrite faces` writes it."""
    faces = load_faces(prefix)
    theta = _load_array(Path(f"{prefix}-theta.npy"))
    if theta.dtype != np.float32 or theta.shape != (len(faces), 2, 3):
        raise BadInput(
            f"{prefix}-theta.npy: expected float32 [{len(faces)}, 2, 3], found {theta.dtype} {list(theta.shape)}"
        )
    return Faces(faces.images, faces.labels, torch.from_numpy(theta))


def _load_array(path: Path) -> np.ndarray:
    try:
        return np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise BadInput(f"{path}: no such file") from None
    except (OSError, ValueError, EOFError) as error:
        raise BadInput(f"{path}: not a readable NumPy array ({error})") from None


def normalise(pixels: Tensor) -> Tensor:
    """The network's input from pixels: uint8 [N, 48, 48] to float [N, 1, 48, 48]."""
    return ((pixels.float() / 255 - MEAN) / STD).unsqueeze(1)


def denormalise(inputs: Tensor) -> Tensor:
    """The nearest pixels to a network's input, as a camera would clip them: float [N, 1, 48, 48] to uint8 [N, 48, 48]."""
    return ((inputs.squeeze(1) * STD + MEAN) * 255).round().clamp(0, 255).byte()
