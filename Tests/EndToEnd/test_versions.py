"""Files that earlier versions wrote are read as they were: Tests/Fixtures holds them, and files.json says who made each. They are never made anew
(docs/versions.md)."""

import json
import unittest

import fixtures

FOLDER = fixtures.ROOT / "Tests/Fixtures"
FILES = json.loads((FOLDER / "files.json").read_text())
OPERATIONS = {"conv2D", "fullyConnected", "maxPool2D", "averagePool2D", "affineGridSample", "concatenate", "requantize", "add", "table"}


class Versions(unittest.TestCase):
    def test_every_file_of_the_folder_is_listed(self):
        files = sorted(path.name for path in FOLDER.iterdir() if path.suffix in (".fxm", ".fxc"))
        self.assertEqual(files, sorted(old["file"] for old in FILES))

    def test_old_files_load_and_say_what_they_said(self):
        operations = set()
        for old in FILES:
            with self.subTest(old["file"]):
                path = FOLDER / old["file"]
                header = path.read_bytes()[:12]
                self.assertEqual(f"{header[8]}.{header[10]}", old["version"])
                report = json.loads(fixtures.run(fixtures.FERRITE, "inspect", path, "--json"))
                self.assertEqual(report["digest"], old["digest"])
                operations |= {layer["op"] for layer in report.get("layers", [])}
        # None can change unseen.
        self.assertEqual(operations, OPERATIONS)

    def test_old_models_give_the_same_bits_on_every_machine(self):
        for old in FILES:
            if "logits" not in old:
                continue
            path = FOLDER / old["file"]
            outputs = [fixtures.run(fixtures.FERRITE, "selftest", path, "--json")]
            outputs += [fixtures.edge(core, "selftest", path, "--json") for core in ("cortex-a53", "cortex-a72", "cortex-a76")]
            for output in outputs:
                with self.subTest(old["file"], output=output):
                    result = json.loads(output)
                    self.assertEqual((result["passed"], result["digest"]), (True, old["logits"]))

    def test_old_signatures_hold(self):
        signed = [old for old in FILES if "key" in old]
        self.assertEqual({old["file"].rpartition(".")[2] for old in signed}, {"fxm", "fxc"})
        for old in signed:
            with self.subTest(old["file"]):
                found = json.loads(fixtures.run(fixtures.FERRITE, "verify", FOLDER / old["file"], "--key", FOLDER / old["key"], "--json"))
                self.assertEqual((found["sequence"], found["digest"]), (old["sequence"], old["digest"]))
        model = next(FOLDER / old["file"] for old in signed if "logits" in old)
        self.assertEqual(fixtures.attempt("selftest", model, "--public-key", FOLDER / "fixture.pub").returncode, 0)
