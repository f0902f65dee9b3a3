#!/usr/bin/env python3
"""Checks the machine code of the kernels' hot loops: each multiplies as its tile asks for, with few other instructions, calls
nothing and keeps nothing on the stack.

usage: hot_loops.py BUILD-FOLDER

A loop is the code between a backward branch and its target, where no other such loop lies within. The table HOT_LOOPS names
what must exist. Besides, no loop at all of those objects that multiplies as they do may call, or keep a vector on the stack.
"""
import collections
import dataclasses
import pathlib
import re
import shutil
import subprocess
import sys


@dataclasses.dataclass(frozen=True)
class HotLoop:
    """One loop that a function must hold.

    needs: how many instructions at least match each pattern, which sees `mnemonic operands`.
    others: how many of the rest the loop may have at most.
    reloads: how many of those may use the stack, for a pointer that found no register.
    """

    target: str
    function: str  # a part of its mangled name
    needs: dict[str, int]
    others: int
    reloads: int = 0


# By processor: the tile of a convolution's row, the rows of a fully connected layer, the sampler's channels, and a pool's taps.
HOT_LOOPS = {
    "aarch64": [
        # 4 pixels x 8 outputs x 2 groups: each pair of products takes a smull and an smlal, and one sadalp.
        HotLoop("EdgeKernelsNEON", "convolveRow", {r"smull2? ": 16, r"smlal2? ": 16, r"sadalp ": 16}, 20),
        # The same with narrow weights, whose products are widened behind the loop; the sums of 32 bits wait in memory.
        HotLoop("EdgeKernelsNEON", "convolveRow", {r"smlal2? ": 32}, 24),
        HotLoop("EdgeKernelsNEON", "convolvePixel", {r"smull2? ": 8, r"smlal2? ": 8, r"sadalp ": 8}, 14),
        # Nine tiles x 8 outputs x 8 channels, and four tiles.
        HotLoop("EdgeKernelsNEON", "multiply4half", {r"smlal .*\.h\[\d\]": 72, r"smlal2 .*\.h\[\d\]": 72}, 30),
        HotLoop("EdgeKernelsNEON", "multiply4half", {r"smlal .*\.h\[\d\]": 32, r"smlal2 .*\.h\[\d\]": 32}, 20),
        HotLoop("EdgeKernelsNEON", "Sampling", {r"umull2? ": 2, r"umlal2? ": 2, r"sqdmulh ": 2}, 26),
        # A tap of sixteen channels.
        HotLoop("EdgeKernelsNEON", "WindowPooling", {r"[us]max .*16b": 1}, 4),
        HotLoop("EdgeKernelsNEON", "WindowPooling", {r"[us]addw2? ": 2}, 4),
        # 8 pixels x 8 outputs x 4 groups.
        HotLoop("EdgeKernelsDotProd", "convolveRow", {r"sdot .*\.4b\[\d\]": 64}, 20),
        HotLoop("EdgeKernelsDotProd", "convolvePixel", {r"sdot .*\.4b\[\d\]": 16}, 13),
    ],
    "arm": [
        # 4 pixels x 4 outputs x 2 groups; the compiler writes the sums to memory, too.
        HotLoop("EdgeKernelsARMv7", "convolveRow", {r"vmull\.s8 ": 8, r"vmlal\.s8 ": 8, r"vpadal\.s16 ": 8}, 40, 8),
        HotLoop("EdgeKernelsARMv7", "convolveRow", {r"vmlal\.s8 ": 16}, 26),
        HotLoop("EdgeKernelsARMv7", "convolvePixel", {r"vmull\.s8 ": 4, r"vmlal\.s8 ": 4, r"vpadal\.s16 ": 4}, 16),
        HotLoop("EdgeKernelsARMv7", "Sampling", {r"vmull\.u8 ": 4, r"vmlal\.u8 ": 4, r"vqdmulh\.s16 ": 2}, 50, 3),
        HotLoop("EdgeKernelsARMv7", "WindowPooling", {r"vmax\.[us]8 ": 1}, 5),
        HotLoop("EdgeKernelsARMv7", "WindowPooling", {r"vaddw\.[us]8 ": 2}, 5),
    ],
    "x86-64": [
        # 4 pixels x 8 outputs, each of two halves.
        HotLoop("EdgeKernelsAVX2", "convolveRow", {r"vpmaddwd .*%ymm": 8, r"vpaddd .*%ymm": 8}, 12),
        HotLoop("EdgeKernelsAVX2", "convolvePixel", {r"vpmaddwd .*%ymm": 4, r"vpaddd .*%ymm": 4}, 9),
        HotLoop("EdgeKernelsAVX2", "Sampling", {r"vpmullw ": 5, r"vpmulhw ": 1}, 28),
        HotLoop("EdgeKernelsAVX2", "WindowPooling", {r"vpmax[us]b ": 8}, 12),
        # 12 pixels x 32 outputs.
        HotLoop("EdgeKernelsVNNI", "convolveRow", {r"vpdpbusd .*%zmm": 24}, 30),
        HotLoop("EdgeKernelsVNNI", "convolvePixel", {r"vpdpbusd .*%zmm": 4}, 6),
        HotLoop("EdgeKernelsVNNI", "Sampling", {r"vpmullw ": 5, r"vpmulhw ": 1}, 28),
        HotLoop("EdgeKernelsVNNI", "WindowPooling", {r"vpmax[us]b ": 8}, 12),
        # What bench takes for the peak.
        HotLoop("EdgeKernelsVNNI", "ferrite_multiply_avx512vnni", {r"vpdpbusd .*%zmm": 16}, 4),
    ],
}
# By target, what its inner loops multiply by.
MULTIPLIES = {
    "EdgeKernelsNEON": r"([su]mull|[su]mlal)2? ", "EdgeKernelsDotProd": r"[su]dot ",
    "EdgeKernelsARMv7": r"(vmull|vmlal)\.", "EdgeKernelsAVX2": r"(vpmaddwd|vpmullw) ", "EdgeKernelsVNNI": r"(vpdpbusd|vpmaddwd|vpmullw) ",
}
# Functions whose inner loops may keep vectors in memory: nine weights beside sixteen sums are more than there are registers,
# and finished sums wait there to be stored.
MAY_KEEP_VECTORS = re.compile(r"OneChannelConvolution|Depthwise")
CALL = re.compile(r"(bl|blx|blr|call[lq]?) ")
STACK = re.compile(r"\[sp[\],]|\[x29|\[r11|\(%r[sb]p[,)]")
VECTOR = re.compile(r"%[xyz]mm|\b[qv]\d|\bd\d")
BRANCH = re.compile(r"(?:b|b\.\w+|b(?:eq|ne|hs|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)|cbn?z|tbn?z|j\w+) .*?(?:0x)?([0-9a-f]+) <")

Code = list[tuple[int, str]]  # an address and `mnemonic operands`


def functions(disassembly: str) -> dict[str, Code]:
    """The functions of an llvm-objdump listing. Those of one name follow one another."""
    found: dict[str, Code] = collections.defaultdict(list)
    code: Code = []
    for line in disassembly.splitlines():
        if heading := re.fullmatch(r"[0-9a-f]+ <(.*)>:", line):
            code = found[heading[1]]
        elif instruction := re.match(r" +([0-9a-f]+):\s+(\S.*)", line):
            code.append((int(instruction[1], 16), " ".join(instruction[2].split()) + " "))
    return found


def inner_loops(code: Code) -> list[list[str]]:
    """The instructions of each loop that holds no other."""
    place = {address: index for index, (address, _) in enumerate(code)}
    spans = set()
    for index, (_, text) in enumerate(code):
        branch = BRANCH.match(text)
        start = place.get(int(branch[1], 16)) if branch else None
        if start is not None and start <= index:
            spans.add((start, index))
    holds = lambda outer, inner: outer != inner and outer[0] <= inner[0] and inner[1] <= outer[1]
    return [[text for _, text in code[start:end + 1]] for start, end in sorted(spans)
            if not any(holds((start, end), other) for other in spans)]


def slips(name: str, loop: list[str]) -> list[str]:
    """What no loop of function `name` that multiplies, and no loop of the table, may do."""
    calls = [f"calls: {text.strip()}" for text in loop if CALL.match(text)]
    if MAY_KEEP_VECTORS.search(name):
        return calls
    return calls + [
        f"keeps a vector on the stack: {text.strip()}" for text in loop if STACK.search(text) and VECTOR.search(text)]


def multiplies(loop: list[str], needs: dict[str, int]) -> bool:
    return all(sum(bool(re.match(pattern, text)) for text in loop) >= least for pattern, least in needs.items())


def others_of(loop: list[str], needs: dict[str, int]) -> int:
    return sum(not any(re.match(pattern, text) for pattern in needs) for text in loop)


def problems(target: str, disassembly: str, hot_loops: list[HotLoop]) -> list[str]:
    """What is wrong with a target's machine code; empty when it is as the table says."""
    code = functions(disassembly)
    found = []
    for wanted in (hot for hot in hot_loops if hot.target == target):
        loops = [loop for name, body in code.items() if wanted.function in name for loop in inner_loops(body)]
        loops = [loop for loop in loops if multiplies(loop, wanted.needs)]
        if not loops:
            found.append(f"{target}: no inner loop of {wanted.function} has {wanted.needs}")
            continue
        others, loop = min((others_of(loop, wanted.needs), loop) for loop in loops)
        if others > wanted.others:
            found.append(f"{target}: the loop of {wanted.function} has {others} other instructions, not {wanted.others}")
        if sum(bool(STACK.search(text)) for text in loop) > wanted.reloads:
            found.append(f"{target}: the loop of {wanted.function} uses the stack")
        found += [f"{target}: the loop of {wanted.function} {slip}" for slip in slips(wanted.function, loop)]
    for name, body in code.items():
        for loop in inner_loops(body):
            if any(re.match(MULTIPLIES[target], text) for text in loop):
                found += [f"{target}: an inner loop of {name} {slip}" for slip in slips(name, loop)]
    return found


def disassembly(build: pathlib.Path, target: str) -> str:
    tools = pathlib.Path(shutil.which("swift")).resolve().parent
    objects = sorted(map(str, build.glob(f"{target}.build/*.o")))
    extensions = {"aarch64": ["--mattr=+dotprod,+i8mm"], "arm": ["--mattr=+neon"]}.get(processor(build), [])
    words = [str(tools / "llvm-objdump"), "-d", "--no-show-raw-insn", *extensions, *objects]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def processor(build: pathlib.Path) -> str:
    # ELF's e_machine: 183 is AArch64, 62 x86-64, 40 ARM.
    machine = next(build.glob("EdgeKernels.build/*.o")).read_bytes()[18]
    return {183: "aarch64", 62: "x86-64", 40: "arm"}[machine]


def main() -> int:
    if len(sys.argv) != 2:
        print("usage: hot_loops.py BUILD-FOLDER", file=sys.stderr)
        return 64
    build = pathlib.Path(sys.argv[1])
    table = HOT_LOOPS[processor(build)]
    found = [problem for target in dict.fromkeys(hot.target for hot in table)
             for problem in problems(target, disassembly(build, target), table)]
    for problem in found:
        print(f"hot_loops: {problem}", file=sys.stderr)
    if not found:
        print(f"hot_loops: {len(table)} loops of {processor(build)} are as they should be")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
