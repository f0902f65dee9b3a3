"""JAFFE (Lyons et al., FG 1998): 213 grey images, 256 x 256, of seven expressions posed by ten Japanese women.

    FOLDER/KA.AN1.39.tiff       subject KA, expression AN, first of its kind, image 39

Codes AN, DI, FE, HA, NE, SA, SU are FER-2013's seven classes. A label is the expression that was asked for; what raters
saw in it, which the set comes with too, differs at times.

Splits
- `--fold K`: leave one subject out, with the next as val. Ten folds, as the set has ten subjects.
- Without: 120 train, 23 val, 70 test with ten of each expression, the numbers that Deep-Emotion (Minaee et al., Sensors
  2021) states. Which images those were isn't published. Ours are drawn seeded, train and val stratified by expression.
  All subjects stand in all parts, so it flatters: report folds beside it. In an incomplete set train and val share the
  rest 120 : 23.
"""

from __future__ import annotations

import re
from pathlib import Path

from training.datasets.sample import IMAGE_SUFFIXES, Sample, files_in, folders_in
from training.datasets.split import Split, digest, ordered, stratified
from training.errors import BadInput
from training.network import LABELS

CLASSES = LABELS
CODES = {
    "AN": "angry",
    "DI": "disgust",
    "FE": "fear",
    "HA": "happy",
    "NE": "neutral",
    "SA": "sad",
    "SU": "surprise",
}
NAME = re.compile(r"([A-Z]{2})\.([A-Z]{2})(\d)\.(\d+)\.tiff?")
PUBLISHED_IMAGES = 213
TESTED = 10


def read(folder: Path) -> list[Sample]:
    """All images. Throws BadInput naming the folder or file that is amiss."""
    images = [path for path in files_in(folder) if path.suffix.lower() in IMAGE_SUFFIXES]
    if not images:
        raise BadInput(f"{folder}: no image in it, expected files such as KA.AN1.39.tiff{_hint(folder)}")
    samples = []
    for path in images:
        match = NAME.fullmatch(path.name)
        if not match:
            raise BadInput(f"{path}: unexpected file name, expected one such as KA.AN1.39.tiff")
        if match[2] not in CODES:
            raise BadInput(f"{path}: unknown expression {match[2]}, expected {', '.join(CODES)}")
        samples.append(Sample(path, path.stem, path.stem, match[1], CLASSES.index(CODES[match[2]])))
    return samples


def paper_split(samples: list[Sample], seed: int) -> Split:
    """Ten of each expression as test, the rest 120 : 23 as train and val: see the module's text."""
    test, rest = [], []
    for label in range(len(CLASSES)):
        drawn = sorted((s for s in samples if s.label == label), key=lambda sample: digest(seed, sample.group))
        if len(drawn) < TESTED + 2:
            raise BadInput(f"{len(drawn)} images of {CLASSES[label]}: too few to test on {TESTED} and train on others")
        test += drawn[:TESTED]
        rest += drawn[TESTED:]
    train, val = stratified(rest, (120 / 143, 23 / 143), seed)
    return ordered({"train": train, "val": val, "test": test})


def _hint(folder: Path) -> str:
    inner = [path for path in folders_in(folder) if any(NAME.fullmatch(file.name) for file in files_in(path))]
    return f"; did you mean {inner[0]}?" if inner else ""
