#!/usr/bin/python3
"""Frames through `ferrite-edge watch` on this machine, as many as are asked for, at least 100,000, and then a fifth as many beside programs that keep
every processor busy, without and with --realtime: nothing is allocated, memory stays what it was to the page, no line and no decision is missed. Prints
how long frames took.

usage: Tests/EndToEnd/soak.py FRAMES
"""

import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import fixtures

EDGE = fixtures.FERRITE.parent / "ferrite-edge"
PARTS = 20
"""Memory is looked at after each of so many equal parts."""
SETTLED = 11
"""Seconds after which everything that runs has run once: metrics are written every five, and what a thread first needs for it comes then."""


def memory(process: subprocess.Popen) -> dict[str, int]:
    """Kilobytes by kind. The kernel counts pages for this, where VmRSS of /proc/PID/status may be off by some for each thread."""
    text = pathlib.Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    return {name: int(re.search(rf"^{name}:\s+(\d+) kB", text, re.M)[1]) for name in ("Rss", "Anonymous")}


class Lines(threading.Thread):
    """Counts lines by their class, and keeps the last one."""

    def __init__(self, stream):
        super().__init__()
        self.stream, self.counts, self.count, self.last = stream, {}, 0, b""

    def run(self):
        for self.last in self.stream:
            self.count += 1
            decision = self.last.rpartition(b'"decision":')[2]
            self.counts[decision] = self.counts.get(decision, 0) + 1


@contextlib.contextmanager
def busy(programs: int):
    """So many programs that do nothing but compute."""
    running = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(programs)]
    try:
        yield
    finally:
        for program in running:
            program.kill()
            program.wait()


def soak(total: int, faces: list[pathlib.Path], classes: list[str], *options: str) -> dict:
    """The summary of a run of `watch` with `options`, with "seconds", and "memory", what was resident after each part that ended when all had settled."""
    frames = b"".join(face.read_bytes()[-48 * 48:] for face in faces)
    metrics = fixtures.FOLDER / "soak.prom"
    words = [EDGE, "watch", fixtures.MODEL, "--stdin", "grey", "--size", "48x48", "--every", "--json", "--summary", "--metrics", metrics, *options]
    started = time.monotonic()
    process = subprocess.Popen([str(word) for word in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    lines = Lines(process.stdout)
    lines.start()
    found, rounds = [], total // len(faces)
    for number in range(rounds):
        process.stdin.write(frames)
        if (number + 1) * PARTS // rounds > number * PARTS // rounds:
            found.append((time.monotonic() - started, memory(process)))
    rest = total % len(faces)
    process.stdin.write(frames[:rest * 48 * 48])
    process.stdin.close()
    lines.join()
    assert process.wait() == 0
    summary = json.loads(lines.last)["summary"]
    expected = {name: rounds * classes.count(name) + classes[:rest].count(name) for name in set(classes)}
    told = dict(re.findall(r'ferrite_decided_frames_total\{class="(\w+)"\} (\d+)', metrics.read_text()))
    assert (summary["frames"], summary["dropped"], summary["allocations"]) == (total, 0, 0), summary
    assert lines.count == total + 1, lines.count
    assert {name: lines.counts.get(f'"{name}"}}\n'.encode(), 0) for name in expected} == expected, lines.counts
    assert {name: int(told[name]) for name in expected} == expected, told
    return {**summary, "seconds": time.monotonic() - started, "memory": [part for seconds, part in found if seconds > SETTLED]}


def report(what: str, result: dict) -> None:
    """Prints a run and checks that it has not grown by a page meanwhile."""
    anonymous, resident = ([part[name] for part in result["memory"]] for name in ("Anonymous", "Rss"))
    assert len(resident) > 1, f"{result['frames']} frames took {result['seconds']:.0f} s: too few to tell whether memory grows"
    print(f"{what}: {result['frames']} frames in {result['seconds']:.0f} s; {result['allocations']} heap calls; resident {resident[0]} kB, then "
          f"{resident[-1]} kB at the end, of its own {anonymous[0]} and {anonymous[-1]} kB, looked at {len(resident)} times")
    for stage, times in result["latency_us"].items():
        ratio = times["p999"] / times["p50"] if times["p50"] else float("nan")
        print(f"  {stage:13} us  p50 {times['p50']:7}  p99 {times['p99']:7}  p99.9 {times['p999']:7}  max {times['max']:7}  p99.9/p50 {ratio:.1f}")
    # The system may take pages of the files away and give them back; what is the program's own stays to the page.
    assert set(anonymous) == {anonymous[0]}, anonymous
    assert max(resident) <= resident[0], resident


def may_be_realtime() -> bool:
    return subprocess.run(["chrt", "--fifo", "1", "true"], stderr=subprocess.DEVNULL).returncode == 0


def main() -> int:
    if len(sys.argv) != 2 or not sys.argv[1].isdigit() or int(sys.argv[1]) < 100_000:
        print(__doc__, file=sys.stderr)
        return 64
    total = int(sys.argv[1])
    fixtures.prepare()
    faces = fixtures.faces()[::13]
    classes = [line["class"] for line in fixtures.objects(fixtures.run(fixtures.FERRITE, "run", fixtures.MODEL, *faces, "--json"))]
    report("alone", soak(total, faces, classes))
    neighbours = 2 * (os.cpu_count() or 1)
    with busy(neighbours):
        report(f"beside {neighbours} busy programs", soak(total // 5, faces, classes))
        if may_be_realtime():
            report(f"beside {neighbours} busy programs, --realtime", soak(total // 5, faces, classes, "--realtime"))
        else:
            print("soak: this user may have no real-time priority: --realtime beside busy programs was NOT run")
    return 0


if __name__ == "__main__":
    sys.exit(main())
