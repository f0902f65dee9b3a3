"""Writes a divided data set: arrays as `training.dataset` reads them, the names of the classes, and a manifest.

    PREFIX-{train,val,test}-images.npy    uint8 [N, 48, 48]
    PREFIX-{train,val,test}-labels.npy    uint8 [N], 0..6
    PREFIX-labels.txt                     a class name a line, the first that of label 0
    PREFIX-manifest.csv                   path,subject,label,split: a row per image, in the order of the arrays
"""

from __future__ import annotations

import csv
import os
from contextlib import suppress
from pathlib import Path
from typing import Callable

import numpy as np

from training.datasets.sample import read_face
from training.datasets.split import Split
from training.errors import BadInput, BadUsage


def outputs(prefix: Path) -> list[Path]:
    """The files that `write` makes."""
    arrays = [f"{part}-{kind}.npy" for part in ("train", "val", "test") for kind in ("images", "labels")]
    return [prefix.with_name(f"{prefix.name}-{name}") for name in (*arrays, "labels.txt", "manifest.csv")]


def refuse_to_overwrite(prefix: Path) -> None:
    """Throws BadUsage naming the first file of `write` that exists."""
    for path in outputs(prefix):
        if path.exists():
            raise BadUsage(f"{path}: exists; give --force to replace it, or another -o")


def write(split: Split, classes: tuple[str, ...], folder: Path, prefix: Path, crop: float) -> None:
    """Reads the images and writes all files, their paths in the manifest relative to `folder`.

    Files get their names only when all of them are complete; if something fails before that, none is left.
    Throws BadInput naming what can't be read or written.
    """
    arrays = {}
    for name, samples in split.items():
        images = np.stack([read_face(sample, crop) for sample in samples])
        arrays[name] = (images, np.array([sample.label for sample in samples], np.uint8))

    def manifest(path: Path) -> None:
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["path", "subject", "label", "split"])
            for name, samples in split.items():
                for sample in samples:
                    writer.writerow([sample.path.relative_to(folder).as_posix(), sample.subject, sample.label, name])

    def array(values: np.ndarray) -> Callable[[Path], None]:
        def save(path: Path) -> None:
            with open(path, "wb") as file:
                np.save(file, values)

        return save

    writers = [array(values) for name in ("train", "val", "test") for values in arrays[name]]
    writers += [lambda path: path.write_text("".join(f"{name}\n" for name in classes), encoding="utf-8"), manifest]
    partial = [path.with_name(path.name + ".partial") for path in outputs(prefix)]
    try:
        prefix.parent.mkdir(parents=True, exist_ok=True)
        for writer, path in zip(writers, partial, strict=True):
            writer(path)
        for temporary, path in zip(partial, outputs(prefix)):
            os.replace(temporary, path)
    except OSError as error:
        raise BadInput(f"{error.filename or prefix}: can't be written ({error.strerror})") from None
    finally:
        for path in partial:
            with suppress(OSError):
                path.unlink(missing_ok=True)
