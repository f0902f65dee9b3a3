"""The device program on a camera's stream: formats, dropped frames, and what makes decisions of answers."""

import os
import re
import socket
import subprocess
import unittest

import fixtures

WIDTH, HEIGHT = 128, 96
"""Of a frame. Its central square is twice as wide and high as the model's input."""


def pixels(face) -> bytes:
    """The 48 x 48 pixels of a PGM."""
    return face.read_bytes()[-48 * 48:]


def brightness(face) -> bytes:
    """A frame's brightness: the face at twice its size in the middle, and something else left and right of it."""
    source, rows = pixels(face), []
    for y in range(HEIGHT):
        row = bytes(value for value in source[y // 2 * 48:(y // 2 + 1) * 48] for _ in range(2))
        rows.append(b"\x07" * 16 + row + b"\xf0" * 16)
    return b"".join(rows)


def frame(encoding: str, face) -> bytes:
    plane = brightness(face)
    if encoding == "grey":
        return plane
    if encoding == "yuyv":
        return bytes(byte for value in plane for byte in (value, 0x80))
    return plane + b"\x30" * (WIDTH * HEIGHT // 2)


def watch(*options, frames: bytes = b"", size: str = f"{WIDTH}x{HEIGHT}", model=fixtures.MODEL):
    words = ["qemu-aarch64", fixtures.EDGE, "watch", model, "--size", size, *options]
    return subprocess.run([str(word) for word in words], input=frames, capture_output=True)


class Stream(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.faces = fixtures.faces()[::13]
        cls.answers = fixtures.objects(fixtures.run(fixtures.FERRITE, "run", fixtures.MODEL, *cls.faces, "--json"))

    def decisions(self, faces, *options) -> list[str | None]:
        done = watch("--stdin", "grey", "--every", "--json", *options, frames=b"".join(frame("grey", f) for f in faces))
        self.assertEqual(done.returncode, 0, done.stderr)
        return [line["decision"] for line in fixtures.objects(done.stdout.decode())]

    def test_every_format_gives_the_answers_of_the_faces_in_the_middle(self):
        for encoding in ("grey", "yuv420", "nv12", "yuyv"):
            with self.subTest(encoding):
                frames = b"".join(frame(encoding, face) for face in self.faces)
                done = watch("--stdin", encoding, "--every", "--json", frames=frames)
                self.assertEqual(done.returncode, 0, done.stderr)
                found = fixtures.objects(done.stdout.decode())
                self.assertEqual([line["logits"] for line in found], [answer["logits"] for answer in self.answers])
                self.assertEqual([line["decision"] for line in found], [answer["class"] for answer in self.answers])
                self.assertIn(f"{len(self.faces)} frames, 0 dropped; from frame to line", done.stderr.decode())
                self.assertIn("no --board, so no line is driven", done.stderr.decode())

    def test_the_newest_frame_wins_and_the_others_are_counted(self):
        many = [self.faces[index % len(self.faces)] for index in range(200)]
        done = watch("--stdin", "grey", "--json", frames=b"".join(frame("grey", face) for face in many))
        self.assertEqual(done.returncode, 0, done.stderr)
        found = fixtures.objects(done.stdout.decode())
        frames, dropped = map(int, re.search(r"(\d+) frames, (\d+) dropped", done.stderr.decode()).groups())
        self.assertEqual((frames, frames + dropped), (len(found), len(many)))
        self.assertEqual(found[-1]["logits"], self.answers[(len(many) - 1) % len(self.faces)]["logits"])
        # Emulated, a frame takes longer than to send it.
        self.assertGreater(dropped, 0)

    def test_a_file_loses_no_frame(self):
        path = fixtures.FOLDER / "stream.grey"
        path.write_bytes(b"".join(frame("grey", face) for face in self.faces))
        words = ["qemu-aarch64", fixtures.EDGE, "watch", fixtures.MODEL, "--stdin", "grey", "--size", f"{WIDTH}x{HEIGHT}"]
        with open(path, "rb") as file:
            done = subprocess.run([str(word) for word in words], stdin=file, capture_output=True, text=True)
        self.assertEqual((done.returncode, len(done.stdout.splitlines())), (0, len(self.faces)), done.stderr)
        self.assertIn(f"{len(self.faces)} frames, 0 dropped", done.stderr)

    def test_votes_settle_what_single_frames_would_flip(self):
        by_class = {answer["class"]: face for face, answer in zip(self.faces, self.answers)}
        happy, sad = by_class["happy"], by_class["sad"]
        faces = [happy, happy, sad, happy, sad, sad, happy, sad]
        self.assertEqual(self.decisions(faces), ["happy", "happy", "sad", "happy", "sad", "sad", "happy", "sad"])
        self.assertEqual(self.decisions(faces, "--majority", 3, "--enter", "0.6"),
                         [None, "happy", "happy", "happy", "sad", "sad", "sad", "sad"])
        # Held for an hour, the first one stays.
        self.assertEqual(set(self.decisions(faces, "--hold", 3600000)), {"happy"})
        # Nothing is as sure as this.
        self.assertEqual(set(self.decisions(faces, "--enter", "1")), {None})

    def test_the_text_tells_what_is_shown_where_that_differs(self):
        done = watch("--stdin", "grey", "--every", "--enter", "1", frames=frame("grey", self.faces[0]))
        self.assertRegex(done.stdout.decode(), r"^\w+ 0\.\d{6}, shown: nothing\n$")

    def test_a_service_manager_hears_of_readiness_and_of_finished_frames(self):
        path = fixtures.FOLDER / "notify"
        for name, address in ((str(path), str(path)), ("@ferrite-test", "\0ferrite-test")):
            with self.subTest(name), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
                path.unlink(missing_ok=True)
                manager.bind(address)
                manager.settimeout(10)
                words = ["qemu-aarch64", fixtures.EDGE, "watch", fixtures.MODEL, "--stdin", "grey", "--size", f"{WIDTH}x{HEIGHT}"]
                with subprocess.Popen([str(word) for word in words], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL, env={**os.environ, "NOTIFY_SOCKET": name}) as program:
                    self.assertEqual(manager.recv(99), b"READY=1")
                    # No frame, no sign of life.
                    manager.settimeout(1)
                    self.assertRaises(TimeoutError, manager.recv, 99)
                    manager.settimeout(10)
                    program.stdin.write(frame("grey", self.faces[0]))
                    program.stdin.flush()
                    self.assertEqual(manager.recv(99), b"WATCHDOG=1")
                    program.stdin.close()
                    self.assertEqual(manager.recv(99), b"STOPPING=1")
                self.assertEqual(program.returncode, 0)

    def test_a_stream_that_ends_within_a_frame_is_an_error_that_names_the_place(self):
        whole = frame("yuv420", self.faces[0])
        done = watch("--stdin", "yuv420", "--every", "--json", frames=whole + whole[:100])
        self.assertEqual((done.returncode, len(fixtures.objects(done.stdout.decode()))), (65, 1))
        self.assertIn(f"standard input: the input ends within a frame, at byte {len(whole) + 100}", done.stderr.decode())

    def test_wrong_calls_are_refused(self):
        for options, complaint in [
            (("--stdin", "rgb"), "--stdin takes"), (("--stdin", "pgm"), "--size WIDTHxHEIGHT goes with"),
            (("--stdin", "grey", "--smooth", "7"), "--smooth takes 1 to 6"),
            (("--stdin", "grey", "--smooth", "2", "--majority", "3"), "one of the two"),
            (("--stdin", "grey", "--majority", "1"), "--majority takes 2 to 63"),
            (("--stdin", "grey", "--enter", "1.1"), "--enter takes 0 to 1"),
            (("--stdin", "grey", "--enter", "0.4", "--leave", "0.5"), "--leave must not be above --enter"),
            (("--stdin", "grey", "--hold", "-1"), "--hold takes"),
        ]:
            with self.subTest(options):
                done = watch(*options)
                self.assertEqual(done.returncode, 64)
                self.assertIn(complaint, done.stderr.decode())
        for size in ("128", "128x", "x96", "15x96", "128x4097", "128x96x3", "127x96"):
            with self.subTest(size):
                self.assertEqual(watch("--stdin", "yuv420", size=size).returncode, 64)
