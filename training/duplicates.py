"""Finds images that show one photograph: identical ones, and copies cropped, scaled, relit, recompressed or mirrored.

Identical images are found by a digest of their pixels. The others are found in three passes, each on what the one
before has left:

1. Fingerprints. The 24 lowest cosine coefficients of an image but the constant one, those that a DCT hash (pHash) takes
   the signs of. They are centred and scaled by their spread over the data and compared by cosine similarity. Signs
   alone don't do: with as many pairs left to look at (4 million in FER-2013), a 64-bit hash keeps 84% of the near
   duplicates and the coefficients 99%.
2. A rough registration: normalised correlation of the pixels, 3 scales x 25 shifts.
3. A fine one: 9 scales (0.80 to 1.22) x 169 shifts (6 pixels each way). Its correlation is the score of the pair.

Both registrations see the pixels through a light blur, less a wide one. The difference drops the lighting: without it,
two strangers lit from one side pass for one photograph.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from training.dataset import Faces
from training.network import IMAGE_SIZE

THRESHOLD = 0.88
"""The score from which a pair counts as near duplicates. `training.audit` tells what was seen on either side of it."""

COEFFICIENTS = 5
FINGERPRINT_FLOOR = 0.50
"""Least similarity of fingerprints, and in how many of the lowest frequencies of each axis they are taken."""

EXHAUSTIVE = 200_000
"""Up to so many pairs, all are registered: the spread of few images says little."""

BACKGROUND = 4.0
"""Standard deviation of the wide blur, in pixels."""

LEAST_CONTRAST = 1.0
"""Root mean square of a pattern, in grey levels, below which correlation fades out: an empty image resembles none."""


@dataclass(frozen=True)
class Registration:
    """Where to look for the best fit: shifts of up to `reach` pixels in steps of `step`, at `scales`.

    `blur` is the standard deviation of the light blur in pixels.
    """

    reach: int
    step: int
    scales: tuple[float, ...]
    blur: float


ROUGH = Registration(reach=4, step=2, scales=(0.88, 1.0, 1.14), blur=1.6)
ROUGH_LEAST = 0.75
"""The rough correlation that a pair needs to be registered finely."""

FINE = Registration(reach=6, step=1, scales=(0.80, 0.85, 0.90, 0.95, 1.0, 1.05, 1.10, 1.15, 1.22), blur=0.8)


@dataclass(frozen=True)
class Pairs:
    """Pairs of images: indices `first` and `second` [P], `score` float32 [P] in -1..1, `mirrored` bool [P]."""

    first: np.ndarray
    second: np.ndarray
    mirrored: np.ndarray
    score: np.ndarray

    def __len__(self) -> int:
        return len(self.first)

    def where(self, kept: np.ndarray) -> Pairs:
        """The pairs that `kept` (a mask, or indices) picks."""
        return Pairs(self.first[kept], self.second[kept], self.mirrored[kept], self.score[kept])


@dataclass(frozen=True)
class Duplicates:
    """Two masks, bool [N], that share no image: those with an identical image in the reference, and those of the others
    with a near duplicate there."""

    exact: np.ndarray
    near: np.ndarray

    @staticmethod
    def of(copy: np.ndarray, pairs: Pairs) -> Duplicates:
        """The masks of what `copies_in` returns."""
        near = np.zeros(len(copy), bool)
        near[pairs.second] = True
        return Duplicates(copy >= 0, near)


def first_of_identical(faces: Faces) -> np.ndarray:
    """For each image the index of the first that is identical to it, int64 [N]."""
    first: dict[bytes, int] = {}
    return np.array([first.setdefault(digest, index) for index, digest in enumerate(faces.digests())], np.int64)


def duplicates_of(reference: Faces, probe: Faces, threshold: float = THRESHOLD) -> Duplicates:
    """Which images of `probe` have a duplicate in `reference`."""
    copy, pairs = copies_in(reference, probe, threshold)
    return Duplicates.of(copy, pairs)


def copies_in(reference: Faces, probe: Faces, threshold: float = THRESHOLD) -> tuple[np.ndarray, Pairs]:
    """For each image of `probe` the first of `reference` that is identical, or -1, int64 [len(probe)]; and the near
    duplicates of those without one, among the distinct images of `reference`, as indices (reference, probe)."""
    known = reference.first_by_digest()
    copy = np.array([known.get(digest, -1) for digest in probe.digests()], np.int64)
    distinct, rest = np.array(list(known.values()), np.int64), np.flatnonzero(copy < 0)
    found = near_pairs(reference.images.numpy()[distinct], probe.images.numpy()[rest], threshold)
    return copy, Pairs(distinct[found.first], rest[found.second], found.mirrored, found.score)


def near_pairs(reference: np.ndarray, probe: np.ndarray | None = None, threshold: float = THRESHOLD) -> Pairs:
    """The near duplicates among uint8 images [N, 48, 48] and [M, 48, 48], ordered by `second`, then `first`.

    `first` indexes `reference` and `second` `probe`. Without `probe` the pairs lie within `reference`, first < second.
    Each pair stands once, as mirrored where the mirrored image fits better. Identical images are pairs too.
    """
    within, probe = probe is None, reference if probe is None else probe
    parts = [Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, bool), np.zeros(0, np.float32))]
    if len(reference) and len(probe):
        prints, rough, fine = Fingerprints(reference), Templates(reference, ROUGH), Templates(reference, FINE)
        floor = FINGERPRINT_FLOOR if len(reference) * len(probe) > EXHAUSTIVE else -np.inf
        for start, block in _blocks(probe, 64):
            pairs = prints.similar(block, floor)
            if within:
                pairs = pairs.where(pairs.first < pairs.second + start)
            pairs = rough.fit(block, pairs)
            pairs = fine.fit(block, pairs.where(pairs.score >= ROUGH_LEAST))
            pairs = pairs.where(pairs.score >= threshold)
            parts.append(Pairs(pairs.first, pairs.second + start, pairs.mirrored, pairs.score))
    pairs = Pairs(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Pairs)))
    pairs = pairs.where(np.lexsort((-pairs.score, pairs.first, pairs.second)))
    again = (pairs.first[1:] == pairs.first[:-1]) & (pairs.second[1:] == pairs.second[:-1])
    return pairs.where(np.concatenate([[True], ~again])[: len(pairs)])


class Fingerprints:
    """The fingerprints of a reference, uint8 [N, 48, 48], as they are and mirrored."""

    def __init__(self, reference: np.ndarray):
        plain, mirrored = _coefficients(reference), _coefficients(reference[:, :, ::-1])
        # Both ways round together have no mean in the odd coefficients, so mirroring changes no similarity.
        known = np.concatenate([plain, mirrored])
        self.mean, self.spread = known.mean(0), known.std(0) + 1e-6
        self.both = np.concatenate([self._compared(plain), self._compared(mirrored)])

    def _compared(self, coefficients: np.ndarray) -> np.ndarray:
        return _unit((coefficients - self.mean) / self.spread)

    def similar(self, images: np.ndarray, floor: float) -> Pairs:
        """The pairs (reference, image) of at least that similarity, ordered by image."""
        similarity = (self._compared(_coefficients(images)) @ self.both.T).ravel()
        found = np.flatnonzero(similarity >= floor)
        second, place = np.divmod(found, len(self.both))
        mirrored, first = np.divmod(place, len(self.both) // 2)
        return Pairs(first, second, mirrored.astype(bool), similarity[found])


class Templates:
    """The middles of a reference's images, uint8 [N, 48, 48], at every second pixel, to be looked for in others."""

    def __init__(self, reference: np.ndarray, registration: Registration):
        self.registration = registration
        self.inner = slice(registration.reach, IMAGE_SIZE - registration.reach, 2)
        self.side = len(range(IMAGE_SIZE)[self.inner])
        self.least = LEAST_CONTRAST * self.side
        self.count = len(reference)
        self.templates = np.concatenate([self._cut(reference), self._cut(reference[:, :, ::-1])])

    def _cut(self, images: np.ndarray) -> np.ndarray:
        """Float32 [N, side^2], without their mean and of length 1."""
        blur, inner = self.registration.blur, self.inner
        values = np.concatenate([_pattern(block, 1.0, blur)[:, inner, inner] for _, block in _blocks(images, 2048)])
        values = values.reshape(len(images), -1)
        values -= values.mean(1, keepdims=True)
        values /= np.maximum(np.linalg.norm(values, axis=1, keepdims=True), self.least)
        return values

    def fit(self, images: np.ndarray, pairs: Pairs) -> Pairs:
        """The pairs, which are ordered by image, scored by the best normalised correlation over all shifts and
        scales."""
        score = np.empty(len(pairs), np.float32)
        ends = np.searchsorted(pairs.second, np.arange(len(images) + 1))
        wanted = np.flatnonzero(ends[1:] > ends[:-1])
        for image, windows in zip(wanted, self._windows(images[wanted])):
            part = slice(ends[image], ends[image + 1])
            templates = self.templates[pairs.first[part] + self.count * pairs.mirrored[part]]
            squares = np.einsum("ij,ij->i", windows, windows) - windows.sum(1) ** 2 / windows.shape[1]
            score[part] = (templates @ windows.T / np.sqrt(np.maximum(squares, self.least**2))).max(1)
        return Pairs(pairs.first, pairs.second, pairs.mirrored, score)

    def _windows(self, images: np.ndarray) -> Iterator[np.ndarray]:
        """For each image all the places where a template may lie, float32 [scales x shifts, side^2]."""
        if len(images) == 0:
            return
        scales, blur = self.registration.scales, self.registration.blur
        extent, shifts = 2 * self.side - 1, slice(0, 2 * self.registration.reach + 1, self.registration.step)
        scaled = np.stack([_pattern(images, scale, blur) for scale in scales], axis=1)
        for spots in sliding_window_view(scaled, (extent, extent), axis=(2, 3)):
            yield spots[:, shifts, shifts, ::2, ::2].reshape(-1, self.side**2)


def _coefficients(images: np.ndarray) -> np.ndarray:
    """The lowest cosine coefficients without the constant one, scaled to length 1: float32 [N, COEFFICIENTS^2 - 1]."""
    frequency = np.arange(COEFFICIENTS)[:, None]
    cosines = np.cos(np.pi * (2 * np.arange(IMAGE_SIZE) + 1) * frequency / (2 * IMAGE_SIZE)).astype(np.float32)
    parts = [cosines @ block.astype(np.float32) @ cosines.T for _, block in _blocks(images, 2048)]
    return _unit(np.concatenate(parts).reshape(len(images), -1)[:, 1:])


def _pattern(images: np.ndarray, scale: float, blur: float) -> np.ndarray:
    """Images [N, 48, 48] seen through a light blur less a wide one, magnified about their centre by 1 / `scale`.

    Both blurs and the sampling are linear in each axis, so each is a product with one matrix from either side.
    """
    centre = (IMAGE_SIZE - 1) / 2
    positions = np.clip(centre + scale * (np.arange(IMAGE_SIZE) - centre), 0, IMAGE_SIZE - 1)

    def sampled(deviation: float) -> np.ndarray:
        weights = np.exp(-((np.arange(IMAGE_SIZE) - positions[:, None]) ** 2) / (2 * deviation**2))
        matrix = (weights / weights.sum(1, keepdims=True)).astype(np.float32)
        return matrix @ images.astype(np.float32) @ matrix.T

    return sampled(blur) - sampled(BACKGROUND)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / (np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-6)


def _blocks(images: np.ndarray, size: int) -> Iterator[tuple[int, np.ndarray]]:
    """Runs of up to `size` images, each with the index of its first."""
    for start in range(0, len(images), size):
        yield start, images[start : start + size]
