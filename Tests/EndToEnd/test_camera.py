"""The device program on a camera of the kernel's own, vivid, in an emulated Raspberry Pi 3B."""

import json
import pathlib
import re
import tempfile
import unittest

import fixtures
import guest
from raspberry_pi import RaspberryPi

BOARD = fixtures.ROOT / "boards/raspberry-pi-3.board"
MODULES = fixtures.BOARD_CACHE / "modules"


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
                 **{f"modules/{name}.ko": MODULES / f"{name}.ko" for name in modules}}
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        folder = pathlib.Path(scratch.name)
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

    def test_decisions_are_held_as_they_are_told_to_be(self):
        self.start("--size 640x480 --enter 1")
        found = self.frames(5)
        self.assertEqual({line["decision"] for line in found}, {None})
        self.assertLessEqual(self.pi.levels(), {6})  # the heartbeat alone
