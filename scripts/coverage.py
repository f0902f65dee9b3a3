#!/usr/bin/python3
"""Prints what share of the lines of EdgeRuntime and Quantize the tests run, by folder; ends with 1 where one is below 90 %.

    scripts/coverage.py         after scripts/sanitize.sh address, whose build counts
    scripts/coverage.py --lines also every line that no test runs

Counted are all lines that hold code of Sources/EdgeRuntime and Sources/Quantize, those of kernels' objects apart.
"""

import collections
import json
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / ".build-address/release"
# Swift's own LLVM, whose profiles another version can't read.
TOOLS = pathlib.Path(shutil.which("swift") or sys.exit("coverage: no swift on the path")).resolve().parent
LEAST = 90.0
MODULES = ("EdgeRuntime", "Quantize")


def export(*options: str) -> dict:
    binary = BUILD / "ferritePackageTests.xctest"
    profile = BUILD / "codecov/default.profdata"
    if not profile.exists():
        sys.exit("coverage: there is no profile; run scripts/sanitize.sh address first")
    sources = [str(ROOT / "Sources" / module) for module in MODULES]
    done = subprocess.run(
        [TOOLS / "llvm-cov", "export", f"-instr-profile={profile}", *options, str(binary), *sources], check=True,
        capture_output=True, text=True)
    return json.loads(done.stdout)["data"][0]


def missed(file: dict) -> list[int]:
    """Lines whose segments were run 0 times, from llvm-cov's [line, column, count, has count, starts a region, is a gap]."""
    lines = []
    for (line, _, count, counted, *_), following in zip(file["segments"], file["segments"][1:]):
        if counted and count == 0:
            lines += range(line, max(line, following[0] - 1) + 1)
    return sorted(set(lines))


def main() -> int:
    folders = collections.defaultdict(lambda: [0, 0])
    show = "--lines" in sys.argv[1:]
    for file in export(*([] if show else ["-summary-only"]))["files"]:
        place = pathlib.Path(file["filename"]).relative_to(ROOT / "Sources")
        lines = file["summary"]["lines"]
        for name in (place.parts[0], "/".join(place.parts[:-1])):
            folders[name][0] += lines["covered"]
            folders[name][1] += lines["count"]
        if show and missed(file):
            print(f"{place}: {' '.join(map(str, missed(file)))}")
    print(f"{'folder':44} {'lines':>6} {'run':>6} {'share':>7}")
    for name in sorted(folders):
        covered, count = folders[name]
        print(f"{name:44} {count:6} {covered:6} {100 * covered / count:6.1f} %")
    low = [name for name in MODULES if 100 * folders[name][0] < LEAST * folders[name][1] or not folders[name][1]]
    for name in low:
        print(f"coverage: fewer than {LEAST:.0f} % of {name}'s lines are run", file=sys.stderr)
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
