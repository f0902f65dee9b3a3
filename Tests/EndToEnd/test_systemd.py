"""The package under a running systemd, in a Debian on an emulated 64-bit board whose lines are read from outside. Minutes: `make test-board`."""

import json
import os
import pathlib
import re
import tempfile
import time
import unittest

import debian
import fixtures
import guest
from test_package import build

CACHE = fixtures.ROOT / ".cache/debian"
# Line 3 of the board's chip is its power key.
LINES = dict(zip(fixtures.CLASSES, (0, 1, 2, 4, 5, 6, 7)))
BOARD = "chip-label = 9030000.pl061\n" + "".join(f"line.{name} = {line}\n" for name, line in LINES.items())
DROP_IN = "/run/systemd/system/ferrite-edge.service.d"
# Seconds that an emulated systemd may take on a busy machine.
PATIENCE = 300
# A camera: a frame five times a second, until somebody covers it.
CAMERA = "#!/bin/sh\nwhile true; do\n  [ -e /run/covered ] || cat /face.grey\n  sleep 0.2\ndone\n"
SETTINGS = """MODEL=/etc/ferrite-edge/model.fxm
BOARD=/etc/ferrite-edge/board
CAMERA=/camera
FRAMES="--stdin grey --size 48x48"
OPTIONS=--json
"""


class Systemd(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        assert os.geteuid() == 0, "the disk's files belong to root: run this as root"
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        folder = pathlib.Path(scratch.name)
        face = fixtures.faces()[0]
        cls.line = LINES[json.loads(fixtures.run(fixtures.FERRITE, "run", fixtures.MODEL, face, "--json"))["class"]]
        (folder / "face.grey").write_bytes(face.read_bytes()[-48 * 48:])
        debian.image(folder / "image", CACHE / "root.tar", {
            "ferrite-edge.deb": build(), "model.fxm": fixtures.MODEL, "face.grey": folder / "face.grey", "camera": CAMERA,
            "settings": SETTINGS, "board": BOARD})
        modules = fixtures.BOARD_CACHE / "modules"
        guest.initramfs(folder / "initramfs.gz", fixtures.BOARD_CACHE / "busybox",
                        {f"modules/{name}.ko": modules / f"{name}.ko" for name in debian.MODULES},
                        debian.INIT.format(modules=" ".join(debian.MODULES)))
        cls.board = cls.enterClassContext(
            debian.Debian(fixtures.BOARD_CACHE, folder / "initramfs.gz", folder, folder / "image"))

    def wait(self, condition, what: str, seconds: float = PATIENCE) -> None:
        fixtures.until(condition, what, seconds)

    def property(self, name: str) -> str:
        return self.board.shell(f"systemctl show --value -p {name} ferrite-edge").strip()

    def is_shown(self) -> bool:
        return self.board.levels() == {self.line}

    def files(self) -> set[str]:
        """Everything on the disk but what dpkg, the journal and users' registers keep of any package."""
        found = self.board.shell("find / -xdev ! -path '/var/lib/dpkg/*' ! -path '/var/log/*' ! -path '/var/lib/systemd/*' ! -path '/etc/*-' "
                                 "! -path '/tmp/*' ! -path '/var/tmp/*' ! -path '/var/cache/*'", PATIENCE)
        return set(found.split())

    def test_from_installing_to_purging(self):
        """One story, for a board starts only once: each part leaves what the next one needs."""
        shell = self.board.shell
        before = self.files()
        self.install()
        self.kill()
        self.let_the_watchdog_bite()
        self.stop()
        print(shell("dpkg --purge ferrite-edge 2>&1", PATIENCE))
        self.assertEqual(self.files() - before, set())
        self.assertEqual(shell("systemctl cat ferrite-edge 2>&1 | head -1").strip(), "No files found for ferrite-edge.service.")
        self.assertIn("not-found", shell("systemctl show -p LoadState ferrite-edge"))

    def install(self):
        shell = self.board.shell
        print(shell("dpkg -i /ferrite-edge.deb 2>&1", PATIENCE))
        self.assertIn("ferrite-edge", shell("getent passwd ferrite-edge || grep ferrite-edge /etc/passwd"))
        # Not set up yet: that is no failure.
        shell("systemctl start ferrite-edge")
        self.assertEqual(self.property("ActiveState"), "inactive")
        shell("cp /settings /etc/default/ferrite-edge; cp /model.fxm /board /etc/ferrite-edge/; chmod 755 /camera")
        self.assertEqual(self.board.levels(), set())
        # The unit's 30 seconds are a board's; an emulated one on a busy machine may need more.
        shell(f"mkdir -p {DROP_IN}; printf '[Service]\\nTimeoutStartSec={PATIENCE}\\n' >{DROP_IN}/patience.conf; systemctl daemon-reload")
        print(shell("systemctl enable --now ferrite-edge 2>&1", PATIENCE))
        self.assertEqual(self.property("ActiveState"), "active", shell("journalctl -u ferrite-edge --no-pager | tail -20"))
        self.wait(self.is_shown, "the class's line high")
        self.assertEqual(shell("ps -o user= -C ferrite-edge").split()[0][:7], "ferrite")

    def kill(self):
        """SIGKILL leaves the lines as they are: the unit makes them safe, and starts the program anew."""
        shell = self.board.shell
        for how in ("pkill -KILL -x ferrite-edge", "systemctl kill -s KILL ferrite-edge"):
            with self.subTest(how):
                restarts = int(self.property("NRestarts"))
                # The camera is covered first: what comes after the start shows nothing, and low lines stay to be seen.
                shell(f"touch /run/covered; {how}")
                self.wait(lambda: self.board.levels() == set(), "the lines low after SIGKILL")
                shell("rm /run/covered")
                self.wait(self.is_shown, "the class's line high again")
                self.assertEqual(int(self.property("NRestarts")), restarts + 1)

    def let_the_watchdog_bite(self):
        """Frames that stop are a failure: after WatchdogSec the program is ended, with its lines safe, and started anew."""
        shell = self.board.shell
        restarts = int(self.property("NRestarts"))
        self.assertEqual(self.property("WatchdogUSec"), "10s")
        shell("touch /run/covered")
        started = time.monotonic()
        self.wait(lambda: self.board.levels() == set(), "the lines low when frames have stopped")
        print(f"lines low {time.monotonic() - started:.0f} s after the last frame")
        journal = lambda: "atchdog timeout" in shell("journalctl -u ferrite-edge --no-pager")
        self.wait(journal, "systemd's word on the watchdog")
        shell("rm /run/covered")
        self.wait(self.is_shown, "the class's line high again")
        self.assertGreater(int(self.property("NRestarts")), restarts)

    def stop(self):
        self.board.shell(f"systemctl stop ferrite-edge; rm -r {DROP_IN}; systemctl daemon-reload", PATIENCE)
        self.assertEqual(self.property("ActiveState"), "inactive")
        self.assertEqual(self.board.levels(), set())
        log = self.board.shell("journalctl -u ferrite-edge --no-pager -o cat | grep -c logits")
        self.assertGreater(int(re.findall(r"\d+", log)[0]), 10)


if __name__ == "__main__":
    unittest.main()
