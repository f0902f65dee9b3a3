"""A Debian with systemd on an emulated board: an ext4 of packages that were unpacked, never configured, and an initramfs that goes over to it."""

import pathlib
import shutil
import subprocess

from raspberry_pi import VirtualBoard

# The level of each line of the board's PL061 (ARM's Technical Reference Manual: GPIODATA with all lines in its address).
LEVELS = 0x090303FC
MODULES = ["crc32c_generic", "libcrc32c", "crc16", "mbcache", "jbd2", "ext4", "virtio_mmio", "virtio_blk"]
IMAGE_BYTES = 640 << 20

INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t devtmpfs devtmpfs /dev
for module in {modules}; do insmod /modules/$module.ko; done
until [ -b /dev/vda ]; do sleep 0.1; done
mount -t ext4 /dev/vda /new
mount --move /dev /new/dev
umount /proc
exec switch_root /new /sbin/init
"""

# The shell that tests speak with, as guest.py's: without prompt and echo.
SHELL = """[Unit]
Description=A shell for tests
After=multi-user.target
[Service]
ExecStart=/bin/sh -c 'stty -echo; echo guest-is-up; exec sh /dev/ttyAMA0'
StandardInput=tty-force
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyAMA0
KillMode=process
[Install]
WantedBy=multi-user.target
"""


class Debian(VirtualBoard):
    """The board with `image` as its disk, which it changes."""

    def __init__(self, cache: pathlib.Path, initramfs: pathlib.Path, folder: pathlib.Path, image: pathlib.Path):
        super().__init__(cache, initramfs, folder, boot_seconds=600)
        # Here no power fails: dpkg's many flushes need not wait for the host's disk.
        self._arguments += self.drive(f"format=raw,cache=unsafe,file={image}")

    def levels(self) -> set[int]:
        """The numbers of the PL061's lines that are high."""
        word = self.word(LEVELS)
        return {number for number in range(8) if word >> number & 1}


def image(destination: pathlib.Path, packages: pathlib.Path, files: dict[str, pathlib.Path | str]) -> None:
    """Writes the disk: the unpacked packages, what their scripts would have made that a start needs, and files or texts in their places."""
    root = destination.with_suffix(".root")
    root.mkdir()
    try:
        subprocess.run(["tar", "-C", root, "--numeric-owner", "-xpf", packages], check=True)
        for name in ("passwd", "group"):
            shutil.copy(root / f"usr/share/base-passwd/{name}.master", root / f"etc/{name}")
        units = root / "etc/systemd/system"
        wants = units / "multi-user.target.wants"
        wants.mkdir(parents=True, exist_ok=True)
        (units / "shell.service").write_text(SHELL)
        (wants / "shell.service").symlink_to("/etc/systemd/system/shell.service")
        # What would wait for a network, a clock or a person; and the shell's terminal has no other user.
        for unit in ("serial-getty@ttyAMA0.service", "systemd-networkd.service", "systemd-resolved.service",
                     "systemd-timesyncd.service", "getty@tty1.service"):
            (units / unit).unlink(missing_ok=True)
            (units / unit).symlink_to("/dev/null")
        (root / "etc/machine-id").write_text("0123456789abcdef0123456789abcdef\n")
        (root / "etc/hostname").write_text("board\n")
        for place, content in files.items():
            target = root / place.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, str):
                target.write_text(content)
                target.chmod(0o755)
            else:
                shutil.copyfile(content, target)
        with open(destination, "wb") as file:
            file.truncate(IMAGE_BYTES)
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", root, destination], check=True, stderr=subprocess.DEVNULL)
    finally:
        shutil.rmtree(root)
