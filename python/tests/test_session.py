"""The installed package against what `ferrite run --json` printed. By Tests/EndToEnd/test_wheel.py, which names the files in the environment:
FERRITE_MODEL, FERRITE_EXPECTED (its lines), FERRITE_SIGNED and FERRITE_KEY (Tests/Fixtures), and FERRITE_OUTPUTS, a folder with a folder for each of
some models of several outputs, of images or of several inputs: model.fxm, pictures.npy, lines (of `ferrite run --json`), inspected, and PICTURE.OUTPUT.npy (of --output)."""

import concurrent.futures
import gc
import hashlib
import json
import multiprocessing
import os
import pathlib
import struct
import tempfile
import unittest

import ferrite
import numpy as np

MODEL = os.environ["FERRITE_MODEL"]
EXPECTED = [json.loads(line) for line in pathlib.Path(os.environ["FERRITE_EXPECTED"]).read_text().splitlines()]
PICTURES = np.stack([np.frombuffer(pathlib.Path(one["image"]).read_bytes()[-48 * 48:], np.uint8).reshape(48, 48) for one in EXPECTED])
LOGITS = np.array([one["logits"] for one in EXPECTED])
PROBABILITIES = np.array([one["probabilities"] for one in EXPECTED])
LABELS = tuple(one["class"] for one in EXPECTED)
DETECTOR, SEGMENTATION, TWO_HEADS, POSE = (
    pathlib.Path(os.environ["FERRITE_OUTPUTS"]) / name for name in ("detector-8-8", "segmentation-5-8", "two-heads", "pose-8-8"))


INHERITED: "list[ferrite.Session]" = []
"""What a child of fork() has of its parent."""


def logits_of_a_child() -> "list[int] | str":
    session = INHERITED.pop()
    try:
        return session.run(PICTURES[0]).logits.tolist()
    except RuntimeError as error:
        return str(error)
    finally:
        session.close()


class SessionTests(unittest.TestCase):
    def test_a_batch_gives_what_ferrite_run_prints(self):
        with ferrite.Session(MODEL) as session:
            result = session.run(PICTURES)
        np.testing.assert_array_equal(result.logits, LOGITS)
        np.testing.assert_array_equal(result.probabilities.round(6), PROBABILITIES)
        self.assertEqual((result.label, result.index.tolist()), (LABELS, [one["index"] for one in EXPECTED]))
        self.assertEqual((result.logits.dtype, result.probabilities.dtype), (np.int32, np.float64))
        # Multiples of 2^-16 that are all there is.
        np.testing.assert_array_equal(result.probabilities * 65536 % 1, 0)
        np.testing.assert_allclose(result.probabilities.sum(1), 1, atol=7 / 65536)

    def test_every_output_is_what_ferrite_run_prints_and_writes(self):
        for folder in (DETECTOR, SEGMENTATION, TWO_HEADS):
            inspected = json.loads((folder / "inspected").read_text())["outputs"]
            lines = [json.loads(line) for line in (folder / "lines").read_text().splitlines()]
            pictures = np.load(folder / "pictures.npy")
            with self.subTest(folder.name), ferrite.Session(folder / "model.fxm", threads=2) as session:
                told = [{"name": one.name, "role": one.role, "shape": list(one.shape), "labels": one.labels and list(one.labels)} for one in session.outputs]
                self.assertEqual(told, [{key: one[key] for key in ("name", "role", "shape", "labels")} for one in inspected])
                batch = session.run(pictures)
                self.assertEqual(list(batch.outputs), [one.name for one in session.outputs])
                for number, line in enumerate(lines):
                    single = session.run(pictures[number])
                    for one, expected in zip(session.outputs, line["outputs"], strict=True):
                        values = batch.outputs[one.name][number]
                        self.assertEqual((values.shape, values.dtype, one.scale), (one.shape, np.float32, 2.0 ** -expected["fraction_bits"]))
                        np.testing.assert_array_equal(values.ravel() / one.scale, expected["values"])
                        np.testing.assert_array_equal(values, np.load(folder / f"noise-{number}.{one.name}.npy"))
                        np.testing.assert_array_equal(single.outputs[one.name], values)
                nothing = session.run(pictures[:0]).outputs
                self.assertEqual([array.shape for array in nothing.values()], [(0, *one.shape) for one in session.outputs])

    def test_classes_are_those_of_the_only_scores(self):
        lines = [json.loads(line) for line in (DETECTOR / "lines").read_text().splitlines()]
        pictures = np.load(DETECTOR / "pictures.npy")
        session = ferrite.Session(DETECTOR / "model.fxm")
        self.assertEqual((session.labels, session.logit_scale), (("face", "cat", "none"), session.outputs[2].scale))
        self.assertIn("32 x 32 x 1, 3 classes", repr(session))
        batch = session.run(pictures)
        self.assertEqual((batch.label, batch.index.tolist()), (tuple(one["class"] for one in lines), [one["index"] for one in lines]))
        np.testing.assert_array_equal(batch.logits, [one["logits"] for one in lines])
        np.testing.assert_array_equal(batch.probabilities.round(6), [one["probabilities"] for one in lines])
        self.assertEqual(session.run(pictures[0]).label, lines[0]["class"])
        with ferrite.Session(MODEL) as session:
            result = session.run(PICTURES)
            self.assertEqual((len(session.outputs), session.outputs[0].labels, result.outputs.keys()), (1, session.labels, {session.outputs[0].name}))
            np.testing.assert_array_equal(result.outputs[session.outputs[0].name][:, 0, 0], LOGITS * session.logit_scale)

    def test_models_that_tell_no_classes_have_none(self):
        for folder, gives in ((SEGMENTATION, "24 x 20 x 3, outputs mask"), (TWO_HEADS, "6 x 5 x 1, outputs mood, box, age")):
            session = ferrite.Session(folder / "model.fxm")
            self.assertEqual(session.labels, ())
            self.assertIn(gives, repr(session))
            pictures = np.load(folder / "pictures.npy")
            for result in (session.run(pictures), session.run(pictures[0]), session.run(pictures[:0])):
                self.assertEqual((result.logits, result.probabilities, result.index, result.label), (None, None, None, None))
            session.self_test()

    def test_numbers_beside_the_image_give_what_ferrite_run_prints(self):
        lines = [json.loads(line) for line in (POSE / "lines").read_text().splitlines()]
        pictures, poses = np.load(POSE / "pictures.npy"), np.load(POSE / "pose.npy")
        with ferrite.Session(POSE / "model.fxm", threads=2) as session:
            inspected = json.loads((POSE / "inspected").read_text())["inputs"]
            self.assertEqual([(one.name, one.role, list(one.shape)) for one in session.inputs],
                             [(one["name"], one["role"], one["shape"]) for one in inspected])
            image, pose = session.inputs
            self.assertEqual((image.scale, image.range, pose.range), (None, (0, 255), (-32768 * pose.scale, 32767 * pose.scale)))
            logits = [one["logits"] for one in lines]
            for given in (poses, poses.astype(np.float64), poses.reshape(3, 1, 1, 6), poses.tolist()):
                np.testing.assert_array_equal(session.run(pictures, {"pose": given}).logits, logits)
            for number, row in enumerate(poses):
                single = session.run(pictures[number], inputs={"pose": row})
                self.assertEqual((single.logits.tolist(), single.label), (logits[number], lines[number]["class"]))
            self.assertEqual(session.run(pictures[:0], {"pose": poses[:0]}).logits.shape, (0, 3))
            session.self_test()

    def test_numbers_that_are_none(self):
        pictures = np.load(POSE / "pictures.npy")
        session = ferrite.Session(POSE / "model.fxm")
        for inputs, said in ((None, "takes beside the image pose, not nothing"), ({"poses": np.zeros((3, 6))}, "takes beside the image pose, not poses"),
                             ({"pose": np.zeros((3, 6)), "x": 1}, "pose, not pose, x"), ({"pose": np.zeros((2, 6))}, "pose is N x 6 for 3 pictures, not 2 x 6"),
                             ({"pose": np.zeros(6)}, "pose is N x 6"), ({"pose": np.full((3, 6), np.nan)}, "pose has a number that is not finite")):
            with self.assertRaisesRegex(ValueError, said):
                session.run(pictures, inputs)
        with self.assertRaisesRegex(ValueError, "pose is 6, not 3 x 6"):
            session.run(pictures[0], {"pose": np.zeros((3, 6))})
        with self.assertRaisesRegex(ValueError, "takes beside the image nothing, not pose"):
            ferrite.Session(MODEL).run(PICTURES[0], {"pose": np.zeros(6)})

    def test_two_outputs_of_one_name_are_refused(self):
        model = bytearray((TWO_HEADS / "model.fxm").read_bytes())
        start, length = struct.unpack_from("<QQ", model, 128 + 8)
        outputs = {struct.unpack_from("<H", model, at + 40)[0]: at for at in range(start, start + length, 48)}
        model[outputs[3]:outputs[3] + 8] = model[outputs[1]:outputs[1] + 8]
        model[64:96] = bytes(32)
        model[64:96] = hashlib.blake2b(model, digest_size=32).digest()
        with self.assertRaisesRegex(ValueError, "^model: two outputs have one name: mood, box, mood$"):
            ferrite.Session(model)

    def test_one_picture_in_every_form_that_it_may_have(self):
        session = ferrite.Session(MODEL)
        for picture in (PICTURES[1], PICTURES[1][:, :, None], np.asfortranarray(PICTURES[1]), np.repeat(PICTURES[1], 2, 1)[:, ::2]):
            result = session.run(picture)
            self.assertEqual((result.logits.tolist(), result.label, result.index), (LOGITS[1].tolist(), LABELS[1], EXPECTED[1]["index"]))
        for batch in (PICTURES[:1], PICTURES[:1, :, :, None]):
            self.assertEqual(session.run(batch).logits.tolist(), LOGITS[:1].tolist())
        nothing = session.run(PICTURES[:0])
        self.assertEqual((nothing.logits.shape, nothing.probabilities.shape, nothing.label), ((0, 7), (0, 7), ()))

    def test_says_what_it_is(self):
        session = ferrite.Session(MODEL, threads=2)
        self.assertEqual((session.input_shape, session.threads), ((48, 48, 1), 2))
        self.assertEqual(session.labels, ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"))
        self.assertEqual(len(session.digest), 64)
        self.assertIsNone(session.signature_sequence)
        self.assertIn(session.instruction_set, ferrite.instruction_sets())
        self.assertIn(f"48 x 48 x 1, 7 classes, {session.instruction_set}", repr(session))
        self.assertEqual(np.log2(session.logit_scale) % 1, 0)
        # Probabilities are those of the logits as numbers, to what the integers' exponential is good for.
        result = session.run(PICTURES)
        powers = np.exp((result.logits - result.logits.max(1, keepdims=True)) * session.logit_scale)
        np.testing.assert_allclose(powers / powers.sum(1, keepdims=True), result.probabilities, atol=0.0005)
        session.self_test()
        self.assertEqual(ferrite.version, ferrite.__version__)

    def test_the_same_bits_by_every_instruction_set_number_of_threads_and_kind_of_model(self):
        contents = pathlib.Path(MODEL).read_bytes()
        models = (MODEL, pathlib.Path(MODEL), contents, bytearray(contents), memoryview(contents))
        for number, name in enumerate(ferrite.instruction_sets() * 2):
            with ferrite.Session(models[number % len(models)], 1 + number % 3, name) as session:
                self.assertEqual(session.instruction_set, name)
                np.testing.assert_array_equal(session.run(PICTURES).logits, LOGITS)
        self.assertIn("scalar", ferrite.instruction_sets())

    def test_arrays_that_are_no_pictures(self):
        session = ferrite.Session(MODEL)
        for pixels, error, text in (
            (PICTURES / 255, TypeError, "pixels are uint8, 0...255 as a picture has them, not float64: scale and mean"),
            (PICTURES.astype(np.int64), TypeError, "not int64"), ([[1.0]], TypeError, "not float64"), (None, TypeError, "not object"),
            (PICTURES[:, :47], ValueError, "a picture is 48 x 48 and a batch of them N x 48 x 48, not 14 x 47 x 48"),
            (np.zeros((48, 48, 3), np.uint8), ValueError, "not 48 x 48 x 3"), (np.uint8(3), ValueError, "not a single number"),
            (np.zeros((2, 3, 48, 48), np.uint8), ValueError, "not 2 x 3 x 48 x 48"), (np.zeros(2304, np.uint8), ValueError, "not 2304")):
            with self.assertRaisesRegex(error, text.replace("...", r"\.\.\.")):
                session.run(pixels)
        self.assertEqual(session.run(PICTURES[0]).label, LABELS[0])

    def test_models_that_are_none(self):
        contents = pathlib.Path(MODEL).read_bytes()
        with self.assertRaises(FileNotFoundError):
            ferrite.Session("nowhere.fxm")
        with self.assertRaises(IsADirectoryError):
            ferrite.Session("/")
        for bad, text, offset in ((contents[:1000], "truncated or extended", 16), (b"", "ends before its header", 0), (b"x" * 4096, "no .fxm file", 0)):
            with self.assertRaisesRegex(ferrite.ModelError, f"^model: .*{text}") as caught:
                ferrite.Session(bad)
            self.assertEqual((caught.exception.byte_offset, caught.exception.code), (offset, 4))
        with tempfile.NamedTemporaryFile(suffix=".fxm") as file:
            file.write(contents[:-1])
            file.flush()
            with self.assertRaisesRegex(ferrite.FerriteError, f"^{file.name}: the file's length"):
                ferrite.Session(file.name)

    def test_options_that_are_none(self):
        for options, text in (({"threads": 0}, "1 to 64 threads, not 0"), ({"threads": 65}, "not 65"),
                              ({"instruction_set": "mmx"}, "this machine has scalar.* not 'mmx'"), ({"instruction_set": "best"}, "not 'best'")):
            with self.assertRaisesRegex(ValueError, text):
                ferrite.Session(MODEL, **options)

    def test_signatures(self):
        signed, key = os.environ["FERRITE_SIGNED"], os.environ["FERRITE_KEY"]
        self.assertEqual(ferrite.Session(signed, public_key=key).signature_sequence, 3)
        self.assertEqual(ferrite.Session(signed).signature_sequence, 3)
        with self.assertRaisesRegex(ferrite.SignatureError, "the file is not signed"):
            ferrite.Session(MODEL, public_key=key)
        with self.assertRaisesRegex(ferrite.SignatureError, "this is no public key"):
            ferrite.Session(signed, public_key=signed)
        with tempfile.NamedTemporaryFile() as file:
            file.write(pathlib.Path(key).read_bytes() + b"\0more")
            file.flush()
            with self.assertRaisesRegex(ferrite.SignatureError, "something stands behind it"):
                ferrite.Session(signed, public_key=file.name)

    def test_a_closed_session_says_so(self):
        session = ferrite.Session(MODEL, threads=2)
        with session:
            pass
        session.close()
        for use in (lambda: session.run(PICTURES[0]), session.self_test, lambda: session.instruction_set):
            with self.assertRaisesRegex(ValueError, "the session is closed"):
                use()
        self.assertIn("closed", repr(session))
        self.assertEqual(session.labels, ferrite.Session(MODEL).labels)

    def test_a_session_that_goes_ends_its_threads(self):
        threads = lambda: len(os.listdir("/proc/self/task"))
        before = threads()
        session = ferrite.Session(MODEL, threads=4)
        self.assertEqual(threads(), before + 3)
        del session
        gc.collect()
        self.assertEqual(threads(), before)

    def test_threads_may_share_a_session_and_have_sessions(self):
        shared = ferrite.Session(MODEL, threads=2)
        own = [ferrite.Session(MODEL) for _ in range(4)]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            for result in pool.map(lambda turn: (shared if turn % 2 else own[turn // 2 % 4]).run(PICTURES), range(40)):
                np.testing.assert_array_equal(result.logits, LOGITS)

    def test_a_child_of_fork_runs_what_has_one_thread_and_is_told_of_what_has_more(self):
        for threads, expected in ((1, LOGITS[0].tolist()), (2, "a session of several threads is no use after fork(): make it in the process that runs it, "
                                                               "or give it one thread")):
            INHERITED[:] = [ferrite.Session(MODEL, threads=threads)]
            with multiprocessing.get_context("fork").Pool(1) as pool:
                self.assertEqual(pool.apply_async(logits_of_a_child).get(60), expected)
            self.assertEqual(INHERITED.pop().run(PICTURES[0]).logits.tolist(), LOGITS[0].tolist())

    def test_memory_does_not_grow(self):
        def pages() -> int:
            return int(pathlib.Path("/proc/self/statm").read_text().split()[1])
        for turn in range(150):
            with ferrite.Session(MODEL, threads=2) as session:
                session.run(PICTURES[:2])
            if turn == 50:
                before = pages()
        self.assertLess(pages() - before, 200)


if __name__ == "__main__":
    unittest.main()
