"""The Python package, as a user gets it: the wheel in a fresh virtual environment, and nothing else of Ferrite's."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
import zipfile

import fixtures
import test_inputs
import test_library

PACKAGE = fixtures.ROOT / "python"
HEADER = fixtures.ROOT / "build/library/include/ferrite.h"
PYTHON_ARM64 = fixtures.ROOT / ".cache/python-arm64"
FIXTURES = fixtures.ROOT / "Tests/Fixtures"

SOME_TESTS = ["test_a_batch_gives_what_ferrite_run_prints", "test_every_output_is_what_ferrite_run_prints_and_writes",
              "test_numbers_beside_the_image_give_what_ferrite_run_prints",
              "test_one_picture_in_every_form_that_it_may_have", "test_models_that_are_none", "test_signatures"]


class Wheel(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.folder = pathlib.Path(scratch.name)
        cls.wheel = cls.built()
        # numpy is Debian's; of the package there is none outside of the environment.
        fixtures.run("/usr/bin/python3", "-m", "venv", "--system-site-packages", cls.folder / "venv")
        cls.python = cls.folder / "venv/bin/python"
        fixtures.run(cls.python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", cls.wheel)
        cls.pictures = fixtures.faces()[::15]
        cls.expected = cls.folder / "expected"
        cls.expected.write_text(fixtures.run(fixtures.FERRITE, "run", "--json", fixtures.MODEL, *cls.pictures))

        cls.outputs = cls.folder / "outputs"
        cls.outputs.mkdir()
        for model in test_library.LISTED:
            cls.expect_outputs(model, cls.outputs / model.stem)
        pose = test_library.NETWORKS / "pose-8-8.fxm"
        numbers = cls.folder / "pose.npy"
        numbers.write_bytes(test_inputs.floats((3, 6), [0.25, -1, 0.5, 0.1, 1e9, -1e9, 0, 0.3, -0.7, 1, -0.001, 0.9, *[0.5] * 6]))
        cls.expect_outputs(pose, cls.outputs / pose.stem, "--input", f"pose={numbers}")
        (cls.outputs / pose.stem / "pose.npy").write_bytes(numbers.read_bytes())

    @classmethod
    def expect_outputs(cls, model: pathlib.Path, folder: pathlib.Path, *beside: str) -> None:
        """What the package's own tests compare a model's outputs with; `beside` are the options for inputs beside the image."""
        pictures, frames = test_library.noise(folder, model, 3)
        (folder / "model.fxm").write_bytes(model.read_bytes())
        (folder / "inspected").write_text(fixtures.run(fixtures.FERRITE, "inspect", "--json", model))
        (folder / "lines").write_text(fixtures.run(fixtures.FERRITE, "run", "--json", model, *pictures, *beside))
        fixtures.run(fixtures.FERRITE, "run", "--output", folder, model, *pictures, *beside)
        shape = json.loads((folder / "inspected").read_text())["buffers"][0]["shape"]
        code = "import sys, numpy; numpy.save(sys.argv[1], numpy.frombuffer(sys.stdin.buffer.read(), numpy.uint8).reshape(-1, *map(int, sys.argv[2:])))"
        subprocess.run([cls.python, "-c", code, folder / "pictures.npy", *map(str, shape)], input=frames, check=True)

    @staticmethod
    def built(*machine: str) -> pathlib.Path:
        said = fixtures.run(fixtures.ROOT / "scripts/build-wheel.sh", *machine)
        return fixtures.ROOT / re.fullmatch(r"(build/wheel/\S+\.whl): \d+ bytes\n", said)[1]

    def environment(self, **more: str) -> dict[str, str]:
        """What the package's own tests are told."""
        return {**os.environ, "FERRITE_MODEL": str(fixtures.MODEL), "FERRITE_EXPECTED": str(self.expected),
                "FERRITE_OUTPUTS": str(self.outputs),
                "FERRITE_SIGNED": str(FIXTURES / "every-operation-signed-1.0.fxm"), "FERRITE_KEY": str(FIXTURES / "fixture.pub"), **more}

    def installed(self, *words) -> subprocess.CompletedProcess:
        """Python of the environment, away from the sources."""
        return subprocess.run([self.python, *map(str, words)], capture_output=True, text=True, env=self.environment(), cwd=self.folder)

    def test_the_package_passes_its_tests(self):
        self.assertEqual(len(self.pictures), 14)
        done = self.installed(PACKAGE / "tests/test_session.py")
        self.assertEqual(done.returncode, 0, done.stderr)
        written = len(re.findall(r"^    def test_", (PACKAGE / "tests/test_session.py").read_text(), re.M))
        self.assertRegex(done.stderr, rf"\nRan {written} tests in [\d.]+s\n\nOK\n$")

    def test_a_python_for_64_bit_arm_passes_some_of_them_on_an_emulated_core(self):
        site = self.folder / "arm64"
        with zipfile.ZipFile(self.built("aarch64")) as wheel:
            wheel.extractall(site)
        libraries = [PYTHON_ARM64 / part / "aarch64-linux-gnu" for part in ("lib", "usr/lib")]
        libraries += [libraries[1] / "blas", libraries[1] / "lapack"]
        settings = {"LD_LIBRARY_PATH": ":".join(map(str, libraries)), "PYTHONHOME": PYTHON_ARM64 / "usr",
                    "PYTHONPATH": f"{site}:{PYTHON_ARM64}/usr/lib/python3/dist-packages", "PYTHONDONTWRITEBYTECODE": "1"}
        words = ["qemu-aarch64", "-cpu", "cortex-a76", "-L", PYTHON_ARM64, *(word for name, value in settings.items() for word in ("-E", f"{name}={value}")),
                 PYTHON_ARM64 / "usr/bin/python3.11", PACKAGE / "tests/test_session.py", *(f"SessionTests.{name}" for name in SOME_TESTS)]
        done = subprocess.run(words, capture_output=True, text=True, env=self.environment(), cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, rf"\nRan {len(SOME_TESTS)} tests in [\d.]+s\n\nOK\n$")

    def test_the_example_prints_what_ferrite_run_prints(self):
        done = self.installed(fixtures.ROOT / "examples/python/classify.py", fixtures.MODEL, *self.pictures)
        self.assertEqual((done.returncode, done.stdout), (0, fixtures.run(fixtures.FERRITE, "run", fixtures.MODEL, *self.pictures)), done.stderr)

    def test_the_example_says_so_of_a_model_without_classes(self):
        done = self.installed(fixtures.ROOT / "examples/python/classify.py", test_library.LISTED[1], self.pictures[0])
        self.assertEqual((done.returncode, done.stdout, done.stderr), (1, "", f"classify.py: {test_library.LISTED[1]}: the model doesn't tell classes\n"))

    def test_is_of_one_version_and_says_where_it_runs(self):
        version = re.search(r'#define FERRITE_VERSION "(.*)"', HEADER.read_text())[1]
        self.assertIn(f'\nversion = "{version}"\n', (PACKAGE / "pyproject.toml").read_text())
        self.assertEqual(self.installed("-c", "import ferrite; print(ferrite.version)").stdout, f"{version}\n")
        with zipfile.ZipFile(self.wheel) as wheel:
            text = wheel.read(f"ferrite-{version}.dist-info/WHEEL").decode()
            self.assertEqual(sorted(name for name in wheel.namelist() if name.startswith("ferrite/")), sorted(
                f"ferrite/{name}" for name in ("__init__.py", "_errors.py", "_library.py", "_session.py", "libferrite.so", "py.typed")))
            library = self.folder / "libferrite.so"
            library.write_bytes(wheel.read("ferrite/libferrite.so"))
        platform = re.search(r"Tag: py3-none-manylinux_2_(\d+)_", text)
        needed = [int(found) for found in re.findall(r"GLIBC_2\.(\d+)", fixtures.run("objdump", "-T", library))]
        self.assertEqual(int(platform[1]), max(needed))
        self.assertLessEqual(max(needed), 36, "Debian 12 has glibc 2.36")

    def test_ctypes_has_the_headers_structures_and_functions(self):
        """Sizes and places of every member as a C compiler has them, and as many arguments as the header says."""
        described = self.installed("-c", """if True:
            import ctypes, json
            from ferrite import _library
            structures = {"ferrite_error": _library.Error, "ferrite_model": _library.Model, "ferrite_description": _library.Description,
                          "ferrite_output": _library.Output, "ferrite_settings": _library.Settings}
            print(json.dumps([{name: [ctypes.sizeof(one), {member: getattr(one, member).offset for member, *_ in one._fields_}]
                               for name, one in structures.items()},
                              {name: len(types) - 1 for name, types in _library.PROTOTYPES.items()}]))""")
        structures, functions = json.loads(described.stdout)
        lines = [f'printf("%zu\\n", sizeof(struct {name}));' for name in structures]
        lines += [f'printf("%zu\\n", offsetof(struct {name}, {member}));' for name, (_, members) in structures.items() for member in members]
        source, program = self.folder / "places.c", self.folder / "places"
        source.write_text("#include <ferrite.h>\n#include <stdio.h>\nint main(void) {\n" + "\n".join(lines) + "\n}\n")
        fixtures.run("gcc", f"-I{HEADER.parent}", source, "-o", program)
        found = [size for size, _ in structures.values()] + [place for _, members in structures.values() for place in members.values()]
        self.assertEqual(list(map(int, fixtures.run(program).split())), found)
        text = fixtures.run("gcc", "-E", "-P", HEADER)
        declared = {name: 0 if words.strip() == "void" else words.count(",") + 1 for name, words in re.findall(r"\b(ferrite_\w+)\s*\(([^)]*)\)", text)}
        self.assertEqual({name: declared[name] for name in functions}, functions)
        self.assertEqual(set(declared) - set(functions), {"ferrite_model_open_file"})
        codes = re.search(r"enum\s*\{\s*(FERRITE_OK.*?)\}", text, re.S)[1]
        names = re.findall(r"^OK, .* = range\(\d+\)$", (PACKAGE / "ferrite/_library.py").read_text(), re.M)[0].partition(" =")[0].split(", ")
        self.assertEqual([name.removeprefix("ERROR_") for name in re.findall(r"FERRITE_(\w+) = \d+", codes)], names)

    def test_the_same_library_makes_the_same_wheel(self):
        before = self.wheel.read_bytes()
        self.assertEqual(self.built().read_bytes(), before)

    def test_sources_without_the_library_say_how_to_build_it(self):
        done = subprocess.run([self.python, "setup.py", "bdist_wheel"], cwd=PACKAGE, capture_output=True, text=True,
                              env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
        self.assertEqual(done.returncode, 1)
        self.assertIn("built by `make wheel`", done.stderr)
