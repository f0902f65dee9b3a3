"""What `watch` tells beside its decisions, and that neither a reader nor a disk can hold up a frame."""

import fcntl
import functools
import json
import os
import random
import re
import signal
import subprocess
import threading
import time
import unittest

import fixtures
from test_stream import pixels

# This machine's own program: fast enough to fill pipes.
NATIVE = fixtures.FERRITE.parent / "ferrite-edge"
PATIENCE = 20
"""Seconds after which a test is lost."""
until = functools.partial(fixtures.until, patience=PATIENCE)


class Watch:
    """`watch` on a pipe of frames of the model's size, with its messages in a file."""

    def __init__(self, *options, stdout=subprocess.PIPE, **process):
        self.messages_path = fixtures.FOLDER / "messages"
        words = [str(word) for word in (NATIVE, "watch", fixtures.MODEL, "--stdin", "grey", "--size", "48x48", *options)]
        self.process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=stdout, stderr=open(self.messages_path, "w"), bufsize=0, **process)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()

    def show(self, *faces, pause: float = 0) -> None:
        for face in faces:
            self.process.stdin.write(pixels(face))
            time.sleep(pause)

    def end(self) -> int:
        self.process.stdin.close()
        return self.process.wait(PATIENCE)

    @property
    def messages(self) -> str:
        return self.messages_path.read_text()

    def report(self) -> int:
        """Frames by the report that SIGUSR1 asks for."""
        before = self.messages.count(" frames, ")

        def told() -> bool:
            # Asked before the start is over, nobody answers.
            self.process.send_signal(signal.SIGUSR1)
            time.sleep(0.1)
            return self.messages.count(" frames, ") > before

        until(told, "a report")
        return int(re.findall(r"(\d+) frames, ", self.messages)[-1])


class Lines(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.faces = fixtures.faces()[::13]

    def full_pipe(self) -> tuple[int, int]:
        """A pipe's ends; nobody reads it, and it has room for not a byte."""
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        try:
            while True:
                os.write(writing, bytes(4096))
        except BlockingIOError:
            os.set_blocking(writing, True)
        self.addCleanup(lambda: [os.close(end) for end in (reading, writing)])
        return reading, writing

    def test_a_reader_who_reads_nothing_holds_up_no_frame(self):
        _, writing = self.full_pipe()
        with Watch("--json", stdout=writing) as watch:
            # A thousand lines are more than the ring holds.
            for _ in range(1000 // len(self.faces) + 1):
                self.show_paced(watch)
            seen = watch.report()
            started = time.monotonic()
            self.assertEqual(watch.end(), 0)
            # It waits for a second at the end, no more.
            self.assertLess(time.monotonic() - started, 3)
            frames, dropped = map(int, re.findall(r"(\d+) frames, (\d+) dropped", watch.messages)[-1])
            self.assertGreaterEqual(frames + dropped, 1000)
            self.assertGreaterEqual(frames, seen)
            # Every frame was decided on; of each the line was dropped.
            lost = int(re.findall(r"(\d+) lines of output dropped", watch.messages)[-1])
            self.assertEqual(lost, frames)

    def show_paced(self, watch) -> None:
        watch.show(*self.faces, pause=0.002)

    def test_lines_that_find_no_room_are_dropped_whole_and_counted(self):
        reading, writing = self.full_pipe()
        with Watch("--json", "--summary", stdout=writing) as watch:
            for _ in range(1000 // len(self.faces) + 1):
                self.show_paced(watch)
            watch.report()
            # Now somebody reads: what is left is whole lines, in their order.
            rest = b""
            os.set_blocking(reading, False)
            watch.process.stdin.close()

            def ended() -> bool:
                nonlocal rest
                try:
                    rest += os.read(reading, 1 << 16)
                except BlockingIOError:
                    pass
                return watch.process.poll() is not None

            until(ended, "the end")
            ended()
            lines = rest.lstrip(b"\0").decode()
            self.assertTrue(lines.endswith("\n"))
            numbers = [found["frame"] for found in fixtures.objects(lines)]
            self.assertEqual(numbers, list(range(len(numbers))))
            summary = fixtures.summary(lines)
            self.assertGreater(summary["lines_dropped"], 0)
            self.assertEqual(summary["frames"], len(numbers) + summary["lines_dropped"])

    def test_a_reader_who_went_away_ends_it(self):
        reading, writing = os.pipe()
        with Watch("--json", stdout=writing) as watch:
            os.close(writing)
            watch.show(self.faces[0])
            self.assertTrue(os.read(reading, 1 << 16))
            os.close(reading)

            def ended() -> bool:
                try:
                    watch.show(self.faces[0])
                except BrokenPipeError:
                    pass
                return watch.process.poll() is not None

            until(ended, "the end")
            self.assertEqual(watch.process.returncode, 65)
            self.assertIn("ferrite-edge: standard output: Broken pipe\n", watch.messages)

    def test_where_no_frame_may_be_lost_no_line_is(self):
        path = fixtures.FOLDER / "telling.grey"
        path.write_bytes(b"".join(map(pixels, self.faces)) * 100)
        words = [str(NATIVE), "watch", str(fixtures.MODEL), "--stdin", "grey", "--size", "48x48", "--json", "--summary"]
        with open(path, "rb") as frames, subprocess.Popen(words, stdin=frames, stdout=subprocess.PIPE, text=True) as watch:
            fcntl.fcntl(watch.stdout, fcntl.F_SETPIPE_SZ, 4096)
            time.sleep(1)
            lines = watch.stdout.read()
        self.assertEqual(watch.returncode, 0)
        self.assertEqual(len(fixtures.objects(lines)), 100 * len(self.faces))
        self.assertEqual(fixtures.summary(lines)["lines_dropped"], 0)


class Statistics(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.faces = fixtures.faces()[::13]

    def test_sigusr1_asks_for_a_report_and_ends_nothing(self):
        with Watch("--json") as watch:
            until(lambda: "no --board" in watch.messages, "the start")
            self.assertEqual(watch.report(), 0)
            watch.show(self.faces[0])
            watch.process.stdout.readline()
            self.assertEqual(watch.report(), 1)
            for stage in ("wait", "detect", "prepare", "infer", "decide", "pin", "frame to pin"):
                self.assertRegex(watch.messages, rf"\n  {stage} +\d+ +\d+ +\d+ +\d+\n")
            self.assertEqual(watch.end(), 0)

    def test_an_ending_signal_leaves_the_report(self):
        with Watch("--json", "--deadline", 1000) as watch:
            watch.show(self.faces[0])
            watch.process.stdout.readline()
            watch.process.terminate()
            self.assertEqual(watch.process.wait(PATIENCE), 0)
            self.assertIn("1 frames, 0 dropped; from frame to line", watch.messages)
            self.assertIn("  deadline 1000 ms: 0 missed\n", watch.messages)

    def test_an_ending_signal_leaves_the_summary_behind_whole_lines(self):
        for options in ((), ("--every",)):
            for number in (signal.SIGTERM, signal.SIGINT):
                with self.subTest(options=options, signal=number), Watch("--json", "--summary", *options) as watch:
                    for face in self.faces[:5]:
                        watch.show(face)
                        self.assertIn("frame", json.loads(watch.process.stdout.readline()))
                    watch.process.send_signal(number)
                    found = fixtures.summary(watch.process.stdout.read().decode())
                    self.assertEqual(watch.process.wait(PATIENCE), 0)
                    self.assertEqual((found["frames"], found["dropped"], found["allocations"]), (5, 0, 0))
                    self.assertIn("5 frames, 0 dropped; from frame to line", watch.messages)

    def test_a_signal_at_any_moment_leaves_whole_lines_and_one_summary(self):
        moments = random.Random(23)
        for turn in range(24):
            options = ("--every",) if turn % 2 else ()
            with self.subTest(turn=turn), Watch("--json", "--summary", *options) as watch:
                watch.show(self.faces[0])
                lines = [watch.process.stdout.readline()]
                # A fast machine fills the pipe before the signal comes.
                reader = threading.Thread(target=lambda: lines.extend(watch.process.stdout))
                reader.start()
                ending = threading.Timer(moments.uniform(0, 0.05), watch.process.terminate)
                ending.start()
                try:
                    while watch.process.poll() is None:
                        watch.show(self.faces[0])
                except BrokenPipeError:
                    pass
                ending.join()
                self.assertEqual(watch.process.wait(PATIENCE), 0)
                reader.join(PATIENCE)
                self.assertTrue(all(line.endswith(b"\n") for line in lines))
                found = [json.loads(line) for line in lines]
                self.assertEqual([line["frame"] for line in found[:-1]], list(range(len(found) - 1)))
                # Of one frame the line may be given up half made.
                self.assertIn(found[-1]["summary"]["frames"] - (len(found) - 1), (0, 1))

    def test_a_summary_waits_for_its_reader_for_a_second(self):
        for options in ((), ("--every",)):
            reading, writing = os.pipe()
            self.addCleanup(os.close, reading)
            with self.subTest(options), Watch("--json", "--summary", *options, stdout=writing) as watch:
                watch.show(self.faces[0])
                self.assertTrue(os.read(reading, 1 << 16))
                os.set_blocking(writing, False)
                try:
                    while True:
                        os.write(writing, b"x")
                except BlockingIOError:
                    os.set_blocking(writing, True)
                started = time.monotonic()
                watch.process.terminate()
                self.assertEqual(watch.process.wait(PATIENCE), 0)
                self.assertTrue(0.9 < time.monotonic() - started < 3)
            os.close(writing)

    def test_a_stream_that_ends_within_a_frame_is_summed_up(self):
        with Watch("--json", "--summary") as watch:
            watch.show(self.faces[0])
            watch.process.stdout.readline()
            watch.process.stdin.write(bytes(100))
            watch.process.stdin.close()
            self.assertEqual(fixtures.summary(watch.process.stdout.read().decode())["frames"], 1)
            self.assertEqual(watch.process.wait(PATIENCE), 65)
            self.assertIn("the input ends within a frame", watch.messages)

    def test_what_a_full_disk_refuses_is_an_error(self):
        for options in ((), ("--every",)):
            with self.subTest(options), open("/dev/full", "w") as full, Watch("--json", *options, stdout=full) as watch:
                watch.show(self.faces[0])
                self.assertEqual(watch.end(), 65)
                self.assertIn("ferrite-edge: standard output: No space left on device\n", watch.messages)

    def test_an_ending_signal_does_not_wait_for_a_reader_of_the_report(self):
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        try:
            while True:
                os.write(writing, bytes(4096))
        except BlockingIOError:
            os.set_blocking(writing, True)
        camera = subprocess.Popen(
            ["sh", "-c", f"exec {NATIVE} watch {fixtures.MODEL} --stdin grey --size 48x48 2>&{writing}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=[writing])
        with camera:
            # Its first message waits for the reader: make room for that alone.
            os.read(reading, 4096)
            camera.stdin.write(pixels(self.faces[0]))
            camera.stdin.flush()
            self.assertTrue(camera.stdout.readline())
            os.set_blocking(writing, False)
            try:
                while True:
                    os.write(writing, b"x")
            except BlockingIOError:
                pass
            camera.terminate()
            self.assertEqual(camera.wait(PATIENCE), 0)
        for end in (reading, writing):
            os.close(end)

    def test_the_summary_holds_what_the_report_tells(self):
        with Watch("--json", "--summary", "--every", "--deadline", "60000") as watch:
            watch.show(*self.faces)
            watch.process.stdin.close()
            lines = watch.process.stdout.read().decode()
            self.assertEqual(watch.process.wait(PATIENCE), 0)
            found = fixtures.summary(lines)
            self.assertEqual(
                (found["frames"], found["dropped"], found["lines_dropped"], found["deadline_ms"], found["deadline_misses"]),
                (len(self.faces), 0, 0, 60000, 0))
            for stage in ("wait", "detect", "prepare", "infer", "decide", "pin", "whole"):
                times = found["latency_us"][stage]
                self.assertTrue(0 <= times["p50"] <= times["p99"] <= times["p999"] <= times["max"], times)
            self.assertGreaterEqual(found["latency_us"]["whole"]["max"], found["latency_us"]["infer"]["p50"])
            self.assertIn(f"{found['latency_us']['whole']['max']} for all", watch.messages)

    def test_late_frames_are_counted_and_nothing_is_allocated(self):
        # Emulated, no frame is done within a millisecond.
        frames = b"".join(map(pixels, self.faces[:5]))
        words = ["qemu-aarch64", fixtures.EDGE, "watch", fixtures.MODEL, "--stdin", "grey", "--size", "48x48", "--every", "--json", "--summary",
                 "--deadline", 1, "--metrics", fixtures.FOLDER / "late.prom"]
        done = subprocess.run([str(word) for word in words], input=frames, capture_output=True)
        found = fixtures.summary(done.stdout.decode())
        self.assertEqual((found["deadline_misses"], found["allocations"]), (5, 0), done.stderr)
        self.assertIn("  deadline 1 ms: 5 missed\n", done.stderr.decode())

    def test_wrong_calls_are_refused(self):
        stream = ("--stdin", "grey", "--size", "48x48")
        for options, complaint in [
            ((*stream, "--summary"), "--summary goes with --json"), (("--stdin", "pgm", "--json", "--summary"), "--summary goes with --json"),
            ((*stream, "--deadline", "0"), "--deadline takes 1 to 60000 milliseconds, not 0"),
            ((*stream, "--deadline", "1.5"), "--deadline takes 1 to 60000 milliseconds, not 1.5"),
            (("--stdin", "pgm", "--deadline", "5"), "--deadline goes with --camera or"),
            ((*stream, "--metrics", "x.txt"), "--metrics takes a file whose name ends in .prom, not x.txt"),
        ]:
            with self.subTest(options):
                done = fixtures.attempt("watch", fixtures.MODEL, *options)
                self.assertEqual((done.returncode, done.stdout), (64, ""))
                self.assertIn(f"ferrite-edge: {complaint}", done.stderr)


class Metrics(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.faces = fixtures.faces()[::13]
        cls.classes = [line["class"] for line in fixtures.objects(
            fixtures.run(fixtures.FERRITE, "run", fixtures.MODEL, *cls.faces, "--json"))]

    def setUp(self):
        self.path = fixtures.FOLDER / "metrics.prom"
        for path in (self.path, self.beside):
            path.unlink(missing_ok=True)

    @property
    def beside(self):
        return self.path.with_name("metrics.prom.new")

    def samples(self) -> dict[str, float]:
        """By name with labels; every line is a comment or a sample, every sample's family has its type above it."""
        found, families = {}, set()
        for line in self.path.read_text().splitlines():
            if line.startswith("# TYPE "):
                families.add(line.split()[2])
            elif not line.startswith("# HELP "):
                name, value = re.fullmatch(r'(ferrite_\w+(?:\{\w+="[^"]*"(?:,\w+="[^"]*")*\})?) (\d+(?:\.\d+)?)', line).groups()
                family = re.sub(r"\{.*|_sum(?=\{)|_count(?=\{)", "", name)
                self.assertIn(family, families)
                found[name] = float(value)
        return found

    def test_they_tell_of_frames_decisions_and_times(self):
        with Watch("--json", "--summary", "--every", "--deadline", "60000", "--metrics", self.path) as watch:
            watch.show(*self.faces)
            watch.process.stdin.close()
            summary = fixtures.summary(watch.process.stdout.read().decode())
            self.assertEqual(watch.process.wait(PATIENCE), 0)
        found = self.samples()
        self.assertEqual(found["ferrite_frames_total"], len(self.faces))
        self.assertEqual(found["ferrite_frames_dropped_total"], 0)
        self.assertEqual(found["ferrite_lines_dropped_total"], 0)
        self.assertEqual(found["ferrite_deadline_misses_total"], 0)
        self.assertEqual(found["ferrite_deadline_seconds"], 60)
        for name in fixtures.CLASSES:
            self.assertEqual(found[f'ferrite_decided_frames_total{{class="{name}"}}'], self.classes.count(name))
            self.assertEqual(found[f'ferrite_decision{{class="{name}"}}'], name == self.classes[-1])
        greatest = found['ferrite_latency_seconds{stage="whole",quantile="1"}']
        self.assertAlmostEqual(greatest, summary["latency_us"]["whole"]["max"] / 1e6, delta=1e-6)
        self.assertEqual(found['ferrite_latency_seconds_count{stage="infer"}'], len(self.faces))
        self.assertGreater(found['ferrite_latency_seconds_sum{stage="infer"}'], 0)
        self.assertGreater(found["ferrite_last_frame_age_seconds"], 0)
        self.assertEqual(self.path.stat().st_mode & 0o777, 0o644)
        self.assertFalse(self.beside.exists())

    def test_they_are_written_every_few_seconds_while_nothing_happens(self):
        with Watch("--metrics", self.path) as watch:
            until(self.path.exists, "the first file")
            self.assertEqual(self.samples()["ferrite_frames_total"], 0)
            first = self.path.stat().st_mtime_ns
            until(lambda: self.path.exists() and self.path.stat().st_mtime_ns > first, "the second file")
            self.assertEqual(watch.end(), 0)

    def test_a_disk_that_never_answers_holds_up_no_frame(self):
        # In the place of such a disk, a pipe that nobody opens for reading: opening it for writing waits for ever.
        os.mkfifo(self.beside)
        with Watch("--json", "--metrics", self.path) as watch:
            stuck = f"/proc/{watch.process.pid}/task"
            # The last task is the one beside the frames; it waits within open.
            until(lambda: any("fifo" in open(f"{stuck}/{task}/wchan").read() or open(f"{stuck}/{task}/syscall").read().startswith("257 ")
                              for task in os.listdir(stuck)), "the thread that is stuck")
            for number in range(200):
                watch.show(self.faces[number % len(self.faces)])
                self.assertEqual(json.loads(watch.process.stdout.readline())["frame"], number)
            started = time.monotonic()
            self.assertEqual(watch.end(), 0)
            self.assertLess(time.monotonic() - started, 3)
        self.assertFalse(self.path.exists())

    def test_what_cannot_be_written_is_told_once_and_leaves_the_old_file(self):
        self.path.write_text("old")
        self.beside.mkdir()
        self.addCleanup(self.beside.rmdir)
        with Watch("--json", "--metrics", self.path) as watch:
            complaint = f"ferrite-edge: warning: {self.path}: not written: Is a directory\n"
            until(lambda: complaint in watch.messages, "the complaint")
            self.assertEqual(watch.end(), 0)
            self.assertEqual(watch.messages.count(complaint), 1)
        self.assertEqual(self.path.read_text(), "old")


if __name__ == "__main__":
    unittest.main()
