"""`ferrite-mjpeg`: frames from JPEG pictures, in a stream and from a camera; what is broken, and what ends it."""

import io
import os
import pty
import random
import re
import signal
import subprocess
import time
import unittest

import fixtures
from fake_camera import DEVICE, FakeCamera
from PIL import Image, ImageDraw
from test_stream import HEIGHT, WIDTH, brightness

PROGRAM = fixtures.FERRITE.parent / "ferrite-mjpeg"
EDGE = fixtures.FERRITE.parent / "ferrite-edge"
BOARDS = fixtures.ROOT / "build/ferrite-mjpeg"
SIZE = f"{WIDTH}x{HEIGHT}"


def drawing(seed: int, size=(WIDTH, HEIGHT)) -> Image.Image:
    """A picture in colour."""
    place = random.Random(seed)
    picture = Image.new("RGB", size, (90, 140, 60))
    draw = ImageDraw.Draw(picture)
    for _ in range(12):
        x, y = place.randrange(size[0]), place.randrange(size[1])
        draw.ellipse((x - 20, y - 14, x + 20, y + 14), fill=tuple(place.randrange(256) for _ in range(3)))
    return picture


def jpeg(picture: Image.Image, **options) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=85, **options)
    return file.getvalue()


def luma(picture: bytes, size=(WIDTH, HEIGHT)) -> bytes:
    """A JPEG's brightness at a size, as Pillow decodes it."""
    image = Image.open(io.BytesIO(picture))
    # Pillow reduces to no less than what is asked for, by a whole factor that it rounds down.
    image.draft("L", (size[0] - 1, size[1] - 1))
    assert image.size == size and image.mode == "L"
    return image.tobytes()


def without_tables(picture: bytes) -> bytes:
    """Without its Huffman tables, which are the standard's: as webcams send it."""
    kept, place = picture[:2], 2
    while picture[place + 1] != 0xDA:
        length = 2 + int.from_bytes(picture[place + 2:place + 4], "big")
        if picture[place + 1] != 0xC4:
            kept += picture[place:place + length]
        place += length
    return kept + picture[place:]


def convert(pictures: bytes, *options, size: str = SIZE, program=(PROGRAM,), code: int = 0) -> tuple[list[bytes], str]:
    """The frames that come of a stream, and the messages."""
    words = [str(word) for word in (*program, "--stdin", "--size", size, "--every", *options)]
    done = subprocess.run(words, input=pictures, capture_output=True, timeout=60)
    assert done.returncode == code, (done.returncode, done.stderr)
    width, height = map(int, size.split("x"))
    assert len(done.stdout) % (width * height) == 0
    return [done.stdout[at:at + width * height] for at in range(0, len(done.stdout), width * height)], done.stderr.decode()


class Pictures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pictures = [jpeg(drawing(seed)) for seed in range(5)]
        cls.frames = [luma(picture) for picture in cls.pictures]

    def test_pictures_become_frames_on_every_machine(self):
        for program in ((PROGRAM,), ("qemu-aarch64", "-cpu", "cortex-a53", BOARDS)):
            with self.subTest(program):
                frames, messages = convert(b"".join(self.pictures), program=program)
                self.assertEqual(frames, self.frames)
                self.assertIn("ferrite-mjpeg: 5 frames, 0 dropped; from capture to a frame written\n", messages)

    def test_kinds_that_cameras_make(self):
        picture = drawing(9)
        kinds = {"4:4:4": jpeg(picture, subsampling=0), "4:2:2": jpeg(picture, subsampling=1), "4:2:0": jpeg(picture, subsampling=2),
                 "grey": jpeg(picture.convert("L")), "restarts": jpeg(picture, restart_marker_blocks=3),
                 "own tables": jpeg(picture, optimize=True), "comment": jpeg(picture, comment=b"\xff\xd8\xff\xd9" * 9)}
        for kind, bytes_ in kinds.items():
            with self.subTest(kind):
                self.assertEqual(convert(bytes_)[0], [luma(bytes_)])

    def test_pictures_without_tables_get_the_standards(self):
        stripped = without_tables(self.pictures[0])
        self.assertLess(len(stripped), len(self.pictures[0]))
        self.assertEqual(convert(stripped)[0], self.frames[:1])

    def test_larger_pictures_are_reduced_within_the_transform(self):
        for by in (1, 2, 4, 8):
            for extra in {0, by - 1}:
                # An extent that doesn't divide is rounded up.
                size = (WIDTH * by - extra, HEIGHT * by - extra)
                with self.subTest(size):
                    picture = jpeg(drawing(by, size))
                    frames, _ = convert(picture)
                    self.assertEqual(frames, [luma(picture)])

    def test_what_lies_between_pictures_is_skipped(self):
        parts = [b"--frame\r\nContent-Type: image/jpeg\r\n\r\n" + picture + b"\r\n" for picture in self.pictures]
        self.assertEqual(convert(b"".join(parts))[0], self.frames)
        noise = random.Random(4).randbytes(200_000).replace(b"\xff\xd8", b"\xff\x00")
        self.assertEqual(convert(noise + noise.join(self.pictures) + bytes(70_000))[0], self.frames)
        # A thumbnail in a segment of its own is no picture.
        first = self.pictures[0]
        thumbnail = b"\xff\xe1" + (2 + len(self.pictures[1])).to_bytes(2, "big") + self.pictures[1]
        self.assertEqual(convert(first[:2] + thumbnail + first[2:])[0], self.frames[:1])

    def test_pieces_of_any_length_make_the_same_frames(self):
        stream = b"".join(self.pictures)
        place = random.Random(7)
        words = [PROGRAM, "--stdin", "--size", SIZE, "--every"]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0) as program:
            at = 0
            while at < len(stream):
                length = place.choice((1, 2, 3, 500))
                program.stdin.write(stream[at:at + length])
                at += length
            program.stdin.close()
            self.assertEqual(program.stdout.read(), b"".join(self.frames))

    def test_broken_pictures_are_left_out_counted_and_told(self):
        whole = self.pictures[0]
        after_scan = whole.index(b"\xff\xda") + 20
        damaged = whole[:after_scan] + b"\xff\x00" * 60 + whole[after_scan + 120:]
        cases = {
            "cut within the scan": (whole[:-300], "1 broken"), "cut at its end": (whole[:-2], "1 broken"),
            "damaged": (damaged, "1 broken"), "of another size": (jpeg(drawing(1, (96, 96))), "1 of another size"),
            "progressive": (jpeg(drawing(1), progressive=True), "1 of another kind"),
            "of four colours": (jpeg(drawing(1).convert("CMYK")), "1 broken"),
            "markers alone": (b"\xff\xd8\xff\xd9", "1 broken"),
        }
        for kind, (bytes_, count) in cases.items():
            with self.subTest(kind):
                frames, messages = convert(whole + bytes_ + self.pictures[1])
                self.assertEqual(frames, [self.frames[0], self.frames[1]])
                self.assertRegex(messages, rf"ferrite-mjpeg: 2 frames, 0 dropped, {count};")
        # Each sort is told of once.
        _, messages = convert(damaged * 3 + whole)
        self.assertEqual(messages.count("ferrite-mjpeg: a broken picture is left out, and any other: "), 1)
        self.assertIn("3 broken", messages)

    def test_a_stream_cut_anywhere_gives_the_pictures_before_and_after(self):
        whole = self.pictures[0]
        for at in range(2, len(whole), 61):
            frames, _ = convert(self.pictures[1] + whole[:at] + self.pictures[2] * 2)
            # A segment that was cut may reach into the next picture, no further.
            self.assertIn(frames, [[self.frames[1], *[self.frames[2]] * left] for left in (1, 2)], at)

    def test_an_input_without_any_frame_is_an_error(self):
        for stream, reason in ((b"no picture" * 99, ""), (jpeg(drawing(1, (50, 50))), "a picture of 50x50 is left out"),
                               (self.pictures[0][:200], "0 frames, 0 dropped, 1 broken")):
            with self.subTest(reason):
                frames, messages = convert(stream, code=65)
                self.assertEqual(frames, [])
                self.assertIn(reason, messages)
                self.assertTrue(messages.endswith("ferrite-mjpeg: standard input: no JPEG in it made a frame\n"), messages)
        # Nothing at all is an end like any other.
        self.assertEqual(convert(b"")[0], [])

    def test_any_damage_is_safe(self):
        # With the compiler's checks of memory and arithmetic; every cut, and seeded flips of bits.
        program = fixtures.FOLDER / "damage"
        sources = [fixtures.ROOT / "Sources/CMJPEG" / name for name in ("Decode.c", "Pictures.c")]
        fixtures.run("gcc", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-Wall", "-Wextra", "-Werror",
                     "-I", fixtures.ROOT / "Sources/CMJPEG/include", "-Wno-unknown-pragmas", "-D_Nullable=", "-D_Nonnull=",
                     fixtures.ROOT / "Tests/EndToEnd/damage.c", *sources, "-ljpeg", "-o", program)
        for seed, options in enumerate(({}, {"restart_marker_blocks": 2}, {"optimize": True}, {"subsampling": 0})):
            picture = fixtures.FOLDER / "damage.jpg"
            picture.write_bytes(jpeg(drawing(seed, (48, 32)), **options))
            told = fixtures.run(program, picture, 48, 32, 4000, seed)
            self.assertRegex(told, r"^\d+ cuts, 4000 flips: \d+ decoded, \d+ broken, \d+ of another size, \d+ of another kind\n$")


def read_all(stream, count: int) -> bytes:
    got = b""
    while len(got) < count:
        got += stream.read(count - len(got))
    return got


class Stream(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.picture = jpeg(drawing(3))
        cls.frame = luma(cls.picture)

    def start(self, *options, **process) -> subprocess.Popen:
        words = [str(word) for word in (PROGRAM, "--stdin", "--size", SIZE, *options)]
        program = subprocess.Popen(words, **{"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "bufsize": 0,
                                             **process})
        self.addCleanup(lambda: (program.kill(), program.wait(), [s.close() for s in (program.stdin, program.stdout, program.stderr) if s]))
        return program

    def test_the_newest_picture_wins_and_all_are_accounted_for(self):
        program = self.start()
        # Nobody reads: the frame at hand waits in the pipe, and pictures overtake each other.
        for _ in range(200):
            program.stdin.write(self.picture)
        program.stdin.close()
        frames, messages = program.stdout.read(), program.stderr.read().decode()
        self.assertEqual(program.wait(20), 0)
        count, dropped = map(int, re.search(r"(\d+) frames, (\d+) dropped", messages).groups())
        self.assertEqual((len(frames), count + dropped), (count * len(self.frame), 200))
        self.assertGreater(dropped, 0)

    def test_a_file_loses_no_picture(self):
        path = fixtures.FOLDER / "pictures.mjpeg"
        path.write_bytes(self.picture * 50)
        with open(path, "rb") as file:
            done = subprocess.run([PROGRAM, "--stdin", "--size", SIZE], stdin=file, capture_output=True)
        self.assertEqual((done.returncode, done.stdout), (0, self.frame * 50))

    def test_signals_end_it_between_two_frames_with_a_report(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                program = self.start("--every")
                program.stdin.write(self.picture * 30)
                # Less than a frame: it is within one.
                got = os.read(program.stdout.fileno(), 100)
                program.send_signal(number)
                got += program.stdout.read()
                self.assertEqual(program.wait(20), 0)
                self.assertEqual(len(got) % len(self.frame), 0)
                self.assertRegex(program.stderr.read().decode(), r"ferrite-mjpeg: \d+ frames, \d+ dropped; from capture")

    def test_a_signal_ends_it_though_nobody_reads(self):
        program = self.start("--every")
        program.stdin.write(self.picture * 30)
        # It waits within a frame for which the pipe has no room.
        time.sleep(0.3)
        started = time.monotonic()
        program.terminate()
        self.assertEqual(program.wait(20), 0)
        self.assertLess(time.monotonic() - started, 5)

    def test_sigusr1_asks_for_a_report(self):
        program = self.start()
        program.stdin.write(self.picture)
        self.assertEqual(read_all(program.stdout, len(self.frame)), self.frame)
        time.sleep(0.1)
        program.send_signal(signal.SIGUSR1)
        self.assertRegex(os.read(program.stderr.fileno(), 4096).decode(), r"^ferrite-mjpeg: 1 frames, 0 dropped; ")
        program.stdin.close()
        self.assertEqual(program.wait(20), 0)

    def test_a_reader_who_went_away_ends_it(self):
        program = self.start()
        program.stdout.close()
        program.stdin.write(self.picture)
        self.assertEqual(program.wait(20), 65)
        self.assertIn(b"ferrite-mjpeg: standard output: Broken pipe\n", program.stderr.read())

    def test_wrong_calls_are_refused(self):
        for options, complaint in [
            ((), "--camera or --stdin, one of the two"), (("--stdin", "--camera", "/dev/video0", "--size", SIZE), "one of the two"),
            (("--stdin",), "no --size WIDTHxHEIGHT given"), (("--stdin", "--size", "640"), "a size is WIDTHxHEIGHT, each 16 to 4096, not 640"),
            (("--stdin", "--size", SIZE, "--camera-size", SIZE), "--camera-size goes with --camera"),
            (("--camera", "/dev/video0", "--size", SIZE, "--every"), "--every goes with --stdin"),
            (("--size",), "no value after --size"), (("--quality", "3"), "unknown option --quality"),
        ]:
            with self.subTest(options):
                done = subprocess.run([PROGRAM, *options], capture_output=True, text=True, stdin=subprocess.DEVNULL)
                self.assertEqual((done.returncode, done.stdout), (64, ""))
                self.assertIn(f"ferrite-mjpeg: {complaint}" if complaint[0] == "-" else complaint, done.stderr)
        asked = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True)
        self.assertEqual((asked.returncode, asked.stderr), (0, ""))
        self.assertIn("usage: ferrite-mjpeg --camera", asked.stdout)

    def test_frames_are_not_for_a_terminal(self):
        ours, terminal = pty.openpty()
        done = subprocess.run([PROGRAM, "--stdin", "--size", SIZE], stdin=subprocess.DEVNULL, stdout=terminal, stderr=subprocess.PIPE)
        os.close(terminal)
        os.close(ours)
        self.assertEqual(done.returncode, 64)
        self.assertIn(b"pipe them into ferrite-edge watch", done.stderr)


class Camera(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.faces = fixtures.faces()[::13][:5]
        cls.pictures = [jpeg(Image.frombytes("L", (WIDTH, HEIGHT), brightness(face))) for face in cls.faces]
        cls.frames = [luma(picture) for picture in cls.pictures]

    def convert(self, *formats, options=("--size", SIZE), **camera) -> tuple[bytes, str]:
        done = FakeCamera(*formats, **camera).run(PROGRAM, "--camera", DEVICE, *options)
        self.assertEqual(done.returncode, 65, done.stderr)
        return done.stdout, done.stderr.decode()

    def test_a_cameras_pictures_become_frames(self):
        for code in ("MJPG", "JPEG"):
            with self.subTest(code):
                frames, messages = self.convert(f"YUYV:{SIZE}", f"{code}:{SIZE}", frames=self.pictures)
                self.assertEqual(frames, b"".join(self.frames))
                self.assertIn(f"ferrite-mjpeg: {DEVICE}: {code}, {SIZE}\n", messages)
                self.assertIn("5 frames, 0 dropped; from capture to a frame written", messages)
                self.assertTrue(messages.endswith(f"ferrite-mjpeg: {DEVICE}: No such device\n"))

    def test_a_larger_picture_is_reduced(self):
        picture = jpeg(drawing(6, (2 * WIDTH, 2 * HEIGHT)))
        frames, messages = self.convert(
            f"MJPG:{2 * WIDTH}x{2 * HEIGHT}", frames=[picture], options=("--size", SIZE, "--camera-size", f"{2 * WIDTH}x{2 * HEIGHT}"))
        self.assertEqual(frames, luma(picture))
        self.assertIn(f"MJPG, {2 * WIDTH}x{2 * HEIGHT}, reduced by 2\n", messages)

    def test_what_webcams_do_to_pictures(self):
        first, second = self.pictures[:2]
        padded = first + bytes(500)
        extra = second[:-2] + b"\x00\x00" + second[-2:]
        cut = (first, 3, "sm", 50)
        empty = (b"", 4, "m", 50)
        frames, messages = self.convert(
            f"MJPG:{SIZE}", frames=[without_tables(first), padded, extra, cut, empty, (second, 7, "m", 50)])
        self.assertEqual(frames, self.frames[0] * 2 + self.frames[1] * 2)
        # The empty one counts as lost, as do the two that the driver dropped.
        self.assertIn("4 frames, 3 dropped, 1 broken; ", messages)

    def test_who_decodes_can_open_nothing_and_signal_nobody(self):
        _, messages = self.convert(f"MJPG:{SIZE}", frames=self.pictures[:3], probe="/etc/passwd")
        probes = [line for line in messages.splitlines() if line.startswith("probe: ")]
        refused = "Permission denied"
        self.assertEqual(set(probes), {f"probe: open {refused}, socket {refused}, kill {refused}"})
        self.assertNotIn("warning", messages)

    def test_what_cannot_be_had_is_told(self):
        for formats, named, complaint in (
            ((f"YUYV:{SIZE}", f"NV12:{SIZE}"), {}, "offers YUYV, NV12; MJPG or JPEG is needed "
             "(GREY, NV12, YU12 and YUYV are for ferrite-edge watch --camera)"),
            (("MJPG:640x480",), {}, f"gives 640x480, which is not --size {SIZE} nor 2, 4 or 8 times that; --camera-size asks for another"),
            ((f"MJPG:{SIZE}",), {"busy": True}, "Device or resource busy"),
        ):
            with self.subTest(complaint):
                frames, messages = self.convert(*formats, **named)
                self.assertEqual((frames, messages), (b"", f"ferrite-mjpeg: {DEVICE}: {complaint}\n"))
        for path, complaint in (("/dev/video99", "No such file or directory"), ("/dev/null", "is no camera that streams")):
            done = subprocess.run([PROGRAM, "--camera", path, "--size", SIZE], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (65, "", f"ferrite-mjpeg: {path}: {complaint}\n"))

    def test_the_device_program_decides_on_its_frames(self):
        alone = subprocess.run(
            [EDGE, "watch", fixtures.MODEL, "--stdin", "grey", "--size", SIZE, "--every", "--json"], input=b"".join(self.frames),
            capture_output=True)
        camera = FakeCamera(f"MJPG:{SIZE}", frames=self.pictures)
        with camera.start(PROGRAM, "--camera", DEVICE, "--size", SIZE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as pictures:
            watch = subprocess.run([EDGE, "watch", fixtures.MODEL, "--stdin", "grey", "--size", SIZE, "--json"], stdin=pictures.stdout,
                                   capture_output=True, timeout=60)
        self.assertEqual(watch.returncode, 0, watch.stderr)
        self.assertEqual(fixtures.objects(watch.stdout.decode()), fixtures.objects(alone.stdout.decode()))
        self.assertEqual(len(fixtures.objects(watch.stdout.decode())), len(self.pictures))


if __name__ == "__main__":
    unittest.main()
