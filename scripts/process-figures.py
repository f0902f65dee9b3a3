#!/usr/bin/env python3
"""What a process costs besides its frames: from its start to the first result, and its memory by then.

usage: process-figures.py MODEL.fxm IMAGE.pgm [--runs 50]

For the static ferrite-edge of this machine (`scripts/build-device.sh x86_64` makes it): milliseconds from the start of the process to its first line, median and least of the runs, and
the kernel's high-water mark of resident memory (VmHWM: pages shared with other processes count) at that moment. A second
image that never comes, a FIFO, keeps the process from ending before its memory is read. Then the sizes of the static programs
that have been made.
"""
import argparse
import os
import pathlib
import re
import signal
import statistics
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
PROGRAM = ROOT / "build/ferrite-edge-x86_64"
PROGRAMS = [ROOT / "build/ferrite-edge", PROGRAM]


def first_result(program: pathlib.Path, arguments: list[str]) -> tuple[float, int]:
    """Milliseconds to the first line, and kilobytes resident by then."""
    reader, writer = os.pipe()
    start = time.perf_counter()
    process = os.posix_spawn(
        program, [str(program), *arguments], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, writer, 1)])
    os.close(writer)
    line = os.read(reader, 4096)
    took = (time.perf_counter() - start) * 1000
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    os.close(reader)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    if not line:
        raise SystemExit(f"process-figures: {program} ended without a result")
    return took, int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("image")
    parser.add_argument("--runs", type=int, default=50)
    options = parser.parse_args()
    if not PROGRAM.exists():
        raise SystemExit("process-figures: no build/ferrite-edge-x86_64; scripts/build-device.sh x86_64 makes it")
    with tempfile.TemporaryDirectory() as folder:
        never = os.path.join(folder, "never.pgm")
        os.mkfifo(never)
        found = [first_result(PROGRAM, ["run", options.model, options.image, never]) for _ in range(options.runs)]
    times, memory = zip(*found)
    print(f"start to first result   {statistics.median(times):.2f} ms (least {min(times):.2f}, {options.runs} runs)")
    model = os.path.getsize(options.model) // 1024
    print(f"resident by then        {statistics.median(memory):.0f} KB, with the {model} KB of the model file")
    for program in PROGRAMS:
        if program.exists():
            print(f"{program.name:23s} {program.stat().st_size} bytes, static")


if __name__ == "__main__":
    main()
