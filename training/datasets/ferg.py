"""FERG-DB (Aneja et al., ACCV 2016): 55,767 renderings of six drawn characters, 256 x 256 in colour.

    FOLDER/aia/aia_anger/aia_anger_1.png        FOLDER is FERG_DB_256

Characters aia, bonnie, jules, malcolm, mery, ray; expressions anger, disgust, fear, joy, neutral, sadness, surprise,
which are FER-2013's seven classes. The class is that of the folder. Characters stand in for subjects.

Splits
- `--fold K`: leave one character out, with the next as val. As many folds as characters.
- Without: 34 : 14 : 7 of 55 as train, val and test, after the "around 34k, 14k and 7k" that Deep-Emotion (Minaee et
  al., Sensors 2021) states. Which images those were isn't published, nor is the split of the SDL paper known to us.
  Ours is seeded and stratified by character and expression. The images are animations' frames, so almost every test
  image has a neighbour in train that looks the same: such a figure tells about memory. Report folds beside it, and see
  `training.audit`.
"""

from __future__ import annotations

from pathlib import Path

from training.datasets.sample import IMAGE_SUFFIXES, Sample, files_in, folders_in
from training.datasets.split import Split, ordered, stratified
from training.errors import BadInput
from training.network import LABELS

CLASSES = LABELS
CHARACTERS = ("aia", "bonnie", "jules", "malcolm", "mery", "ray")
EXPRESSIONS = {
    "anger": "angry",
    "disgust": "disgust",
    "fear": "fear",
    "joy": "happy",
    "neutral": "neutral",
    "sadness": "sad",
    "surprise": "surprise",
}
PUBLISHED_IMAGES = 55_767


def read(folder: Path) -> list[Sample]:
    """All images. Throws BadInput naming the folder or file that is amiss."""
    characters = folders_in(folder)
    if not any(path.name in CHARACTERS for path in characters):
        raise BadInput(f"{folder}: expected a folder for each character ({', '.join(CHARACTERS)}) in it{_hint(folder)}")
    samples = []
    for character in characters:
        if character.name not in CHARACTERS:
            raise BadInput(f"{character}: unknown character")
        for expression in folders_in(character):
            samples += _folder(character.name, expression)
    if not samples:
        raise BadInput(f"{folder}: no image in it")
    return samples


def paper_split(samples: list[Sample], seed: int) -> Split:
    """34 : 14 : 7 as train, val and test: see the module's text."""
    shares = (34 / 55, 14 / 55, 7 / 55)
    train, val, test = stratified(samples, shares, seed, lambda sample: (sample.subject, sample.label))
    return ordered({"train": train, "val": val, "test": test})


def _hint(folder: Path) -> str:
    if folder.resolve().name in CHARACTERS:
        return "; give the folder that holds this one"
    inner = [path for path in folders_in(folder) if any((path / name).is_dir() for name in CHARACTERS)]
    return f"; did you mean {inner[0]}?" if inner else ""


def _folder(character: str, folder: Path) -> list[Sample]:
    expression = folder.name.removeprefix(f"{character}_")
    if folder.name != f"{character}_{expression}" or expression not in EXPRESSIONS:
        raise BadInput(f"{folder}: expected {character}_ and an expression ({', '.join(EXPRESSIONS)})")
    images = [path for path in files_in(folder) if path.suffix.lower() in IMAGE_SUFFIXES]
    if not images:
        raise BadInput(f"{folder}: no image in it")
    for path in images:
        if path.suffix.lower() != ".png" or not path.name.startswith(f"{folder.name}_"):
            raise BadInput(f"{path}: unexpected file name")
    label = CLASSES.index(EXPRESSIONS[expression])
    return [Sample(path, path.stem, path.stem, character, label) for path in images]
