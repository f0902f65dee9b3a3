"""The C library: what it exports, that its examples say what `ferrite run` says, the same bits on every machine, and what becomes of calls that are wrong."""

import itertools
import json
import os
import pathlib
import platform
import random
import re
import resource
import shutil
import struct
import subprocess
import tempfile
import unittest

import fixtures
import test_inputs
import test_networks

LIBRARY = fixtures.ROOT / "build/library"
HEADER = LIBRARY / "include/ferrite.h"
EXAMPLES = fixtures.ROOT / "examples"
SMALL = fixtures.ROOT / "Tests/Fixtures/every-operation-1.0.fxm"
SIGNED = fixtures.ROOT / "Tests/Fixtures/every-operation-signed-1.0.fxm"
# A network of 32 x 32 grey pixels whose last output is of scores, one of 20 x 24 coloured pixels with an image, and one with two outputs of scores.
NETWORKS = fixtures.ROOT / "Tests/EdgeRuntimeTests/Fixtures/networks"
LISTED = [NETWORKS / "detector-8-8.fxm", NETWORKS / "segmentation-5-8.fxm", fixtures.ROOT / "Tests/FerriteCTests/Fixtures/two-heads.fxm"]
KEY = (fixtures.ROOT / "Tests/Fixtures/fixture.pub").read_text()
STRICT = ["-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
HERE = f"{platform.machine()}-linux-gnu"
WRAPS = [f"-Wl,--wrap={call}" for call in ("malloc", "calloc", "realloc", "memalign", "aligned_alloc", "posix_memalign")]
# Library, and the words that run a program that was linked with it.
CORES = [("aarch64-linux-gnu", ["qemu-aarch64", "-cpu", core]) for core in ("cortex-a53", "cortex-a76")]
CORES += [("arm-linux-gnueabihf", ["qemu-arm", "-cpu", "cortex-a7"])]
SETS = {"x86_64-linux-gnu": [1, 2, 3], "aarch64-linux-gnu": [1, 4, 5], "arm-linux-gnueabihf": [1, 4]}
INSTRUCTION_SETS = ["best", "scalar", "avx2", "avx512vnni", "neon", "dotprod"]
# Of the C library: memory, files, threads, and how the compilers end a program whose memory is not as it should be. None of the heap's.
FROM_OUTSIDE = set("""memcpy memmove memset explicit_bzero open open64 __open64_2 close read fstat fstat64 __fstat64_time64 mmap mmap64 munmap mprotect
    pthread_attr_destroy pthread_attr_init pthread_attr_setstacksize pthread_create pthread_join pthread_self syscall clock_gettime __clock_gettime64
    __errno_location abort __assert_fail __stack_chk_fail __stack_chk_guard _GLOBAL_OFFSET_TABLE_ getauxval""".split())
ARM_COMPILERS = re.compile(r"__aeabi_\w+|__(u?div|u?mod|mul|ashl|lshr)[dts]i\d|__popcount[sd]i2|__cl[zt]z?[sd]i2")


def archive(triple: str) -> pathlib.Path:
    return LIBRARY / "lib" / triple / "libferrite.a"


def pictures() -> list[pathlib.Path]:
    """Two of each class."""
    return [path for _, group in itertools.groupby(fixtures.faces(), lambda path: path.parent) for path in list(group)[:2]]


def pixels(path: pathlib.Path) -> bytes:
    return path.read_bytes()[-48 * 48:]


def noise(folder: pathlib.Path, model: pathlib.Path, count: int) -> tuple[list[pathlib.Path], bytes]:
    """Pictures of noise of a model's size, and their pixels one behind the other."""
    height, width, channels = json.loads(fixtures.run(fixtures.FERRITE, "inspect", "--json", model))["buffers"][0]["shape"]
    source = random.Random(11)
    folder.mkdir()
    paths, frames = [], b""
    for number in range(count):
        rows = [list(source.randbytes(width * channels)) for _ in range(height)]
        frames += b"".join(map(bytes, rows))
        paths.append(folder / f"noise-{number}.{'pgm' if channels == 1 else 'png'}")
        paths[-1].write_bytes(test_networks.png(rows, width, height) if channels == 3 else b"P5 %d %d 255\n" % (width, height) + b"".join(map(bytes, rows)))
    return paths, frames


class Library(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.folder = pathlib.Path(scratch.name)
        for triple in SETS:
            assert archive(triple).exists(), f"{archive(triple)} is not there; make library builds it"
        cls.programs = {triple: cls.built(triple) for triple in {HERE, *(triple for triple, _ in CORES)}}
        cls.expected = [json.loads(line) for line in fixtures.run(fixtures.FERRITE, "run", "--json", fixtures.MODEL, *pictures()).splitlines()]
        cls.frames = b"".join(map(pixels, pictures()))

    @classmethod
    def built(cls, triple: str) -> pathlib.Path:
        """Tests/Device/library.c with the library of a machine, and every call of the heap counted."""
        program = cls.folder / f"library-{triple}"
        options = [] if triple == HERE else ["-static", "-DFERRITE_WRAPPED_HEAP", *WRAPS]
        sources = [fixtures.ROOT / "Tests/Device/library.c", fixtures.ROOT / "Sources/CHeap/CHeap.c"]
        fixtures.run(f"{triple}-gcc", "-std=c11", *STRICT[:-2], "-Werror", f"-I{HEADER.parent}", f"-I{fixtures.ROOT}/Sources/CHeap/include", *options,
                     *sources, archive(triple), "-o", program)
        return program

    def answers(self, words: list, frames: bytes, model=fixtures.MODEL, instruction_set=0, threads=1, **more):
        """The instruction set that was chosen, and of each frame class, label, logits and probabilities; nothing of a machine that lacks the set."""
        done = subprocess.run([*map(str, words), "run", str(model), str(instruction_set), str(threads)], input=frames, capture_output=True, **more)
        if done.returncode == 9:
            return INSTRUCTION_SETS[instruction_set], None
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = [line.split() for line in done.stdout.decode().splitlines()]
        values = [[int(word) for word in row[2:]] for row in rows]
        return done.stderr.decode().strip(), [
            (int(row[0]), row[1], one[:len(one) // 2], one[len(one) // 2:]) for row, one in zip(rows, values)]

    def test_exports_the_functions_of_its_header_and_nothing_else(self):
        text = fixtures.run("gcc", "-E", "-P", HEADER)
        declared = sorted(set(re.findall(r"\b(ferrite_\w+)\s*\(", text)))
        self.assertEqual(len(declared), 25)
        for triple in SETS:
            for name, option in (("libferrite.a", "-g"), ("libferrite.so", "-D")):
                symbols = fixtures.run(f"{triple}-nm", option, "--defined-only", LIBRARY / "lib" / triple / name)
                with self.subTest(triple, name=name):
                    self.assertEqual(re.findall(r"^\w+ T (\w+)$", symbols, re.M), declared)
                    self.assertEqual(re.findall(r"^\w+ [^Tt] (\w*ferrite\w*)$", symbols, re.M), [])

    def test_needs_the_c_library_alone_and_no_heap(self):
        for triple in SETS:
            names = set(fixtures.run(f"{triple}-nm", "-u", archive(triple)).split()) - {"U", "w", "libferrite.a:ferrite.o:", "ferrite.o:"}
            others = {name for name in names - FROM_OUTSIDE if not (triple.startswith("arm") and ARM_COMPILERS.fullmatch(name))}
            self.assertEqual(others, set(), triple)
            needed = fixtures.run("readelf", "-d", LIBRARY / "lib" / triple / "libferrite.so")
            self.assertEqual(set(re.findall(r"NEEDED.*\[(.*)\]", needed)) - {"libc.so.6", "libgcc_s.so.1", "ld-linux-armhf.so.3", "ld-linux-aarch64.so.1"}, set())
            self.assertIn("[libferrite.so.0.1]", needed)

    def test_the_header_is_of_the_version_and_of_any_c_and_cpp(self):
        version = re.search(r'exporterVersion = "ferrite (.*)"', (fixtures.ROOT / "Sources/Exporter/Write/Provenance.swift").read_text())[1]
        parts = re.findall(r"#define FERRITE_VERSION_\w+ (\d+)", HEADER.read_text())
        self.assertIn(f'#define FERRITE_VERSION "{version}"', HEADER.read_text())
        self.assertEqual(".".join(parts), version)
        source = self.folder / "only"
        source.write_text("#include <ferrite.h>\n")
        for compiler, language, standards in (("gcc", "c", "99 11 17"), ("clang", "c", "99 17"), ("g++", "c++", "11 17 20"), ("clang++", "c++", "11 20")):
            for standard in standards.split():
                fixtures.run(compiler, f"-std={language}{standard}", *STRICT, "-Wconversion", "-fsyntax-only", "-x", language, f"-I{HEADER.parent}", source)

    def test_examples_say_what_ferrite_run_says_wherever_the_library_was_copied(self):
        prefix = self.folder / "a prefix"
        shutil.copytree(LIBRARY, prefix, symlinks=True)
        place = prefix / "lib" / HERE
        environment = {**os.environ, "PKG_CONFIG_PATH": str(place / "pkgconfig"), "LD_LIBRARY_PATH": str(place)}
        expected = fixtures.run(fixtures.FERRITE, "run", fixtures.MODEL, *pictures())
        labels = "".join(f"{one['class']}\n" for one in self.expected)
        for how in ("shared", "static"):
            c, cpp = self.folder / f"c-{how}", self.folder / f"cpp-{how}"
            flags = "$(pkg-config --cflags --libs ferrite)" if how == "shared" else f"$(pkg-config --cflags ferrite) '{place}/libferrite.a'"
            for compiler, standard, source, program in (("gcc", "c99", "c/classify.c", c), ("g++", "c++11", "cpp/classify.cpp", cpp)):
                command = f"{compiler} -std={standard} {' '.join(STRICT)} '{EXAMPLES}/{source}' {flags} -o '{program}'"
                # pkg-config writes a blank in a folder's name as "\ ", which a shell takes apart only when told to.
                done = subprocess.run(["bash", "-c", f'eval "{command}"'], env=environment, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(subprocess.run([c, fixtures.MODEL, *pictures()], env=environment, capture_output=True, text=True).stdout, expected)
            for words in ([], ["--threads", "3"]):
                done = subprocess.run([cpp, fixtures.MODEL, *words], input=self.frames, env=environment, capture_output=True)
                self.assertEqual(done.stdout.decode(), labels, done.stderr)
        self.messages(c, cpp, environment)

    def messages(self, c, cpp, environment):
        """What the examples say to what is no model and no picture."""
        for words, pieces in (([c, __file__, pictures()[0]], ["test_library.py: this is no .fxm file", "(byte 0)"]),
                              ([c, "nowhere.fxm", pictures()[0]], ["nowhere.fxm: the file cannot be read: No such file"]),
                              ([c, fixtures.MODEL, __file__], ["test_library.py: no PGM of 48 x 48 pixels"]),
                              ([c, LISTED[1], pictures()[0]], ["segmentation-5-8.fxm: the model doesn't tell classes"]),
                              ([cpp, LISTED[2]], ["the model doesn't tell classes"]),
                              ([cpp, fixtures.MODEL, "--threads", "65"], ["a session has 1 to 64 threads"])):
            done = subprocess.run(list(map(str, words)), env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
            self.assertEqual((done.returncode, done.stdout), (65, ""))
            for piece in pieces:
                self.assertIn(piece, done.stderr)

    def test_the_same_bits_on_every_machine_instruction_set_and_number_of_threads(self):
        _, answers = self.answers([self.programs[HERE]], self.frames)
        for found, expected in zip(answers, self.expected, strict=True):
            self.assertEqual((found[0], found[1], found[2]), (expected["index"], expected["class"], expected["logits"]))
            self.assertEqual([round(value / 65536, 6) for value in found[3]], expected["probabilities"])
        for triple, words in [(HERE, []), *CORES]:
            # Emulated cores take a second a face.
            some = 14 if not words else 2
            missing = []
            for number, threads in [(0, 3), *((number, 1) for number in SETS[triple])]:
                with self.subTest(words, instruction_set=number, threads=threads):
                    name, found = self.answers([*words, self.programs[triple]], self.frames[:some * 2304], instruction_set=number, threads=threads)
                    if found is None:
                        missing.append(name)
                        continue
                    self.assertIn(name, INSTRUCTION_SETS[1:] if number == 0 else [INSTRUCTION_SETS[number]])
                    self.assertEqual(found, answers[:some])
            self.assertEqual([name for name in missing if name in ("scalar", "neon")], [])

    def test_every_output_is_what_ferrite_run_says_on_every_machine(self):
        for model in LISTED:
            pictures, frames = noise(self.folder / model.stem, model, 3)
            outputs = json.loads(fixtures.run(fixtures.FERRITE, "inspect", "--json", model))["outputs"]
            expected = []
            for line in map(json.loads, fixtures.run(fixtures.FERRITE, "run", "--json", model, *pictures).splitlines()):
                for told, output in zip(outputs, line["outputs"], strict=True):
                    head = [output["name"], *output["shape"], output["fraction_bits"], ",".join(told["labels"] or "-")]
                    expected.append(" ".join(map(str, head + output["values"])))
                    self.assertGreater(len(set(output["values"])), 1)
            for triple, words in [(HERE, []), *CORES]:
                for instruction_set, threads in ((0, 1), (1, 3)):
                    with self.subTest(model.stem, words=words, instruction_set=instruction_set, threads=threads):
                        call = [*words, self.programs[triple], "outputs", model, str(instruction_set), str(threads)]
                        done = subprocess.run(call, input=frames, capture_output=True)
                        self.assertEqual((done.returncode, done.stdout.decode().splitlines()), (0, expected), done.stderr)

    def test_inputs_beside_the_image_are_what_ferrite_run_takes(self):
        model = NETWORKS / "pose-8-8.fxm"
        pictures, frames = noise(self.folder / model.stem, model, 3)
        report = json.loads(fixtures.run(fixtures.FERRITE, "inspect", "--json", model))
        width, fraction = map(int, re.fullmatch(r"Q\((\d+), (-?\d+), signed\)", report["inputs"][1]["format"]).groups())
        self.assertEqual(width, 16)
        source = random.Random(12)
        integers = [[source.randrange(-1 << 15, 1 << 15) for _ in range(6)] for _ in pictures]
        numbers = [value * 2.0 ** -fraction for row in integers for value in row]
        pose = self.folder / "pose.npy"
        pose.write_bytes(test_inputs.floats((3, 6), numbers))
        lines = fixtures.objects(fixtures.run(fixtures.FERRITE, "run", "--json", model, *pictures, "--input", f"pose={pose}"))
        expected = [line["logits"] for line in lines]
        self.assertEqual(len({tuple(logits) for logits in expected}), 3)
        pixels = len(frames) // 3
        stream = b"".join(frames[number * pixels:(number + 1) * pixels] + struct.pack("<6i", *row) for number, row in enumerate(integers))
        for triple, words in [(HERE, []), *CORES]:
            with self.subTest(words=words):
                done = subprocess.run([*words, self.programs[triple], "outputs", model, "0", "1"], input=stream, capture_output=True)
                self.assertEqual(done.returncode, 0, done.stderr)
                found = [list(map(int, line.split()[6:])) for line in done.stdout.decode().splitlines()]
                self.assertEqual(found, expected)

    def test_a_frame_takes_no_heap_and_little_stack(self):
        """The program itself counts heap calls and says so, if there is one; here its stack is what the header promises to be enough."""
        limit = 256 << 10
        _, found = self.answers([self.programs[HERE]], self.frames, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_STACK, (limit, limit)))
        self.assertEqual(len(found), len(self.expected))

    def test_every_wrong_call_gets_its_code(self):
        for triple, words in [(HERE, []), CORES[0], CORES[-1]]:
            for model in (SMALL, fixtures.MODEL, *LISTED):
                self.assertEqual(fixtures.run(*words, self.programs[triple], "misuse", model), "misuse: passed\n")

    def test_every_truncation_and_changed_bytes_are_told(self):
        self.assertEqual(fixtures.run(self.programs[HERE], "truncations", fixtures.MODEL), "truncations: passed\n")
        for triple, words in [CORES[0], CORES[-1]]:
            self.assertEqual(fixtures.run(*words, self.programs[triple], "truncations", SMALL), "truncations: passed\n")

    def test_the_shared_libraries_run_where_they_belong(self):
        for triple, words in [(HERE, []), CORES[0], CORES[-1]]:
            program = self.folder / f"shared-{triple}"
            place = archive(triple).parent
            fixtures.run(f"{triple}-gcc", "-std=c11", f"-I{HEADER.parent}", f"-I{fixtures.ROOT}/Sources/CHeap/include", fixtures.ROOT / "Tests/Device/library.c",
                         fixtures.ROOT / "Sources/CHeap/CHeap.c", f"-L{place}", "-lferrite", f"-Wl,-rpath,{place}", "-o", program)
            self.assertIn("[libferrite.so.0.1]", fixtures.run("readelf", "-d", program))
            root = ["-L", f"/usr/{triple}"] if words else []
            self.assertEqual(fixtures.run(*words, *root, program, "misuse", SMALL), "misuse: passed\n")

    def test_a_key_opens_what_its_owner_signed(self):
        other = KEY[:-2] + ("0" if KEY[-2] != "0" else "1") + "\n"
        for triple, words in [(HERE, []), *CORES]:
            def key(model, text):
                return fixtures.run(*words, self.programs[triple], "key", model, text).strip()
            self.assertEqual(key(SIGNED, KEY), "0 0 3")
            self.assertRegex(key(SMALL, KEY), r"^5 14097 0 the file is not signed")
            self.assertRegex(key(SIGNED, other), r"^5 \d+ 0 the file is signed by another key")
            self.assertRegex(key(SIGNED, KEY.strip()), "^6 0 0 the public key is cut short")
            forged = self.folder / "forged.fxm"
            data = bytearray(SIGNED.read_bytes())
            data[-1] ^= 1
            forged.write_bytes(data)
            self.assertRegex(key(forged, KEY), r"^5 \d+ 0 the signature is not the key's")

    def test_stands_beside_another_libsodium(self):
        source, program = self.folder / "both.c", self.folder / "both"
        source.write_text("""
            #include <ferrite.h>
            #include <sodium.h>
            int main(int count, char **words) {
              unsigned char random[64], key[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
              ferrite_model model;
              (void)count;
              if (sodium_init() < 0 || crypto_sign_keypair(key, secret) != 0) return 1;
              randombytes_buf(random, sizeof random);
              return ferrite_model_open_file(&model, words[1], words[2], NULL);
            }""")
        for order in ([archive(HERE), "-lsodium"], ["-lsodium", archive(HERE)], ["-Wl,-Bstatic", "-lsodium", "-Wl,-Bdynamic", archive(HERE)]):
            fixtures.run("gcc", *STRICT, f"-I{HEADER.parent}", source, *order, "-o", program)
            fixtures.run(program, SIGNED, KEY)
