#!/usr/bin/python3
"""Builds the fuzzer and runs its targets side by side on the processors that there are.

    Fuzz/fuzz.py MINUTES [TARGET...]    for so many minutes altogether; 'make fuzz MINUTES=n' calls this
    Fuzz/fuzz.py --check                for one minute, after a planted mistake has been found; part of 'make test'
    Fuzz/fuzz.py --build                only builds
    Fuzz/fuzz.py --coverage             what the seeds and build/fuzz/corpus reach, by libFuzzer's count, without fuzzing

New inputs are kept in build/fuzz/corpus, findings in build/fuzz/findings. Ends with 1 at a finding, and with the command that
shows it again.
"""

import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
SEEDS = ROOT / "Fuzz/Corpus"
DICTIONARIES = ROOT / "Fuzz/Dictionaries"
SCRATCH = ROOT / ".build-fuzz"
PROGRAM = SCRATCH / "release/ferrite-fuzz"
FOLDER = ROOT / "build/fuzz"

# Bytes of the longest input, and a share of the time: what has most code behind it gets most.
TARGETS = {
    "model": (16384, 2), "model-run": (16384, 5), "cascade": (4096, 3), "board": (4200, 2), "onnx": (32768, 5),
    "cascade-xml": (8192, 2), "calibration": (4096, 1), "array": (1024, 1), "table": (2048, 1), "image": (4096, 3),
    "frames": (16384, 1),
}
MODELS = ROOT / "Tests/EdgeRuntimeTests/Fixtures/networks"
ENVIRONMENT = {
    # Swift's own backtraces would wait for a program that libFuzzer is ending.
    **os.environ, "OPENBLAS_NUM_THREADS": "1", "SWIFT_BACKTRACE": "enable=no",
    "ASAN_OPTIONS": "detect_stack_use_after_return=0:allocator_may_return_null=0",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
}


def build() -> None:
    """Swift with the address sanitizer and libFuzzer's counters; C with the undefined-behaviour sanitizer, too."""
    swift = shutil.which("swift") or sys.exit("fuzz: no swift on the path")
    # Swift's own: another one's sanitizers are of another version.
    clang = pathlib.Path(swift).resolve().with_name("clang")
    runtime = subprocess.run([clang, "-print-runtime-dir"], capture_output=True, text=True, check=True).stdout.strip()
    machine = os.uname().machine
    library = pathlib.Path(runtime) / f"libclang_rt.fuzzer_no_main-{machine}.a"
    if not library.exists():  # Older layouts have a folder for the system, not for the machine.
        library = pathlib.Path(runtime).parent / "linux" / library.name
    flags = [
        "--sanitize=address", "-Xswiftc", "-enable-testing",
        "-Xswiftc", "-sanitize-coverage=edge,trace-cmp,inline-8bit-counters,pc-table",
        "-Xcc", "-fsanitize=fuzzer-no-link,undefined", "-Xcc", "-fno-sanitize-recover=undefined",
        # The sanitizer starts before the constructors of shared libraries, of which OpenBLAS's calls what it intercepts.
        "-Xlinker", "--whole-archive", "-Xlinker", str(library.with_name(f"libclang_rt.asan-preinit-{machine}.a")),
        "-Xlinker", "--no-whole-archive", "-Xlinker", str(library), "-Xlinker", "-lstdc++",
    ]
    subprocess.run(
        ["swift", "build", "-c", "release", "--scratch-path", SCRATCH, "--product", "ferrite-fuzz", *flags], cwd=ROOT,
        env={**os.environ, "FERRITE_FUZZ": "1"}, check=True)


def options(target: str) -> list[str]:
    dictionary = DICTIONARIES / f"{target}.dict"
    return [
        f"-max_len={TARGETS[target][0]}", *([f"-dict={dictionary}"] if dictionary.exists() else []),
        # libjpeg and libpng, Debian's, have no counters: without this, pictures that differ in them alone would be dropped.
        *(["-keep_seed=1"] if target == "image" else [])]


def corpora(target: str) -> list[pathlib.Path]:
    """libFuzzer writes to the first."""
    found = FOLDER / "corpus" / target
    found.mkdir(parents=True, exist_ok=True)
    return [found, MODELS if target.startswith("model") else SEEDS / target]


def fuzz(target: str, seconds: float) -> dict:
    findings = FOLDER / "findings"
    findings.mkdir(parents=True, exist_ok=True)
    command = [
        PROGRAM, target, f"-max_total_time={max(1, round(seconds))}", "-timeout=20", "-rss_limit_mb=3072",
        "-print_final_stats=1", "-verbosity=1", f"-artifact_prefix={findings / target}-", *options(target), *corpora(target)]
    started = time.monotonic()
    done = subprocess.run(command, capture_output=True, env=ENVIRONMENT, cwd=ROOT)
    log = done.stderr.decode(errors="replace") + done.stdout.decode(errors="replace")
    (FOLDER / f"{target}.log").write_text(log)
    return {"target": target, "status": done.returncode, "log": log, "seconds": time.monotonic() - started, **figures(log)}


def find_planted() -> None:
    """The target `planted` reads one byte too far: a fuzzer that doesn't find that finds nothing."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    command = [PROGRAM, "planted", "-runs=3000000", "-seed=1", "-max_len=64", f"-artifact_prefix={FOLDER / 'planted-'}"]
    done = subprocess.run(command, capture_output=True, env=ENVIRONMENT, cwd=ROOT)
    if done.returncode == 0 or b"heap-buffer-overflow" not in done.stderr:
        sys.exit("fuzz: the planted mistake was not found: the sanitizer or the counters are out of work")
    print("fuzz: the planted mistake was found")


def figures(log: str) -> dict:
    executions = re.findall(r"stat::number_of_executed_units: (\d+)", log)
    last = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", log)
    coverage, features, inputs = last[-1] if last else ("0", "0", "0")
    return {
        "executions": int(executions[-1]) if executions else 0, "coverage": int(coverage), "features": int(features),
        "inputs": int(inputs)}


def report(result: dict) -> str:
    return (
        f"{result['target']:12} {result['executions']:>10} executions in {result['seconds']:5.0f} s, "
        f"{result['coverage']:>6} edges, {result['features']:>6} features, {result['inputs']:>5} inputs")


def explain(result: dict) -> None:
    """What a finding is, and how to see it again."""
    print(f"\nfuzz: FINDING in {result['target']}", file=sys.stderr)
    interesting = re.findall(
        r"^(?:==\d+==\s*ERROR.*|.*Fatal error.*|.*runtime error.*|SUMMARY.*|\s+#[0-9] .*)$", result["log"], re.MULTILINE)
    print("\n".join(interesting[:24]), file=sys.stderr)
    for path in re.findall(r"Test unit written to (\S+)", result["log"]):
        shown = pathlib.Path(path).relative_to(ROOT)
        print(f"  again: {PROGRAM.relative_to(ROOT)} {result['target']} {shown}", file=sys.stderr)
    print(f"  whole log: {(FOLDER / (result['target'] + '.log')).relative_to(ROOT)}", file=sys.stderr)


def coverage(target: str) -> str:
    """Runs what is there once."""
    command = [PROGRAM, target, "-runs=0", *options(target), *corpora(target)]
    done = subprocess.run(command, capture_output=True, env=ENVIRONMENT, cwd=ROOT)
    found = figures(done.stderr.decode(errors="replace"))
    return f"{target:12} {found['coverage']:>6} edges, {found['features']:>6} features, {found['inputs']:>5} inputs"


def main() -> int:
    words = sys.argv[1:]
    if not words or words[0] in ("-h", "--help"):
        print(__doc__)
        return 64
    build()
    if words[0] == "--build":
        return 0
    if words[0] == "--check":
        find_planted()
        words = ["1"]
    if words[0] == "--coverage":
        print("\n".join(map(coverage, TARGETS)))
        return 0
    chosen = words[1:] or list(TARGETS)
    if unknown := [name for name in chosen if name not in TARGETS]:
        sys.exit(f"fuzz: no target {unknown[0]}; there are {', '.join(TARGETS)}")
    processors = len(os.sched_getaffinity(0))
    shares = sum(TARGETS[name][1] for name in chosen)
    seconds = {name: float(words[0]) * 60 * processors * TARGETS[name][1] / shares for name in chosen}
    results = []
    with concurrent.futures.ThreadPoolExecutor(processors) as pool:
        # The longest first, so that no processor waits for another at the end.
        for result in pool.map(lambda name: fuzz(name, seconds[name]), sorted(chosen, key=seconds.get, reverse=True)):
            print(report(result), flush=True)
            results.append(result)
    for result in results:
        if result["status"] != 0:
            explain(result)
    failed = sum(result["status"] != 0 for result in results)
    print(f"fuzz: {sum(result['executions'] for result in results)} executions, {failed} targets with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
