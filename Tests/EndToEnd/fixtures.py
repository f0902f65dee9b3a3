"""What the tests run and run on: the built programs, the drawn-face model, and drawn faces."""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
FERRITE = ROOT / ".build/release/ferrite"
# Another one by `make test-board`: the device program with libgpiod 2.
EDGE = ROOT / os.environ.get("FERRITE_EDGE", "build/ferrite-edge")
EDGE_32 = ROOT / "build/ferrite-edge-armv7"
ARCHIVE_32 = ROOT / ".build-armv7/armv7-none-none-eabi/release/libFerriteEdge.a"
ARCHIVE = ROOT / ".build-aarch64/aarch64-none-none-elf/release/libFerriteEdge.a"
BOARD_CACHE = ROOT / ".cache/board"
FOLDER = ROOT / "build/end-to-end"
TOON = ROOT / "Models/sdl-toon.onnx"
MODEL = FOLDER / "toon.fxm"
CLASSES = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
FACES_PER_CLASS = 30


def prepare() -> None:
    """Makes the model and the faces anew, so that they come from the programs under test."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    faces = ["--size", "48", "--format", "pgm"]
    run(FERRITE, "faces", "-o", FOLDER / "faces", "--count", len(CLASSES) * FACES_PER_CLASS, "--seed", 90210, *faces)
    run(FERRITE, "faces", "-o", FOLDER / "calibration", "--count", 210, "--seed", 4711, *faces)
    run(FERRITE, "export", TOON, "-o", MODEL, "--calibrate", FOLDER / "calibration")


def stamp_digest(model: bytearray) -> None:
    """Gives a changed model file the digest that it states (docs/file-format.md)."""
    model[64:96] = bytes(32)
    model[64:96] = hashlib.blake2b(model, digest_size=32).digest()


def faces() -> list[pathlib.Path]:
    """The drawn faces, class by class."""
    return sorted((FOLDER / "faces").glob("*/*.pgm"))


def run(*command) -> str:
    """A program's standard output; raises with its standard error unless it exits with 0."""
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(words[:3])} ... exited with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


# The Raspberry Pi 2's, the BeagleBone Black's, and one that is faster; a 64-bit core that runs 32-bit programs has no
# emulation of its own in qemu's user mode.
CORES_32 = ["cortex-a7", "cortex-a8", "cortex-a15"]


def edge(core: str, *arguments) -> str:
    """The device program's output when a core runs it in qemu's user mode."""
    return run(*on(core), *arguments)


def on(core: str) -> list:
    """The words that run the device program on a core."""
    return ["qemu-arm", "-cpu", core, EDGE_32] if core in CORES_32 else ["qemu-aarch64", "-cpu", core, EDGE]


def attempt(*arguments) -> subprocess.CompletedProcess:
    """The device program's exit code, output and messages, whatever they are."""
    words = ["qemu-aarch64", str(EDGE), *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def objects(lines: str) -> list[dict]:
    """One JSON object a line; without the summary that `watch --summary` puts behind a camera's frames."""
    return [found for found in map(json.loads, lines.splitlines()) if "summary" not in found]


def summary(lines: str) -> dict:
    """What the last line sums up."""
    return json.loads(lines.splitlines()[-1])["summary"]


def until(condition, what: str, patience: float):
    """What the condition gives, when it is something; `patience` are the seconds after which the test is lost."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError(f"in vain: {what}")
