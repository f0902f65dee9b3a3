#!/usr/bin/python3
"""Frames through `ferrite-edge watch` on this machine, as many as are asked for: nothing is allocated, memory doesn't grow, no line and no
decision is missed."""

import json
import pathlib
import re
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import fixtures

EDGE = fixtures.FERRITE.parent / "ferrite-edge"


def resident(process: subprocess.Popen) -> int:
    """Kilobytes."""
    return int(re.search(r"VmRSS:\s+(\d+) kB", pathlib.Path(f"/proc/{process.pid}/status").read_text())[1])


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


def main() -> int:
    total = int(sys.argv[1])
    fixtures.prepare()
    faces = fixtures.faces()[::13]
    classes = [line["class"] for line in fixtures.objects(
        fixtures.run(fixtures.FERRITE, "run", fixtures.MODEL, *faces, "--json"))]
    frames = b"".join(face.read_bytes()[-48 * 48:] for face in faces)
    metrics = fixtures.FOLDER / "soak.prom"
    words = [EDGE, "watch", fixtures.MODEL, "--stdin", "grey", "--size", "48x48", "--every", "--json", "--summary", "--metrics", metrics]
    started = time.monotonic()
    process = subprocess.Popen([str(word) for word in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    lines = Lines(process.stdout)
    lines.start()
    early = None
    for number in range(total // len(faces)):
        process.stdin.write(frames)
        if early is None and number * len(faces) >= total // 10:
            early = resident(process)
    rest = total % len(faces)
    process.stdin.write(frames[:rest * 48 * 48])
    process.stdin.flush()
    late = resident(process)
    process.stdin.close()
    lines.join()
    assert process.wait() == 0
    seconds = time.monotonic() - started
    summary = json.loads(lines.last)["summary"]
    expected = {name: total // len(faces) * classes.count(name) + classes[:rest].count(name) for name in set(classes)}
    found = {name: lines.counts.get(f'"{name}"}}\n'.encode(), 0) for name in expected}
    told = dict(re.findall(r'ferrite_decided_frames_total\{class="(\w+)"\} (\d+)', metrics.read_text()))
    print(f"{total} frames in {seconds:.0f} s; {summary['allocations']} heap calls; resident {early} kB after a tenth of them, {late} kB at the end")
    print(json.dumps(summary["latency_us"]))
    assert (summary["frames"], summary["dropped"], summary["allocations"]) == (total, 0, 0), summary
    assert lines.count == total + 1, lines.count
    assert found == expected, (found, expected)
    assert {name: int(told[name]) for name in expected} == expected, told
    assert late <= early, "the program has grown"
    return 0


if __name__ == "__main__":
    sys.exit(main())
