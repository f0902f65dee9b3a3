#!/usr/bin/python3
"""How long ferrite-mjpeg takes to decode a picture, at its size and reduced within the transform.

    [chrt -f 10] Benchmarks/jpeg_rates.py [PROGRAM] [--pictures 300] [--rounds 5]

PROGRAM is .build/release/ferrite-mjpeg. Pictures are the astronaut of Tests/FerriteTests/Fixtures/detection, enlarged to usual sizes, quality 85, 4:2:2 as webcams
have it. Of each size and reduction the median of the rounds' medians is told, by the program's own report ("decode"); rounds are interleaved, and `chrt` keeps other work off. Needs Pillow.
"""

import argparse
import io
import pathlib
import re
import statistics
import subprocess

from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[1]
SIZES = [(640, 480), (1280, 720), (1920, 1080)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", nargs="?", default=ROOT / ".build/release/ferrite-mjpeg")
    parser.add_argument("--pictures", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    astronaut = Image.open(ROOT / "Tests/FerriteTests/Fixtures/detection/astronaut.pgm").convert("RGB")
    medians: dict[tuple, list[int]] = {}
    for _ in range(arguments.rounds):
        for size in SIZES:
            file = io.BytesIO()
            astronaut.resize(size, Image.BICUBIC).save(file, "JPEG", quality=85, subsampling=1)
            for by in (1, 2, 4):
                wanted = "x".join(str(-(-extent // by)) for extent in size)
                done = subprocess.run(
                    [arguments.program, "--stdin", "--size", wanted, "--every"], input=file.getvalue() * arguments.pictures,
                    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)
                found = int(re.search(rb"decode +(\d+)", done.stderr)[1])
                medians.setdefault((size, len(file.getvalue()), by), []).append(found)
    for (size, length, by), found in medians.items():
        print(f"{size[0]}x{size[1]}, {length} bytes, 1/{by}: {statistics.median(found):.0f} us (rounds {min(found)} to {max(found)})")


if __name__ == "__main__":
    main()
