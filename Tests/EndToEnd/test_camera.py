"""The device program on a camera of the kernel's own, vivid, in an emulated Raspberry Pi 3B."""

import json
import pathlib
import re
import tempfile
import unittest

import fixtures
import guest
import test_board
from PIL import Image
from raspberry_pi import RaspberryPi

BOARD = fixtures.ROOT / "boards/raspberry-pi-3.board"
MODULES = fixtures.BOARD_CACHE / "modules"
LIBRARIES = {"lib/ld-linux-aarch64.so.1": "/lib/ld-linux-aarch64.so.1",
             **{f"lib/aarch64-linux-gnu/{name}": f"/usr/lib/aarch64-linux-gnu/{name}" for name in ("libc.so.6", "libjpeg.so.62")}}
"""What ferrite-mjpeg is linked with, of Debian's packages for the board."""


def with_dependencies(module: str, before: list[str] | None = None) -> list[str]:
    """A module behind those that it needs, as it says itself."""
    found = before if before is not None else []
    needs = re.search(rb"\0?depends=([^\0]*)\0", (MODULES / f"{module}.ko").read_bytes())[1].decode()
    for name in filter(None, needs.split(",")):
        with_dependencies(name, found)
    if module not in found:
        found.append(module)
    return found


class Camera(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        modules = with_dependencies("vivid")
        files = {"bin/ferrite-edge": fixtures.EDGE, "model.fxm": fixtures.MODEL, "pi.board": BOARD,
                 "bin/ferrite-mjpeg": fixtures.ROOT / "build/ferrite-mjpeg",
                 **{place: pathlib.Path(path) for place, path in LIBRARIES.items()},
                 **{f"modules/{name}.ko": MODULES / f"{name}.ko" for name in modules}}
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        folder = pathlib.Path(scratch.name)
        cls.pictures = {}
        for name in ("happy", "sad"):
            picture = folder / f"{name}.jpg"
            Image.open(test_board.Board.one_face_of_each_class()[name]).save(picture, quality=95)
            cls.pictures[name] = files[f"{name}.jpg"] = picture
        guest.initramfs(folder / "initramfs.gz", fixtures.BOARD_CACHE / "busybox", files)
        cls.pi = cls.enterClassContext(RaspberryPi(fixtures.BOARD_CACHE, folder / "initramfs.gz", folder))
        # One device that captures, by the ordinary interface, from a webcam's input.
        loads = [f"insmod /modules/{name}.ko" for name in modules]
        loads[-1] += " n_devs=1 node_types=0x1 num_inputs=1 input_types=0 multiplanar=1 no_error_inj=1"
        print(cls.pi.shell("; ".join(loads) + "; ls /dev/video* 2>&1"))

    def tearDown(self):
        self.pi.shell("kill $! 2>/dev/null; wait")

    def start(self, options: str = "--size 640x480") -> None:
        self.pi.shell(
            "rm -f /tmp/*; ferrite-edge watch /model.fxm --board /pi.board --camera /dev/video0 --json --summary "
            f"{options} >/tmp/decisions 2>/tmp/messages &")

    def frames(self, least: int) -> list[dict]:
        """Decisions, when there are so many."""
        self.pi.shell(f"until [ $(wc -l </tmp/decisions) -ge {least} ] || ! kill -0 $!; do sleep 0.2; done")
        return [json.loads(line) for line in self.pi.shell(f"head -n {least} /tmp/decisions").splitlines() if line.strip()]

    def messages(self) -> str:
        return self.pi.shell("cat /tmp/messages")

    def summary(self) -> dict:
        return fixtures.summary(self.pi.shell("tail -n 1 /tmp/decisions"))

    def test_frames_are_taken_and_decided_on(self):
        self.start()
        found = self.frames(5)
        self.assertEqual([line["frame"] for line in found], list(range(5)), self.messages())
        self.assertRegex(self.messages(), r"/dev/video0: GREY, 640x480")
        self.assertTrue(self.pi.levels())
        self.assertEqual(self.pi.shell("kill $!; wait $!; echo $?").strip(), "0")
        self.assertEqual(self.pi.levels(), set())

    def test_the_camera_gives_the_size_that_it_is_asked_for_or_tells_another(self):
        for options, size in (("--size 320x180", "320x180"), ("--size 321x240", r"\d+x\d+"), ("", r"\d+x\d+")):
            with self.subTest(options):
                self.start(options)
                self.assertEqual(len(self.frames(2)), 2, self.messages())
                self.assertRegex(self.messages(), f"/dev/video0: GREY, {size}\n")
                self.pi.shell("kill $!; wait $!")

    def test_what_cannot_be_had_is_told_and_no_line_stays_up(self):
        self.pi.shell("mknod /tmp/plain c 1 3 2>/dev/null; true")
        for camera, complaint in (("/dev/video9", "No such file or directory"), ("/dev/null", "Inappropriate ioctl|is no camera that streams")):
            with self.subTest(camera):
                output = self.pi.shell(f"ferrite-edge watch /model.fxm --board /pi.board --camera {camera} 2>&1; echo $?")
                self.assertRegex(output, f"ferrite-edge: {camera}: ({complaint})")
                self.assertEqual(output.split()[-1], "65")
                self.assertEqual(self.pi.levels(), set())

    def test_a_camera_in_use_is_told(self):
        self.start()
        self.frames(1)
        output = self.pi.shell("ferrite-edge watch /model.fxm --camera /dev/video0 2>&1; echo $?")
        self.assertIn("/dev/video0: Device or resource busy", output)
        self.assertEqual(output.split()[-1], "65")
        # And the first one goes on.
        count = len(self.frames(1))
        self.assertEqual(count, 1)
        self.frames(int(self.pi.shell("wc -l </tmp/decisions")) + 2)
        self.assertEqual(self.pi.shell("kill -0 $! && echo alive").strip(), "alive")

    def test_an_unplugged_camera_ends_it_with_the_lines_safe(self):
        self.start()
        self.frames(2)
        self.assertTrue(self.pi.levels())
        self.pi.shell("echo vivid.0 >/sys/bus/platform/drivers/vivid/unbind")
        code = self.pi.shell("wait $!; echo $?").split()[-1]
        self.assertEqual((code, self.pi.levels()), ("65", set()), self.messages())
        self.assertIn("ferrite-edge: /dev/video0: No such device", self.messages())
        self.assertGreaterEqual(self.summary()["frames"], 2)
        # Plugged in again, it is there again.
        self.pi.shell("echo vivid.0 >/sys/bus/platform/drivers/vivid/bind; until [ -e /dev/video0 ]; do sleep 0.1; done")
        self.start()
        self.assertEqual(len(self.frames(2)), 2, self.messages())

    def test_a_signal_ends_it_with_the_lines_safe_and_a_summary(self):
        self.start()
        self.frames(3)
        self.assertTrue(self.pi.levels())
        self.assertEqual(self.pi.shell("kill -INT $!; wait $!; echo $?").split()[-1], "0")
        self.assertEqual(self.pi.levels(), set())
        found = self.summary()
        self.assertGreaterEqual(found["frames"], 3)
        self.assertEqual(found["allocations"], 0)

    def test_after_sigkill_safe_drives_the_lines_down(self):
        self.start()
        self.frames(2)
        self.pi.shell("kill -9 $!; wait $!")
        self.assertEqual(self.pi.shell("ferrite-edge safe --board /pi.board 2>/dev/null; echo $?").split()[-1], "0")
        self.assertEqual(self.pi.levels(), set())

    def test_jpeg_pictures_come_to_the_pins_by_way_of_another_program(self):
        self.pi.shell(
            "rm -f /tmp/*; mkfifo /tmp/pictures; (ferrite-mjpeg --stdin --size 48x48 2>/tmp/converter | ferrite-edge watch /model.fxm "
            "--board /pi.board --stdin grey --size 48x48 --json --summary >/tmp/decisions 2>/tmp/messages) </tmp/pictures & exec 3>/tmp/pictures")
        pins = test_board.pins()
        for number, name in enumerate(self.pictures):
            self.pi.shell(f"cat /{name}.jpg >&3")
            found = self.frames(number + 1)[number]
            self.assertEqual((found["class"], self.pi.levels() - {pins["heartbeat"]}), (name, {pins[name]}))
        # The kernel can confine it: no warning, and a report at the end.
        self.assertEqual(self.pi.shell("exec 3>&-; wait $!; echo $?").split()[-1], "0")
        self.assertEqual(self.pi.levels(), set())
        self.assertRegex(self.pi.shell("cat /tmp/converter").strip(), r"^ferrite-mjpeg: 2 frames, 0 dropped; from capture")
        self.assertEqual(self.summary()["frames"], 2)

    def test_a_camera_without_jpeg_is_refused_with_what_it_offers(self):
        output = self.pi.shell("ferrite-mjpeg --camera /dev/video0 --size 640x480 2>&1 >/dev/null; echo $?")
        self.assertRegex(output.strip(), r"^ferrite-mjpeg: /dev/video0: offers \S+(, \S+)*; MJPG or JPEG is needed")
        self.assertEqual(output.split()[-1], "65")

    def test_decisions_are_held_as_they_are_told_to_be(self):
        self.start("--size 640x480 --enter 1")
        found = self.frames(5)
        self.assertEqual({line["decision"] for line in found}, {None})
        self.assertLessEqual(self.pi.levels(), {6})  # the heartbeat alone
