"""The runtime as a package of somebody else's uses it: the examples in Swift, for this machine and Embedded."""

import os
import subprocess
import unittest

import fixtures

EXAMPLES = fixtures.ROOT / "examples"
# The runtime alone: nothing is fetched, and nothing else compiled.
ENVIRONMENT = {**os.environ, "FERRITE_CORE": "1"}


class Swift(unittest.TestCase):
    def setUp(self):
        self.pictures = fixtures.faces()[::30]

    def test_the_example_prints_what_ferrite_run_prints(self):
        build = ["swift", "build", "-c", "release", "--package-path", EXAMPLES / "swift", "--scratch-path", fixtures.ROOT / ".build-example"]
        done = subprocess.run(build, env=ENVIRONMENT, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertNotIn("warning:", done.stdout + done.stderr)
        program = fixtures.ROOT / ".build-example/release/classify"
        self.assertEqual(fixtures.run(program, fixtures.MODEL, *self.pictures), fixtures.run(fixtures.FERRITE, "run", fixtures.MODEL, *self.pictures))
        done = subprocess.run([program, __file__, self.pictures[0]], capture_output=True, text=True, env={**ENVIRONMENT, "SWIFT_BACKTRACE": "enable=no"})
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("this is no .fxm file (or its line ends were changed), at byte 0", done.stderr)

    def test_the_embedded_example_says_the_same_and_has_no_runtime(self):
        done = subprocess.run([EXAMPLES / "embedded/build.sh"], env=ENVIRONMENT, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertNotIn("warning:", done.stdout + done.stderr)
        program = fixtures.ROOT / "build/examples/classify-embedded"
        frames = b"".join(path.read_bytes()[-2304:] for path in self.pictures)
        for core in ("cortex-a53", "cortex-a76"):
            done = subprocess.run(["qemu-aarch64", "-cpu", core, program, fixtures.MODEL], input=frames, capture_output=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            expected = fixtures.run(fixtures.FERRITE, "run", fixtures.MODEL, *self.pictures).splitlines()
            self.assertEqual(done.stdout.decode().split(), [line.split()[-2] for line in expected])
        for words, code in (([], 64), ([__file__], 65), (["nowhere.fxm"], 65)):
            self.assertEqual(subprocess.run(["qemu-aarch64", program, *words], input=frames, capture_output=True).returncode, code)
        self.assertNotIn("NEEDED", fixtures.run("readelf", "-d", program))
