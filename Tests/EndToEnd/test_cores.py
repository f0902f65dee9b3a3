"""The device program, as the Raspberry Pis' processor cores run it, against the host program."""

import json
import shutil
import struct
import unittest

import fixtures

# The cores with what they add to plain loops: the Pi 3 and Zero 2 W, the Pi 4, the Pi 5; then 32-bit ones.
CORES = {"cortex-a53": ["neon"], "cortex-a72": ["neon"], "cortex-a76": ["neon", "dotprod"]}
CORES |= {core: ["neon"] for core in fixtures.CORES_32}


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
        # One core is enough, for plain loops compile to instructions that all share; and a sixth of the faces, for
        # those loops are slow here.
        self.assert_same("cortex-a53", "scalar", self.faces[::6], self.host[::6])

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
                self.assertEqual(sum(bin["frames"] for bin in report["histogram"]), 5)
                self.assertEqual(
                    report["page_faults"], report["minor_page_faults"] + report["major_page_faults"])
                self.assertEqual(report["major_page_faults"], 0)
                self.assertEqual(report["peak"]["macs_per_cycle"], {"neon": 8, "dotprod": 32}[sets[-1]])
                self.assertGreater(report["share_of_peak"], 0)

    def test_bench_tells_what_the_board_says_of_its_speed(self):
        """qemu shows the files of a folder in place of the system's: a Raspberry Pi that throttles, and one of a mainline kernel."""
        model = {"proc/device-tree/model": "Raspberry Pi 3 Model B Rev 1.2\0"}
        frequency = "sys/devices/system/cpu/cpu0/cpufreq/"
        board = {
            **model, frequency + "scaling_governor": "ondemand\n", frequency + "scaling_cur_freq": "1200000\n",
            frequency + "scaling_min_freq": "600000\n", frequency + "scaling_max_freq": "1200000\n",
            "sys/class/thermal/thermal_zone0/temp": "83634\n",
            "sys/devices/platform/soc/soc:firmware/get_throttled": "50005\n"}
        report, text = self.bench_on(board)
        machine = report["machine"]
        self.assertEqual(machine["processor"], "Raspberry Pi 3 Model B Rev 1.2")
        self.assertEqual(machine["governor"], "ondemand")
        self.assertEqual(
            [machine[key] for key in ("megahertz", "minimum_megahertz", "maximum_megahertz", "celsius")],
            [1200, 600, 1200, 83.634])
        self.assertEqual((machine["throttled"], machine["under_voltage"]), (0x50005, True))
        self.assertIn("governor ondemand, 1200 MHz of 600 to 1200, 83.6 C", text)
        self.assertIn("TROUBLE: under-voltage now; throttled now;", text)
        mainline = {
            **model, "sys/class/hwmon/hwmon0/name": "cpu_thermal\n", "sys/class/hwmon/hwmon1/name": "rpi_volt\n",
            "sys/class/hwmon/hwmon1/in0_lcrit_alarm": "1\n"}
        report, text = self.bench_on(mainline)
        self.assertEqual((report["machine"]["throttled"], report["machine"]["under_voltage"]), (None, True))
        self.assertIn("TROUBLE: under-voltage now;", text)

    def bench_on(self, files):
        """The report and the text of `bench` on a system with these files."""
        root = fixtures.FOLDER / "board"
        shutil.rmtree(root, ignore_errors=True)
        for path, content in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(content)
        bench = ["qemu-aarch64", "-L", root, "-cpu", "cortex-a53", fixtures.EDGE, "bench", fixtures.MODEL, "--frames", 2]
        return json.loads(fixtures.run(*bench, "--json")), fixtures.run(*bench)

    def assert_same(self, core, instruction_set, faces, host):
        found = fixtures.objects(
            fixtures.edge(core, "run", fixtures.MODEL, "--isa", instruction_set, "--json", *faces))
        self.assertEqual(len(found), len(host))
        for mine, theirs in zip(found, host):
            self.assertEqual(mine["logits"], theirs["logits"], mine["image"])
            # Class and probabilities are integers of the same logits: every key agrees.
            self.assertEqual(mine, theirs)


class Selftest(unittest.TestCase):
    def test_fails_where_the_file_states_other_logits(self):
        model = bytearray(fixtures.MODEL.read_bytes())
        # The vectors are the seventh section; the digest of their logits is its end (docs/file-format.md).
        offset, length = struct.unpack_from("<QQ", model, 128 + 6 * 24 + 8)
        model[offset + length - 1] ^= 1
        fixtures.stamp_digest(model)
        other = fixtures.FOLDER / "other.fxm"
        other.write_bytes(model)
        done = fixtures.attempt("selftest", other, "--json")
        self.assertEqual(done.returncode, 65)
        self.assertIs(json.loads(done.stdout)["passed"], False)
        self.assertEqual(done.stderr, f"ferrite-edge: {other}: wrong outputs on this machine\n")


class Images(unittest.TestCase):
    """PGM files, byte for byte, against what the program says of them."""

    PIXELS = bytes(48 * 48)

    def test_comments_and_any_blanks_are_read(self):
        plain = self.classify(b"P5\n48 48\n255\n" + self.PIXELS)
        commented = self.classify(b"P5 # a face\n#\n\t48\r\n 48 # wide and high\n255 " + self.PIXELS)
        self.assertEqual((plain.returncode, commented.returncode), (0, 0), commented.stderr)
        self.assertEqual(plain.stdout, commented.stdout)

    def test_several_images_in_one_file_are_several_lines(self):
        image = b"P5\n48 48\n255\n" + self.PIXELS
        self.assertEqual(len(self.classify(image + image).stdout.splitlines()), 2)

    def test_a_folder_is_its_pgm_files_by_name(self):
        folder = fixtures.FOLDER / "images"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        faces = fixtures.faces()[:4]
        for name, face in zip(("c.pgm", "a.pgm", "b.pgm", "B.pgm"), faces):
            (folder / name).write_bytes(face.read_bytes())
        by_name = [folder / name for name in ("B.pgm", "a.pgm", "b.pgm", "c.pgm")]
        expected = fixtures.objects(fixtures.run(fixtures.FERRITE, "run", fixtures.MODEL, *by_name, "--json"))
        for command in ("run", "watch"):
            done = fixtures.attempt(command, fixtures.MODEL, folder, "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            found = fixtures.objects(done.stdout)
            self.assertEqual([one["image"] for one in found], list(map(str, by_name)))
            self.assertEqual([one["logits"] for one in found], [one["logits"] for one in expected])
        (folder / "a.jpg").touch()
        done = fixtures.attempt("run", fixtures.MODEL, folder)
        self.assertEqual((done.returncode, len(done.stdout.splitlines())), (0, 4))
        self.assertEqual(done.stderr, f"ferrite-edge: warning: {folder}: what is no .pgm is left out, such as a.jpg (1 in all): "
                         "a device reads PGM alone\n")
        for path in by_name:
            path.unlink()
        done = fixtures.attempt("run", fixtures.MODEL, folder)
        self.assertEqual((done.returncode, done.stdout), (65, ""))
        self.assertEqual(done.stderr, f"ferrite-edge: {folder}: the folder has no .pgm file; other images must be converted first, for a "
                         "device reads PGM alone\n")

    def test_what_is_no_8_bit_pgm_of_the_models_size_is_named_with_its_byte(self):
        cases = {
            b"": "the input ends within a frame, at byte 0",
            b"P2\n48 48\n255\n": "no binary PGM (P5), at byte 2",
            b"P5": "the input ends within a frame, at byte 2",
            b"P5\n48 x\n": "no binary PGM (P5), at byte 7",
            b"P5\n480000 48\n255\n": "no binary PGM (P5), at byte 9",
            b"P5\n96 48\n255\n" + self.PIXELS: "the image is 96x48, the model takes 48x48, at byte 13",
            b"P5\n48 48\n65535\n" + self.PIXELS: "the maximum value is 65535, not 255, at byte 15",
            b"P5\n48 48\n255\n" + self.PIXELS[:-1]: "the input ends within a frame, at byte 2316",
            b"P5\n48 48\n255\n" + self.PIXELS + b"\n": "no binary PGM (P5), at byte 2318",
        }
        for content, expected in cases.items():
            with self.subTest(expected):
                done = self.classify(content)
                self.assertEqual(done.returncode, 65)
                self.assertEqual(done.stderr, f"ferrite-edge: {self.path()}: {expected}\n")
                self.assertEqual(done.stdout, "")

    def path(self):
        return fixtures.FOLDER / "image.pgm"

    def classify(self, content: bytes):
        self.path().write_bytes(content)
        return fixtures.attempt("run", fixtures.MODEL, self.path())


class Program(unittest.TestCase):
    def test_is_one_static_file_of_at_most_twelve_hundred_kilobytes(self):
        self.assertLessEqual(fixtures.EDGE.stat().st_size, 1_200_000)
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
            (64, ["bench", fixtures.MODEL, "--threads", "two"]), (64, ["run", fixtures.MODEL, "x.pgm", "--isa", "avx2"]),
            (65, ["selftest", damaged]), (65, ["run", fixtures.MODEL, damaged]), (65, ["run", "absent.fxm", "x.pgm"]),
        ]
        for code, arguments in cases:
            with self.subTest(arguments=arguments):
                done = fixtures.attempt(*arguments)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertTrue(done.stderr.startswith("ferrite-edge: "), done.stderr)
                self.assertEqual(done.stdout, "")
