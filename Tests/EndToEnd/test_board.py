"""The device program in an emulated Raspberry Pi 3B; its pins are read in the board's register, outside the guest."""

import json
import pathlib
import re
import struct
import tempfile
import time
import unittest

import fixtures
import guest
from raspberry_pi import RaspberryPi

BOARD = fixtures.ROOT / "boards/raspberry-pi-3.board"


def pins() -> dict[str, int]:
    """GPIO numbers by class, and of the heartbeat, as the board file says."""
    return {name: int(number) for name, number in re.findall(r"^(?:line\.)?(\w+) = (\d+)$", BOARD.read_text(), re.M)}


def twins() -> pathlib.Path:
    """A model two of whose classes have the same label: happy is called angry too."""
    model = bytearray(fixtures.MODEL.read_bytes())
    # The labels are the sixth section (docs/file-format.md).
    offset, length = struct.unpack_from("<QQ", model, 128 + 5 * 24 + 8)
    assert b"happy\n" in model[offset:offset + length]
    model[offset:offset + length] = model[offset:offset + length].replace(b"happy\n", b"angry\n")
    fixtures.stamp_digest(model)
    path = fixtures.FOLDER / "twins.fxm"
    path.write_bytes(model)
    return path


class Board(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pins = pins()
        cls.heartbeat = cls.pins["heartbeat"]
        cls.decisions = cls.one_face_of_each_class()
        files = {
            "bin/ferrite-edge": fixtures.EDGE, "model.fxm": fixtures.MODEL, "pi.board": BOARD, "twins.fxm": twins(),
            "medium.fxm": cls.medium(), **{f"faces/{name}.pgm": face for name, face in cls.decisions.items()},
        }
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        folder = pathlib.Path(scratch.name)
        guest.initramfs(folder / "initramfs.gz", fixtures.BOARD_CACHE / "busybox", files)
        cls.pi = cls.enterClassContext(RaspberryPi(fixtures.BOARD_CACHE, folder / "initramfs.gz", folder))

    def tearDown(self):
        # What a failed test left running would fail those behind it.
        self.pi.shell("exec 3>&- 4>&-; kill $! 2>/dev/null; wait")

    @classmethod
    def medium(cls) -> pathlib.Path:
        """The medium network as a model; its formats rest on drawn faces, which doesn't change its size."""
        path = fixtures.FOLDER / "medium.fxm"
        fixtures.run(fixtures.FERRITE, "export", fixtures.ROOT / "Models/sdl-medium.onnx", "-o", path, "--calibrate",
                     fixtures.FOLDER / "calibration", "--limit", 14)
        return path

    @classmethod
    def one_face_of_each_class(cls) -> dict[str, pathlib.Path]:
        """For each class the first face that shows it and that the host program takes for it."""
        faces = fixtures.faces()
        found = fixtures.objects(fixtures.run(fixtures.FERRITE, "run", fixtures.MODEL, *faces, "--json"))
        chosen = {}
        for face, decision in zip(faces, found):
            if decision["class"] == face.parent.name:
                chosen.setdefault(decision["class"], face)
        assert sorted(chosen) == sorted(fixtures.CLASSES), f"the model knows only {sorted(chosen)}"
        return chosen

    # What the tests do in the guest.

    def start(self, board: str = "/pi.board", model: str = "/model.fxm", options: str = "") -> None:
        """Starts `watch` on a pipe that stays open, and waits until it holds the lines."""
        self.pi.shell(
            "rm -f /tmp/*; mkfifo /tmp/frames; "
            f"ferrite-edge watch {model} --board {board} --stdin pgm --json {options} "
            "</tmp/frames >/tmp/decisions 2>/tmp/messages & exec 3>/tmp/frames; "
            "until grep -q heartbeat /tmp/messages; do sleep 0.1; done")
        self.frames = 0

    def show(self, face: str) -> dict:
        """Sends one face and waits for the decision, which comes after the lines were set."""
        self.frames += 1
        line = self.pi.shell(
            f"cat /faces/{face}.pgm >&3; "
            f"until [ $(wc -l </tmp/decisions) -ge {self.frames} ]; do sleep 0.1; done; tail -n 1 /tmp/decisions")
        return json.loads(line)

    def end(self, how: str) -> int:
        """Ends `watch` by a shell command; its exit code."""
        return int(self.pi.shell(f"{how}; wait $!; echo $?; exec 3>&-").split()[-1])

    def wait_for_levels(self, expected: set[int]) -> None:
        """Until the pins are so: for a program that has no way to say how far it is."""
        deadline = time.monotonic() + 30
        while self.pi.levels() != expected and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertEqual(self.pi.levels(), expected)

    def attempt(self, board_text: str, command: str = "safe") -> tuple[int, str]:
        """Runs a command with a board file of this text; exit code and messages."""
        text = board_text.replace("\n", "\\n")
        output = self.pi.shell(
            f"printf '{text}' >/tmp/try.board; ferrite-edge {command} --board /tmp/try.board 2>&1; echo $?")
        message, code = output.strip().rsplit("\n", 1)
        return int(code), message

    # The tests.

    def test_each_class_raises_its_own_line_alone_and_the_heartbeat_toggles(self):
        self.start()
        self.assertEqual(self.pi.levels(), set())
        for number, name in enumerate(fixtures.CLASSES):
            with self.subTest(name):
                decision = self.show(name)
                self.assertEqual((decision["frame"], decision["class"]), (number, name))
                self.assertEqual(decision["logits"], self.host_logits(name))
                beat = {self.heartbeat} if number % 2 == 0 else set()
                self.assertEqual(self.pi.levels(), {self.pins[name]} | beat)
        self.assertEqual(self.end("exec 3>&-"), 0)
        self.assertEqual(self.pi.levels(), set())

    def host_logits(self, name: str) -> list[int]:
        return fixtures.objects(
            fixtures.run(fixtures.FERRITE, "run", fixtures.MODEL, self.decisions[name], "--json"))[0]["logits"]

    def test_the_resolved_lines_are_printed(self):
        self.start()
        self.show("sad")
        messages = self.pi.shell("cat /tmp/messages")
        self.end("exec 3>&-")
        self.assertNotIn("warning", messages)
        self.assertIn("(pinctrl-bcm2835, 54 lines)", messages)
        for name, number in self.pins.items():
            self.assertRegex(messages, rf'line {number} "GPIO{number}" {name}\n')

    def test_every_signal_that_ends_a_program_lowers_all_lines_first(self):
        # The kernel's 33 has no handler, and must not end the program behind our back. Faults end it as ever.
        cases = {"TERM": 0, "INT": 0, "QUIT": 0, "USR2": 0, "PROF": 0, "64": 0, "SEGV": 139, "ABRT": 134, "TRAP": 133}
        for name, code in cases.items():
            with self.subTest(name):
                self.start()
                self.show("happy")
                self.assertEqual(self.pi.levels(), {self.pins["happy"], self.heartbeat})
                self.assertEqual(self.end(f"kill -33 $!; kill -PIPE $!; kill -{name} $!"), code)
                self.assertEqual(self.pi.levels(), set())

    def test_threads_with_processors_and_priority_give_the_hosts_logits_and_signals_find_the_first(self):
        options = "--threads 3 --cpus 1,2,3 --priority 20"
        for name, code in {"TERM": 0, "64": 0, "SEGV": 139}.items():
            with self.subTest(name):
                self.start(options=options)
                for face in ("happy", "fear"):
                    self.assertEqual(self.show(face)["logits"], self.host_logits(face))
                tasks = self.pi.shell("for t in /proc/$!/task/*; do grep Cpus_allowed_list $t/status; done")
                # The last is the thread beside the frames.
                self.assertEqual(re.findall(r"[\d-]+", tasks), ["1", "2", "3", "0-3"])
                self.assertEqual(self.pi.levels(), {self.pins["fear"]})
                self.assertEqual(self.end(f"kill -33 $!; kill -PIPE $!; kill -{name} $!"), code)
                self.assertEqual(self.pi.levels(), set())

    def test_threads_sleep_while_no_frame_comes(self):
        self.start(options="--threads 4")
        self.show("happy")
        ticks = "sleep 1; cat /proc/$!/task/*/stat | awk '{ print $14 + $15 }'"
        before = self.pi.shell(ticks).split()
        self.assertEqual(len(before), 5)
        self.assertEqual(self.pi.shell(ticks).split(), before)
        self.assertEqual(self.end("exec 3>&-"), 0)

    def test_a_model_cut_short_under_running_threads_lowers_all_lines(self):
        self.pi.shell("cp /model.fxm /own.fxm")
        self.start(model="/own.fxm", options="--threads 4")
        self.show("happy")
        self.assertEqual(self.end(": >/own.fxm; cat /faces/sad.pgm >&3"), 135)
        self.assertEqual(self.pi.levels(), set())

    def test_a_model_cut_short_under_the_running_program_lowers_all_lines(self):
        self.pi.shell("cp /model.fxm /own.fxm")
        self.start(model="/own.fxm")
        self.show("happy")
        self.assertEqual(self.pi.levels(), {self.pins["happy"], self.heartbeat})
        # Pages of a mapping behind the file's end: SIGBUS.
        self.assertEqual(self.end(": >/own.fxm; cat /faces/sad.pgm >&3"), 135)
        self.assertEqual(self.pi.levels(), set())

    def test_sigterm_lowers_all_lines_while_an_image_is_a_pipe_without_writer(self):
        self.pi.shell(
            "rm -f /tmp/*; mkfifo /tmp/image; "
            "ferrite-edge watch /model.fxm --board /pi.board /faces/happy.pgm /tmp/image >/tmp/decisions 2>&1 & "
            "until grep -q '^/faces/happy.pgm: happy' /tmp/decisions; do sleep 0.1; done")
        self.assertEqual(self.pi.levels(), {self.pins["happy"], self.heartbeat})
        self.assertEqual(self.end("kill -TERM $!"), 0)
        self.assertEqual(self.pi.levels(), set())

    def test_sigterm_lowers_all_lines_while_nobody_reads_a_long_decision(self):
        # The image's name makes the line longer than what the program holds back; the pipe is full already.
        self.pi.shell(
            "rm -f /tmp/*; mkfifo /tmp/output; exec 4<>/tmp/output; head -c 65536 /dev/zero >&4; "
            "I=/faces/happy.pgm; while [ ${#I} -lt 4090 ]; do I=/.$I; done; "
            "ferrite-edge watch /model.fxm --board /pi.board --json $I >&4 2>/tmp/messages &")
        self.wait_for_levels({self.pins["happy"], self.heartbeat})
        # Time enough to come from the lines to the text.
        self.pi.shell("sleep 1")
        self.assertEqual(self.end("kill -TERM $!"), 0)
        self.assertEqual(self.pi.levels(), set())
        self.pi.shell("exec 4>&-")

    def test_a_damaged_frame_lowers_all_lines_and_is_named(self):
        self.start()
        self.show("sad")
        self.assertEqual(self.pi.levels(), {self.pins["sad"], self.heartbeat})
        self.assertEqual(self.end("echo no image >&3"), 65)
        self.assertIn("standard input: no binary PGM (P5), at byte ", self.pi.shell("cat /tmp/messages"))
        self.assertEqual(self.pi.levels(), set())

    def test_a_frame_cut_short_lowers_all_lines_and_is_named(self):
        self.start()
        self.show("neutral")
        self.assertEqual(self.pi.levels(), {self.pins["neutral"], self.heartbeat})
        self.assertEqual(self.end("head -c 1000 /faces/sad.pgm >&3; exec 3>&-"), 65)
        self.assertIn("standard input: the input ends within a frame, at byte ", self.pi.shell("cat /tmp/messages"))
        self.assertEqual(self.pi.levels(), set())

    def test_a_model_that_cannot_be_loaded_lowers_what_a_killed_program_left(self):
        self.pi.shell("head -c 1000 /model.fxm >/damaged.fxm")
        for model in ("/absent.fxm", "/damaged.fxm"):
            with self.subTest(model):
                self.start()
                self.show("surprise")
                self.assertEqual(self.end("kill -KILL $!"), 137)
                self.assertEqual(self.pi.levels(), {self.pins["surprise"], self.heartbeat})
                output = self.pi.shell(f"ferrite-edge watch {model} --board /pi.board /faces/sad.pgm 2>&1; echo $?")
                self.assertIn(f"ferrite-edge: {model}: ", output)
                self.assertEqual(output.split()[-1], "65")
                self.assertEqual(self.pi.levels(), set())

    def test_classes_of_one_label_share_its_line_and_classes_without_line_are_named(self):
        settings = ["chip-label = pinctrl-bcm2835", "line.angry = 17", "line.fear = 22", "heartbeat = 6"]
        self.pi.shell("; ".join(f"echo {one} >>/few.board" for one in settings))
        self.start("/few.board", "/twins.fxm")
        for face, levels in {"happy": {17, 6}, "sad": set(), "angry": {17, 6}, "fear": {22}}.items():
            self.show(face)
            self.assertEqual(self.pi.levels(), levels, face)
        messages = self.pi.shell("cat /tmp/messages")
        self.assertEqual(self.end("exec 3>&-"), 0)
        self.assertIn(
            "ferrite-edge: warning: /few.board: nothing shows disgust, sad, surprise, neutral\n", messages)

    def test_safe_lowers_what_a_killed_program_left(self):
        self.start()
        self.show("fear")
        self.assertEqual(self.end("kill -KILL $!"), 137)
        # The emulated pins keep their level when the kernel takes the lines back: only driving them lowers them.
        self.assertEqual(self.pi.levels(), {self.pins["fear"], self.heartbeat})
        self.assertEqual(self.pi.shell("ferrite-edge safe --board /pi.board 2>/dev/null; echo $?").strip(), "0")
        self.assertEqual(self.pi.levels(), set())

    def test_lines_in_use_are_refused_with_their_holder_and_stay_as_they_are(self):
        self.start()
        self.show("angry")
        code, message = self.attempt(f"chip-label = pinctrl-bcm2835\nline.angry = {self.pins['angry']}\n")
        held = self.pi.levels()
        self.end("exec 3>&-")
        self.assertEqual(code, 65)
        self.assertIn("line 2: angry = 17: the chip's line 17 is in use by ferrite-edge", message)
        self.assertEqual(held, {self.pins["angry"], self.heartbeat})

    def test_wrong_board_files_are_refused_and_no_pin_changes(self):
        cases = {
            "chip-label = pinctrl-rp1\nline.sad = 4\n":
                "no gpiochip has the label pinctrl-rp1; this machine has gpiochip0 (",
            "chip-label = pinctrl-bcm2835\nline.sad = 54\n": "line 2: sad = 54: the chip has no such line",
            "chip-label = pinctrl-bcm2835\nline.sad = LAMP\n": "line 2: sad = LAMP: the chip has no such line",
            "chip-label = pinctrl-bcm2835\nline.sad = 4\nline.fear = 4\n": "line 3: the pin stands above already",
            "chip-label = pinctrl-bcm2835\nline.sad = 17\nline.fear = GPIO17\n":
                "line 3: fear = GPIO17: this is the chip's line 17, which another key names already",
            "chip-label = pinctrl-bcm2835\nline.sad = 4\nlamp = 5\n": "line 3: unknown key",
        }
        for text, expected in cases.items():
            with self.subTest(expected):
                code, message = self.attempt(text)
                self.assertEqual(code, 65, message)
                self.assertIn(expected, message)
                self.assertEqual(self.pi.levels(), set())

    def test_a_class_that_the_model_lacks_is_refused(self):
        code, message = self.attempt(
            "chip-label = pinctrl-bcm2835\nline.hapy = 4\n", "watch /model.fxm /faces/happy.pgm")
        self.assertEqual((code, self.pi.levels()), (65, set()), message)
        self.assertIn("/tmp/try.board: line 2: the model has no such class", message)

    def test_names_resolve_and_active_low_inverts_every_level(self):
        settings = ["chip-label = pinctrl-bcm2835", "line.happy = GPIO20", "line.sad = GPIO21", "heartbeat = 26",
                    "active-low = yes"]
        self.pi.shell("; ".join(f"echo {one} >>/low.board" for one in settings))
        self.start("/low.board")
        self.assertEqual(self.pi.levels(), {20, 21, 26})
        self.show("happy")
        self.assertEqual(self.pi.levels(), {21})
        self.show("fear")
        self.assertEqual(self.pi.levels(), {20, 21, 26})
        self.assertEqual(self.end("exec 3>&-"), 0)
        # Leaves the pins low for the tests that follow.
        code, message = self.attempt("chip-label = pinctrl-bcm2835\nline.a = 20\nline.b = 21\nline.c = 26\n")
        self.assertEqual((code, self.pi.levels()), (0, set()), message)

    def test_bits_show_the_number_of_the_decision(self):
        text = "chip-label = pinctrl-bcm2835\nbit.0 = 20\nbit.1 = 21\nbit.2 = 26\nheartbeat = 16\n"
        code, message = self.attempt(text.replace("bit.1 = 21\n", ""), "watch /model.fxm /faces/happy.pgm")
        self.assertEqual((code, self.pi.levels()), (65, set()))
        self.assertIn("bit.N without all bits below it", message)
        code, message = self.attempt(text.replace("bit.2 = 26\n", ""), "watch /model.fxm /faces/happy.pgm")
        self.assertEqual((code, self.pi.levels()), (65, set()))
        self.assertIn("too few bits for none and 7 classes", message)
        self.pi.shell(f"printf '{text}' >/bits.board".replace("\n", "\\n"))
        self.start("/bits.board")
        for number, name in enumerate(fixtures.CLASSES):
            self.show(name)
            lines = {pin for bit, pin in enumerate((20, 21, 26)) if number + 1 >> bit & 1}
            self.assertEqual(self.pi.levels(), lines | ({16} if number % 2 == 0 else set()))
        self.assertEqual(self.end("exec 3>&-"), 0)
        self.assertEqual(self.pi.levels(), set())

    def test_open_drain_and_bias_are_asked_of_the_kernel(self):
        text = "chip-label = pinctrl-bcm2835\nline.happy = 20\ndrive = {}\nbias = {}\n"
        for drive in ("push-pull", "open-drain", "open-source"):
            for bias in ("as-is", "none", "pull-up", "pull-down"):
                with self.subTest(drive=drive, bias=bias):
                    code, message = self.attempt(text.format(drive, bias))
                    self.assertEqual(code, 0, message)
        for wrong, complaint in ((("strong", "none"), "neither push-pull nor"), (("push-pull", "up"), "neither as-is nor")):
            code, message = self.attempt(text.format(*wrong))
            self.assertEqual(code, 65)
            self.assertIn(complaint, message)

    def test_bench_stays_below_eight_megabytes_and_off_the_heap(self):
        # The kernel's own word: Busybox's `time -v` takes kilobytes for pages.
        output = self.pi.shell(
            "ferrite-edge bench /medium.fxm --frames 10 --json >/tmp/report & "
            "while grep VmHWM /proc/$!/status >/tmp/now; do cp /tmp/now /tmp/peak; sleep 0.02; done; "
            "cat /tmp/report /tmp/peak", seconds=120)
        report, peak = output.strip().splitlines()[-2:]
        self.assertEqual(json.loads(report)["allocations"], 0)
        kilobytes = int(re.search(r"VmHWM:\s+(\d+) kB", peak).group(1))
        print(f"{kilobytes} KB resident with the medium network ... ", end="", flush=True)
        self.assertLess(kilobytes, 8000)
