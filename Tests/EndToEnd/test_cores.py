"""The device program, as the Raspberry Pis' processor cores run it, against the host program."""

import json
import subprocess
import unittest

import fixtures

# The cores with what they add to plain loops: the Pi 3 and Zero 2 W, the Pi 4, the Pi 5.
CORES = {"cortex-a53": ["neon"], "cortex-a72": ["neon"], "cortex-a76": ["neon", "dotprod"]}


class Cores(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.faces = fixtures.faces()
        cls.host = fixtures.objects(fixtures.run(fixtures.FERRITE, "run", fixtures.MODEL, *cls.faces, "--json"))

    def test_every_core_gives_the_hosts_logits_by_every_simd_instruction_set(self):
        self.assertGreaterEqual(len(self.faces), 200)
        for core, sets in CORES.items():
            for instruction_set in sets:
                with self.subTest(core=core, instruction_set=instruction_set):
                    self.assert_same(core, instruction_set, self.faces, self.host)

    def test_the_scalar_reference_gives_the_hosts_logits(self):
        # One core is enough: plain loops compile to instructions that every core shares.
        self.assert_same("cortex-a53", "scalar", self.faces, self.host)

    def test_selftest_passes_on_every_core_with_the_instruction_sets_it_has(self):
        for core, sets in CORES.items():
            with self.subTest(core=core):
                report = json.loads(fixtures.edge(core, "selftest", fixtures.MODEL, "--json"))
                self.assertEqual(report["isa"], ["scalar", *sets])
                self.assertIs(report["passed"], True)

    def test_frames_make_no_heap_calls(self):
        for core, sets in CORES.items():
            with self.subTest(core=core):
                report = json.loads(
                    fixtures.edge(core, "bench", fixtures.MODEL, "--frames", 5, "--isa", sets[-1], "--json"))
                self.assertEqual(report["allocations"], 0)
                self.assertEqual(report["frames"], 5)
                self.assertGreater(len(report["layers"]), 0)

    def assert_same(self, core, instruction_set, faces, host):
        found = fixtures.objects(
            fixtures.edge(core, "run", fixtures.MODEL, "--isa", instruction_set, "--json", *faces))
        self.assertEqual(len(found), len(host))
        for mine, theirs in zip(found, host):
            self.assertEqual(mine["logits"], theirs["logits"], mine["image"])
            self.assertEqual((mine["class"], mine["index"]), (theirs["class"], theirs["index"]), mine["image"])


class Program(unittest.TestCase):
    def test_is_one_static_file_of_at_most_one_and_a_half_megabytes(self):
        self.assertLessEqual(fixtures.EDGE.stat().st_size, 1_500_000)
        headers = fixtures.run("aarch64-linux-gnu-readelf", "-l", "-d", fixtures.EDGE)
        self.assertNotIn("INTERP", headers)
        self.assertNotIn("NEEDED", headers)

    def test_compiled_swift_refers_to_no_allocator(self):
        undefined = fixtures.run("aarch64-linux-gnu-nm", "-u", fixtures.ARCHIVE).split()
        allocators = {
            "malloc", "calloc", "realloc", "aligned_alloc", "posix_memalign", "swift_allocObject", "swift_slowAlloc"}
        self.assertEqual(allocators & set(undefined), set())

    def test_wrong_calls_exit_with_64_and_damaged_models_with_65(self):
        damaged = fixtures.FOLDER / "damaged.fxm"
        damaged.write_bytes(fixtures.MODEL.read_bytes()[:-1])
        cases = [
            (64, []), (64, ["classify"]), (64, ["run"]), (64, ["bench", fixtures.MODEL, "--frames", "0"]),
            (64, ["bench", fixtures.MODEL, "--threads", "2"]), (64, ["run", fixtures.MODEL, "x.pgm", "--isa", "avx2"]),
            (65, ["selftest", damaged]), (65, ["run", fixtures.MODEL, damaged]), (65, ["run", "absent.fxm", "x.pgm"]),
        ]
        for code, arguments in cases:
            with self.subTest(arguments=arguments):
                done = subprocess.run(
                    ["qemu-aarch64", str(fixtures.EDGE), *map(str, arguments)], capture_output=True, text=True)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertTrue(done.stderr.startswith("ferrite-edge: "), done.stderr)
                self.assertEqual(done.stdout, "")
