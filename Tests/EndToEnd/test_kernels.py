"""The kernels of every instruction set: where their code lies, and that each core's give the reference's bits."""

import json
import os
import platform
import re
import subprocess
import sys
import unittest

import fixtures

sys.path.insert(0, str(fixtures.ROOT / "scripts"))
import hot_loops

CORES = {"cortex-a53": ["scalar", "neon"], "cortex-a72": ["scalar", "neon"], "cortex-a76": ["scalar", "neon", "dotprod"]}
# One 32-bit core is enough: the others have the same instructions. They run all 32-bit programs of test_cores.
CORES_32 = {"cortex-a7": ["scalar", "neon"]}
BUILDS = [fixtures.FERRITE.parent, fixtures.ARCHIVE.parent, fixtures.ARCHIVE_32.parent]
# What `ferrite conformance` holds this machine to, too.
CONFORMANCE = (fixtures.ROOT / "Sources/EdgeRuntime/Conformance/KernelConformance.swift").read_text()
NETWORKS = fixtures.ROOT / "Tests/EdgeRuntimeTests/Fixtures"
SEEDS = int(re.search(r"standardSeeds = (\d+)", CONFORMANCE)[1])
DIGEST = re.search(r"standardDigest: UInt64 = 0x([0-9a-f_]+)", CONFORMANCE)[1].replace("_", "")


def instruction(line: str) -> str:
    """What hot_loops.py sees of a disassembly's line."""
    return " ".join(line.partition(":")[2].split()) + " "


class Kernels(unittest.TestCase):
    def test_each_instruction_sets_code_stays_in_its_object(self):
        for build in BUILDS:
            fixtures.run(fixtures.ROOT / "scripts/check-kernels.sh", build)

    def test_hot_loops_that_are_not_as_they_should_be_are_found(self):
        """Changes the machine code as read, one loop at a time: each change must be told, and by its words."""
        for build in BUILDS:
            processor = hot_loops.processor(build)
            spill, call, nothing = {
                "aarch64": ("str\tq0, [sp, #0x10]", "bl\t0x0 <other>", "mov\tx0, x1"),
                "arm": ("vstr\td0, [sp, #16]", "bl\t0x0 <other>", "mov\tr0, r1"),
                "x86-64": ("vmovdqu\t%ymm0, 0x10(%rsp)", "callq\t0x0 <other>", "movq\t%rax, %rbx"),
            }[processor]
            for wanted in hot_loops.HOT_LOOPS[processor]:
                code = hot_loops.disassembly(build, wanted.target)
                found = lambda text: hot_loops.problems(wanted.target, text, [wanted])
                self.assertEqual(found(code), [])
                pattern = list(wanted.needs)[-1]
                changes = {
                    "no inner loop of": lambda line: line.replace(line.split("\t", 1)[1], nothing),
                    "calls": lambda line: f"{line}\n       0:\t{call}",
                    "keeps a vector on the stack": lambda line: f"{line}\n       0:\t{spill}",
                    "other instructions": lambda line: line + f"\n       0:\t{nothing}" * (wanted.others + 1),
                }
                for expected, change in changes.items():
                    with self.subTest(target=wanted.target, function=wanted.function, expected=expected):
                        changed = "\n".join(
                            change(line) if re.match(pattern, instruction(line)) else line for line in code.splitlines())
                        self.assertTrue(any(expected in problem for problem in found(changed)), found(changed)[:3])

    def test_every_core_gives_the_references_bytes_on_seeded_problems(self):
        self.check(CORES, "qemu-aarch64", "aarch64-linux-gnu-gcc", "-static-pie", fixtures.ARCHIVE)
        libraries = f"-L{fixtures.ROOT}/.cache/armhf/lib"
        self.check(CORES_32, "qemu-arm", "arm-linux-gnueabihf-gcc", "-static", libraries, fixtures.ARCHIVE_32)

    def check(self, cores, emulator, compiler, *options):
        program = fixtures.FOLDER / "kernels"
        *options, archive = options
        fixtures.run(
            compiler, "-O2", *options, fixtures.ROOT / "Tests/Device/kernels.c", "-Wl,--gc-sections", "-Wl,--whole-archive",
            archive, "-Wl,--no-whole-archive", "-lgpiod", "-lsodium", "-o", program)
        for core, sets in cores.items():
            with self.subTest(core=core):
                lines = fixtures.run(emulator, "-cpu", core, program, SEEDS).splitlines()
                found = [re.fullmatch(r"(\w+): \d+ problems agree, digest (\w+)", line).groups() for line in lines]
                self.assertEqual(found, [(name, DIGEST) for name in sets])

    def test_every_core_computes_what_committed_networks_did(self):
        """By every instruction set and 1 to 8 threads; a difference would name the first operation and element."""
        program = fixtures.FOLDER / "networks"
        fixtures.run(
            "aarch64-linux-gnu-gcc", "-O2", "-static-pie", fixtures.ROOT / "Tests/Device/networks.c",
            "-Wl,--gc-sections", "-Wl,--whole-archive", fixtures.ARCHIVE, "-Wl,--no-whole-archive", "-lgpiod",
            "-lsodium", "-o", program)
        digests = dict(line.split() for line in (NETWORKS / "digests.txt").read_text().splitlines())
        models = [NETWORKS / "networks" / name for name in digests]
        for core, sets in CORES.items():
            with self.subTest(core=core):
                lines = fixtures.run("qemu-aarch64", "-cpu", core, program, *models).splitlines()
                wanted = [f"{model}: {name} agrees, digest {digests[model.name]}" for model in models for name in sets]
                self.assertEqual(lines, wanted)

    @unittest.skipUnless(platform.machine() == "x86_64", "emulates older x86-64 processors")
    def test_older_processors_run_what_they_have(self):
        for processor, sets in {"Nehalem": ["scalar"], "Haswell": ["scalar", "avx2"]}.items():
            with self.subTest(processor=processor):
                done = subprocess.run(
                    ["qemu-x86_64", "-cpu", processor, fixtures.FERRITE, "selftest", fixtures.MODEL, "--json"],
                    capture_output=True, text=True, stdin=subprocess.DEVNULL,
                    # OpenBLAS would start threads, which qemu serves slowly.
                    env={**os.environ, "OPENBLAS_NUM_THREADS": "1"})
                self.assertEqual(done.returncode, 0, done.stderr)
                report = json.loads(done.stdout)
                self.assertEqual(report["isa"], sets)
                self.assertIs(report["passed"], True)


if __name__ == "__main__":
    unittest.main()
