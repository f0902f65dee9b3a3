"""What the commands print with --json has the keys that docs/json.md says, all of them and no others."""

import json
import pathlib
import re
import subprocess
import tempfile
import unittest

import fixtures

PAGE = fixtures.ROOT / "docs/json.md"
CASCADE = "/usr/share/opencv4/lbpcascades/lbpcascade_frontalface.xml"


def documented() -> dict[str, set[str]]:
    """The keys of each heading: every word of the indented lines under it."""
    found = {}
    for part in PAGE.read_text().split("\n## ")[1:]:
        heading, _, text = part.partition("\n")
        found[heading.strip()] = set(re.findall(r"^    (.*)$", text, re.M) and " ".join(re.findall(r"^    (.*)$", text, re.M)).split())
    return found


def keys(value, path: str = "", maps: tuple[str, ...] = ()) -> set[str]:
    """The ways to every value: `a.b` in an object, `a[]` in a list, `a.*` where the keys of `a` are names of somebody else's."""
    if isinstance(value, dict):
        below = [(f"{path}.{'*' if path in maps else key}".lstrip("."), part) for key, part in value.items()]
    elif isinstance(value, list):
        below = [(f"{path}[]", part) for part in value]
    else:
        return {path}
    return set().union(*(keys(part, way, maps) for way, part in below)) if below else {path}


class Contract(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.folder = pathlib.Path(scratch.name)
        cls.data = fixtures.FOLDER / "faces"
        cls.model = cls.folder / "model.fxm"
        cls.cascade = cls.folder / "face.fxc"
        cls.picture = fixtures.ROOT / "Tests/FerriteTests/Fixtures/detection/astronaut.pgm"
        cls.documented = documented()
        cls.tested = set()
        # A network of several outputs, and a picture of each of its classes.
        cls.detector = fixtures.ROOT / "Tests/EdgeRuntimeTests/Fixtures/networks/detector-8-8.fxm"
        cls.small = cls.folder / "small"
        for number, label in enumerate(("face", "cat", "none")):
            (cls.small / label).mkdir(parents=True)
            (cls.small / label / "a.pgm").write_bytes(b"P5 32 32 255\n" + bytes(place * (number + 3) % 251 for place in range(1024)))
        fixtures.run(fixtures.FERRITE, "keygen", "-o", cls.folder / "key")
        fixtures.run(fixtures.FERRITE, "sign", fixtures.MODEL, "--key", cls.folder / "key.key", "-o", cls.model)
        fixtures.run(fixtures.FERRITE, "export", CASCADE, "-o", cls.cascade)

    @classmethod
    def tearDownClass(cls):
        # Nothing stands on the page that no test has seen.
        assert cls.tested == set(cls.documented), cls.tested ^ set(cls.documented)

    def check(self, heading: str, *outputs: str, maps: tuple[str, ...] = ()) -> None:
        """The outputs, a document a line, together have the heading's keys; where some are null in one, another has them."""
        type(self).tested.add(heading)
        found = set().union(*(keys(json.loads(line), maps=maps) for output in outputs for line in output.splitlines()))
        # A null that is elsewhere an object is no key of its own.
        found = {key for key in found if not any(other.startswith((f"{key}.", f"{key}[")) for other in found)}
        self.assertEqual(sorted(found), sorted(self.documented.get(heading, set())), heading)

    def ferrite(self, *words) -> str:
        return fixtures.run(fixtures.FERRITE, *words, "--json")

    def edge(self, *words, **more) -> str:
        done = subprocess.run(["qemu-aarch64", str(fixtures.EDGE), *map(str, words), "--json"], capture_output=True, text=True, **more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_export_and_inspect(self):
        exported = self.ferrite("export", fixtures.TOON, "-o", self.folder / "new.fxm", "--calibrate", self.data, "--expect-accuracy", 0.5)
        self.check("ferrite export, inspect", exported, self.ferrite("inspect", self.model))
        cascade = self.ferrite("export", CASCADE, "-o", self.folder / "new.fxc")
        fixtures.run(fixtures.FERRITE, "sign", self.cascade, "--key", self.folder / "key.key")
        self.check("ferrite export, inspect: a cascade", cascade, self.ferrite("inspect", self.cascade))

    def test_calibrate_and_search(self):
        file = self.folder / "toon.fxcal"
        self.check("ferrite calibrate", self.ferrite("calibrate", fixtures.TOON, "--data", self.data, "-o", file, "--limit", 35))
        budgets = (["--max-bytes", 300_000], ["--max-cycles", 100_000_000, "--core", "cortex-a53"], ["--max-loss", 50])
        search = ["search", fixtures.TOON, "--calibrate", self.data, "--limit", 14, "--check", 14, "--weight-widths", "6,8", "-o", self.folder / "widths.json"]
        outputs = [self.ferrite(*search, *budget) for budget in budgets]
        self.check("ferrite search", *outputs, maps=("chosen.layers", "front[].layers", "uniform[].layers"))

    def test_run(self):
        self.check("ferrite run", self.ferrite("run", self.model, "--data", self.data, "--limit", 7), self.ferrite("run", self.detector, "--data", self.small),
                   self.ferrite("run", self.detector, self.small / "cat/a.pgm", "-o", self.folder / "arrays"))
        self.check("ferrite-edge run", self.edge("run", self.model, fixtures.faces()[0]), self.edge("run", self.detector, self.small / "cat/a.pgm"))

    def test_compare(self):
        coarse = self.folder / "coarse.fxm"
        fixtures.run(fixtures.FERRITE, "export", fixtures.TOON, "-o", coarse, "--calibrate", self.data, "--weight-bits", 2, "--without", "all")
        data = ["--data", self.data]
        parts = []
        for shard in (1, 2):
            parts.append(self.folder / f"part-{shard}")
            fixtures.run(fixtures.FERRITE, "compare", fixtures.TOON, coarse, *data, "--shard", f"{shard}/2", "--partial", parts[-1])
        self.check("ferrite compare, merge", self.ferrite("compare", fixtures.TOON, coarse, *data, "--what-if", "--limit", 14),
                   self.ferrite("compare", self.model, "--against", coarse, *data), self.ferrite("merge", *parts))

    def test_compare_of_other_outputs(self):
        data = ["--data", self.small]
        network = fixtures.ROOT / "Tests/ExporterTests/Fixtures/detector.onnx"
        self.check("ferrite compare: other outputs", self.ferrite("compare", network, self.detector, *data),
                   self.ferrite("compare", self.detector, "--against", self.detector, *data))

    def test_bench(self):
        self.check("ferrite bench", self.ferrite("bench", self.model, "--frames", 5))
        both = self.ferrite("bench", self.model, "--compare", fixtures.MODEL, "--frames", 5)
        self.check("ferrite bench --compare", json.dumps({**json.loads(both), "models": [{} for _ in json.loads(both)["models"]]}))
        for model in json.loads(both)["models"]:
            self.check("ferrite bench", json.dumps(model))
        self.check("ferrite-edge bench", self.edge("bench", self.model, "--frames", 2))

    def test_selftest_and_conformance(self):
        self.check("ferrite selftest", self.ferrite("selftest", self.model))
        self.check("ferrite-edge selftest", self.edge("selftest", self.model))
        self.check("ferrite conformance", self.ferrite("conformance", "--seeds", 4))

    def test_explain(self):
        self.check("ferrite explain", self.ferrite("explain", self.model, fixtures.faces()[0], "-o", self.folder / "explained.png"))

    def test_detect(self):
        self.check("ferrite detect", self.ferrite("detect", self.cascade, self.picture))
        self.check("ferrite-edge detect", self.edge("detect", self.cascade, self.picture, "--frames", 1))

    def test_watch(self):
        self.check("ferrite-edge watch: files", self.edge("watch", self.model, fixtures.faces()[0]))
        header, _, pixels = self.picture.read_bytes().partition(b"\n255\n")
        width, height = header.split()[-2:]
        size = f"{width.decode()}x{height.decode()}"
        frames = self.folder / "frames"
        # One that shows somebody, and one that doesn't.
        frames.write_bytes(pixels + bytes(len(pixels)))
        with open(frames, "rb") as stream:
            words = ["watch", self.model, "--stdin", "grey", "--size", size, "--detect", self.cascade, "--summary", "--deadline", 60_000]
            *lines, summary = self.edge(*words, stdin=stream).splitlines()
        self.check("ferrite-edge watch: a camera's frames", *lines)
        self.check("ferrite-edge watch --summary", summary)

    def test_keys_and_signatures(self):
        self.check("ferrite keygen", self.ferrite("keygen", "-o", self.folder / "another"))
        signed = self.folder / "signed.fxm"
        self.check("ferrite sign, verify", self.ferrite("sign", self.model, "--key", self.folder / "key.key", "-o", signed),
                   self.ferrite("verify", signed, "--key", self.folder / "key.pub"))
