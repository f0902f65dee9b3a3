"""The Debian package of the device program: what is in it, that it installs and goes, and what its service may do."""

import os
import pathlib
import re
import stat
import subprocess
import tempfile
import unittest

import fixtures

SERVICE = fixtures.ROOT / "packaging/ferrite-edge.service"


def build(architecture: str = "arm64", **environment) -> pathlib.Path:
    done = subprocess.run([fixtures.ROOT / "scripts/build-deb.sh", architecture], capture_output=True, text=True,
                          env={**os.environ, **environment})
    assert done.returncode == 0, done.stderr
    return fixtures.ROOT / done.stdout.split(":")[0]


def beside(deb: pathlib.Path, package: str) -> pathlib.Path:
    """Another package that was built with it."""
    return deb.with_name(deb.name.replace("ferrite-edge", package))


def mqtt(deb: pathlib.Path) -> pathlib.Path:
    return beside(deb, "ferrite-mqtt")


def mjpeg(deb: pathlib.Path) -> pathlib.Path:
    return beside(deb, "ferrite-mjpeg")


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.deb = build(SOURCE_DATE_EPOCH="1700000000")
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.scratch = pathlib.Path(scratch.name)

    def dpkg(self, root: pathlib.Path, *arguments) -> None:
        """dpkg on a root of its own, in which there is nothing to run scripts by."""
        (root / "var/lib/dpkg").mkdir(parents=True, exist_ok=True)
        (root / "var/lib/dpkg/status").touch()
        for folder in ("updates", "info"):
            (root / "var/lib/dpkg" / folder).mkdir(exist_ok=True)
        words = ["dpkg", f"--root={root}", "--force-script-chrootless", "--force-architecture", "--force-not-root", *arguments]
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    @staticmethod
    def files(root: pathlib.Path) -> set[str]:
        return {str(path.relative_to(root)) for path in root.rglob("*") if "var/" not in f"{path.relative_to(root)}/"}

    def test_the_same_sources_give_the_same_bytes(self):
        def packages(time: str) -> list[bytes]:
            deb = build(SOURCE_DATE_EPOCH=time)
            return [each.read_bytes() for each in (deb, mqtt(deb), mjpeg(deb))]

        before = [each.read_bytes() for each in (self.deb, mqtt(self.deb), mjpeg(self.deb))]
        self.assertEqual(packages("1700000000"), before)
        for later, earlier in zip(packages("1700000001"), before):
            self.assertNotEqual(later, earlier)

    def test_folders_are_readable_and_everything_is_roots(self):
        listing = [line for deb in (self.deb, mqtt(self.deb), mjpeg(self.deb)) for line in subprocess.run(
            ["dpkg-deb", "--contents", deb], capture_output=True, text=True, check=True).stdout.splitlines()]
        for line in listing:
            mode, owner = line.split()[:2]
            self.assertEqual(owner, "root/root", line)
            self.assertIn(mode, ("drwxr-xr-x", "-rw-r--r--", "-rwxr-xr-x"), line)

    def test_it_installs_and_a_purge_leaves_nothing(self):
        root = self.scratch / "root"
        root.mkdir()
        self.dpkg(root, "--install", self.deb)
        files = self.files(root)
        for name in ("usr/bin/ferrite-edge", "lib/systemd/system/ferrite-edge.service", "etc/default/ferrite-edge", "etc/ferrite-edge",
                     "usr/share/man/man1/ferrite-edge.1.gz", "usr/share/bash-completion/completions/ferrite-edge"):
            self.assertIn(name, files)
        boards = {f"usr/share/ferrite-edge/boards/{path.name}" for path in (fixtures.ROOT / "boards").glob("*.board")}
        self.assertTrue(boards and boards <= files)
        program = root / "usr/bin/ferrite-edge"
        self.assertEqual(program.read_bytes(), fixtures.EDGE.read_bytes())
        self.assertEqual(stat.S_IMODE(program.stat().st_mode), 0o755)
        # What its user put there goes with it.
        (root / "etc/ferrite-edge/model.fxm").write_bytes(b"a model")
        self.dpkg(root, "--remove", "ferrite-edge")
        self.assertEqual({name for name in self.files(root) if not (root / name).is_dir()},
                         {"etc/default/ferrite-edge", "etc/ferrite-edge/model.fxm"})
        self.dpkg(root, "--purge", "ferrite-edge")
        self.assertEqual(self.files(root), set())

    def test_the_package_of_messages_installs_beside_it_and_a_purge_leaves_nothing(self):
        root = self.scratch / "mqtt"
        root.mkdir()
        self.dpkg(root, "--install", self.deb)
        before = self.files(root)
        self.dpkg(root, "--force-depends", "--install", mqtt(self.deb))
        files = self.files(root)
        for name in ("usr/bin/ferrite-mqtt", "lib/systemd/system/ferrite-mqtt.service", "lib/systemd/system/ferrite-mqtt.socket",
                     "lib/systemd/system/ferrite-edge.service.d/mqtt.conf", "etc/default/ferrite-mqtt", "etc/ferrite-mqtt",
                     "usr/share/man/man1/ferrite-mqtt.1.gz"):
            self.assertIn(name, files - before)
        (root / "etc/ferrite-mqtt/login").write_text("user\nsecret\n")
        self.dpkg(root, "--purge", "ferrite-mqtt")
        self.assertEqual(self.files(root), before)

    def test_the_packages_for_32_bits_are_of_their_architecture_and_install_and_purge_alike(self):
        deb = build("armhf", SOURCE_DATE_EPOCH="1700000000")
        root = self.scratch / "armhf"
        root.mkdir()
        for package in (deb, mqtt(deb), mjpeg(deb)):
            self.assertEqual(fixtures.run("dpkg-deb", "--field", package, "Architecture"), "armhf\n")
            self.dpkg(root, "--force-depends", "--install", package)
        for name in ("ferrite-edge", "ferrite-mqtt", "ferrite-mjpeg"):
            self.assertEqual((root / "usr/bin" / name).read_bytes(), (fixtures.ROOT / f"build/{name}-armv7").read_bytes())
        # But for the programs, and what they are made of, the same as for 64 bits.
        wide = self.scratch / "arm64"
        wide.mkdir()
        for package in (self.deb, mqtt(self.deb), mjpeg(self.deb)):
            self.dpkg(wide, "--force-depends", "--install", package)
        self.assertEqual(self.files(root), self.files(wide))
        for name in self.files(root):
            if (root / name).is_file() and not name.startswith("usr/bin/") and not name.endswith(".spdx.json"):
                self.assertEqual((root / name).read_bytes(), (wide / name).read_bytes(), name)
        self.dpkg(root, "--purge", "ferrite-mqtt", "ferrite-mjpeg", "ferrite-edge")
        self.assertEqual(self.files(root), set())

    def test_the_package_of_pictures_installs_beside_it_and_a_purge_leaves_nothing(self):
        root = self.scratch / "mjpeg"
        root.mkdir()
        self.dpkg(root, "--install", self.deb)
        before = self.files(root)
        self.dpkg(root, "--force-depends", "--install", mjpeg(self.deb))
        files = {name for name in self.files(root) - before if not (root / name).is_dir()}
        self.assertEqual(files, {"usr/bin/ferrite-mjpeg", "usr/share/man/man1/ferrite-mjpeg.1.gz",
                                 "usr/share/doc/ferrite-mjpeg/copyright", "usr/share/doc/ferrite-mjpeg/changelog.gz",
                                 "usr/share/doc/ferrite-mjpeg/ferrite-mjpeg.spdx.json"})
        self.dpkg(root, "--purge", "ferrite-mjpeg")
        self.assertEqual(self.files(root), before)

    def test_the_other_programs_need_the_systems_own_libraries_and_no_others(self):
        for name, library in {"ferrite-mqtt": "libmosquitto.so.1", "ferrite-mjpeg": "libjpeg.so.62"}.items():
            for machine in ("", "-armv7"):
                headers = fixtures.run("aarch64-linux-gnu-readelf", "-d", fixtures.ROOT / f"build/{name}{machine}")
                self.assertEqual(set(re.findall(r"NEEDED.*\[(.*)\]", headers)), {library, "libc.so.6"})

    def test_a_changed_configuration_survives_an_upgrade(self):
        root = self.scratch / "upgrade"
        root.mkdir()
        self.dpkg(root, "--install", self.deb)
        settings = root / "etc/default/ferrite-edge"
        settings.write_text("MODEL=/mine\n")
        self.dpkg(root, "--force-confold", "--install", self.deb)
        self.assertEqual(settings.read_text(), "MODEL=/mine\n")

    def test_the_services_may_do_little(self):
        # The last one as docs/boards.md has it for LEDs and PWM.
        text = SERVICE.read_text()
        lights = self.scratch / "lights.service"
        lights.write_text(text.replace("ProtectKernelTunables=yes", "ProtectKernelTunables=no"))
        self.assertNotEqual(lights.read_text(), text)
        for service in (SERVICE, SERVICE.with_name("ferrite-mqtt.service"), lights):
            done = subprocess.run(["systemd-analyze", "security", "--offline=yes", service], capture_output=True, text=True)
            exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
            self.assertIsNotNone(exposure, done.stdout + done.stderr)
            self.assertLessEqual(float(exposure[1]), 2.0, done.stdout)
        for limit in ("LimitRTPRIO=60", "LimitMEMLOCK=64M", "RestrictRealtime=no"):
            self.assertIn(f"{limit}\n", text)

    def test_the_services_pipeline_runs_what_its_settings_say(self):
        edge = self.scratch / "edge"
        edge.write_text(f'#!/bin/sh\necho "$@" >&2\nexec qemu-aarch64 {fixtures.EDGE} watch "$2" --stdin grey --size 48x48 --every\n')
        edge.chmod(0o755)
        frames = self.scratch / "frames"
        frames.write_bytes(b"".join(path.read_bytes()[-48 * 48:] for path in fixtures.faces()[:3]))
        settings = (fixtures.ROOT / "packaging/ferrite-edge.default").read_text()
        variables = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', settings, re.M))
        self.assertEqual(sorted(variables), ["BOARD", "CAMERA", "FRAMES", "MODEL", "OPTIONS"])
        environment = {**os.environ, **variables, "FERRITE_EDGE": str(edge), "MODEL": str(fixtures.MODEL)}
        for camera, source in ((f"cat {frames}", None), ("", open(frames, "rb"))):
            with self.subTest(camera):
                done = subprocess.run([fixtures.ROOT / "packaging/watch"], env={**environment, "CAMERA": camera}, stdin=source,
                                      capture_output=True, text=True)
                self.assertEqual((done.returncode, len(done.stdout.splitlines())), (0, 3), done.stderr)
                self.assertIn(f"watch {fixtures.MODEL} --board {variables['BOARD']} {variables['FRAMES']} {variables['OPTIONS']}", done.stderr)

    def test_every_option_of_the_settings_is_one_of_the_programs(self):
        usage = fixtures.attempt("help").stdout
        manual = (fixtures.ROOT / "packaging/ferrite-edge.1").read_text().replace("\\-", "-")
        settings = (fixtures.ROOT / "packaging/ferrite-edge.default").read_text()
        options = set(re.findall(r"--[a-z-]+", usage))
        self.assertTrue({"--stdin", "--smooth", "--board"} <= options)
        for option in sorted(options):
            self.assertIn(option, manual, f"{option} is not in the manual page")
            self.assertIn(option, (fixtures.ROOT / "packaging/ferrite-edge.bash-completion").read_text())
        of_the_stream = " ".join(re.findall(r'^#?(?:FRAMES|OPTIONS)="(.*)"$', settings, re.M))
        self.assertTrue(set(re.findall(r"--[a-z]+", of_the_stream)) <= options)

    def test_every_option_of_pictures_is_in_its_manual_page(self):
        usage = (fixtures.ROOT / "Sources/ferrite-mjpeg/Settings.swift").read_text().split('"""')[1]
        manual = (fixtures.ROOT / "packaging/ferrite-mjpeg.1").read_text().replace("\\-", "-")
        options = set(re.findall(r"--[a-z-]+", usage))
        self.assertTrue({"--camera", "--camera-size", "--every"} <= options)
        for option in sorted(options):
            self.assertIn(option, manual)
        # What the service's settings offer to take is a call.
        settings = (fixtures.ROOT / "packaging/ferrite-edge.default").read_text()
        words = re.search(r'^#CAMERA="ferrite-mjpeg (.*)"$', settings, re.M)[1].split()
        self.assertEqual((words[0::2], words[3]), (["--camera", "--size", "--camera-size"], "640x360"))
        self.assertIn('#FRAMES="--stdin grey --size 640x360"\n', settings)

    def test_every_option_of_messages_is_in_its_manual_page(self):
        usage = (fixtures.ROOT / "Sources/ferrite-mqtt/Settings.swift").read_text().split('"""')[1]
        manual = (fixtures.ROOT / "packaging/ferrite-mqtt.1").read_text().replace("\\-", "-")
        options = set(re.findall(r"--[a-z-]+", usage))
        self.assertTrue({"--host", "--retain"} <= options)
        for option in sorted(options):
            self.assertIn(option, manual)
        settings = (fixtures.ROOT / "packaging/ferrite-mqtt.default").read_text()
        of_the_settings = " ".join(re.findall(r'^#?OPTIONS="(.*)"$', settings, re.M))
        self.assertTrue(set(re.findall(r"--[a-z-]+", of_the_settings)) <= options)

    def complete(self, *words) -> set[str]:
        script = (f"source {fixtures.ROOT}/packaging/ferrite-edge.bash-completion; COMP_WORDS=({' '.join(repr(w) for w in words)}); "
                  f"COMP_CWORD={len(words) - 1}; _ferrite_edge; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
        return set(subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout.split())

    def test_words_are_completed(self):
        self.assertEqual(self.complete("ferrite-edge", "se"), {"selftest"})
        self.assertEqual(self.complete("ferrite-edge", "watch", "m.fxm", "--stdin", "y"), {"yuv420", "yuyv"})
        self.assertEqual(self.complete("ferrite-edge", "safe", "--"), {"--board"})
        self.assertIn("--smooth", self.complete("ferrite-edge", "watch", "--s"))
