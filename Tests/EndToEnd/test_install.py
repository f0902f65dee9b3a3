"""A model put in the place of another one: tested before and after, the old one kept, and whole at any moment."""

import pathlib
import random
import resource
import struct
import subprocess
import tempfile
import time
import unittest

import fixtures


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.first = fixtures.MODEL
        cls.second = fixtures.FOLDER / "second.fxm"
        fixtures.run(fixtures.FERRITE, "export", fixtures.TOON, "-o", cls.second, "--calibrate", fixtures.FOLDER / "calibration",
                     "--weight-bits", 6)
        assert cls.first.read_bytes() != cls.second.read_bytes()

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.model = self.folder / "model.fxm"

    def install(self, source, *options, **more):
        words = ["qemu-aarch64", fixtures.EDGE, "install-model", source, "--to", self.model, *options]
        return subprocess.run([str(word) for word in words], capture_output=True, text=True, **more)

    def names(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()}

    def test_a_model_is_installed_and_the_one_before_it_kept(self):
        done = self.install(self.first)
        self.assertEqual((done.returncode, self.names()), (0, {"model.fxm"}), done.stderr)
        self.assertEqual(self.install(self.second).returncode, 0)
        self.assertEqual(self.names(), {"model.fxm", "model.fxm.old"})
        self.assertEqual(self.model.read_bytes(), self.second.read_bytes())
        self.assertEqual((self.folder / "model.fxm.old").read_bytes(), self.first.read_bytes())
        # And once more: what was old is gone.
        self.assertEqual(self.install(self.first).returncode, 0)
        self.assertEqual((self.folder / "model.fxm.old").read_bytes(), self.second.read_bytes())
        digest = fixtures.run(fixtures.FERRITE, "inspect", self.model, "--json")
        self.assertIn(done.stdout.split("digest: ")[1].strip(), digest)

    def test_a_model_that_is_damaged_or_wrong_here_changes_nothing(self):
        self.install(self.first)
        damaged = bytearray(self.second.read_bytes())
        damaged[len(damaged) // 2] ^= 1
        bad = self.folder / "bad"
        bad.write_bytes(damaged)
        done = self.install(bad)
        self.assertEqual((done.returncode, self.names()), (65, {"model.fxm", "bad"}))
        self.assertIn("digest", done.stderr)
        # Whole, but with another picture as a test vector: its logits are not those that the file states.
        other = bytearray(self.second.read_bytes())
        # The seventh section (docs/file-format.md).
        offset = struct.unpack_from("<Q", other, 128 + 6 * 24 + 8)[0]
        other[offset:offset + 48 * 48] = bytes(range(256)) * 9
        fixtures.stamp_digest(other)
        bad.write_bytes(other)
        done = self.install(bad)
        self.assertEqual(done.returncode, 65)
        self.assertIn("wrong outputs on this machine", done.stderr)
        self.assertEqual(self.model.read_bytes(), self.first.read_bytes())

    def test_a_board_with_another_class_refuses_the_model(self):
        board = self.folder / "board"
        board.write_text("chip-label = pinctrl-bcm2835\nline.bored = 17\n")
        done = self.install(self.first, "--board", board)
        self.assertEqual(done.returncode, 65)
        self.assertIn(f"{board}: line 2: the model has no such class", done.stderr)
        self.assertEqual(self.names(), {"board"})

    def test_a_full_disk_changes_nothing(self):
        self.install(self.first)
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        words = ["qemu-aarch64", fixtures.EDGE, "install-model", self.second, "--to", self.model]
        # As a user writes it: a file that can't grow. The program ignores SIGXFSZ only once it drives lines.
        done = subprocess.run(["bash", "-c", "trap '' XFSZ; exec \"$@\"", "-", *map(str, words)], capture_output=True, text=True,
                              preexec_fn=limit)
        self.assertEqual(done.returncode, 65, done.stderr)
        self.assertIn(f"{self.model}: not installed: File too large", done.stderr)
        self.assertEqual((self.names(), self.model.read_bytes()), ({"model.fxm"}, self.first.read_bytes()))

    def test_a_folder_that_is_not_there_is_named(self):
        done = fixtures.attempt("install-model", self.first, "--to", self.folder / "nowhere/model.fxm")
        self.assertEqual(done.returncode, 65)
        self.assertIn("nowhere/model.fxm: not installed: No such file or directory", done.stderr)

    def test_killed_at_any_moment_it_leaves_a_whole_model(self):
        self.install(self.first)
        generator = random.Random(5)
        started = time.monotonic()
        self.install(self.second)
        whole = time.monotonic() - started
        moments, models = 20, {self.first.read_bytes(), self.second.read_bytes()}
        for index in range(moments):
            source = self.first if index % 2 else self.second
            words = ["qemu-aarch64", fixtures.EDGE, "install-model", source, "--to", self.model]
            with subprocess.Popen([str(word) for word in words], stdout=subprocess.DEVNULL) as program:
                # Later rather than sooner: the first half is the self-test.
                time.sleep(whole * generator.triangular(0, 1.1, 1))
                program.kill()
            self.assertIn(self.model.read_bytes(), models, f"moment {index}")
            old = self.folder / "model.fxm.old"
            self.assertTrue(not old.exists() or old.read_bytes() in models, f"moment {index}")
        # What such an end left lying is no hindrance.
        self.assertEqual(self.install(self.second).returncode, 0)
        self.assertEqual(self.names(), {"model.fxm", "model.fxm.old"})

    def test_watch_falls_back_to_the_model_before(self):
        self.install(self.first)
        self.install(self.second)
        face = fixtures.faces()[0]
        expected = fixtures.run(fixtures.FERRITE, "run", self.first, face, "--json")
        for damage in (lambda data: data[:1000], lambda data: data[:-1] + b"x"):
            self.model.write_bytes(damage(self.second.read_bytes()))
            done = fixtures.attempt("watch", self.model, face, "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(fixtures.objects(done.stdout)[0]["logits"], fixtures.objects(expected)[0]["logits"])
            self.assertIn(f"the model before it runs instead: {self.model}.old", done.stderr)
        (self.folder / "model.fxm.old").unlink()
        self.assertEqual(fixtures.attempt("watch", self.model, face).returncode, 65)
