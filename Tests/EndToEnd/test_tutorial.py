"""docs/tutorial.md: its commands do what it says, on this machine and on an emulated Raspberry Pi 3B.

Networks are trained where Python has what that needs: torch, tensorflow with tf2onnx, scikit-learn with skl2onnx, each in the Python that
FERRITE_TORCH, FERRITE_KERAS or FERRITE_SKLEARN names, or else in `python3`. Otherwise a network that the same script wrote once takes its place.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import fixtures
import guest
import tutorial
from raspberry_pi import RaspberryPi

NETWORKS = fixtures.ROOT / "Tests/ExporterTests/Fixtures"
FOLDER = fixtures.ROOT / "build/tutorial"
# Block, variable, modules, the file that the page's script writes, and the one that is committed for it.
ROUTES = [
    ("sh torch", "FERRITE_TORCH", "torch, onnx, onnxscript", "face.onnx", "tutorial-torch.onnx"),
    ("sh keras", "FERRITE_KERAS", "tensorflow, tf2onnx", "keras.onnx", "tutorial-keras.onnx"),
    ("sh sklearn", "FERRITE_SKLEARN", "sklearn, skl2onnx", "sklearn.onnx", "tutorial-sklearn.onnx"),
]


def python_with(variable: str, modules: str) -> str | None:
    """The Python that has them, if there is one."""
    python = os.environ.get(variable, "python3")
    found = subprocess.run([python, "-c", f"import {modules}"], capture_output=True)
    if found.returncode != 0 and variable in os.environ:
        raise AssertionError(f"{variable}={python} lacks {modules}: {found.stderr.decode()[-500:]}")
    return python if found.returncode == 0 else None


class Tutorial(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True)
        tutorial.write_files(FOLDER)
        commands = {}
        for kind, variable, modules, file, committed in ROUTES:
            python = python_with(variable, modules)
            if python:
                commands[kind] = next(block.text for block in tutorial.blocks() if block.kind == kind).replace("python3", python)
                how = f"trains a network by {python}"
            else:
                commands[kind] = f"cp {NETWORKS / committed} {file}"
                how = f"NOT trained: no {modules} here; {committed} takes the network's place"
            print(f"test_tutorial: {file}: {how}", file=sys.stderr, flush=True)
        script = tutorial.script(commands)
        done = subprocess.run(["bash"], input=script, cwd=fixtures.ROOT, capture_output=True, text=True)
        cls.output, cls.errors = done.stdout, done.stderr
        if done.returncode != 0:
            raise AssertionError(f"the page's commands exited with {done.returncode}:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")

    def test_what_was_expected_is_reached(self):
        """Each of the three networks was measured, and its model is as good."""
        found = re.findall(r"^accuracy    float ([\d.]+) % .*, fixed ([\d.]+) % .*; ([\d.]+) % expected, on 700 pictures of (?:upright-)?check$", self.output, re.M)
        self.assertEqual(len(found), len(ROUTES), self.output)
        for float_accuracy, fixed, expected in (map(float, figures) for figures in found):
            self.assertGreater(float_accuracy, expected)
            self.assertLess(abs(float_accuracy - fixed), 2)

    def test_a_wrong_normalisation_is_found(self):
        self.assertIn("failed as it should: 65\n", self.output)
        self.assertFalse((FOLDER / "wrong.fxm").exists())
        self.assertIn("would reach it", self.errors)
        self.assertRegex(self.errors, r"The network seems to want --mean 0\.[45]")

    def test_what_the_page_makes_is_there(self):
        self.assertEqual((FOLDER / "sheet.png").read_bytes()[:8], b"\x89PNG\r\n\x1a\n")
        self.assertIn("<svg", (FOLDER / "comparison.html").read_text())
        self.assertRegex(self.output, r"check/happy/000003\.pgm: happy [01]\.")
        self.assertIn("scalar: passed\n", self.output)

    def test_the_pi_lights_its_pins(self):
        board = (fixtures.ROOT / "boards/raspberry-pi-3.board").read_text()
        pins = {name: int(number) for name, number in re.findall(r"^line\.(\w+) = (\d+)$", board, re.M)}
        names = ["ferrite-edge", "face.fxm", "raspberry-pi-3.board", "happy.pgm", "sad.pgm"]
        expected = fixtures.run(fixtures.FERRITE, "selftest", FOLDER / "face.fxm").splitlines()[-1]
        with tempfile.TemporaryDirectory() as scratch:
            folder = pathlib.Path(scratch)
            guest.initramfs(folder / "initramfs.gz", fixtures.BOARD_CACHE / "busybox", {f"tmp/{name}": FOLDER / name for name in names})
            with RaspberryPi(fixtures.BOARD_CACHE, folder / "initramfs.gz", folder) as pi:
                proof, start, another, end = tutorial.on_the_pi()
                told = pi.shell(f"cd /tmp\n{proof}", 120)
                self.assertIn(expected.split("digest ")[1], told)
                self.assertRegex(told, r"microseconds: median [\d.]+")
                # A decision is told after the lines were set. The messages at the start name classes, too, but with nothing behind them.
                for block, name in ((start, "happy"), (another, "sad")):
                    pi.start(block)
                    pi.wait_for(f"{name} ", 120)
                    self.assertEqual(pi.levels() & set(pins.values()), {pins[name]})
                pi.shell(end, 120)
                self.assertEqual(pi.levels() & set(pins.values()), set())


class Page(unittest.TestCase):
    """The page itself."""

    def test_every_block_is_of_a_kind_that_is_run(self):
        kinds = [block.kind for block in tutorial.blocks()]
        self.assertEqual(kinds.count("sh pi"), 4)
        for kind, _, _, file, committed in ROUTES:
            self.assertEqual(kinds.count(kind), 1)
            self.assertTrue((NETWORKS / committed).exists())
        # What is indented under a command line that starts with $ is for reading; nothing else is hidden from the test.
        self.assertEqual(tutorial.PAGE.read_text().count("```"), 2 * len(kinds))


if __name__ == "__main__":
    unittest.main()
