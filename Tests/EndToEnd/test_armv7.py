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
# A core of ARMv7 without NEON.
WITHOUT_NEON = "cortex-r5f"


def attempt(*words) -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, stdin=subprocess.DEVNULL)


def words_of(model: bytes) -> list[int]:
    """The places of all 32-bit words of the header's counts and of tensors' and operations' records."""
    places = list(HEADER_WORDS)
    for section, _ in (TENSORS, OPERATIONS):
        offset, length = struct.unpack_from("<QQ", model, TABLE + section * SECTION + 8)
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
