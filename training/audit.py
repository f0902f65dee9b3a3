"""Looks for leaks: images that stand more than once within a split or in two of them, identical or nearly so.

    python -m training.audit --data fer2013/train fer2013/public_test --montage build/pairs.png

Prints a table with a row for each split and each pair of splits. "identical" counts images that repeat an earlier one
(within a split) or stand in the earlier split (between two). "near" counts those of the others that have an earlier
near duplicate; "mirrored" is the part of them that only mirroring makes so. "label differs" counts those of which a
copy has another label.

How near duplicates are found is told in `training.duplicates`, which `duplicates_of` comes from.

What the threshold is worth, as seen on FER-2013 (Training and PublicTest together, 7,730 pairs from 0.88 up). Seeded
samples of the pairs were looked at, and those counted that show two people:

    score             pairs    viewed    two people
    0.84 to 0.88                   56    about 20
    0.88 to 0.90        165        56    2
    0.90 to 0.92        281        56    0
    0.92 and above    7,135        56    0
    mirrored            149       112    4, all below 0.90; another 3 are icons, no faces

The others are one photograph, at times with another watermark, or now and then the next frame of one session. Of the
PublicTest images with a near duplicate in Training, 96 were viewed with their best match: none was of two people.
What is missed: about two thirds of the pairs from 0.84 to 0.88, crops beyond FINE's reach, rotations, and pairs that
the fingerprints drop (a floor of 0.4 instead of 0.5 finds 16 more PublicTest images besides 722, in twice the time).
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import BinaryIO, Callable

import numpy as np

from training.dataset import Faces, load_faces
from training.duplicates import THRESHOLD, Duplicates, Pairs, copies_in, duplicates_of, first_of_identical, near_pairs
from training.errors import ArgumentParser, BadInput, BadUsage, run
from training.files import replacing

__all__ = ["Comparison", "Duplicates", "between", "duplicates_of", "within"]

MONTAGE_PAIRS = 96
COLUMNS = 8


@dataclass(frozen=True)
class Comparison:
    """Counts of images, not of pairs: see the module's text for each."""

    probe: str
    reference: str
    images: int
    identical: int
    identical_label_differs: int
    near: int
    near_label_differs: int
    mirrored: int


def within(name: str, faces: Faces, threshold: float = THRESHOLD) -> tuple[Comparison, Pairs]:
    """The repetitions within a split, and its pairs of near duplicates as indices into `faces`."""
    first = first_of_identical(faces)
    distinct = np.flatnonzero(first == np.arange(len(faces)))
    found = near_pairs(faces.images.numpy()[distinct], None, threshold)
    pairs = Pairs(distinct[found.first], distinct[found.second], found.mirrored, found.score)
    identical = first != np.arange(len(faces))
    return _comparison(name, name, faces, faces, identical, first, first, pairs), pairs


def between(
    reference_name: str, reference: Faces, probe_name: str, probe: Faces, threshold: float = THRESHOLD
) -> tuple[Comparison, Duplicates, Pairs]:
    """What of `probe` stands in `reference`, with the pairs of near duplicates as indices (reference, probe)."""
    copy, pairs = copies_in(reference, probe, threshold)
    first = first_of_identical(reference)
    comparison = _comparison(probe_name, reference_name, reference, probe, copy >= 0, first, copy, pairs)
    return comparison, Duplicates.of(copy, pairs), pairs


def _comparison(
    probe_name: str,
    reference_name: str,
    reference: Faces,
    probe: Faces,
    identical: np.ndarray,
    first: np.ndarray,
    copy: np.ndarray,
    pairs: Pairs,
) -> Comparison:
    """`first` groups the identical images of `reference`; `copy` gives each identical image of `probe` its group."""
    labels = np.left_shift(1, probe.labels.numpy())
    seen = np.zeros(len(reference), np.int64)
    np.bitwise_or.at(seen, first, np.left_shift(1, reference.labels.numpy()))
    near_seen, plain = np.zeros(len(probe), np.int64), np.zeros(len(probe), bool)
    np.bitwise_or.at(near_seen, pairs.second, seen[pairs.first])
    plain[pairs.second[~pairs.mirrored]] = True
    near = near_seen != 0
    return Comparison(
        probe=probe_name,
        reference=reference_name,
        images=len(probe),
        identical=int(identical.sum()),
        identical_label_differs=int((seen[copy[identical]] & ~labels[identical] != 0).sum()),
        near=int(near.sum()),
        near_label_differs=int((near_seen & ~labels != 0).sum()),
        mirrored=int((near & ~plain).sum()),
    )


def print_table(comparisons: list[Comparison]) -> None:
    names = [
        f"within {c.probe}" if c.probe == c.reference else f"{c.probe} in {c.reference}" for c in comparisons
    ]
    width = max(map(len, names))
    print(
        f"{'':<{width}}{'images':>8}{'identical':>11}{'label differs':>15}"
        f"{'near':>7}{'label differs':>15}{'mirrored':>10}"
    )
    for name, c in zip(names, comparisons):
        print(
            f"{name:<{width}}{c.images:>8}{c.identical:>11}{c.identical_label_differs:>15}"
            f"{c.near:>7}{c.near_label_differs:>15}{c.mirrored:>10}"
        )


def save_montage(found: list[tuple[Faces, Faces, Pairs]], path: Path) -> None:
    """Draws a seeded sample of the pairs, lowest score first, each with its score and labels; mirrored ones turned
    back."""
    from PIL import Image, ImageDraw

    all_pairs = [(set_index, index) for set_index, (_, _, pairs) in enumerate(found) for index in range(len(pairs))]
    picked = np.random.default_rng(1).permutation(len(all_pairs))[:MONTAGE_PAIRS]
    chosen = sorted((found[s][2].score[i], s, i) for s, i in (all_pairs[index] for index in picked))
    rows = max(1, -(-len(chosen) // COLUMNS))
    sheet = Image.new("L", (COLUMNS * 206, rows * 112), 255)
    draw = ImageDraw.Draw(sheet)
    for place, (score, s, i) in enumerate(chosen):
        reference, probe, pairs = found[s]
        left, right = reference.images[pairs.first[i]].numpy(), probe.images[pairs.second[i]].numpy()
        both = np.concatenate([left[:, ::-1] if pairs.mirrored[i] else left, right], axis=1)
        corner = (place % COLUMNS * 206, place // COLUMNS * 112)
        sheet.paste(Image.fromarray(both).resize((192, 96)), corner)
        labels = f"{int(reference.labels[pairs.first[i]])}{int(probe.labels[pairs.second[i]])}"
        text = f"{score:.3f}  labels {labels}{'  mirrored' if pairs.mirrored[i] else ''}"
        draw.text((corner[0], corner[1] + 97), text, fill=0)
    _replace(path, lambda temporary: sheet.save(temporary, format="PNG"))


def _replace(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Writes the whole file or none."""
    try:
        with replacing(path) as temporary, open(temporary, "wb") as file:
            write(file)
    except OSError as error:
        raise BadInput(f"{path}: can't be written ({error.strerror})") from None


def _score(text: str) -> float:
    value = float(text)
    if not 0.5 <= value < 1:
        raise argparse.ArgumentTypeError("must be at least 0.5 and less than 1")
    return value


def main() -> None:
    parser = ArgumentParser(description="Counts exact and near duplicates within and between splits.")
    parser.add_argument("--data", required=True, nargs="+", metavar="PREFIX", help="PREFIX-images.npy and -labels.npy")
    parser.add_argument("--threshold", type=_score, default=THRESHOLD, help=f"least score of a near pair ({THRESHOLD})")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of the table")
    parser.add_argument("--montage", type=Path, metavar="FILE.png", help="a sheet of sample pairs to judge by eye")
    parser.add_argument(
        "--exclude", type=Path, metavar="FILE.npy", help="mask of the last split's images with a duplicate in the first"
    )
    arguments = parser.parse_args()
    if len(set(arguments.data)) != len(arguments.data):
        raise BadUsage("--data: the same split twice")
    if arguments.exclude and len(arguments.data) < 2:
        raise BadUsage("--exclude: needs two splits, the one to compare with first")

    splits = {prefix: load_faces(prefix) for prefix in arguments.data}
    comparisons, sheets = [], []
    for name, faces in splits.items():
        comparison, pairs = within(name, faces, arguments.threshold)
        comparisons.append(comparison)
        sheets.append((faces, faces, pairs))
    for (reference_name, reference), (probe_name, probe) in combinations(splits.items(), 2):
        comparison, duplicates, pairs = between(reference_name, reference, probe_name, probe, arguments.threshold)
        comparisons.append(comparison)
        sheets.append((reference, probe, pairs))
        if arguments.exclude and (reference_name, probe_name) == (arguments.data[0], arguments.data[-1]):
            _replace(arguments.exclude, lambda file: np.save(file, duplicates.exact | duplicates.near))
    if arguments.montage:
        save_montage(sheets, arguments.montage)
    if arguments.json:
        print(json.dumps({"threshold": arguments.threshold, "comparisons": [asdict(c) for c in comparisons]}, indent=2))
    else:
        print_table(comparisons)


if __name__ == "__main__":
    run(main)
