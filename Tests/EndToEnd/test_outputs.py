"""What the device program drives beside plain lines, in an emulated Raspberry Pi 3B: patterns, a LED and PWM by the kernel's drivers, a
watchdog; and what holds up none of it."""

import json
import pathlib
import re
import subprocess
import tempfile
import time
import unittest

import fixtures
import guest
import test_board
from raspberry_pi import RaspberryPi

BOARD = "".join(
    line + "\n" for line in (fixtures.ROOT / "boards/raspberry-pi-3.board").read_text().splitlines() if not line.startswith("#"))
"""The settings alone: the shell of the guest has them between quotes."""
MODULES = fixtures.BOARD_CACHE / "modules"
LED = 16
"""The GPIO on which the test's device tree has the LED; on a real Pi 3 it hangs on a chip of the firmware's."""


class Outputs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        faces = test_board.Board.one_face_of_each_class()
        modules = ["leds-gpio", "pwm-bcm2835", "softdog"]
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        folder = pathlib.Path(scratch.name)
        # Frames of a stream: pixels alone.
        for name, face in faces.items():
            (folder / f"{name}.grey").write_bytes(face.read_bytes()[-48 * 48:])
        files = {"bin/ferrite-edge": fixtures.EDGE, "model.fxm": fixtures.MODEL,
                 **{f"modules/{name}.ko": MODULES / f"{name}.ko" for name in modules},
                 **{f"faces/{name}.grey": folder / f"{name}.grey" for name in faces}}
        guest.initramfs(folder / "initramfs.gz", fixtures.BOARD_CACHE / "busybox", files)
        tree = folder / "board.dtb"
        tree.write_bytes((fixtures.BOARD_CACHE / "board.dtb").read_bytes())
        gpio = subprocess.run(["fdtget", tree, "/soc/gpio@7e200000", "phandle"], capture_output=True, text=True, check=True).stdout
        subprocess.run(["fdtput", tree, "/leds/led-act", "gpios", gpio.strip(), str(LED), "0"], check=True)
        cls.pi = cls.enterClassContext(RaspberryPi(fixtures.BOARD_CACHE, folder / "initramfs.gz", folder, tree=tree))
        loads = ["insmod /modules/leds-gpio.ko", "insmod /modules/pwm-bcm2835.ko",
                 "insmod /modules/softdog.ko soft_margin=10 soft_noboot=1"]
        print(cls.pi.shell("; ".join(loads) + "; ls /sys/class/leds /sys/class/pwm /dev/watchdog* 2>&1"))

    def tearDown(self):
        # What a failed test left running would fail those behind it.
        self.pi.shell("exec 3>&- 4>&-; kill $! 2>/dev/null; wait")

    def start(self, board: str | None = None, options: str = "", output: str = ">/tmp/decisions") -> None:
        """Starts `watch` on a stream that stays open, and waits until it is ready; `board` is a board file's text."""
        text = (board or BOARD).replace("\n", "\\n")
        self.pi.shell(
            f"rm -f /tmp/*; printf '{text}' >/tmp/board; mkfifo /tmp/frames; "
            "ferrite-edge watch /model.fxm --board /tmp/board --stdin grey --size 48x48 --json "
            f"{options} </tmp/frames {output} 2>/tmp/messages & exec 3>/tmp/frames")
        self.frames = 0

    def show(self, face: str) -> dict:
        """Sends one frame and waits for the decision, which comes after the outputs were set."""
        self.frames += 1
        line = self.pi.shell(
            f"cat /faces/{face}.grey >&3; "
            f"until [ $(wc -l </tmp/decisions) -ge {self.frames} ] || ! kill -0 $!; do sleep 0.1; done; tail -n 1 /tmp/decisions")
        self.assertTrue(line.strip(), self.read("/tmp/messages"))
        return json.loads(line)

    def end(self, how: str = "exec 3>&-") -> int:
        return int(self.pi.shell(f"{how}; wait $!; echo $?; exec 3>&-").split()[-1])

    def read(self, path: str) -> str:
        return self.pi.shell(f"cat {path}").strip()

    def wait_for_levels(self, expected: set[int], seconds: float = 30) -> float:
        """Until the pins are so; the seconds that it took."""
        started = time.monotonic()
        while self.pi.levels() != expected and time.monotonic() < started + seconds:
            time.sleep(0.02)
        self.assertEqual(self.pi.levels(), expected)
        return time.monotonic() - started

    LED_FILES = "/sys/class/leds/ACT"
    CHANNEL = "/sys/class/pwm/pwmchip0/pwm1"

    def trigger(self) -> str:
        """The LED's trigger."""
        return re.search(r"\[(\S+)\]", self.read(f"{self.LED_FILES}/trigger"))[1]

    def refuse(self, board: str) -> str:
        """What `safe` says of a board that it refuses."""
        text = board.replace("\n", "\\n")
        output = self.pi.shell(f"printf '{text}' >/tmp/try; ferrite-edge safe --board /tmp/try 2>&1; echo $?")
        message, code = output.strip().rsplit("\n", 1)
        self.assertEqual(code, "65", message)
        return message

    # LEDs.

    def test_a_led_shows_its_class_and_goes_back_to_its_trigger(self):
        self.pi.shell(f"echo cpu1 >{self.LED_FILES}/trigger")
        self.start("led.happy = ACT\n")
        self.show("sad")
        self.assertEqual((self.pi.levels(), self.trigger()), (set(), "none"))
        self.show("happy")
        self.assertEqual(self.pi.levels(), {LED})
        self.assertIn("  led ACT happy\n", self.pi.shell("cat /tmp/messages"))
        self.assertIn("nothing shows angry, disgust, fear, sad, surprise, neutral", self.read("/tmp/messages"))
        self.show("fear")
        self.assertEqual(self.pi.levels(), set())
        self.show("happy")
        self.assertEqual(self.end(), 0)
        self.assertEqual(self.trigger(), "cpu1")
        self.pi.shell(f"echo none >{self.LED_FILES}/trigger")
        self.wait_for_levels(set())

    def test_every_end_makes_led_and_channel_inactive_beside_the_lines(self):
        text = BOARD + f"led.happy = ACT\npwm.happy = 3f20c000.pwm 1 20000 1000 2000\n"
        for how, code in {"kill -TERM $!": 0, "kill -HUP $!": 0, "kill -SEGV $!": 139, "kill -ABRT $!": 134,
                          "head -c 100 /faces/sad.grey >&3; exec 3>&-": 65}.items():
            with self.subTest(how):
                self.pi.shell(f"echo kbd-numlock >{self.LED_FILES}/trigger")
                self.start(text)
                self.show("happy")
                self.assertEqual(self.pi.levels(), {23, 6, LED})
                self.assertEqual(self.read(f"{self.CHANNEL}/duty_cycle"), "2000000")
                self.assertEqual(self.end(how), code)
                self.assertEqual(self.pi.levels(), set())
                self.assertEqual(self.trigger(), "kbd-numlock")
                self.assertEqual(self.read(f"{self.CHANNEL}/duty_cycle"), "1000000")
        self.pi.shell(f"echo none >{self.LED_FILES}/trigger")

    def test_safe_makes_inactive_what_a_killed_program_left(self):
        self.start("led.happy = ACT\npwm.happy = 0 1 20000 500 2500\n")
        self.show("happy")
        self.assertEqual(self.end("kill -KILL $!"), 137)
        self.assertEqual((self.pi.levels(), self.read(f"{self.CHANNEL}/duty_cycle")), ({LED}, "2500000"))
        self.assertEqual(self.pi.shell("ferrite-edge safe --board /tmp/board 2>/dev/null; echo $?").split()[-1], "0")
        self.assertEqual((self.pi.levels(), self.read(f"{self.CHANNEL}/duty_cycle")), (set(), "500000"))

    # PWM.

    def test_a_channel_is_driven_as_its_class_is_decided_on(self):
        # Left by somebody else: a shorter period than the time that comes.
        self.pi.shell(f"echo 1 >/sys/class/pwm/pwmchip0/export; echo 0 >{self.CHANNEL}/enable; echo 0 >{self.CHANNEL}/duty_cycle; "
                      f"echo 100000 >{self.CHANNEL}/period")
        self.start("pwm.sad = 3f20c000.pwm 1 20000 1000 2000\n")
        self.show("happy")
        files = [f"{self.CHANNEL}/{name}" for name in ("period", "duty_cycle", "enable")]
        self.assertEqual([self.read(path) for path in files], ["20000000", "1000000", "1"])
        self.show("sad")
        self.assertEqual([self.read(path) for path in files], ["20000000", "2000000", "1"])
        # And a longer time than the period that comes.
        self.assertEqual(self.end(), 0)
        self.start("pwm.sad = 0 1 1000 1000 0\n")
        self.show("happy")
        self.assertEqual([self.read(path) for path in files], ["1000000", "1000000", "1"])
        self.show("sad")
        self.assertEqual([self.read(path) for path in files], ["1000000", "0", "1"])
        self.assertEqual(self.end(), 0)

    def test_strength_follows_the_probability(self):
        self.start("strength = probability\npwm.happy = 3f20c000.pwm 1 10000 0 10000\n")
        decision = self.show("happy")
        probability = decision["probabilities"][decision["index"]]
        self.assertLess(probability, 1)
        self.assertAlmostEqual(int(self.read(f"{self.CHANNEL}/duty_cycle")) / 1e7, probability, delta=1e-5)
        self.assertEqual(self.end(), 0)
        self.assertEqual(self.read(f"{self.CHANNEL}/duty_cycle"), "0")

    def test_lights_that_cannot_be_had_are_named_and_the_others_are_inactive(self):
        self.pi.shell(f"echo cpu2 >{self.LED_FILES}/trigger")
        for line, complaint in {
            "led.sad = LAMP": "led LAMP: no such LED in /sys/class/leds",
            "pwm.sad = 9 1 20000 0 1": "pwm 9 1: no such channel in /sys/class/pwm",
            "pwm.sad = 3f20c000.pwm 2 20000 0 1": "pwm 3f20c000.pwm 2: no such channel in /sys/class/pwm",
        }.items():
            with self.subTest(line):
                message = self.refuse(f"led.happy = ACT\n{line}\n")
                self.assertIn(f"ferrite-edge: /tmp/try: line 2: {complaint}", message)
                self.assertEqual(self.trigger(), "cpu2")
        self.pi.shell(f"echo none >{self.LED_FILES}/trigger")

    # Patterns.

    def test_a_pulse_ends_in_time_without_another_frame(self):
        self.start(BOARD + "pulse.happy = 3000\n")
        self.show("happy")
        self.assertEqual(self.pi.levels(), {23, 6})
        self.assertLess(self.wait_for_levels({6}), 15)
        # It is one pulse for the decision, not one for each frame.
        self.show("happy")
        self.assertEqual(self.pi.levels(), set())
        self.show("sad")
        self.show("happy")
        self.assertEqual(self.pi.levels(), {23})
        self.assertEqual(self.end("kill -TERM $!"), 0)
        self.assertEqual(self.pi.levels(), set())

    def test_a_line_and_a_led_blink_together_while_no_frame_comes(self):
        self.start(BOARD + "led.fear = ACT\nblink.fear = 700 700\n")
        self.show("fear")
        for _ in range(3):
            self.wait_for_levels({22, 6, LED})
            self.wait_for_levels({6})
        self.show("sad")
        self.assertEqual(self.pi.levels(), {24})
        self.assertEqual(self.end(), 0)
        self.assertEqual(self.pi.levels(), set())

    def test_a_pulse_ends_in_time_on_a_pipe_of_images(self):
        text = (BOARD + "pulse.happy = 3000\n").replace("\n", "\\n")
        self.pi.shell(
            f"rm -f /tmp/*; printf '{text}' >/tmp/board; mkfifo /tmp/frames; ferrite-edge watch /model.fxm --board /tmp/board "
            "--stdin raw </tmp/frames >/tmp/decisions 2>/tmp/messages & exec 3>/tmp/frames; cat /faces/happy.grey >&3")
        self.wait_for_levels({23, 6})
        self.assertLess(self.wait_for_levels({6}), 15)
        self.assertEqual(self.end(), 0)

    # Readers and disks.

    def test_pins_follow_frames_while_nobody_reads(self):
        self.pi.shell("mkfifo /output; exec 4<>/output; head -c 65536 /dev/zero >&4")
        self.start(output=">&4")
        for face, pin in {"happy": 23, "sad": 24, "fear": 22, "angry": 17}.items():
            self.pi.shell(f"cat /faces/{face}.grey >&3")
            deadline = time.monotonic() + 30
            while pin not in self.pi.levels() and time.monotonic() < deadline:
                time.sleep(0.05)
            self.assertEqual(self.pi.levels() - {6}, {pin})
        self.assertEqual(self.end(), 0)
        self.assertIn("4 lines of output dropped: nobody took them in time", self.read("/tmp/messages"))
        self.pi.shell("exec 4>&-; rm /output")

    def test_metrics_on_a_full_disk_are_told_once_and_frames_go_on(self):
        self.pi.shell("mkdir -p /full; mount -t tmpfs -o size=8k none /full; echo old >/full/m.prom; "
                      "dd if=/dev/zero of=/full/rest bs=4096 count=1 2>/dev/null")
        self.start(options="--metrics /full/m.prom")
        complaint = "ferrite-edge: warning: /full/m.prom: not written: No space left on device"
        self.pi.shell("until grep -q written /tmp/messages || ! kill -0 $!; do sleep 0.2; done")
        for face, pin in {"happy": 23, "sad": 24}.items():
            self.show(face)
            self.assertEqual(self.pi.levels() - {6}, {pin})
        self.assertEqual(self.end(), 0)
        self.assertEqual(self.read("/tmp/messages").count(complaint), 1)
        self.assertEqual(self.pi.shell("cat /full/m.prom; ls /full").split(), ["old", "m.prom", "rest"])
        self.pi.shell("umount /full")

    def test_decisions_on_a_full_disk_end_it_with_the_lines_safe(self):
        self.pi.shell("mkdir -p /full; mount -t tmpfs -o size=8k none /full; dd if=/dev/zero of=/full/rest bs=4096 count=1 2>/dev/null")
        for options in ("", "--every"):
            with self.subTest(options):
                self.pi.shell("rm -f /full/decisions")
                self.start(options=options, output=">/full/decisions")
                # Some lines fit into the page that is left.
                for _ in range(60):
                    self.pi.shell("cat /faces/happy.grey >&3; sleep 0.02")
                    if not self.pi.shell("kill -0 $! 2>/dev/null && echo alive").strip():
                        break
                self.assertEqual(self.end(), 65)
                # The system's trigger may light its LED.
                self.assertEqual(self.pi.levels() - {LED}, set())
                self.assertIn("ferrite-edge: standard output: No space left on device", self.read("/tmp/messages"))
        self.pi.shell("umount /full")

    # Real time.

    def test_real_time_is_for_frames_alone_and_all_memory_is_kept(self):
        self.start(options="--realtime --cpus 2 --deadline 60000")
        self.show("happy")
        tasks = self.pi.shell("for t in /proc/$!/task/*; do cut -d' ' -f40,41 $t/stat; grep Cpus_allowed_list $t/status; done")
        found = re.findall(r"(\d+) (\d+)\s+Cpus_allowed_list:\s+(\S+)", tasks)
        # Of the frames' thread, the writer of lines, the one beside, and the reader of frames: priority, SCHED_FIFO or not, processors.
        self.assertEqual(found, [("40", "1", "2"), ("0", "0", "0-3"), ("0", "0", "0-3"), ("40", "1", "2")])
        locked = int(re.search(r"VmLck:\s+(\d+) kB", self.pi.shell("grep VmLck /proc/$!/status"))[1])
        self.assertGreater(locked, 2000)
        self.assertEqual(self.end(), 0)
        self.assertRegex(self.read("/tmp/messages"), r"deadline 60000 ms: 0 missed")

    def test_what_real_time_needs_is_named_with_its_limit(self):
        self.pi.shell("mkdir -p /etc; echo 'somebody:x:1000:1000::/:/bin/sh' >/etc/passwd")
        refusal = "ulimit -r {} -l {}; su somebody -c 'ferrite-edge bench /model.fxm --frames 1 --realtime' 2>&1; echo $?"
        output = self.pi.shell("(" + refusal.format(0, 64) + ")")
        self.assertIn("a real-time priority was refused: Operation not permitted; at most 0 is permitted (RLIMIT_RTPRIO)", output)
        output = self.pi.shell("(" + refusal.format(50, 64) + ")")
        self.assertIn("--realtime: the memory can't be kept in RAM: Cannot allocate memory; at most 65536 bytes are permitted "
                      "(RLIMIT_MEMLOCK)", output)
        self.assertEqual(output.split()[-1], "65")
        output = self.pi.shell("(" + refusal.format(50, 8192) + ")")
        self.assertEqual(output.split()[-1], "0", output)

    # The watchdog.

    def test_frames_alone_feed_the_watchdog_and_an_orderly_end_stops_it(self):
        for how, stops in {"exec 3>&-": True, "kill -TERM $!": True, "kill -KILL $!": False, "kill -SEGV $!": False,
                           "head -c 9 /faces/sad.grey >&3; exec 3>&-": False}.items():
            with self.subTest(how):
                self.pi.shell("dmesg -c >/dev/null")
                self.start(options="--watchdog-device /dev/watchdog0")
                self.show("happy")
                self.assertIn("/dev/watchdog0: resets the board after 10 s without a frame", self.read("/tmp/messages"))
                self.end(how)
                self.assertEqual("did not stop" in self.pi.shell("dmesg"), not stops)
                # Opened and closed in order, it stops for the next one.
                self.pi.shell("echo V >/dev/watchdog0")
        self.pi.shell("dmesg -c >/dev/null")
        self.start(options="--watchdog-device /dev/watchdog0")
        for _ in range(5):
            self.show("happy")
            self.pi.shell("sleep 1")
        self.assertNotIn("Triggered", self.pi.shell("dmesg"))
        # No frame, no food.
        self.pi.shell("sleep 14")
        self.assertIn("Triggered", self.pi.shell("dmesg"))
        self.assertEqual(self.end(), 0)

    def test_what_is_no_watchdog_is_told(self):
        for path, complaint in {"/dev/null": "is no watchdog|Inappropriate ioctl", "/dev/none": "No such file or directory"}.items():
            output = self.pi.shell(f"ferrite-edge watch /model.fxm --watchdog-device {path} --stdin raw </dev/null 2>&1; echo $?")
            self.assertRegex(output, f"ferrite-edge: {path}: ({complaint})")
            self.assertEqual(output.split()[-1], "65")


if __name__ == "__main__":
    unittest.main()
