"""Turns a folder of CK+, FERG-DB or JAFFE into the project's arrays, in grey, 48 x 48, divided into train, val and
test.

    python -m training.datasets.convert ckplus CK+ -o data/ckplus --fold 1 --frames 3 --landmarks
    python -m training.datasets.convert ferg FERG_DB_256 -o data/ferg
    python -m training.datasets.convert jaffe jaffedbase -o data/jaffe --crop 0.8

With --fold the parts share no subject; without it they have the sizes that are published, and share subjects. The
modules `ckplus`, `ferg` and `jaffe` tell what is known of each split and what is our choice; `output` tells what is
written.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from training.datasets import ckplus, ferg, jaffe
from training.datasets.output import refuse_to_overwrite, write
from training.datasets.sample import Sample
from training.datasets.split import Split, by_subject
from training.errors import ArgumentParser, BadUsage, run

MODULES = {"ckplus": ckplus, "ferg": ferg, "jaffe": jaffe}
SEED = 1


def _share(text: str) -> float:
    value = float(text)
    if not 0.1 <= value <= 1:
        raise argparse.ArgumentTypeError("must be 0.1 to 1")
    return value


def _frames(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def arguments_of() -> argparse.Namespace:
    parser = ArgumentParser(description="Writes a face data set as the project's arrays.")
    sets = parser.add_subparsers(dest="set", required=True, metavar="ckplus|ferg|jaffe")
    for name in MODULES:
        added = sets.add_parser(name)
        added.add_argument("folder", type=Path, metavar="FOLDER")
        added.add_argument("-o", dest="prefix", type=Path, required=True, metavar="PREFIX", help="start of the names")
        added.add_argument("--fold", type=int, metavar="K", help="split by subject, K from 1: no subject in two parts")
        added.add_argument("--seed", type=int, metavar="N", help=f"draws the split of published sizes ({SEED})")
        added.add_argument("--crop", type=_share, metavar="C", help="central square over the shorter side (1)")
        added.add_argument("--force", action="store_true", help="replace output that exists")
        if name == "ckplus":
            added.add_argument("--frames", type=_frames, default=1, metavar="N", help="last frames of a sequence (1)")
            added.add_argument("--landmarks", action="store_true", help="cut out faces by the set's landmark files")
    return parser.parse_args()


def note_if_incomplete(name: str, samples: list[Sample]) -> None:
    """Says on standard error if there is more or less than the published set has."""
    found, kind = len({sample.group for sample in samples}), "labelled sequences" if name == "ckplus" else "images"
    published = {
        "ckplus": ckplus.PUBLISHED_SEQUENCES,
        "ferg": ferg.PUBLISHED_IMAGES,
        "jaffe": jaffe.PUBLISHED_IMAGES,
    }[name]
    if found != published:
        print(f"note: {found} {kind}; the published set has {published}", file=sys.stderr)


def print_split(split: Split, classes: tuple[str, ...]) -> None:
    print(f"{'':<6}{'images':>8}{'subjects':>10}" + "".join(f"{name:>10}" for name in classes))
    for part, samples in split.items():
        labels = [sample.label for sample in samples]
        counts = "".join(f"{labels.count(label):>10}" for label in range(len(classes)))
        print(f"{part:<6}{len(samples):>8}{len({sample.subject for sample in samples}):>10}{counts}")


def main() -> None:
    arguments = arguments_of()
    if arguments.fold is not None and arguments.seed is not None:
        raise BadUsage("--seed: folds are not drawn, so there is nothing to seed")
    if arguments.set == "ckplus" and arguments.landmarks and arguments.crop is not None:
        raise BadUsage("--crop: has no meaning with --landmarks")
    if not arguments.prefix.name:
        raise BadUsage(f"-o {arguments.prefix}: expected the start of a file name")
    if not arguments.force:
        refuse_to_overwrite(arguments.prefix)
    module = MODULES[arguments.set]
    if arguments.set == "ckplus":
        samples = ckplus.read(arguments.folder, arguments.frames, arguments.landmarks)
    else:
        samples = module.read(arguments.folder)
    note_if_incomplete(arguments.set, samples)
    if arguments.fold is None:
        split = module.paper_split(samples, SEED if arguments.seed is None else arguments.seed)
    else:
        folds = ckplus.FOLDS if arguments.set == "ckplus" else len({sample.subject for sample in samples})
        split = by_subject(samples, folds, arguments.fold)
    write(split, module.CLASSES, arguments.folder, arguments.prefix, arguments.crop or 1.0)
    print_split(split, module.CLASSES)


if __name__ == "__main__":
    run(main)
