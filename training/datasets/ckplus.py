"""CK+, the Extended Cohn-Kanade data set (Lucey et al., CVPR workshops 2010): sequences from neutral to a peak.

    FOLDER/cohn-kanade-images/S005/001/S005_001_00000011.png
    FOLDER/Emotion/S005/001/S005_001_00000011_emotion.txt         holds e.g. "   3.0000000e+00"
    FOLDER/Landmarks/S005/001/S005_001_00000011_landmarks.txt     68 lines "x y", needed for --landmarks only

327 of the 593 sequences, of 118 of the 123 subjects, have a label; the others are left out. A label holds for the frame
that its file is named after, the last of its sequence, where the expression is at its peak.

Classes: FER-2013's, with contempt in neutral's place (6). Labels 1 to 7 are anger, contempt, disgust, fear, happy,
sadness, surprise; 0 would be neutral, which no labelled sequence ends in. A network trained on FER-2013 knows no
contempt.

Splits
- `--fold K`: ten folds by subject. The i-th labelled subject by number is in fold i mod 10, as many papers do it. They
  train on the nine other folds; here one of the nine is val, so that no epoch is chosen on the test fold.
- Without: 70% train, 10% val, 20% test, the shares that Deep-Emotion (Minaee et al., Sensors 2021) states. Which images
  those were isn't published, nor is the split of the SDL paper known to us. Ours is seeded, stratified by class, and
  keeps the frames of a sequence together. Its parts share subjects, so it flatters: report folds beside it.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

from training.datasets.sample import Box, Sample, files_in, folders_in
from training.datasets.split import Split, ordered, stratified
from training.errors import BadInput
from training.network import LABELS

CLASSES = (*LABELS[:6], "contempt")
IMAGES_FOLDER, LABELS_FOLDER, LANDMARKS_FOLDER = "cohn-kanade-images", "Emotion", "Landmarks"
EMOTIONS = {1: "angry", 2: "contempt", 3: "disgust", 4: "fear", 5: "happy", 6: "sad", 7: "surprise"}
FOLDS = 10
PUBLISHED_SEQUENCES = 327

POINTS = 68
MARGIN = 1.3
"""Side of the face's square over the larger extent of its landmarks; a tenth of the side is moved up, to the
forehead."""


def read(folder: Path, frames: int = 1, landmarks: bool = False) -> list[Sample]:
    """The last `frames` frames of each labelled sequence. Throws BadInput naming the folder or file that is amiss."""
    found = {path.name for path in folders_in(folder)}
    if not {IMAGES_FOLDER, LABELS_FOLDER} <= found:
        raise BadInput(f"{folder}: expected the folders {IMAGES_FOLDER} and {LABELS_FOLDER} in it{_hint(folder)}")
    samples = []
    for subject in folders_in(folder / LABELS_FOLDER):
        for sequence in folders_in(subject):
            samples += _sequence(folder, subject.name, sequence, frames, landmarks)
    if not samples:
        raise BadInput(f"{folder / LABELS_FOLDER}: no label file in it")
    return samples


def paper_split(samples: list[Sample], seed: int) -> Split:
    """70% train, 10% val, 20% test of the sequences: see the module's text."""
    train, val, test = stratified(samples, (0.7, 0.1, 0.2), seed)
    return ordered({"train": train, "val": val, "test": test})


def _hint(folder: Path) -> str:
    if folder.resolve().name in (IMAGES_FOLDER, LABELS_FOLDER):
        return f"; give the folder that holds {folder.resolve().name}"
    inner = [path for path in folders_in(folder) if (path / IMAGES_FOLDER).is_dir() and (path / LABELS_FOLDER).is_dir()]
    return f"; did you mean {inner[0]}?" if inner else ""


def _sequence(folder: Path, subject: str, labels: Path, frames: int, landmarks: bool) -> list[Sample]:
    name = f"{subject}_{labels.name}"
    label_files = _numbered(labels, re.compile(rf"{re.escape(name)}_(\d+)_emotion\.txt"))
    if not label_files:
        return []
    if len(label_files) > 1:
        raise BadInput(f"{labels}: {len(label_files)} label files, expected one")
    ((peak, label_file),) = label_files.items()
    label = _label(label_file)
    images = folder / IMAGES_FOLDER / subject / labels.name
    numbered = _numbered(images, re.compile(rf"{re.escape(name)}_(\d+)\.png"))
    if not numbered:
        raise BadInput(f"{images}: labelled sequence without frames")
    if peak not in numbered:
        raise BadInput(f"{images}: no frame {peak}, which {label_file.name} labels")
    kept = [number for number in sorted(numbered) if number <= peak][-frames:]
    if len(kept) < frames:
        raise BadInput(f"{images}: {len(kept)} frames, but the last {frames} are wanted")
    marks = folder / LANDMARKS_FOLDER / subject / labels.name
    return [
        Sample(
            path=numbered[number],
            key=numbered[number].stem,
            group=name,
            subject=subject,
            label=label,
            box=face_box(marks / f"{numbered[number].stem}_landmarks.txt") if landmarks else None,
        )
        for number in kept
    ]


def _numbered(folder: Path, pattern: re.Pattern[str]) -> dict[int, Path]:
    """The files of a folder by the number in their names. Throws BadInput for a name of another form."""
    numbered = {}
    for path in files_in(folder):
        match = pattern.fullmatch(path.name)
        if not match:
            raise BadInput(f"{path}: unexpected file name")
        numbered[int(match[1])] = path
    return numbered


def _label(path: Path) -> int:
    numbers = _numbers(path)
    if len(numbers) != 1 or len(numbers[0]) != 1 or not numbers[0][0].is_integer():
        raise BadInput(f"{path}: expected one whole number, the label")
    value = int(numbers[0][0])
    if value not in EMOTIONS:
        raise BadInput(f"{path}: label {value}, expected 1 to 7" + (" (0, neutral, is no class)" if value == 0 else ""))
    return CLASSES.index(EMOTIONS[value])


def face_box(path: Path) -> Box:
    """The square around the face that a landmark file marks; it may reach beyond the image."""
    points = _numbers(path)
    if len(points) != POINTS or any(len(point) != 2 or not all(map(math.isfinite, point)) for point in points):
        raise BadInput(f"{path}: expected {POINTS} lines of two numbers, a landmark each")
    (left, right), (top, bottom) = ((min(axis), max(axis)) for axis in zip(*points))
    side = MARGIN * max(right - left, bottom - top)
    if side <= 0:
        raise BadInput(f"{path}: all landmarks in one point")
    x, y = (left + right) / 2, (top + bottom) / 2 - 0.1 * side
    return (x - side / 2, y - side / 2, x + side / 2, y + side / 2)


def _numbers(path: Path) -> list[list[float]]:
    """The numbers of a text file, line by line, blank lines left out."""
    try:
        return [[float(word) for word in line.split()] for line in path.read_text("ascii").splitlines() if line.strip()]
    except FileNotFoundError:
        raise BadInput(f"{path}: no such file") from None
    except (OSError, ValueError) as error:
        raise BadInput(f"{path}: expected numbers ({error})") from None
