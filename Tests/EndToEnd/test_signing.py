"""A device that is configured with a public key runs what the key's owner signed and nothing else, and nothing older than it has accepted."""

import pathlib
import random
import shutil
import subprocess
import tempfile
import time
import unittest

import fixtures

CASCADE = "/usr/share/opencv4/lbpcascades/lbpcascade_frontalface.xml"


class Signing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.files = pathlib.Path(scratch.name)
        for name in ("owner", "other"):
            fixtures.run(fixtures.FERRITE, "keygen", "-o", cls.files / name)
        cls.key = cls.files / "owner.pub"
        cls.signed = {}
        for sequence in (1, 2, 3):
            cls.signed[sequence] = cls.sign(f"model-{sequence}.fxm", fixtures.MODEL, "owner", sequence)
        cls.foreign = cls.sign("foreign.fxm", fixtures.MODEL, "other", 9)
        cls.face = fixtures.faces()[0]
        cls.cascade = cls.files / "face.fxc"
        fixtures.run(fixtures.FERRITE, "export", CASCADE, "-o", cls.cascade)

    @classmethod
    def sign(cls, name, source, key, sequence) -> pathlib.Path:
        target = cls.files / name
        fixtures.run(fixtures.FERRITE, "sign", source, "--key", cls.files / f"{key}.key", "--sequence", sequence, "-o", target)
        return target

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.model = self.folder / "model.fxm"
        self.record = self.folder / "model.fxm.accepted"

    def names(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()}

    def install(self, source, *options, key=True) -> subprocess.CompletedProcess:
        trust = ["--public-key", self.key] if key else []
        return fixtures.attempt("install-model", source, "--to", self.model, *trust, *options)

    def installed(self, source, *options, **more) -> None:
        done = self.install(source, *options, **more)
        self.assertEqual(done.returncode, 0, done.stderr)

    def refused(self, done: subprocess.CompletedProcess, message: str) -> None:
        self.assertEqual((done.returncode, done.stdout), (65, ""), done.stderr)
        self.assertIn(message, done.stderr)

    def commands(self, model):
        """Everything that runs a model, on one."""
        return {"run": ["run", model, self.face], "bench": ["bench", model, "--frames", "1"], "selftest": ["selftest", model],
                "watch": ["watch", model, self.face]}

    def test_what_the_owner_signed_runs_as_it_does_unsigned(self):
        for command, words in self.commands(self.signed[1]).items():
            for trust in ([], ["--public-key", self.key]):
                done = fixtures.attempt(*words, *trust)
                self.assertEqual(done.returncode, 0, done.stderr)
                if command in ("run", "watch", "selftest"):
                    words_of_unsigned = [fixtures.MODEL if word == self.signed[1] else word for word in words]
                    self.assertEqual(done.stdout, fixtures.attempt(*words_of_unsigned).stdout)

    def test_nothing_else_runs_and_it_says_why(self):
        signed = self.signed[1].read_bytes()
        end = len(signed)
        altered = {"weight": (end // 2, "the digest does not match"), "signature": (end - 1, "the signature is not the key's"),
                   "sequence": (end - 112, "the signature is not the key's"), "digest": (end - 90, "the signature is another file's")}
        bad = {"unsigned": (fixtures.MODEL, "not signed"), "foreign": (self.foreign, "signed by another key")}
        for name, (place, message) in altered.items():
            path = self.folder / name
            path.write_bytes(signed[:place] + bytes([signed[place] ^ 4]) + signed[place + 1:])
            bad[name] = (path, message)
        for name, (path, message) in bad.items():
            for command, words in self.commands(path).items():
                with self.subTest(command=command, file=name):
                    done = fixtures.attempt(*words, "--public-key", self.key)
                    self.refused(done, f"{path}: ")
                    self.assertIn(message, done.stderr)
        before = self.names()
        for path, message in bad.values():
            self.refused(self.install(path), message)
        self.assertEqual(self.names(), before)

    def test_the_devices_own_key_needs_no_flag(self):
        root = self.folder / "root"
        configured = root / "etc/ferrite-edge/key.pub"
        configured.parent.mkdir(parents=True)

        def attempt(*words):
            # qemu takes files of this root before the machine's own.
            return subprocess.run(["qemu-aarch64", "-L", root, fixtures.EDGE, *map(str, words)], capture_output=True, text=True)

        self.assertEqual(attempt("selftest", fixtures.MODEL).returncode, 0)
        shutil.copy(self.key, configured)
        for words in self.commands(fixtures.MODEL).values():
            self.refused(attempt(*words), "the file is not signed, and a public key is configured")
        self.assertEqual(attempt("selftest", self.signed[1]).returncode, 0)
        self.refused(attempt("install-model", fixtures.MODEL, "--to", self.model), "the file is not signed")
        # A key that can't be used must not pass for none.
        whole = self.key.read_text()
        for text, message in ((whole[:-1], "cut short"), (whole[:30], "cut short"), ("", "no public key"), (whole * 2, "something stands behind"),
                              ((self.files / "owner.key").read_text(), "secret key, which belongs on no device"),
                              (whole.replace("ferrite", "minisign"), "no public key"), (whole.upper().replace("FERRITE-PUBLIC-KEY", "ferrite-public-key"), "lower-case")):
            configured.write_text(text)
            done = attempt("selftest", self.signed[1])
            self.refused(done, "/etc/ferrite-edge/key.pub: ")
            self.assertIn(message, done.stderr)
        configured.unlink()
        configured.mkdir()
        self.refused(attempt("selftest", self.signed[1]), "/etc/ferrite-edge/key.pub: Is a directory")

    def test_an_absent_key_that_was_named_is_an_error(self):
        done = fixtures.attempt("selftest", self.signed[1], "--public-key", self.folder / "absent.pub")
        self.refused(done, "absent.pub: No such file or directory")

    def test_a_cascade_is_held_to_the_same_key(self):
        frames = self.folder / "frame"
        frames.write_bytes(bytes(64 * 64))
        signed = self.sign("signed.fxc", self.cascade, "owner", 1)
        watch = ["watch", self.signed[1], "--stdin", "grey", "--size", "64x64", "--public-key", self.key, "--detect"]
        picture = self.folder / "picture.pgm"
        picture.write_bytes(b"P5\n64 64\n255\n" + bytes(64 * 64))
        for cascade, code in ((signed, 0), (self.cascade, 65)):
            with open(frames, "rb") as stream:
                done = subprocess.run(["qemu-aarch64", fixtures.EDGE, *map(str, [*watch, cascade])], stdin=stream, capture_output=True, text=True)
            self.assertEqual(done.returncode, code, done.stderr)
            found = fixtures.attempt("detect", cascade, picture, "--public-key", self.key)
            self.assertEqual(found.returncode, code, found.stderr)
            if code:
                for message in (done.stderr, found.stderr):
                    self.assertIn(f"{cascade}: the file is not signed, and a public key is configured", message)
        # It is installed as a model is.
        place = self.folder / "face.fxc"
        install = ["install-model", "--to", place, "--public-key", self.key]
        self.refused(fixtures.attempt(*install, self.cascade), "not signed")
        newer = self.sign("newer.fxc", self.cascade, "owner", 2)
        self.assertEqual(fixtures.attempt(*install, newer).returncode, 0)
        self.assertEqual(place.read_bytes(), newer.read_bytes())
        self.refused(fixtures.attempt(*install, signed), "older than what was accepted")
        place.write_bytes(signed.read_bytes())
        self.refused(fixtures.attempt("detect", place, picture, "--public-key", self.key), "older than what was accepted")

    def test_an_older_model_is_refused_after_a_newer_one(self):
        self.installed(self.signed[2])
        self.assertEqual(self.names(), {"model.fxm", "model.fxm.accepted"})
        key, number = self.record.read_text().split(" ")
        self.assertEqual((len(key), number), (16, "2\n"))
        self.refused(self.install(self.signed[1]), "model-1.fxm: older than what was accepted: its sequence number is 1, and one of 2 has been installed")
        self.assertEqual(self.model.read_bytes(), self.signed[2].read_bytes())
        # The same number is no older; what it replaces is kept.
        self.installed(self.signed[2])
        self.installed(self.signed[3])
        self.assertEqual(self.names(), {"model.fxm", "model.fxm.accepted", "model.fxm.old"})
        # An older one that was put there by other ways doesn't run.
        for words in self.commands(self.model).values():
            self.assertEqual(fixtures.attempt(*words, "--public-key", self.key).returncode, 0)
            self.model.write_bytes(self.signed[2].read_bytes())
            self.refused(fixtures.attempt(*words, "--public-key", self.key), "older than what was accepted")
            self.model.write_bytes(self.signed[3].read_bytes())
        # Nor once the model that was accepted is gone.
        self.model.unlink()
        self.refused(self.install(self.signed[2]), "one of 3 has been installed")
        # And where the record is gone, by what stands there.
        self.record.unlink()
        self.installed(self.signed[3])
        self.record.unlink()
        self.refused(self.install(self.signed[2]), "one of 3 has been installed")

    def test_the_owner_may_go_back_by_saying_so(self):
        self.installed(self.signed[3])
        self.installed(self.signed[1], "--allow-older")
        self.assertTrue(self.record.read_text().endswith(" 1\n"))
        for words in self.commands(self.model).values():
            self.assertEqual(fixtures.attempt(*words, "--public-key", self.key).returncode, 0)
        self.installed(self.signed[2])
        # It is no way around the signature.
        self.refused(self.install(self.foreign, "--allow-older"), "signed by another key")
        done = self.install(self.signed[1], "--allow-older", key=False)
        self.assertEqual(done.returncode, 64)
        self.assertIn("--allow-older goes with a public key", done.stderr)

    def test_a_damaged_record_does_not_pass_for_none(self):
        self.installed(self.signed[2])
        whole = self.record.read_bytes()
        for damage in (b"", whole[:-1], whole[:10], whole[:16] + b"\n", whole.upper().replace(b" 2", b" two"), b"x" + whole[1:], whole + whole,
                       whole[:17] + b"9" * 16 + b"\n", whole[:17] + b"-1\n", bytes(64)):
            with self.subTest(damage):
                self.record.write_bytes(damage)
                self.refused(self.install(self.signed[3]), "model.fxm.accepted: is no record of what was accepted")
                self.refused(fixtures.attempt("selftest", self.model, "--public-key", self.key), "is no record of what was accepted")
        self.installed(self.signed[2], "--allow-older")
        self.assertEqual(self.record.read_bytes(), whole)
        # Another key's record says nothing about this one's.
        self.record.write_bytes(b"0" * 16 + whole[16:].replace(b"2", b"77"))
        self.installed(self.signed[2])
        self.assertEqual(self.record.read_bytes(), whole)

    def test_watch_falls_back_to_no_model_that_is_older_or_anothers(self):
        self.installed(self.signed[2])
        self.installed(self.signed[2])
        damaged = bytearray(self.signed[2].read_bytes())
        damaged[-1] ^= 1
        watch = ["watch", self.model, self.face, "--public-key", self.key]
        self.model.write_bytes(damaged)
        done = fixtures.attempt(*watch)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("the model before it runs instead", done.stderr)
        old = self.folder / "model.fxm.old"
        for before, message in ((self.signed[1], "older than what was accepted"), (self.foreign, "signed by another key"),
                                (fixtures.MODEL, "not signed")):
            old.write_bytes(before.read_bytes())
            done = fixtures.attempt(*watch)
            self.refused(done, f"{old}: ")
            self.assertIn(f"{self.model}: the signature is not the key's", done.stderr)
            self.assertIn(message, done.stderr)

    def test_what_was_verified_is_what_runs(self):
        model = self.folder / "changing.fxm"
        model.write_bytes(self.signed[1].read_bytes())
        expected = fixtures.attempt("run", model, self.face, self.face).stdout
        pipe = self.folder / "second.pgm"
        subprocess.run(["mkfifo", pipe], check=True)
        words = ["qemu-aarch64", fixtures.EDGE, "run", model, self.face, pipe, "--public-key", self.key]
        with subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
            # Once it has read the first picture, its model is loaded; it then waits for the second.
            writer = open(pipe, "wb")
            with open(model, "r+b") as file:
                file.write(bytes(len(self.signed[1].read_bytes())))
                file.truncate(100)
            writer.write(self.face.read_bytes())
            writer.close()
            output, errors = program.communicate()
        self.assertEqual(program.returncode, 0, errors)
        self.assertEqual([line.split(": ")[1] for line in output.splitlines()], [line.split(": ")[1] for line in expected.splitlines()])

    def test_killed_at_any_moment_it_leaves_a_model_that_runs_and_no_way_back(self):
        self.installed(self.signed[1])
        before = self.record.read_bytes()
        started = time.monotonic()
        self.installed(self.signed[2])
        whole = time.monotonic() - started
        generator = random.Random(8)
        for moment in range(20):
            self.model.write_bytes(self.signed[1].read_bytes())
            self.record.write_bytes(before)
            words = ["qemu-aarch64", fixtures.EDGE, "install-model", self.signed[2], "--to", self.model, "--public-key", self.key]
            with subprocess.Popen([str(word) for word in words], stdout=subprocess.DEVNULL) as program:
                # Later rather than sooner: the first half is the self-test.
                time.sleep(whole * generator.triangular(0, 1.1, 1))
                program.kill()
            with self.subTest(moment=moment):
                self.assertEqual(fixtures.attempt("run", self.model, self.face, "--public-key", self.key).returncode, 0)
                if self.model.read_bytes() == self.signed[2].read_bytes():
                    self.refused(self.install(self.signed[1]), "older than what was accepted")
        self.installed(self.signed[2])
        self.assertEqual(self.names(), {"model.fxm", "model.fxm.accepted", "model.fxm.old"})
