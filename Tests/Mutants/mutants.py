#!/usr/bin/python3
"""Changes the arithmetic in small ways, one at a time, and says which changes the tests notice.

    Tests/Mutants/mutants.py            all of arithmetic.txt; 'make mutants' calls this
    Tests/Mutants/mutants.py 3 17       these alone, with the tests' output

All mutants are compiled at once, in a copy of the sources: each place chooses between what stands there and its mutants by the
number in the environment's FERRITE_MUTANT (mutant schemata: Untch, Offutt, Harrold, 1993). One build, then a run of a few tests for
each mutant. A mutant is killed when a test fails, the program crashes, or it takes ten times
as long as all of these tests without one.
"""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIST = pathlib.Path(__file__).with_name("arithmetic.txt")
COPY = ROOT / "build/mutants"
SCRATCH = ROOT / ".build-mutants"
CHOICE = """
/// Whether mutant `number` is to be run.
bool ferrite_mutant(int number);
"""
CHOOSER = """
#include <stdlib.h>
bool ferrite_mutant(int number) {
  static int chosen = -1;
  if (chosen < 0) {
    const char *text = getenv("FERRITE_MUTANT");
    chosen = text ? atoi(text) : 0;
  }
  return chosen == number;
}
"""


class Mutant:
    """A line of the list."""

    def __init__(self, number: int, path: str, tests: str, line: str):
        self.number, self.path, self.tests = number, path, tests
        found = re.fullmatch(r"(.*?)\[\[(.*?) -> (.*?)\]\](.*)", line)
        if not found:
            sys.exit(f"mutants: no [[... -> ...]] in: {line}")
        self.before, self.original, self.change, self.behind = found.groups()

    def place(self, text: str) -> tuple[int, int]:
        """Where the original stands in its file: the line must be there once."""
        line = self.before + self.original + self.behind
        if text.count("\n" + line + "\n") != 1:
            sys.exit(f"mutants: {self.path} has {text.count(line)} times the line of mutant {self.number}: {line}")
        start = text.index("\n" + line + "\n") + 1 + len(self.before)
        return start, start + len(self.original)


def read() -> list[Mutant]:
    mutants, path, tests = [], "", ""
    for line in LIST.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        if line.startswith("Sources/"):
            path = line
        elif line.startswith("tests "):
            tests = line.removeprefix("tests ")
        else:
            mutants.append(Mutant(len(mutants) + 1, path, tests, line))
    return mutants


def changed(text: str, mutants: list[Mutant]) -> str:
    """A file with a choice in each place."""
    places = {}
    for mutant in mutants:
        places.setdefault(mutant.place(text), []).append(mutant)
    for start, end in sorted(places, reverse=True):
        expression = f"({text[start:end]})"
        for mutant in places[start, end]:
            expression = f"(ferrite_mutant({mutant.number}) ? ({mutant.change}) : {expression})"
        text = text[:start] + expression + text[end:]
    return text if re.search(r"^ *import CVector$", text, re.MULTILINE) else "import CVector\n" + text


def prepare(mutants: list[Mutant]) -> None:
    """The copy. Files that stay as they are keep their times, so that a second build is short."""
    texts = {}
    for mutant in mutants:
        texts.setdefault(mutant.path, []).append(mutant)
    kept = set()
    for source in [ROOT / "Package.swift", *(ROOT / "Sources").rglob("*"), *(ROOT / "Tests").rglob("*")]:
        if not source.is_file() or source.suffix in (".pyc", ".py"):
            continue
        name = str(source.relative_to(ROOT))
        data = source.read_bytes()
        if name in texts:
            data = changed(data.decode(), texts[name]).encode()
        elif name == "Sources/CVector/include/CVector.h":
            data += CHOICE.encode()
        elif name == "Sources/CVector/CVector.c":
            data += CHOOSER.encode()
        target = COPY / name
        kept.add(target)
        if not target.exists() or target.read_bytes() != data:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    for old in [path for folder in ("Sources", "Tests") for path in (COPY / folder).rglob("*")]:
        if old.is_file() and old not in kept:
            old.unlink()
    for name in ("Benchmarks", "Models", "boards", "docs"):
        if not (COPY / name).exists():
            (COPY / name).symlink_to(ROOT / name)
    if (ROOT / "Package.resolved").exists():
        shutil.copy(ROOT / "Package.resolved", COPY)


def run(*words: str | pathlib.Path, mutant: int = 0, limit: float | None = None) -> tuple[int, str]:
    """The status, 124 if it took too long, and the output."""
    environment = {
        **os.environ, "FERRITE_MUTANT": str(mutant), "FERRITE_CORE": "1", "OPENBLAS_NUM_THREADS": "1",
        "SWIFT_BACKTRACE": "enable=no"}
    process = subprocess.Popen(
        words, cwd=COPY, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        start_new_session=True)
    try:
        output, _ = process.communicate(timeout=limit)
        return process.returncode, output
    except subprocess.TimeoutExpired:
        # The session's group holds the tests and what they started, and nothing else.
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return 124, "it took too long"


def test(tests: str, mutant: int = 0, limit: float | None = None) -> tuple[int, str]:
    """By the tests' own program: `swift test` would plan a build each time."""
    return run(
        SCRATCH / "release/ferritePackageTests.xctest", "--testing-library", "swift-testing", "--filter", tests,
        mutant=mutant, limit=limit)


def passing(tests: set[str]) -> float:
    """How long all of the tests take together without a mutant; they have to pass."""
    started = time.monotonic()
    status, output = test("|".join(sorted(tests)))
    if status != 0:
        sys.exit(f"mutants: without a mutant, these tests don't pass:\n{output[-2000:]}")
    return time.monotonic() - started


def killer(output: str, status: int) -> str:
    """The first test that failed, or how the program ended."""
    # Without the terminal's colours.
    found = re.search(r'✘ Test "?(.+?)"? (?:recorded|failed)', re.sub(r"\x1b\[[0-9]*m", "", output))
    if status == 124:
        return "no end"
    return found[1] if found else "a crash"


def main() -> int:
    mutants = read()
    prepare(mutants)
    status, output = run("swift", "build", "-c", "release", "--build-tests", "--scratch-path", SCRATCH)
    if status != 0:
        sys.exit(f"mutants: the mutants don't compile:\n{output[-6000:]}")
    chosen = [mutant for mutant in mutants if not sys.argv[1:] or str(mutant.number) in sys.argv[1:]]
    seconds = passing({mutant.tests for mutant in chosen})
    survivors = []
    print(f"| | file | what stands there | mutant | killed by |\n|---|---|---|---|---|")
    for mutant in chosen:
        status, output = test(mutant.tests, mutant.number, limit=10 * seconds + 20)
        if status == 0 and not re.search(r"Test run with [1-9]", output):
            sys.exit(f"mutants: there are no tests {mutant.tests}")
        if sys.argv[1:]:
            print(output)
        fate = killer(output, status) if status != 0 else "**nothing**"
        survivors += [mutant.number] * (status == 0)
        cells = [cell.replace("|", "\\|") for cell in (mutant.original, mutant.change)]
        print(f"| {mutant.number} | {pathlib.Path(mutant.path).name} | `{cells[0]}` | `{cells[1]}` | {fate} |", flush=True)
    print(f"\nmutants: {len(chosen)} tried, {len(chosen) - len(survivors)} killed, survivors: {survivors or 'none'}")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
