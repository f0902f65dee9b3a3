"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

import onnx


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`: what is written there takes the name when the block ends, and goes if it fails."""
    temporary = path.with_name(path.name + ".partial")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def save_onnx(model: onnx.ModelProto, path: Path) -> None:
    """Writes an ONNX file, replacing the one that stands there at once."""
    with replacing(path) as temporary:
        onnx.save(model, temporary)
