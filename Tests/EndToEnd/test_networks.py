"""Networks with several outputs, or with images as outputs, from the ONNX file to the numbers that come out, on host and board: a detector with
boxes, scores and a class, a U-Net, an autoencoder, on cuts of a photograph."""

import ast
import json
import pathlib
import re
import struct
import subprocess
import tempfile
import unittest
import zlib

import fixtures

NETWORKS = fixtures.ROOT / "Tests/ExporterTests/Fixtures"
PHOTOGRAPH = fixtures.ROOT / "Tests/FerriteTests/Fixtures/detection/astronaut.pgm"
# Width, height and channels of the input; then each output's name, role and shape.
SHAPES = {
    "detector": ((32, 32, 1), [("boxes", "values", [1, 160, 4]), ("scores", "values", [1, 160, 2]), ("kind", "scores", [1, 1, 3])]),
    "segmentation": ((20, 24, 3), [("mask", "values", [24, 20, 2])]),
    "autoencoder": ((12, 12, 1), [("picture", "values", [12, 12, 1])]),
}
CLASSES = ["face", "cat", "none"]


def cuts(folder: pathlib.Path, width: int, height: int, channels: int) -> list[pathlib.Path]:
    """Forty cuts of the photograph, grey or with shifted copies as colours."""
    header, _, pixels = PHOTOGRAPH.read_bytes().partition(b"\n255\n")
    across = int(header.split()[-2])
    folder.mkdir()
    files = []
    for number in range(40):
        top, left = number // 8 * 44, number % 8 * 27
        rows = [[pixels[(top + y) * across + left + x + 3 * c] for x in range(width) for c in range(channels)] for y in range(height)]
        files.append(folder / f"cut-{number:02}.{'pgm' if channels == 1 else 'png'}")
        if channels == 1:
            files[-1].write_bytes(b"P5 %d %d 255\n" % (width, height) + bytes(sum(rows, [])))
        else:
            files[-1].write_bytes(png(rows, width, height))
    return files


def png(rows: list[list[int]], width: int, height: int) -> bytes:
    """An RGB picture."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    lines = b"".join(b"\0" + bytes(row) for row in rows)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b""))


def array(path: str) -> tuple[list[int], list[float]]:
    """The shape and the numbers of an array of float32."""
    data = pathlib.Path(path).read_bytes()
    assert data[:8] == b"\x93NUMPY\x01\x00", path
    length = struct.unpack("<H", data[8:10])[0]
    header = ast.literal_eval(data[10:10 + length].decode())
    assert header["descr"] == "<f4" and not header["fortran_order"], header
    numbers = data[10 + length:]
    return list(header["shape"]), list(struct.unpack(f"<{len(numbers) // 4}f", numbers))


class Networks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.folder = pathlib.Path(scratch.name)
        cls.pictures = {name: cuts(cls.folder / name, *extents) for name, (extents, _) in SHAPES.items()}
        # The detector tells classes, so its pictures have them.
        labelled = cls.folder / "labelled"
        for number, file in enumerate(cls.pictures["detector"]):
            place = labelled / CLASSES[number % 3] / file.name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.read_bytes())
        cls.data = {name: labelled if name == "detector" else cls.folder / name for name in SHAPES}
        cls.models = {name: cls.folder / f"{name}.fxm" for name in SHAPES}
        for name, model in cls.models.items():
            fixtures.run(fixtures.FERRITE, "export", NETWORKS / f"{name}.onnx", "-o", model, "--calibrate", cls.data[name])

    def ferrite(self, *words) -> subprocess.CompletedProcess:
        return subprocess.run([str(fixtures.FERRITE), *map(str, words)], capture_output=True, text=True, stdin=subprocess.DEVNULL)

    def refused(self, done: subprocess.CompletedProcess, *texts: str) -> None:
        self.assertEqual((done.returncode, done.stdout), (65, ""))
        for text in texts:
            self.assertIn(text, done.stderr)

    def test_inspect_tells_the_outputs(self):
        for name, (_, outputs) in SHAPES.items():
            with self.subTest(name):
                report = json.loads(fixtures.run(fixtures.FERRITE, "inspect", self.models[name], "--json"))
                self.assertEqual([(o["name"], o["role"], o["shape"]) for o in report["outputs"]], outputs)
                self.assertEqual(report["labels"], CLASSES if name == "detector" else [])
                text = fixtures.run(fixtures.FERRITE, "inspect", self.models[name])
                dot = fixtures.run(fixtures.FERRITE, "inspect", self.models[name], "--graph", "dot")
                self.assertEqual(len(re.findall(r"op\d+ -> output\d+ ", dot)), len(outputs))
                for output, role, _ in outputs:
                    self.assertRegex(text, rf"output +{output}, [0-9x]+ {role} of Q\(16, ")
                    self.assertIn(f'label="{output}"', dot)

    def test_host_and_cores_give_the_same_values_of_every_output(self):
        for name, (extents, outputs) in SHAPES.items():
            model, pictures = self.models[name], self.pictures[name]
            host = fixtures.objects(fixtures.run(fixtures.FERRITE, "run", model, *pictures[:4], "--json"))
            for line in host:
                self.assertEqual([(o["name"], o["shape"]) for o in line["outputs"]], [(o, shape) for o, _, shape in outputs])
                for output in line["outputs"]:
                    height, width, channels = output["shape"]
                    self.assertEqual(len(output["values"]), height * width * channels)
                    self.assertGreater(len(set(output["values"])), 1)
            if name == "detector":
                self.assertEqual([line["outputs"][2]["values"] for line in host], [line["logits"] for line in host])
                self.assertEqual([CLASSES[line["index"]] for line in host], [line["class"] for line in host])
                self.assertEqual([[o["class"] for o in line["outputs"]] for line in host], [[None, None, line["class"]] for line in host])
            else:
                self.assertEqual([(line["class"], line["index"], line["logits"], line["probabilities"]) for line in host], [(None, None, [], [])] * 4)
            # The device program reads grey pictures alone.
            if extents[2] == 1:
                for core in ("cortex-a53", "cortex-a76", "cortex-a7"):
                    with self.subTest(name, core=core):
                        lines = fixtures.objects(fixtures.edge(core, "run", model, *pictures[:4], "--json"))
                        for mine, theirs in zip(lines, host, strict=True):
                            values = [{key: o[key] for key in ("name", "shape", "class", "fraction_bits", "values")} for o in theirs["outputs"]]
                            self.assertEqual(mine["outputs"], values)
                            self.assertEqual((mine["class"], mine["index"], mine["logits"]), (theirs["class"], theirs["index"], theirs["logits"]))

    def test_lines_for_people_tell_the_same_on_host_and_board(self):
        for name in ("detector", "autoencoder"):
            picture = self.pictures[name][0]
            host = fixtures.run(fixtures.FERRITE, "run", self.models[name], picture)
            self.assertEqual(host.count("\n"), 1)
            line = json.loads(fixtures.run(fixtures.FERRITE, "run", self.models[name], picture, "--json"))
            for output in line["outputs"]:
                if output["name"] == "kind":
                    continue
                numbers = [value * 2.0 ** -output["fraction_bits"] for value in output["values"]]
                self.assertIn(f" to {max(numbers):.3f}"[:-1], host)
            board = fixtures.edge("cortex-a53", "run", self.models[name], picture)
            if name == "detector":
                self.assertRegex(board, rf"{picture}: {line['class']} 0\.\d+; boxes 1x160x4, -?\d+\.\d{{4}} to \d+\.\d{{4}}; scores 1x160x2, ")
            else:
                self.assertRegex(board, rf"{picture}: picture 12x12x1, -?\d+\.\d{{4}} to -?\d+\.\d{{4}}\n")

    def test_outputs_are_written_as_arrays(self):
        for name, (_, outputs) in SHAPES.items():
            with self.subTest(name):
                folder = self.folder / f"{name}-arrays"
                pictures = self.pictures[name][:2]
                plain = fixtures.objects(fixtures.run(fixtures.FERRITE, "run", self.models[name], *pictures, "--json"))
                lines = fixtures.objects(fixtures.run(fixtures.FERRITE, "run", self.models[name], *pictures, "--json", "-o", folder))
                for line, other, picture in zip(lines, plain, pictures, strict=True):
                    for written, output in zip(line["outputs"], other["outputs"], strict=True):
                        self.assertIsNone(written["values"])
                        self.assertIsNone(output["file"])
                        self.assertEqual(written["file"], f"{folder}/{picture.stem}.{output['name']}.npy")
                        shape, numbers = array(written["file"])
                        self.assertEqual(shape, output["shape"])
                        self.assertEqual(numbers, [value * 2.0 ** -output["fraction_bits"] for value in output["values"]])
                self.assertEqual(len(list(folder.iterdir())), 2 * len(outputs))
        # One vector of scores has its file where it is asked for.
        face = fixtures.faces()[0]
        line = json.loads(fixtures.run(fixtures.FERRITE, "run", fixtures.MODEL, face, "--json", "-o", self.folder / "logits"))
        self.assertEqual(array(line["outputs"][0]["file"])[0], [1, 1, 7])
        self.assertNotIn("outputs", json.loads(fixtures.run(fixtures.FERRITE, "run", fixtures.MODEL, face, "--json")))

    def test_pictures_of_one_name_and_folders_that_cannot_be_made_are_refused(self):
        model, picture = self.models["autoencoder"], self.pictures["autoencoder"][0]
        done = self.ferrite("run", model, picture, picture, "-o", self.folder / "twice")
        self.assertEqual(done.returncode, 65)
        self.assertIn("cut-00.picture.npy: is already an output of cut-00.pgm", done.stderr)
        self.refused(self.ferrite("run", model, picture, "-o", picture), "cut-00.pgm: the folder can't be made")

    def test_compare_tells_each_outputs_noise(self):
        for name, (_, outputs) in SHAPES.items():
            with self.subTest(name):
                words = ["compare", NETWORKS / f"{name}.onnx", self.models[name], "--data", self.data[name]]
                report = json.loads(fixtures.run(fixtures.FERRITE, *words, "--json"))
                self.assertEqual(report["samples"], 40)
                self.assertEqual([(o["name"], o["shape"]) for o in report["outputs"]], [(o, shape) for o, _, shape in outputs])
                for output in report["outputs"]:
                    self.assertGreaterEqual(output["sqnr_db"], 20, output)
                self.assertTrue(all(layer["sqnr_db"] is not None and layer["sqnr_db"] > 15 for layer in report["layers"]), report["layers"])
                if name == "detector":
                    # Any labels, as they were drawn by lot; both networks mostly answer the same.
                    self.assertGreaterEqual(report["agreement"], 0.9)
                    self.assertLessEqual(report["fixed"]["interval"][0], report["fixed"]["accuracy"])
                else:
                    self.assertEqual((report["agreement"], report["float"], report["fixed"]), (None, None, None))
                # The same with any number of threads.
                self.assertEqual(json.loads(fixtures.run(fixtures.FERRITE, *words, "--json", "--threads", 3)), report)
                text = fixtures.run(fixtures.FERRITE, *words)
                for output, _, _ in outputs:
                    self.assertIn(output, text)

    def test_compare_holds_two_models_against_each_other_and_refuses_others(self):
        model, data = self.models["autoencoder"], self.data["autoencoder"]
        coarse = self.folder / "coarse.fxm"
        fixtures.run(fixtures.FERRITE, "export", NETWORKS / "autoencoder.onnx", "-o", coarse, "--calibrate", data, "--weight-bits", 3)
        report = json.loads(fixtures.run(fixtures.FERRITE, "compare", coarse, "--against", model, "--data", data, "--json"))
        self.assertLess(report["outputs"][0]["sqnr_db"], 30)
        same = json.loads(fixtures.run(fixtures.FERRITE, "compare", model, "--against", model, "--data", data, "--json"))
        self.assertEqual((same["outputs"][0]["greatest_error"], same["against"]), (0, None))
        self.refused(self.ferrite("compare", NETWORKS / "autoencoder.onnx", model, "--data", data, "--what-if"), "--what-if: goes with networks of one output of scores",
                     "picture, 12x12x1 values")
        self.refused(self.ferrite("compare", NETWORKS / "autoencoder.onnx", model, "--data", data, "--html", self.folder / "page.html"), "--html: goes with")
        self.refused(self.ferrite("compare", fixtures.MODEL, "--against", model, "--data", data), "pictures of")

    def test_selftest_and_conformance_cover_all_outputs(self):
        for name, model in self.models.items():
            with self.subTest(name):
                report = json.loads(fixtures.run(fixtures.FERRITE, "selftest", model, "--json"))
                self.assertEqual((report["passed"], report["vectors"]), (True, 8))
                for core in ("cortex-a53", "cortex-a76", "cortex-a7"):
                    found = json.loads(fixtures.edge(core, "selftest", model, "--json"))
                    self.assertEqual((found["passed"], found["digest"]), (True, report["digest"]))
                self.assertIn("digest", fixtures.run(fixtures.FERRITE, "conformance", model))
                frames = json.loads(fixtures.edge("cortex-a53", "bench", model, "--frames", 3, "--json"))
                self.assertEqual((frames["frames"], frames["allocations"]), (3, 0))

    def test_another_digest_of_the_outputs_fails_the_selftest(self):
        # The digest of all outputs' values is the end of the seventh section.
        model = bytearray(self.models["segmentation"].read_bytes())
        start, length = struct.unpack_from("<QQ", model, 128 + 6 * 24 + 8)
        model[start + length - 1] ^= 1
        fixtures.stamp_digest(model)
        other = self.folder / "other.fxm"
        other.write_bytes(model)
        done = self.ferrite("selftest", other)
        self.assertEqual(done.returncode, 65)
        self.assertIn("wrong outputs on scalar", done.stderr)

    def test_what_tells_classes_says_what_comes_out_instead(self):
        model = self.models["segmentation"]
        outputs = "needs exactly one output of scores, and its outputs are: mask, 24x20x2 values"
        self.refused(self.ferrite("explain", model, self.pictures["segmentation"][0], "-o", self.folder / "e.png"), outputs)
        search = ["search", NETWORKS / "segmentation.onnx", "--calibrate", self.data["segmentation"], "--max-bytes", 9000, "-o", self.folder / "c.json"]
        self.refused(self.ferrite(*search), "needs exactly one output of scores; the outputs are mask (values)")
        for words in (["watch", self.models["autoencoder"], self.pictures["autoencoder"][0]],
                      ["install-model", self.models["autoencoder"], "--to", self.folder / "installed.fxm"]):
            done = fixtures.attempt(*words)
            self.assertEqual((done.returncode, done.stdout), (65, ""))
            self.assertIn("autoencoder.fxm: its outputs are not one of scores", done.stderr)
        self.assertFalse((self.folder / "installed.fxm").exists())
        # One output of scores among several is enough.
        picture = self.pictures["detector"][0]
        self.assertIn("class", json.loads(fixtures.run(fixtures.FERRITE, "explain", self.models["detector"], picture, "-o", self.folder / "e.png", "--json")))
        self.assertEqual(fixtures.attempt("watch", self.models["detector"], picture).returncode, 0)

    def test_search_finds_widths_for_scores_and_boxes(self):
        config = self.folder / "widths.json"
        words = ["search", NETWORKS / "detector.onnx", "--calibrate", self.data["detector"], "--limit", 20, "--check", 20, "--max-loss", 50,
                 "--weight-widths", "4,8", "-o", config]
        report = json.loads(fixtures.run(fixtures.FERRITE, *words, "--json"))
        self.assertGreater(report["uniform"][-1]["divergence"], report["uniform"][0]["divergence"])
        fixtures.run(fixtures.FERRITE, "export", NETWORKS / "detector.onnx", "--calibrate", self.data["detector"], "--config", config, "-o", self.folder / "found.fxm")

    def test_export_says_that_the_softmax_is_left_away(self):
        done = self.ferrite("export", NETWORKS / "detector.onnx", "-o", self.folder / "again.fxm", "--calibrate", self.data["detector"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('output "kind": its Softmax is left away: logits come out', done.stderr)

    def test_a_program_that_knows_no_lists_refuses_them_in_words(self):
        # What is behind the bits that this version knows.
        model = bytearray(self.models["detector"].read_bytes())
        self.assertEqual(model[24] & 2, 2)
        model[24] |= 128
        fixtures.stamp_digest(model)
        other = self.folder / "newer.fxm"
        other.write_bytes(model)
        self.assertIn("the model needs a feature that this program lacks (byte 24)", self.ferrite("inspect", other).stderr)
