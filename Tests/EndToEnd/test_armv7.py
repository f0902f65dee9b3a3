"""The device program for 32-bit boards: the host's answers with and without NEON, and numbers that 32 bits don't hold."""

import json
import random
import re
import struct
import subprocess
import unittest

import fixtures

# Of docs/file-format.md: the section table's place and length, a section's record, and what records are made of 32-bit words.
TABLE, SECTION, HEADER_WORDS = 128, 24, range(36, 64, 4)
TENSORS, OPERATIONS = (0, 48), (1, 160)
NETWORKS = fixtures.ROOT / "Tests/EdgeRuntimeTests/Fixtures/networks"
# A core of ARMv7 without NEON.
WITHOUT_NEON = "cortex-r5f"


def attempt(*words) -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, stdin=subprocess.DEVNULL)


def section(model: bytes, kind: tuple[int, int]) -> tuple[int, int]:
    """Where a section lies, and its bytes."""
    return struct.unpack_from("<QQ", model, TABLE + kind[0] * SECTION + 8)


def words_of(model: bytes) -> list[int]:
    """The places of all 32-bit words of the header's counts and of tensors' and operations' records."""
    places = list(HEADER_WORDS)
    for kind in (TENSORS, OPERATIONS):
        offset, length = section(model, kind)
        places += range(offset, offset + length, 4)
    return places


class Armv7(unittest.TestCase):
    def test_the_scalar_reference_gives_the_hosts_logits(self):
        faces = fixtures.faces()[::30]
        host = fixtures.objects(fixtures.run(fixtures.FERRITE, "run", fixtures.MODEL, *faces, "--json"))
        found = fixtures.edge("cortex-a7", "run", fixtures.MODEL, "--isa", "scalar", "--json", *faces)
        self.assertEqual(fixtures.objects(found), host)

    def test_other_networks_give_the_hosts_logits(self):
        """One of plain 8-bit weights, and one whose weights are packed in 4 bits."""
        faces = fixtures.faces()[::70]
        for name in ("sdl-small", "sdl-medium-w4"):
            model = fixtures.FOLDER / f"{name}.fxm"
            fixtures.run(fixtures.FERRITE, "export", fixtures.ROOT / f"Models/{name}.onnx", "-o", model, "--calibrate",
                         fixtures.FOLDER / "calibration", "--limit", 14)
            host = fixtures.objects(fixtures.run(fixtures.FERRITE, "run", model, *faces, "--json"))
            found = fixtures.edge("cortex-a7", "run", model, "--isa", "neon", "--json", *faces)
            with self.subTest(name):
                self.assertEqual(fixtures.objects(found), host)

    def test_a_processor_without_neon_runs_the_scalar_reference_alone(self):
        words = ["qemu-arm", "-cpu", WITHOUT_NEON, fixtures.EDGE_32]
        report = json.loads(fixtures.run(*words, "selftest", fixtures.MODEL, "--json"))
        self.assertEqual((report["isa"], report["passed"]), (["scalar"], True))
        done = attempt(*words, "run", fixtures.MODEL, fixtures.faces()[0], "--isa", "neon")
        self.assertEqual(done.returncode, 64)
        self.assertTrue(done.stderr.startswith("ferrite-edge: this machine lacks the instruction set neon\n"), done.stderr)

    def test_a_damaged_word_gets_the_same_answer_as_on_64_bits(self):
        """Numbers near 2^16, 2^31 and 2^32 in seeded words of the header and the records, each with a digest that fits."""
        model = fixtures.MODEL.read_bytes()
        generator = random.Random(32)
        other = fixtures.FOLDER / "word.fxm"
        face, answers = fixtures.faces()[0], set()
        for place in generator.sample(words_of(model), 60):
            value = generator.choice([0xFFFF, 0x10000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFC0, 0xFFFF_FFFF])
            changed = bytearray(model)
            struct.pack_into("<I", changed, place, value)
            fixtures.stamp_digest(changed)
            other.write_bytes(changed)
            wide, narrow = (
                attempt(*fixtures.on(core), "run", other, face, "--threads", 3) for core in ("cortex-a53", "cortex-a7"))
            with self.subTest(place=place, value=hex(value)):
                self.assertIn(narrow.returncode, (0, 65), narrow.stderr)
                self.assertEqual((narrow.returncode, narrow.stderr), (wide.returncode, wide.stderr))
            answers.add(re.sub(r"at byte \d+", "", narrow.stderr))
        self.assertGreater(len(answers), 5)

    def test_damaged_words_of_tables_rearrangements_and_products_get_the_same_answer(self):
        generator = random.Random(9)
        other = fixtures.FOLDER / "word.fxm"
        answers = set()
        for name in ("gates-8-8", "unet-4-8", "rearranged-18-6-16"):
            model = (NETWORKS / f"{name}.fxm").read_bytes()
            places = [place for place in words_of(model) if place >= section(model, OPERATIONS)[0]]
            for place in generator.sample(places, 25):
                changed = bytearray(model)
                value = generator.choice([0, 1, 0xFFFF, 0x10000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFE_0000, 0xFFFF_FFFF])
                struct.pack_into("<I", changed, place, value)
                fixtures.stamp_digest(changed)
                other.write_bytes(changed)
                wide, narrow = (attempt(*fixtures.on(core), "selftest", other) for core in ("cortex-a53", "cortex-a7"))
                with self.subTest(name=name, place=place, value=hex(value)):
                    self.assertIn(narrow.returncode, (0, 65), narrow.stderr)
                    self.assertEqual((narrow.returncode, narrow.stderr), (wide.returncode, wide.stderr))
                answers.add(re.sub(r"at byte \d+", "", narrow.stderr))
        self.assertGreater(len(answers), 5)

    def test_as_many_tables_as_there_can_be_are_refused(self):
        """65,535 channels of 16 bits with a table each: 2^33 - 2^17 bytes of tables, whose low 32 bits the file states."""
        model = bytearray((NETWORKS / "gates-8-8.fxm").read_bytes())
        (tensors, _), (operations, _) = section(model, TENSORS), section(model, OPERATIONS)
        extent, place, inputs = 65535, 1 << 16, struct.unpack_from("<I", model, 52)[0]
        # A rearrangement of the input, whose extents are free, a change to 16 bits, and the tables.
        source = inputs
        for index, (kind, width, words) in enumerate((
                (10, model[tensors + 48 * inputs + 8], (1, 0, 1, 1, 0, 1, 0, 0, 0)), (7, 16, (0,)),
                (9, 16, (0, 0xFFFE_0000, extent)))):
            record = operations + 160 * index
            target = struct.unpack_from("<I", model, record + 28)[0]
            signed, fraction = model[tensors + 48 * inputs + 9], model[tensors + 48 * inputs + 10]
            size = extent * (2 if width > 8 else 1)
            struct.pack_into("<BBBB", model, tensors + 48 * target + 8, width, signed, fraction, 2 if width > 8 else 1)
            struct.pack_into("<IIIII", model, tensors + 48 * target + 12, 1, 1, extent, place, size)
            least, greatest = (-(1 << (width - 1)), (1 << (width - 1)) - 1) if signed else (0, (1 << width) - 1)
            struct.pack_into("<HH", model, record, kind, 1)
            struct.pack_into("<IIII", model, record + 12, source, *[0xFFFF_FFFF] * 3)
            struct.pack_into("<iiQ", model, record + 32, least, greatest, 0)
            struct.pack_into("<I26I", model, record + 52, 0, *words, *[0] * (26 - len(words)))
            place += 1 << 18
            source = target
        # The arena grows by what they take, in front of the workspace.
        arena, workspace = struct.unpack_from("<II", model, 44)
        struct.pack_into("<II", model, 44, arena + (1 << 20), workspace + (1 << 20))
        fixtures.stamp_digest(model)
        other = fixtures.FOLDER / "tables.fxm"
        other.write_bytes(model)
        for core in ("cortex-a53", "cortex-a7"):
            done = attempt(*fixtures.on(core), "selftest", other)
            self.assertEqual(done.returncode, 65, done.stderr)
            self.assertIn(f"at byte {operations + 2 * 160 + 56 + 4}", done.stderr)
            self.assertIn("weights, biases or shifts are misaligned or leave their section", done.stderr)

    def test_numbers_beyond_32_bits_on_the_command_line_and_in_files(self):
        done = attempt(*fixtures.on("cortex-a7"), "watch", fixtures.MODEL, fixtures.faces()[0], "--enter", "0.999999", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIsNone(json.loads(done.stdout)["decision"])
        # A file that is larger than any model here may be with its signature, of which the disk holds next to nothing.
        large = fixtures.FOLDER / "large.fxm"
        with open(large, "wb") as file:
            file.truncate((1 << 28) + 128 + 1)
        done = attempt(*fixtures.on("cortex-a7"), "selftest", large)
        self.assertEqual(done.returncode, 65)
        self.assertIn("File too large", done.stderr)

    def test_is_one_static_file_of_at_most_twelve_hundred_kilobytes_for_any_armv7_processor(self):
        self.assertLessEqual(fixtures.EDGE_32.stat().st_size, 1_200_000)
        headers = fixtures.run("arm-linux-gnueabihf-readelf", "-l", "-d", "-A", fixtures.EDGE_32)
        for word in ("INTERP", "NEEDED"):
            self.assertNotIn(word, headers)
        self.assertIn("Tag_CPU_arch: v7\n", headers)
        self.assertIn("Tag_ABI_VFP_args: VFP registers", headers)

    def test_frames_on_threads_make_no_heap_calls(self):
        for threads in (1, 3):
            report = json.loads(fixtures.edge(
                "cortex-a15", "bench", fixtures.MODEL, "--frames", 5, "--threads", threads, "--json"))
            self.assertEqual((report["threads"], report["allocations"]), (threads, 0))


if __name__ == "__main__":
    unittest.main()
