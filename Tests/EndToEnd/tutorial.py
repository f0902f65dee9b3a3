"""docs/tutorial.md as a script: its blocks, in their order."""

import dataclasses
import pathlib
import re

import fixtures

PAGE = fixtures.ROOT / "docs/tutorial.md"

# What a block is there for: for this machine's shell (`sh`; `sh fails` must fail, `sh torch` needs a package), for the Pi's (`sh pi`),
# or a file (`python NAME`).
KINDS = {"sh", "sh fails", "sh torch", "sh keras", "sh sklearn", "sh pi"}


@dataclasses.dataclass
class Block:
    kind: str
    text: str


def blocks() -> list[Block]:
    found = [Block(kind.strip(), text) for kind, text in re.findall(r"^```(\S[^\n]*)\n(.*?)^```$", PAGE.read_text(), re.M | re.S)]
    unknown = {block.kind for block in found} - KINDS - {block.kind for block in found if block.kind.startswith("python ")}
    assert not unknown, f"{PAGE}: blocks of a kind that nothing runs: {sorted(unknown)}"
    return found


def write_files(folder: pathlib.Path) -> None:
    """The page's Python files, where it says that they are."""
    for block in blocks():
        if block.kind.startswith("python "):
            (folder / block.kind.removeprefix("python ")).write_text(block.text)


def script(networks: dict[str, str]) -> str:
    """What the page has this machine's shell do, in one run, so that folders and variables last.

    `networks` gives the command in the place of a block that trains a network, by its kind.
    """
    lines = ["set -euo pipefail"]
    for block in blocks():
        if block.kind == "sh fails":
            lines.append(f"if (\n{block.text}\n); then echo 'this had to fail' >&2; exit 1; else echo \"failed as it should: $?\"; fi")
        elif block.kind in networks:
            lines.append(networks[block.kind])
        elif block.kind in KINDS - {"sh pi"}:
            lines.append(block.text)
    return "\n".join(lines)


def on_the_pi() -> list[str]:
    return [block.text for block in blocks() if block.kind == "sh pi"]
