#!/usr/bin/env python3
"""Writes build/docs, the pages of EdgeRuntime for a browser, by the toolchain's DocC.

usage: scripts/build-docs.py

Expects EdgeRuntime to be built (make build). Whatever DocC warns of is an error, such as a link that leads nowhere, with one exception: a
comment leaves out parameters whose names say all, and tells of the others the units, ranges and what surprises.
"""

import json
import pathlib
import platform
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
MODULES = ROOT / ".build/release/Modules"
GRAPHS = ROOT / "build/symbol-graphs"
PAGES = ROOT / "build/docs"
LEFT_OUT = "is missing documentation"


def complain(message: str) -> int:
    print(f"build-docs: {message}", file=sys.stderr)
    return 1


def extract_symbols() -> None:
    """What EdgeRuntime offers, from its compiled module and the C modules that it imports: those with SwiftPM's maps, and the system's."""
    shutil.rmtree(GRAPHS, ignore_errors=True)
    GRAPHS.mkdir(parents=True)
    maps = [*(ROOT / ".build/release").glob("C*.build/module.modulemap"), *ROOT.glob("Sources/C*/module.modulemap")]
    words = [word for path in sorted(maps) for word in ("-Xcc", f"-fmodule-map-file={path}")]
    subprocess.run(
        ["swift", "symbolgraph-extract", "-module-name", "EdgeRuntime", "-target", f"{platform.machine()}-unknown-linux-gnu", "-I", MODULES, *words,
         "-minimum-access-level", "public", "-skip-inherited-docs", "-skip-synthesized-members", "-output-dir", GRAPHS], check=True)


def main() -> int:
    swift = shutil.which("swift")
    if not swift:
        return complain("there is no swift on the path")
    docc = pathlib.Path(swift).resolve().parent / "docc"
    if not docc.exists():
        return complain(f"this toolchain has no {docc}")
    if not (MODULES / "EdgeRuntime.swiftmodule").exists():
        return complain(f"{MODULES}/EdgeRuntime.swiftmodule is missing: make build")
    extract_symbols()
    shutil.rmtree(PAGES, ignore_errors=True)
    report = GRAPHS / "diagnostics.json"
    done = subprocess.run(
        [docc, "convert", ROOT / "Sources/EdgeRuntime/EdgeRuntime.docc", "--additional-symbol-graph-dir", GRAPHS, "--output-dir", PAGES,
         "--fallback-display-name", "EdgeRuntime", "--fallback-bundle-identifier", "ferrite.EdgeRuntime", "--diagnostics-file", report],
        capture_output=True, text=True)
    if done.returncode != 0:
        return complain(f"docc failed\n{done.stdout}{done.stderr}")
    found = json.loads(report.read_text())["diagnostics"]
    warnings = [one for one in found if one["severity"] in ("warning", "error") and LEFT_OUT not in one["summary"]]
    for one in warnings:
        start = one.get("range", {}).get("start", {})
        complain(f"{one.get('source', '')}:{start.get('line', 0)}: {one['summary']}")
    if warnings:
        return 1
    pages = sum(1 for _ in (PAGES / "data").rglob("*.json"))
    print(f"build-docs: {pages} pages in {PAGES.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
