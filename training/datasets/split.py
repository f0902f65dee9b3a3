"""Divides a data set into train, val and test: by seeded shares, or by subject.

Order within a stratum is that of SHA-256 digests of seed and group name. It depends on nothing else: not on the order
in which files are listed, nor on a version of NumPy.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import Callable, Hashable, Sequence

from training.datasets.sample import Sample
from training.errors import BadInput, BadUsage

Split = dict[str, list[Sample]]
"""The samples of "train", "val" and "test", ordered by their keys."""


def stratified(
    samples: Sequence[Sample],
    shares: Sequence[float],
    seed: int,
    stratum: Callable[[Sample], Hashable] = lambda sample: sample.label,
) -> list[list[Sample]]:
    """Parts with these shares, which sum to 1: counted in groups, and each stratum spread over them to within a group.

    Groups are laid in a row so that each stratum is spread evenly over it, and the row is cut. So the sizes of the
    parts are exact (rounded to whole groups), not only those of each stratum.
    """
    groups: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        groups[sample.group].append(sample)
    strata: dict[Hashable, list[str]] = defaultdict(list)
    for name, members in groups.items():
        strata[stratum(members[0])].append(name)
    row = []
    for rank, key in enumerate(sorted(strata)):
        names = sorted(strata[key], key=lambda name: digest(seed, name))
        row += [((index + 0.5) / len(names), rank, name) for index, name in enumerate(names)]
    ordered = [name for _, _, name in sorted(row)]
    bounds, total = [0], 0.0
    for share in shares:
        total += share
        bounds.append(round(total * len(ordered)))
    return [
        [sample for name in ordered[low:high] for sample in groups[name]] for low, high in zip(bounds, bounds[1:])
    ]


def by_subject(samples: Sequence[Sample], folds: int, fold: int) -> Split:
    """Fold `fold` (1..folds) as test, the next one (the first after the last) as val, the others as train.

    The i-th subject by name is in fold i mod `folds`, so no subject is in two folds. Throws BadUsage if there is no
    such fold, BadInput if there are fewer subjects than folds, or fewer than three folds.
    """
    subjects = sorted({sample.subject for sample in samples})
    if len(subjects) < folds or folds < 3:
        raise BadInput(f"{len(subjects)} subjects: too few for {max(folds, 3)} folds")
    if not 1 <= fold <= folds:
        raise BadUsage(f"--fold {fold}: expected 1 to {folds}")
    place = {subject: index % folds for index, subject in enumerate(subjects)}
    parts = {fold - 1: "test", fold % folds: "val"}
    split: Split = {"train": [], "val": [], "test": []}
    for sample in samples:
        split[parts.get(place[sample.subject], "train")].append(sample)
    return ordered(split)


def ordered(split: Split) -> Split:
    """The split with each part ordered by key. Throws BadInput if a part is empty."""
    for name, samples in split.items():
        if not samples:
            raise BadInput(f"too few images to split: none for {name}")
    return {name: sorted(samples, key=lambda sample: sample.key) for name, samples in split.items()}


def digest(seed: int, name: str) -> bytes:
    return hashlib.sha256(f"{seed}:{name}".encode()).digest()
