"""Networks that take more than an image: what `ferrite` makes of arrays of numbers beside pictures, and what it says of arrays that don't fit."""

import json
import pathlib
import random
import struct
import subprocess
import tempfile
import unittest

import fixtures

NETWORKS = fixtures.ROOT / "Tests/ExporterTests/Fixtures"
POSE, STEREO = NETWORKS / "pose.onnx", NETWORKS / "stereo.onnx"
PICTURES = 40


def npy(kind: str, shape: tuple, data: bytes) -> bytes:
    """An array in NumPy's format, version 1.0."""
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def floats(shape: tuple, numbers: list[float], kind: str = "f") -> bytes:
    return npy({"f": "<f4", "d": "<f8"}[kind], shape, struct.pack(f"<{len(numbers)}{kind}", *numbers))


class Inputs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.folder = pathlib.Path(scratch.name)
        source = random.Random(3)
        cls.poses = [source.uniform(-1, 1) for _ in range(PICTURES * 6)]
        cls.pose = cls.write("pose.npy", floats((PICTURES, 6), cls.poses))
        cls.pictures = cls.write("pose-images.npy", npy("|u1", (PICTURES, 16, 12), source.randbytes(PICTURES * 16 * 12)))
        cls.write("pose-labels.npy", npy("|u1", (PICTURES,), bytes(number % 3 for number in range(PICTURES))))
        cls.left = cls.write("left-images.npy", npy("|u1", (PICTURES, 12, 20, 2), source.randbytes(PICTURES * 12 * 20 * 2)))
        cls.right = cls.write("right.npy", floats((PICTURES, 12, 20, 2), [source.uniform(-2, 2) for _ in range(PICTURES * 480)]))
        # What numpy writes by itself is 64 bits wide.
        cls.state = cls.write("state.npy", floats((PICTURES, 8), [source.uniform(-1, 1) for _ in range(PICTURES * 8)], "d"))
        cls.model, cls.stereo = cls.folder / "pose.fxm", cls.folder / "stereo.fxm"
        fixtures.run(fixtures.FERRITE, "export", POSE, "-o", cls.model, "--calibrate", cls.pictures, "--input", f"pose={cls.pose}")
        fixtures.run(fixtures.FERRITE, "export", STEREO, "-o", cls.stereo, "--calibrate", cls.left, *cls.both())

    @classmethod
    def write(cls, name: str, data: bytes) -> pathlib.Path:
        (cls.folder / name).write_bytes(data)
        return cls.folder / name

    @classmethod
    def both(cls) -> list[str]:
        return ["--input", f"right={cls.right}", "--input", f"state={cls.state}"]

    def lines(self, *words) -> list[dict]:
        return fixtures.objects(fixtures.run(fixtures.FERRITE, "run", "--json", *words))

    def refused(self, *words, code: int = 65) -> str:
        done = subprocess.run([str(word) for word in (fixtures.FERRITE, *words)], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        return done.stderr

    def test_inspect_names_what_a_model_takes(self):
        inputs = json.loads(fixtures.run(fixtures.FERRITE, "inspect", "--json", self.stereo))["inputs"]
        self.assertEqual([(one["name"], one["role"], one["shape"]) for one in inputs],
                         [("left", "image", [12, 20, 2]), ("right", "values", [12, 20, 2]), ("state", "values", [1, 1, 8])])
        self.assertIn("takes       state, 8 values of Q(16, ", fixtures.run(fixtures.FERRITE, "inspect", self.stereo))
        self.assertIn('input1 [shape=oval, label="right"]', fixtures.run(fixtures.FERRITE, "inspect", "--graph", "dot", self.stereo))

    def test_dry_run_needs_neither(self):
        for network in (POSE, STEREO):
            self.assertIn("can be exported", fixtures.run(fixtures.FERRITE, "export", network, "--dry-run"))

    def test_a_row_belongs_to_its_picture(self):
        answers = self.lines(self.model, "--data", self.pictures, "--input", f"pose={self.pose}")
        self.assertEqual(len(answers), PICTURES)
        # The same picture everywhere: what differs is the numbers; the same numbers everywhere: the picture.
        pixels = self.pictures.read_bytes()[-16 * 12:]
        single = self.write("last.pgm", b"P5 12 16 255\n" + pixels)
        rows = self.lines(self.model, *[single] * PICTURES, "--input", f"pose={self.pose}")
        self.assertEqual(rows[-1]["logits"], answers[-1]["logits"])
        self.assertGreater(len({tuple(row["logits"]) for row in rows}), PICTURES / 2)
        last = self.write("last.npy", floats((1, 6), self.poses[-6:]))
        self.assertEqual(self.lines(self.model, single, "--input", f"pose={last}")[0]["logits"], answers[-1]["logits"])
        # Numbers of a few bits more than the format has round to the same.
        doubled = self.write("doubled.npy", floats((PICTURES, 1, 1, 6), [number + 1e-9 for number in self.poses], "d"))
        self.assertEqual([one["logits"] for one in self.lines(self.model, "--data", self.pictures, "--input", f"pose={doubled}")],
                         [one["logits"] for one in answers])

    def test_limit_takes_rows_with_their_pictures(self):
        answers = self.lines(self.model, "--data", self.pictures, "--input", f"pose={self.pose}")
        some = self.lines(self.model, "--data", self.pictures, "--input", f"pose={self.pose}", "--limit", 4)
        self.assertEqual([one["logits"] for one in some], [answers[number]["logits"] for number in range(0, PICTURES, PICTURES // 4)])

    def test_compare_holds_both_to_the_same_numbers(self):
        words = ["compare", "--json", STEREO, self.stereo, "--data", self.left, *self.both()]
        found = json.loads(fixtures.run(fixtures.FERRITE, *words))
        self.assertEqual([one["name"] for one in found["outputs"]], ["depth", "next"])
        for one in found["outputs"]:
            self.assertGreater(one["sqnr_db"], 20, one["name"])
        scores = json.loads(fixtures.run(fixtures.FERRITE, "compare", "--json", POSE, self.model, "--data", self.pictures, "--input", f"pose={self.pose}"))
        self.assertEqual(scores["samples"], PICTURES)
        self.assertGreater(scores["agreement"], 0.9)
        same = json.loads(fixtures.run(fixtures.FERRITE, "compare", "--json", self.model, "--against", self.model, "--data", self.pictures,
                                       "--input", f"pose={self.pose}"))
        self.assertEqual(same["agreement"], 1)
        self.assertIn("--what-if needs a network of one input", self.refused(
            "compare", POSE, self.model, "--data", self.pictures, "--input", f"pose={self.pose}", "--what-if"))
        self.assertIn("beside the picture", self.refused(
            "compare", self.model, "--against", self.other("pos2"), "--data", self.pictures, "--input", f"pose={self.pose}"))

    def other(self, name: str) -> pathlib.Path:
        """The model with its input called otherwise."""
        data = bytearray(self.model.read_bytes().replace(b"pose", name.encode()))
        fixtures.stamp_digest(data)
        return self.write(f"{name}.fxm", data)

    def test_a_calibration_keeps_the_numbers(self):
        kept, model = self.folder / "stereo.fxcal", self.folder / "again.fxm"
        fixtures.run(fixtures.FERRITE, "calibrate", STEREO, "--data", self.left, "-o", kept, *self.both())
        fixtures.run(fixtures.FERRITE, "export", STEREO, "-o", model, "--calibrate", kept)
        self.assertEqual(model.read_bytes(), self.stereo.read_bytes())
        self.assertIn("has the numbers of --input already", self.refused(
            "export", STEREO, "-o", model, "--calibrate", kept, "--input", f"state={self.state}", code=64))

    def test_search_and_expectations(self):
        given = ["--input", f"pose={self.pose}"]
        fixtures.run(fixtures.FERRITE, "search", POSE, "--calibrate", self.pictures, "--max-bytes", 100_000, "--limit", 8, "--check", 8,
                     "--weight-widths", "6,8", "-o", self.folder / "widths.json", *given)
        model = self.folder / "expected.fxm"
        fixtures.run(fixtures.FERRITE, "export", POSE, "-o", model, "--calibrate", self.pictures, "--expect-accuracy", 0.01,
                     "--contact-sheet", self.folder / "sheet.png", *given)
        self.assertIn("leave out --data", self.refused(
            "export", POSE, "-o", self.folder / "none.fxm", "--calibrate", self.pictures, "--expect-accuracy", 0.1, "--data", self.pictures, *given))

    def test_arrays_that_dont_fit_are_told(self):
        numbers = self.poses[:PICTURES * 6]
        wrong = {
            "rows": (floats((PICTURES - 1, 6), numbers[6:]), ["rows.npy: has the shape [39, 6], where [40, 6] is wanted", "a row for each picture"]),
            "dims": (floats((PICTURES, 2, 3), numbers), ["[40, 2, 3], where [40, 6] is wanted"]),
            "bytes": (npy("|u1", (PICTURES, 6), bytes(PICTURES * 6)), ["numbers of uint8, not float32"]),
            "nan": (floats((PICTURES, 6), [*numbers[:7], float("nan"), *numbers[8:]]), ["nan.npy, image 1: has a number that is not finite"]),
            "cut": (floats((PICTURES, 6), numbers)[:-1], ["cut.npy, byte"]),
        }
        target = self.folder / "never.fxm"
        for name, (data, pieces) in wrong.items():
            path = self.write(f"{name}.npy", data)
            for words in (["export", POSE, "-o", target, "--calibrate", self.pictures], ["compare", POSE, self.model, "--data", self.pictures]):
                with self.subTest(name, command=words[0]):
                    said = self.refused(*words, "--input", f"pose={path}")
                    for piece in pieces:
                        self.assertIn(piece, said)
        for words, pieces, code in (
                ([], ["its input pose (6) needs numbers: --input pose=FILE.npy, float32 of the shape [40, 6]"], 65),
                (["--input", f"poses={self.pose}"], ["--input poses:", "has no such input beside its image; there is pose (6)"], 65),
                (["--input", f"pose={self.folder / 'nowhere.npy'}"], ["nowhere.npy: cannot be read: no such file"], 65),
                (["--input", "pose"], ["pose"], 64), (["--input", f"pose={self.pose}", "--input", f"pose={self.pose}"], ["is given twice"], 64)):
            with self.subTest(words):
                said = self.refused("export", POSE, "-o", target, "--calibrate", self.pictures, *words, code=code)
                for piece in pieces:
                    self.assertIn(piece, said)
        self.assertFalse(target.exists())
        toon = ["run", fixtures.MODEL, fixtures.faces()[0], "--input", f"pose={self.pose}"]
        self.assertIn("has no such input beside its image; there is none", self.refused(*toon))
        self.assertIn("needs numbers", self.refused("run", self.model, self.write("one.pgm", b"P5 12 16 255\n" + bytes(192))))

    def test_commands_for_pictures_alone_say_so(self):
        picture = self.write("black.pgm", b"P5 12 16 255\n" + bytes(192))
        self.assertIn("explain needs a network of one input, an image; beside it there is pose (6)",
                      self.refused("explain", self.model, picture, "-o", self.folder / "sheet.png"))
        for words in (["run", self.model, picture], ["watch", self.model, picture], ["install-model", self.model, "--to", self.folder / "installed.fxm"]):
            done = fixtures.attempt(*words)
            self.assertEqual((done.returncode, done.stdout), (65, ""))
            self.assertIn("pose.fxm: it has inputs beside its image", done.stderr)
        self.assertFalse((self.folder / "installed.fxm").exists())

    def test_every_machine_gives_the_same(self):
        for model in (self.model, self.stereo):
            self.assertTrue(json.loads(fixtures.run(fixtures.FERRITE, "selftest", "--json", model))["passed"])
            self.assertTrue(json.loads(fixtures.edge("cortex-a53", "selftest", model, "--json"))["passed"])
            self.assertEqual(json.loads(fixtures.run(fixtures.FERRITE, "bench", model, "--frames", 3, "--json"))["allocations"], 0)
            self.assertEqual(json.loads(fixtures.edge("cortex-a53", "bench", model, "--frames", 2, "--json"))["frames"], 2)
            self.assertRegex(fixtures.run(fixtures.FERRITE, "conformance", model), r": digest [0-9a-f]{16}")
