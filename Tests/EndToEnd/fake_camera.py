"""A camera that Python scripts: what `fake_camera.c`, loaded into a program of this machine, answers in the kernel's place."""

import functools
import os
import pathlib
import subprocess

import fixtures

DEVICE = "/dev/fake-camera"
SOURCE = pathlib.Path(__file__).with_name("fake_camera.c")


@functools.cache
def library() -> pathlib.Path:
    path = fixtures.FOLDER / "fake_camera.so"
    fixtures.run("gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o", path, SOURCE)
    return path


class FakeCamera:
    """Offers formats as `NAME:WIDTHxHEIGHT[:ROWBYTES]`; shows frames, each bytes or (bytes, sequence, flags, milliseconds before it)."""

    def __init__(self, *formats: str, frames=(), end: str = "unplug", busy: bool = False,
                 planes: bool = False, probe: str | None = None):
        self.folder = fixtures.FOLDER / "fake-camera"
        self.folder.mkdir(exist_ok=True)
        script = self.folder / "script"
        lines = []
        for number, frame in enumerate(frames):
            shown = frame if isinstance(frame, tuple) else (frame, number, "m", 50)
            path = self.folder / f"frame-{number}"
            path.write_bytes(shown[0])
            lines.append(" ".join(map(str, (path, *shown[1:]))) + "\n")
        script.write_text("".join(lines))
        self.environment = {
            **os.environ, "LD_PRELOAD": str(library()), "FAKE_CAMERA": DEVICE, "FAKE_FORMATS": ",".join(formats),
            "FAKE_FRAMES": str(script), "FAKE_END": end, **({"FAKE_BUSY": "1"} if busy else {}),
            **({"FAKE_PLANES": "1"} if planes else {}), **({"FAKE_PROBE": probe} if probe else {})}

    def run(self, program, *options) -> subprocess.CompletedProcess:
        """A program to its end, which an unplugged camera makes."""
        words = [str(word) for word in (program, *options)]
        return subprocess.run(words, env=self.environment, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)

    def start(self, program, *options, **process) -> subprocess.Popen:
        words = [str(word) for word in (program, *options)]
        return subprocess.Popen(words, env=self.environment, stdin=subprocess.DEVNULL, **process)
