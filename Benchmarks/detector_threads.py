#!/usr/bin/python3
"""How much faster the face detector is on several threads.

    chrt -f 10 Benchmarks/detector_threads.py CASCADE.fxc [--edge .build/release/ferrite-edge] [--threads 1 2] [--least 48 24] [--frames 20] [--rounds 30]

The picture is the astronaut of Tests/FerriteTests/Fixtures/detection, enlarged to 640x480. A round runs each count of threads once, on a processor each; a frame's time
is a fourth of what five times as many frames take longer, so that neither start nor end counts. Told are the least and the median of the rounds. `chrt` keeps other work off
the processors, which on a busy machine is what the threads would wait for. All counts must give the same rectangles. Needs Pillow.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[1]


def run(arguments, picture, least: int, count: int, frames: int) -> tuple[float, list]:
    """Seconds of the whole program, and the faces."""
    processors = ",".join(map(str, sorted(os.sched_getaffinity(0))[:count]))
    words = [arguments.edge, "detect", arguments.cascade, picture, "--frames", frames, "--min-face", least, "--threads", count, "--cpus",
             processors, "--json"]
    start = time.perf_counter()
    done = subprocess.run([str(word) for word in words], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start, json.loads(done.stdout)["faces"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cascade")
    parser.add_argument("--edge", default=ROOT / ".build/release/ferrite-edge")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--least", type=int, nargs="+", default=[48, 24])
    parser.add_argument("--frames", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=30)
    arguments = parser.parse_args()
    counts = sorted({1, *arguments.threads})
    with tempfile.TemporaryDirectory() as folder:
        picture = pathlib.Path(folder) / "astronaut.pgm"
        source = Image.open(ROOT / "Tests/FerriteTests/Fixtures/detection/astronaut.pgm")
        source.resize((640, 480), Image.BICUBIC).save(picture)
        for least in arguments.least:
            times: dict[int, list[float]] = {count: [] for count in counts}
            faces = None
            for _ in range(arguments.rounds):
                for count in counts:
                    few, found = run(arguments, picture, least, count, arguments.frames)
                    many, _ = run(arguments, picture, least, count, 5 * arguments.frames)
                    assert faces in (None, found), "another number of threads finds other rectangles"
                    faces = found
                    times[count].append((many - few) / (4 * arguments.frames) * 1e6)
            for count in counts:
                best, middle = min(times[count]), statistics.median(times[count])
                print(f"faces from {least}, {count} threads: median {middle:.0f} us, {statistics.median(times[1]) / middle:.2f} times as fast as one; "
                      f"least {best:.0f} us, {min(times[1]) / best:.2f} times")


if __name__ == "__main__":
    main()
