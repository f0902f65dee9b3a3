"""The device program's threads, as the Raspberry Pis' processor cores run them: the host's logits at any number of
threads, and a message for what can't be had."""

import json
import os
import resource
import subprocess
import unittest

import fixtures

CORES = {"cortex-a53": "neon", "cortex-a72": "neon", "cortex-a76": "dotprod"}
COUNTS = [1, 2, 3, 4, 7]
NATIVE = fixtures.FERRITE.parent / "ferrite-edge"
# A user without any other process.
USER = 54321


class Threads(unittest.TestCase):
    def test_every_core_gives_the_hosts_logits_at_any_number_of_threads(self):
        faces = fixtures.faces()[::30]
        host = fixtures.objects(fixtures.run(fixtures.FERRITE, "run", fixtures.MODEL, *faces, "--json"))
        for core, instruction_set in CORES.items():
            for threads in COUNTS:
                with self.subTest(core=core, threads=threads):
                    found = fixtures.objects(fixtures.edge(
                        core, "run", fixtures.MODEL, "--isa", instruction_set, "--threads", threads, "--json", *faces))
                    self.assertEqual(found, host)

    def test_selftest_passes_with_threads_by_every_instruction_set(self):
        report = json.loads(fixtures.edge("cortex-a76", "selftest", fixtures.MODEL, "--threads", 3, "--json"))
        self.assertEqual(report["isa"], ["scalar", "neon", "dotprod"])
        self.assertIs(report["passed"], True)

    def test_frames_on_threads_make_no_heap_calls(self):
        for threads in COUNTS:
            with self.subTest(threads=threads):
                report = json.loads(fixtures.edge(
                    "cortex-a72", "bench", fixtures.MODEL, "--frames", 5, "--threads", threads, "--json"))
                self.assertEqual((report["threads"], report["allocations"]), (threads, 0))

    def test_threads_run_on_the_processors_they_are_given(self):
        processors = sorted(os.sched_getaffinity(0))[:2]
        listed = ",".join(map(str, processors))
        report = json.loads(fixtures.edge(
            "cortex-a53", "bench", fixtures.MODEL, "--frames", 3, "--threads", len(processors), "--cpus", listed,
            "--json"))
        self.assertEqual(report["threads"], len(processors))

    def test_wrong_calls_exit_with_64_and_say_what_is_wrong(self):
        cases = {
            ("--threads", "0"): "--threads takes 1 to 64, not 0\n",
            ("--threads", "1000"): "--threads takes 1 to 64, not 1000\n",
            ("--threads", "-1"): "--threads takes 1 to 64, not -1\n",
            ("--cpus", "0,1"): "--cpus takes as many processors as --threads says\n",
            ("--threads", "2", "--cpus", "0"): "--cpus takes as many processors as --threads says\n",
            ("--threads", "2", "--cpus", "0,0"): "--cpus names a processor twice: 0,0\n",
            ("--cpus", "0,"): "--cpus takes processor numbers with commas between them, not 0,\n",
            ("--cpus", "1023"): "--cpus: this program may not run on processor 1023: Invalid argument\n",
            ("--cpus", "4096"): "--cpus: this program may not run on processor 4096: Invalid argument\n",
            ("--priority", "0"): "--priority takes 1 to 99, not 0\n",
            ("--priority", "100"): "--priority takes 1 to 99, not 100\n",
        }
        for options, expected in cases.items():
            with self.subTest(options=options):
                done = fixtures.attempt("bench", fixtures.MODEL, *options)
                self.assertEqual((done.returncode, done.stdout), (64, ""), done.stderr)
                self.assertIn(f"ferrite-edge: {expected}", done.stderr)

    def test_more_threads_than_processors_run_with_a_warning(self):
        processors = len(os.sched_getaffinity(0))
        done = fixtures.attempt("bench", fixtures.MODEL, "--frames", 1, "--threads", processors + 1)
        self.assertEqual(done.returncode, 0)
        self.assertIn(f"warning: {processors + 1} threads on {processors} processor", done.stderr)

    @unittest.skipUnless(os.geteuid() == 0, "takes rights away, which only root can")
    def test_without_the_right_to_threads_or_to_priority_the_system_is_quoted(self):
        cases = {
            ("--threads", "3"): "the threads could not be started: Resource temporarily unavailable",
            ("--priority", "50"): "a real-time priority was refused: Operation not permitted; at most 0 is permitted "
            "(RLIMIT_RTPRIO): raise it by ulimit -r, rtprio in /etc/security/limits.conf, or in a unit by LimitRTPRIO= and "
            "RestrictRealtime=no",
        }
        for options, expected in cases.items():
            with self.subTest(options=options):
                # This machine's own program: qemu has threads of its own.
                done = subprocess.run(
                    [NATIVE, "bench", fixtures.MODEL, *options], user=USER, group=USER, extra_groups=[],
                    preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NPROC, (1, 1)), capture_output=True,
                    text=True, stdin=subprocess.DEVNULL)
                self.assertEqual((done.returncode, done.stdout), (65, ""), done.stderr)
                self.assertIn(f"ferrite-edge: {expected}\n", done.stderr)


if __name__ == "__main__":
    unittest.main()
