"""What goes wrong around the programs: disks that are full or can't be read, kills, clocks that jump, no memory, no processor time. Nothing that was
there is lost, nothing half-made is left, pins go on or are safe, and the next run needs nobody's help.

Other faults are with what they are about: damaged and forged models in test_install.py, test_signing.py and the unit tests, models cut short while they run,
signals and pipes in test_board.py, full disks and pipes of what is told in test_outputs.py and test_telling.py, cameras in test_camera.py, brokers in
test_mqtt.py.
"""

import json
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import fixtures
import guest
import test_board
from raspberry_pi import RaspberryPi

BOARD = fixtures.ROOT / "boards/raspberry-pi-3.board"
NATIVE_EDGE = fixtures.FERRITE.parent / "ferrite-edge"
"""The device program as this machine runs it, without an emulator whose own memory would count."""


def attempt(*command, **more) -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, stdin=subprocess.DEVNULL, **more)


class Host(unittest.TestCase):
    """What `ferrite` meets on the machine where models are made."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.model = self.folder / "model.fxm"
        self.export = [fixtures.FERRITE, "export", fixtures.TOON, "-o", self.model, "--calibrate", fixtures.FOLDER / "calibration", "--limit", 14]

    def names(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()}

    def test_a_disk_that_fills_up_during_export_loses_nothing(self):
        before = fixtures.MODEL.read_bytes()
        self.model.write_bytes(before)
        # A file that can't grow: write() fails as on a full disk, at the first byte, in the middle and at the last.
        size = len(before)
        for limit in (0, 4096, size // 2, size - 4096):
            def confine():
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

            done = attempt(*self.export, preexec_fn=confine)
            self.assertEqual((done.returncode, done.stdout), (65, ""), done.stderr)
            self.assertIn(f"{self.model}: can't be written (File too large)", done.stderr)
            self.assertEqual((self.names(), self.model.read_bytes()), ({"model.fxm"}, before))

    def test_export_killed_at_any_moment_leaves_a_whole_model_and_no_litter(self):
        self.model.write_bytes(fixtures.MODEL.read_bytes())
        whole = {self.model.read_bytes()}
        started = time.monotonic()
        self.assertEqual(attempt(*self.export).returncode, 0)
        seconds = time.monotonic() - started
        whole.add(self.model.read_bytes())
        generator = random.Random(11)
        for moment in range(20):
            with subprocess.Popen([str(word) for word in self.export], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as program:
                # Later rather than sooner: writing is the last thing it does.
                time.sleep(seconds * generator.triangular(0, 1.1, 1))
                program.kill()
            self.assertIn(self.model.read_bytes(), whole, f"moment {moment}")
            # Between a whole file's getting a name and its taking the model's place lies a moment.
            for litter in self.names() - {"model.fxm"}:
                self.assertIn((self.folder / litter).read_bytes(), whole, f"moment {moment}")
                (self.folder / litter).unlink()
        self.assertEqual(attempt(fixtures.FERRITE, "selftest", self.model).returncode, 0)

    def test_what_cannot_be_read_is_named(self):
        # Reading the start of /proc/self/mem is an input error, as of a disk that is dying.
        network = self.folder / "dying.onnx"
        network.symlink_to("/proc/self/mem")
        picture = self.folder / "dying.pgm"
        picture.symlink_to("/proc/self/mem")
        cases = [([fixtures.FERRITE, "run", fixtures.MODEL, picture], picture), ([NATIVE_EDGE, "run", fixtures.MODEL, picture], picture),
                 ([fixtures.FERRITE, "export", network, "-o", self.model, "--calibrate", fixtures.FOLDER / "calibration"], network),
                 ([fixtures.FERRITE, "inspect", picture], picture), ([NATIVE_EDGE, "selftest", picture], picture),
                 ([NATIVE_EDGE, "safe", "--board", picture], picture), ([NATIVE_EDGE, "safe", "--board", self.folder], self.folder),
                 ([NATIVE_EDGE, "selftest", self.folder], self.folder), ([fixtures.FERRITE, "selftest", self.folder], self.folder),
                 ([NATIVE_EDGE, "selftest", fixtures.MODEL, "--public-key", picture], picture)]
        for command, name in cases:
            done = attempt(*command)
            with self.subTest(command[1:]):
                self.assertEqual((done.returncode, done.stdout), (65, ""), done.stderr)
                self.assertIn(str(name), done.stderr)
        with open("/proc/self/mem", "rb") as stream:
            done = subprocess.run([NATIVE_EDGE, "watch", fixtures.MODEL, "--stdin", "raw"], stdin=stream, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (65, ""))
        self.assertIn("standard input: Input/output error", done.stderr)
        self.assertEqual(self.names(), {"dying.onnx", "dying.pgm"})


class Board(unittest.TestCase):
    """What `ferrite-edge` meets in an emulated Raspberry Pi 3B."""

    @classmethod
    def setUpClass(cls):
        cls.pins = test_board.pins()
        cls.faces = test_board.Board.one_face_of_each_class()
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        folder = pathlib.Path(scratch.name)
        fixtures.run(fixtures.FERRITE, "keygen", "-o", folder / "owner")
        for sequence in (1, 2):
            fixtures.run(fixtures.FERRITE, "sign", fixtures.MODEL, "--key", folder / "owner.key", "--sequence", sequence, "-o", folder / f"{sequence}.fxm")
        board = folder / "pi.board"
        board.write_text(BOARD.read_text() + "blink.happy = 100 100\n")
        for name, face in cls.faces.items():
            (folder / f"{name}.grey").write_bytes(face.read_bytes()[-48 * 48:])
        files = {"bin/ferrite-edge": fixtures.EDGE, "model.fxm": fixtures.MODEL, "pi.board": BOARD, "blinking.board": board, "owner.pub": folder / "owner.pub",
                 "1.fxm": folder / "1.fxm", "2.fxm": folder / "2.fxm", **{f"faces/{name}.grey": folder / f"{name}.grey" for name in cls.faces}}
        guest.initramfs(folder / "initramfs.gz", fixtures.BOARD_CACHE / "busybox", files)
        cls.pi = cls.enterClassContext(RaspberryPi(fixtures.BOARD_CACHE, folder / "initramfs.gz", folder))
        cls.size = (folder / "1.fxm").stat().st_size

    def tearDown(self):
        # What a failed test left running would fail those behind it.
        self.pi.shell("exec 3>&-; kill $! 2>/dev/null; wait; umount /small 2>/dev/null")

    def start(self, board: str = "/pi.board", options: str = "", before: str = "") -> None:
        """Starts `watch` on a stream that stays open; `before` is a command before it."""
        self.pi.shell(f"rm -f /tmp/*; mkfifo /tmp/frames; {before} ferrite-edge watch /model.fxm --board {board} --stdin grey --size 48x48 --json "
                      f"{options} </tmp/frames >/tmp/decisions 2>/tmp/messages & exec 3>/tmp/frames")
        self.frames = 0

    def show(self, face: str, seconds: float = 60) -> dict:
        """Sends one frame and waits for the decision, which comes after the lines were set."""
        self.frames += 1
        line = self.pi.shell(f"cat /faces/{face}.grey >&3; until [ $(wc -l </tmp/decisions) -ge {self.frames} ] || ! kill -0 $!; do sleep 0.1; done; "
                             "tail -n 1 /tmp/decisions", seconds)
        self.assertTrue(line.strip(), self.pi.shell("cat /tmp/messages"))
        return json.loads(line)

    def show_every_face(self, seconds: float = 60) -> None:
        for face in fixtures.CLASSES:
            self.assertEqual(self.show(face, seconds)["class"], face)
            self.assertEqual(self.pi.levels() - {self.pins["heartbeat"]}, {self.pins[face]})

    def end(self, how: str = "exec 3>&-") -> int:
        """Ends `watch`; its exit code. The lines are safe behind it."""
        code = int(self.pi.shell(f"{how}; wait $!; echo $?; exec 3>&-").split()[-1])
        self.assertEqual(self.pi.levels(), set())
        return code

    def attempt(self, command: str) -> tuple[int, str]:
        output = self.pi.shell(f"{command} 2>&1; echo $?", 240).strip()
        message, _, code = output.rpartition("\n")
        return int(code), message

    def listing(self) -> list[str]:
        return self.pi.shell("ls /small").split()

    # A disk.

    def small_disk(self, kilobytes: int) -> None:
        self.pi.shell(f"mkdir -p /small; mount -t tmpfs -o size={kilobytes}k none /small")

    def test_a_full_disk_keeps_the_model_that_is_there(self):
        """Room for one model and a half."""
        self.small_disk(self.size * 3 // 2 // 1024)
        install = "ferrite-edge install-model /{}.fxm --to /small/model.fxm --public-key /owner.pub"
        self.assertEqual(self.attempt(install.format(1))[0], 0)
        code, message = self.attempt(install.format(2))
        self.assertEqual(code, 65)
        self.assertIn("/small/model.fxm: not installed: No space left on device", message)
        self.assertEqual(self.listing(), ["model.fxm", "model.fxm.accepted"])
        self.assertEqual(self.pi.shell("cmp /1.fxm /small/model.fxm && cut -d' ' -f2 /small/model.fxm.accepted").strip(), "1")
        # With room, the same command does it.
        self.pi.shell("mount -o remount,size=4096k /small")
        self.assertEqual(self.attempt(install.format(2))[0], 0)
        self.assertEqual(self.listing(), ["model.fxm", "model.fxm.accepted", "model.fxm.old"])

    def test_a_disk_that_has_room_for_the_model_but_not_for_its_record_leaves_no_way_back(self):
        self.small_disk(-(-self.size // 4096) * 4)
        install = "ferrite-edge install-model /{}.fxm --to /small/model.fxm --public-key /owner.pub"
        code, message = self.attempt(install.format(2))
        self.assertEqual(code, 65)
        self.assertIn("/small/model.fxm.accepted: not installed: No space left on device", message)
        self.assertEqual(self.listing(), ["model.fxm"])
        self.assertEqual(self.attempt("ferrite-edge selftest /small/model.fxm --public-key /owner.pub")[0], 0)
        self.pi.shell("mount -o remount,size=4096k /small")
        code, message = self.attempt(install.format(1))
        self.assertEqual(code, 65)
        self.assertIn("older than what was accepted: its sequence number is 1, and one of 2", message)
        self.assertEqual(self.attempt(install.format(2))[0], 0)
        self.assertEqual(self.listing(), ["model.fxm", "model.fxm.accepted", "model.fxm.old"])

    def test_a_disk_that_can_only_be_read_is_named(self):
        self.small_disk(4096)
        self.pi.shell("cp /1.fxm /small/model.fxm; mount -o remount,ro /small")
        code, message = self.attempt("ferrite-edge install-model /2.fxm --to /small/model.fxm")
        self.assertEqual((code, self.listing()), (65, ["model.fxm"]))
        self.assertIn("/small/model.fxm: not installed: Read-only file system", message)
        self.assertEqual(self.attempt("ferrite-edge selftest /small/model.fxm")[0], 0)

    # The clock on the wall.

    def test_a_clock_that_jumps_moves_no_pin_and_no_measurement(self):
        self.start("/blinking.board", "--hold 500 --deadline 60000 --metrics /tmp/ferrite.prom --summary")
        self.show("happy")
        for date in ("2001-01-01 00:00:00", "2037-12-31 23:59:59", "1970-01-02 00:00:00", "2026-11-27 12:00:00"):
            self.pi.shell(f"date -s '{date}'")
            self.assertEqual(self.show("happy")["decision"], "happy")
            # The line still blinks: it is seen both ways.
            for level in (True, False):
                # Not read again once it was seen so: it may have blinked.
                deadline, seen = time.monotonic() + 30, None
                while seen != level and time.monotonic() < deadline:
                    seen = self.pins["happy"] in self.pi.levels()
                self.assertEqual(seen, level, date)
        # A decision that is held is let go by the time that has passed.
        self.pi.shell("date -s '2001-01-01 00:00:00'; sleep 1")
        self.assertEqual(self.show("sad")["decision"], "sad")
        self.assertEqual(self.end(), 0)
        summary = json.loads(self.pi.shell("tail -n 1 /tmp/decisions"))["summary"]
        self.assertEqual((summary["frames"], summary["deadline_misses"], summary["allocations"]), (6, 0, 0))
        for stage, times in summary["latency_us"].items():
            self.assertLess(times["max"], 60_000_000, stage)

    # Memory and processors.

    def test_without_memory_it_says_so_and_no_line_is_left_active(self):
        """From room for nothing to room for everything; below some limit the kernel itself has none to start the program in."""
        codes = {}
        for kilobytes in [*range(1200, 4200, 150), 200_000]:
            code, message = self.attempt(f"(ulimit -v {kilobytes}; exec ferrite-edge watch /model.fxm --board /pi.board --stdin grey --size 48x48 </dev/null)")
            self.assertEqual(self.pi.levels(), set())
            codes[kilobytes] = code
            if code == 65:
                self.assertRegex(message, "no memory|Cannot allocate memory|Resource temporarily unavailable", f"{kilobytes} kB")
        self.assertEqual(codes[200_000], 0)
        self.assertIn(65, codes.values())
        first = min(kilobytes for kilobytes, code in codes.items() if code in (0, 65))
        self.assertTrue(all(code in (0, 65) for kilobytes, code in codes.items() if kilobytes > first), codes)

    def test_busy_neighbours_cost_time_and_no_decision(self):
        """Eight of them on four cores."""
        self.pi.shell("for n in 1 2 3 4 5 6 7 8; do (while :; do :; done) & echo $! >>/neighbours; done")
        try:
            self.start()
            self.show_every_face(120)
            self.assertEqual(self.end(), 0)
        finally:
            self.pi.shell("kill $(cat /neighbours); rm /neighbours; wait")

    def test_a_processor_that_is_throttled_to_a_tenth_decides_all_the_same(self):
        """What heat does to a board, by the kernel's own limit on a group's processor time."""
        group = "/sys/fs/cgroup/hot"
        self.pi.shell(f"mkdir -p /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup; echo +cpu >/sys/fs/cgroup/cgroup.subtree_control; mkdir {group}; "
                      f"echo '10000 100000' >{group}/cpu.max")
        try:
            self.start(before=f"(echo 0 >{group}/cgroup.procs; exec", options=")")
            self.show_every_face(240)
            throttled = dict(line.split() for line in self.pi.shell(f"cat {group}/cpu.stat").strip().splitlines())
            self.assertGreater(int(throttled["nr_throttled"]), 0)
            # Safe at once, however little time there is.
            self.assertEqual(self.end("kill -TERM $!"), 0)
        finally:
            self.pi.shell(f"exec 3>&-; wait; rmdir {group}; umount /sys/fs/cgroup")
