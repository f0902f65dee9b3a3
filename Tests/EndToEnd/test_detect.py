"""The device program's face detector: the host's rectangles on every core, and what watch makes of frames with a face and without."""

import json
import re
import subprocess
import unittest

import fixtures

CORES = ["cortex-a53", "cortex-a72", "cortex-a76", "cortex-a7"]
CASCADE = fixtures.FOLDER / "face.fxc"
# Debian's opencv-data, which scripts/setup.sh installs.
SOURCE = "/usr/share/opencv4/lbpcascades/lbpcascade_frontalface.xml"
ASTRONAUT = fixtures.ROOT / "Tests/FerriteTests/Fixtures/detection/astronaut.pgm"
SIDE = 256
"""Width and height of the astronaut's picture."""
FACE = ASTRONAUT.read_bytes()[-SIDE * SIDE:]
NOBODY = bytes((x ^ y) & 0x3F for y in range(SIDE) for x in range(SIDE))


def watch(*options, frames: bytes, encoding: str = "grey", size: str = f"{SIDE}x{SIDE}"):
    words = ["qemu-aarch64", fixtures.EDGE, "watch", fixtures.MODEL, "--stdin", encoding, "--size", size, *options]
    return subprocess.run([str(word) for word in words], input=frames, capture_output=True)


def reduced(x: int, y: int, side: int, size: int = 48) -> bytes:
    """A square of the astronaut by area means rounded half up, as docs/detecting.md defines it."""
    def covered(index: int) -> list[tuple[int, int]]:
        start, end = index * side, (index + 1) * side
        return [(pixel, min(end, (pixel + 1) * size) - max(start, pixel * size))
                for pixel in range(start // size, -(-end // size))]
    pixels = bytearray()
    for row in range(size):
        for column in range(size):
            total = sum(down * across * FACE[(y + below) * SIDE + x + right]
                        for below, down in covered(row) for right, across in covered(column))
            pixels.append((2 * total + side * side) // (2 * side * side))
    return bytes(pixels)


class Detect(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        fixtures.run(fixtures.FERRITE, "export", SOURCE, "-o", CASCADE)
        cls.drawn = fixtures.FOLDER / "drawn"
        fixtures.run(fixtures.FERRITE, "faces", "-o", cls.drawn, "--count", 21, "--seed", 5, "--size", 160, "--format", "pgm")
        cls.pictures = [ASTRONAUT, *sorted(cls.drawn.glob("*/*.pgm"))]

    def test_every_core_finds_what_the_host_finds(self):
        for options in ([], ["--neighbours", 0, "--scale-factor", "1.2"], ["--min-face", 70, "--scale-factor", 1.05]):
            # The device's least face is 48 unless told otherwise.
            least = [] if "--min-face" in options else ["--min-face", 24]
            host = fixtures.run(fixtures.FERRITE, "detect", CASCADE, *self.pictures, *options, *least, "--json")
            self.assertGreater(sum(len(line["faces"]) for line in fixtures.objects(host)), 1)
            for core in CORES:
                with self.subTest(options=options, core=core):
                    found = fixtures.edge(core, "detect", CASCADE, *self.pictures, *options, *least, "--json")
                    self.assertEqual(found, host)

    def test_any_number_of_threads_finds_the_same(self):
        for options in ([], ["--neighbours", 0, "--min-face", 24], ["--scale-factor", 2, "--min-face", 24]):
            one = fixtures.edge("cortex-a53", "detect", CASCADE, *self.pictures, *options, "--json")
            for threads in (2, 3, 4, 7):
                with self.subTest(options=options, threads=threads):
                    self.assertEqual(
                        fixtures.edge("cortex-a53", "detect", CASCADE, *self.pictures, *options, "--threads", threads, "--json"), one)
        frames = FACE + NOBODY + FACE
        one = watch("--detect", CASCADE, "--every", "--json", frames=frames)
        three = watch("--detect", CASCADE, "--every", "--json", "--summary", "--threads", 3, frames=frames)
        self.assertEqual(fixtures.objects(three.stdout.decode()), fixtures.objects(one.stdout.decode()))
        self.assertEqual(fixtures.summary(three.stdout.decode())["allocations"], 0)

    def test_text_and_times(self):
        text = fixtures.edge("cortex-a53", "detect", CASCADE, ASTRONAUT, "--frames", 2)
        self.assertRegex(text, r"astronaut.pgm: \d+,\d+,\d+x\d+ \(\d+\), microseconds p50 [\d.]+, p99 [\d.]+, max [\d.]+\n$")
        report = json.loads(fixtures.edge("cortex-a53", "detect", CASCADE, ASTRONAUT, "--frames", 2, "--json"))
        self.assertEqual(list(report["latency_us"]), ["p50", "p99", "max"])

    def test_frames_with_a_face_and_without(self):
        done = watch("--detect", CASCADE, "--every", "--json", "--summary", frames=FACE + NOBODY + FACE)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = fixtures.objects(done.stdout.decode())
        first, nobody, last = lines
        self.assertEqual((nobody["face"], nobody["class"], nobody["index"], nobody["logits"]), (None, None, None, []))
        self.assertEqual([line["decision"] for line in lines], [first["class"], None, last["class"]])
        self.assertEqual({**first, "frame": 2}, last)
        # The face is the host's, and the network sees the square around it.
        host = json.loads(fixtures.run(fixtures.FERRITE, "detect", CASCADE, ASTRONAUT, "--min-face", 48, "--json"))
        face = host["faces"][0]
        self.assertEqual(first["face"], face)
        crop = fixtures.FOLDER / "crop.pgm"
        crop.write_bytes(b"P5 48 48 255\n" + reduced(face["x"], face["y"], face["width"]))
        alone = json.loads(fixtures.run(fixtures.FERRITE, "run", fixtures.MODEL, crop, "--json"))
        self.assertEqual(first["logits"], alone["logits"])
        report = done.stderr.decode()
        self.assertIn("3 frames, 0 dropped, nobody on 1; from frame to line at most ", report)
        self.assertRegex(report, r"(?m)^  detect +[1-9]\d* +\d+ +\d+ +\d+$")
        sums = fixtures.summary(done.stdout.decode())
        self.assertEqual((sums["frames"], sums["nobody"]), (3, 1))
        self.assertGreater(sums["latency_us"]["detect"]["p50"], 0)

    def test_every_format_and_smoothing(self):
        grey = watch("--detect", CASCADE, "--every", "--json", frames=FACE)
        yuyv = watch("--detect", CASCADE, "--every", "--json", encoding="yuyv",
                     frames=bytes(byte for value in FACE for byte in (value, 0x80)))
        planar = watch("--detect", CASCADE, "--every", "--json", encoding="yuv420", frames=FACE + b"\x80" * (SIDE * SIDE // 2))
        for other in (yuyv, planar):
            self.assertEqual(fixtures.objects(grey.stdout.decode()), fixtures.objects(other.stdout.decode()))
        # Nobody fades like any other change: two of three votes stay.
        done = watch("--detect", CASCADE, "--every", "--json", "--majority", 3, "--enter", "0.6",
                     frames=FACE * 3 + NOBODY + FACE + NOBODY * 2)
        decisions = [line["decision"] for line in fixtures.objects(done.stdout.decode())]
        answer = decisions[2]
        self.assertIsNotNone(answer)
        self.assertEqual(decisions, [None, answer, answer, answer, answer, None, None])

    def test_text_says_that_nobody_is_there(self):
        done = watch("--detect", CASCADE, "--every", frames=NOBODY)
        self.assertEqual(done.stdout, b"nobody\n")
        done = watch("--detect", CASCADE, "--every", "--hold", 3600000, frames=FACE + NOBODY)
        self.assertRegex(done.stdout.decode(), r"^\w+ 0\.\d{6}\nnobody, shown: \w+\n$")

    def test_without_a_cascade_nothing_is_looked_for(self):
        plain = watch("--every", "--json", "--summary", frames=FACE)
        refused = watch("--every", "--json", "--no-detect", frames=FACE)
        lines = fixtures.objects(plain.stdout.decode())
        self.assertEqual(lines, fixtures.objects(refused.stdout.decode()))
        self.assertNotIn("face", lines[0])
        sums = fixtures.summary(plain.stdout.decode())
        self.assertEqual((sums["nobody"], sums["latency_us"]["detect"]["max"]), (0, 0))
        self.assertNotIn(b"nobody on", plain.stderr)

    def test_wrong_calls_are_refused(self):
        for options, complaint in [
            (("--detect", CASCADE, "--no-detect"), "--detect or --no-detect, one of the two"),
            (("--min-face", "60"), "go with --detect"), (("--detect", CASCADE, "--min-face", "0"), "--min-face takes 1 to 4096"),
            (("--detect", CASCADE, "--scale-factor", "1"), "--scale-factor takes 1.01 to 4"),
            (("--detect", CASCADE, "--neighbours", "many"), "--neighbours takes 0 to 1000"),
        ]:
            with self.subTest(options):
                done = watch(*options, frames=FACE)
                self.assertEqual(done.returncode, 64, done.stderr)
                self.assertIn(complaint, done.stderr.decode())
        raw = fixtures.attempt("watch", fixtures.MODEL, "--stdin", "raw", "--detect", CASCADE)
        self.assertEqual(raw.returncode, 64)
        self.assertIn("--detect goes with --camera", raw.stderr)
        for words in (("detect",), ("detect", CASCADE), ("detect", CASCADE, ASTRONAUT, "--detect", CASCADE)):
            self.assertEqual(fixtures.attempt(*words).returncode, 64)

    def test_bad_files_are_named(self):
        broken = fixtures.FOLDER / "broken.fxc"
        broken.write_bytes(CASCADE.read_bytes()[:-1])
        done = watch("--detect", broken, frames=FACE)
        self.assertEqual((done.returncode, done.stdout), (65, b""))
        self.assertRegex(done.stderr.decode(), re.escape(str(broken)) + r": .*truncated or extended, at byte 16")
        absent = fixtures.attempt("detect", fixtures.FOLDER / "absent.fxc", ASTRONAUT)
        self.assertEqual(absent.returncode, 65)
        self.assertIn("absent.fxc: the file cannot be read: No such file or directory", absent.stderr)
        small = fixtures.FOLDER / "small.pgm"
        small.write_bytes(b"P5 15 16 255\n" + bytes(240))
        done = fixtures.attempt("detect", CASCADE, small)
        self.assertEqual(done.returncode, 65)
        self.assertIn("small.pgm: the image is 15x16, 16 to 4096 pixels either way are possible, at byte 13", done.stderr)
