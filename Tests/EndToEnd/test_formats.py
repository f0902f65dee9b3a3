"""The device program on cameras that offer what the kernel's vivid doesn't: each format alone, padded rows, damaged and lost frames."""

import re
import unittest

import fixtures
from fake_camera import DEVICE, FakeCamera
from test_stream import HEIGHT, WIDTH, brightness, frame

EDGE = fixtures.FERRITE.parent / "ferrite-edge"
SIZE = f"{WIDTH}x{HEIGHT}"
ENCODINGS = {"GREY": "grey", "NV12": "nv12", "YU12": "yuv420", "YUYV": "yuyv"}


def padded(frame: bytes, row: int, to: int) -> bytes:
    """Rows of brightness with something behind each."""
    rows = [frame[start:start + row] + b"\xaa" * (to - row) for start in range(0, row * HEIGHT, row)]
    return b"".join(rows) + frame[row * HEIGHT:]


class Formats(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.faces = fixtures.faces()[::13][:6]
        cls.answers = [line["logits"] for line in fixtures.objects(
            fixtures.run(fixtures.FERRITE, "run", fixtures.MODEL, *cls.faces, "--json"))]

    def watch(self, *formats, frames=(), options=(), **camera):
        """What `watch` says of frames until the camera is unplugged: lines, summary, messages."""
        done = FakeCamera(*formats, frames=frames, **camera).run(
            EDGE, "watch", fixtures.MODEL, "--camera", DEVICE, "--json", "--summary", *options)
        messages = done.stderr.decode()
        self.assertEqual(done.returncode, 65, messages)
        lines = done.stdout.decode()
        return fixtures.objects(lines), fixtures.summary(lines) if lines else None, messages

    def test_each_format_alone_gives_the_answers_of_the_faces(self):
        for code, encoding in ENCODINGS.items():
            with self.subTest(code):
                lines, summary, messages = self.watch(
                    f"{code}:{SIZE}", frames=[frame(encoding, face) for face in self.faces])
                self.assertEqual([line["logits"] for line in lines], self.answers)
                self.assertEqual((summary["frames"], summary["dropped"]), (len(self.faces), 0))
                self.assertIn(f"{DEVICE}: {code}, {SIZE}\n", messages)
                self.assertIn(f"ferrite-edge: {DEVICE}: No such device\n", messages)

    def test_rows_may_be_padded(self):
        for code, row in {"GREY": WIDTH, "NV12": WIDTH, "YU12": WIDTH, "YUYV": 2 * WIDTH}.items():
            with self.subTest(code):
                frames = [padded(frame(ENCODINGS[code], face), row, row + 32) for face in self.faces[:2]]
                lines, _, _ = self.watch(f"{code}:{SIZE}:{row + 32}", frames=frames)
                self.assertEqual([line["logits"] for line in lines], self.answers[:2])

    def test_the_best_of_what_is_offered_is_taken(self):
        for offers, best in ((("YUYV", "MJPG", "NV12", "GREY"), "GREY"), (("MJPG", "YUYV", "YU12"), "YU12"),
                             (("RGB3", "YUYV"), "YUYV"), (("YU12", "NV12"), "NV12")):
            with self.subTest(offers):
                _, _, messages = self.watch(*(f"{code}:{SIZE}" for code in offers), frames=[frame(ENCODINGS[best], self.faces[0])])
                self.assertIn(f"{DEVICE}: {best}, {SIZE}\n", messages)

    def test_a_camera_without_any_of_them_is_refused_with_what_it_offers(self):
        lines, _, messages = self.watch(f"MJPG:{SIZE}", f"H264:{SIZE}")
        self.assertEqual(lines, [])
        self.assertIn(f"ferrite-edge: {DEVICE}: offers MJPG, H264; GREY, NV12, YU12 or YUYV is needed "
                      "(of MJPG or JPEG, ferrite-mjpeg makes frames for --stdin grey)\n", messages)

    def test_a_camera_in_use_is_refused(self):
        _, _, messages = self.watch(f"GREY:{SIZE}", busy=True)
        self.assertIn(f"ferrite-edge: {DEVICE}: Device or resource busy\n", messages)

    def test_a_camera_of_several_planes_alone_is_refused(self):
        _, _, messages = self.watch(f"NV12:{SIZE}", planes=True)
        self.assertIn(f"ferrite-edge: {DEVICE}: streams by the interface of several planes alone; let another program read it, and --stdin\n",
                      messages)

    def test_sizes_out_of_range_are_refused(self):
        for size in ("8x480", "5120x2160"):
            _, _, messages = self.watch(f"GREY:{size}")
            self.assertIn(f"ferrite-edge: {DEVICE}: gives {size}, 16 to 4096 pixels either way are possible\n", messages)

    def test_damaged_and_short_frames_are_left_out_and_lost_ones_counted(self):
        whole = [brightness(face) for face in self.faces]
        frames = [(whole[5], 0, "em", 50), (whole[0], 1, "m", 50), (whole[1], 2, "em", 50), (whole[2], 3, "sm", 50),
                  (whole[3], 4, "m", 50),
                  # The driver had no buffer for three.
                  (whole[4], 8, "m", 50), (whole[5], 9, "-", 50)]
        lines, summary, _ = self.watch(f"GREY:{SIZE}", frames=frames)
        self.assertEqual([line["logits"] for line in lines], [self.answers[index] for index in (0, 3, 4, 5)])
        self.assertEqual((summary["frames"], summary["dropped"]), (4, 6))

    def test_the_newest_frame_wins_and_all_are_accounted_for(self):
        whole = [brightness(face) for face in self.faces]
        frames = [(whole[number % len(whole)], number, "m", 0) for number in range(60)]
        frames.append((whole[0], 60, "m", 300))
        lines, summary, messages = self.watch(f"GREY:{SIZE}", frames=frames)
        self.assertEqual(lines[-1]["logits"], self.answers[0])
        self.assertEqual(summary["frames"] + summary["dropped"], 61)
        # From the driver's stamp: what waited was dropped, not kept.
        self.assertLess(summary["latency_us"]["whole"]["max"], 250_000, messages)

    def test_a_signal_ends_it_while_a_camera_is_silent(self):
        camera = FakeCamera(f"GREY:{SIZE}", frames=[brightness(self.faces[0])], end="wait")
        with camera.start(EDGE, "watch", fixtures.MODEL, "--camera", DEVICE, "--json", "--summary",
                          stdout=-1, stderr=-1) as watch:
            self.assertTrue(watch.stdout.readline())
            watch.terminate()
            lines, messages = watch.communicate(timeout=20)
            self.assertEqual(watch.returncode, 0, messages)
            self.assertEqual(fixtures.summary(lines.decode())["frames"], 1)
            self.assertTrue(re.search(rb"1 frames, 0 dropped", messages))


if __name__ == "__main__":
    unittest.main()
