"""The guest's file system: an initramfs with a static shell, the device program and the test's files."""

import gzip
import pathlib
import subprocess
import tempfile

# The shell reads commands from the serial console without echo or prompt; `Board.shell` speaks with it.
INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
exec </dev/console >/dev/console 2>&1
stty -echo
echo 1 >/proc/sys/kernel/printk
echo guest-is-up
exec sh /dev/console
"""


def initramfs(destination: pathlib.Path, busybox: pathlib.Path, files: dict[str, pathlib.Path], start: str = INIT) -> None:
    """Writes the compressed archive; `files` maps a path in the guest to a file here, and keeps its mode. `start` is its /init."""
    with tempfile.TemporaryDirectory() as scratch:
        root = pathlib.Path(scratch)
        for folder in ("bin", "dev", "new", "proc", "sys", "tmp"):
            (root / folder).mkdir()
        init = root / "init"
        init.write_text(start)
        init.chmod(0o755)
        for place, source in {"bin/busybox": busybox, **files}.items():
            target = root / place.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
            target.chmod(source.stat().st_mode & 0o777)
        names = "\n".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
        archive = subprocess.run(
            ["cpio", "--quiet", "-o", "-H", "newc", "-R", "0:0"],
            cwd=root, input=names.encode(), capture_output=True, check=True)
        destination.write_bytes(gzip.compress(archive.stdout, compresslevel=1))
