"""An emulated Raspberry Pi 3B: a shell in the guest, and its GPIO levels read from outside the guest."""

import pathlib
import re
import socket
import subprocess
import time

# BCM2837 ARM Peripherals, "GPIO pin level register 0"; bit N is the level of GPIO N.
GPLEV0 = 0x3F200034


class RaspberryPi:
    """Boots on entry of a `with` block and is switched off at its end."""

    CONSOLE = "ttyS1,115200"

    def __init__(self, cache: pathlib.Path, initramfs: pathlib.Path, folder: pathlib.Path, boot_seconds: float = 180,
                 tree: pathlib.Path | None = None, disk: pathlib.Path | None = None):
        """`tree` is a device tree in the place of the board's own, `disk` the socket of a network block device."""
        self._arguments = [
            "qemu-system-aarch64", *self.machine(str(tree or cache / "board.dtb")), "-kernel", str(cache / "vmlinuz"),
            "-initrd", str(initramfs), "-append", f"console={self.CONSOLE} rdinit=/init quiet",
            "-display", "none", "-no-reboot", "-chardev", f"socket,id=serial,path={folder}/serial,server=on,wait=on",
            "-monitor", f"unix:{folder}/monitor,server=on,wait=off",
        ]
        if disk:
            self._arguments += self.drive(f"format=raw,file=nbd+unix:///?socket={disk}")
        self._folder = folder
        self._boot_seconds = boot_seconds
        self._received = ""
        self._commands = 0

    def machine(self, tree: str) -> list[str]:
        return ["-M", "raspi3b", "-dtb", tree, "-serial", "null", "-serial", "chardev:serial"]

    def drive(self, image: str) -> list[str]:
        """The card in the slot: `/dev/mmcblk0`."""
        return ["-drive", f"if=sd,{image}"]

    def __enter__(self):
        self._log = open(self._folder / "qemu.log", "wb")
        self._qemu = subprocess.Popen(self._arguments, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)
        try:
            self._serial = self._connect("serial")
            self._monitor = self._connect("monitor")
            self._monitor_answer()
            self.wait_for("guest-is-up", self._boot_seconds)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._qemu.terminate()
        self._qemu.wait()
        self._log.close()

    def cut_power(self) -> None:
        self._qemu.kill()
        self._qemu.wait()

    def start(self, command: str) -> None:
        """Starts a command line in the guest and doesn't wait for it."""
        self._serial.sendall(f"{command}\n".encode())

    def shell(self, command: str, seconds: float = 60) -> str:
        """Runs a command line in the guest; what it printed. Background jobs print later: see `wait_for`."""
        self._commands += 1
        mark = f"<{self._commands}>"
        # Written in two parts, the mark cannot be mistaken for an echo of the command.
        self._serial.sendall(f"{command}\necho '<''{self._commands}>'\n".encode())
        return self.wait_for(mark, seconds)

    def wait_for(self, text: str, seconds: float = 60) -> str:
        """Reads the console until `text` has come; what came before it."""
        deadline = time.monotonic() + seconds
        while text not in self._received:
            self._serial.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                piece = self._serial.recv(65536)
            except TimeoutError:
                raise AssertionError(f"the guest did not print {text!r} but {self._received!r}") from None
            if not piece:
                raise AssertionError(f"the guest stopped after {self._received!r}")
            self._received += piece.decode(errors="replace").replace("\r", "")
        before, self._received = self._received.split(text, 1)
        return before

    def levels(self) -> set[int]:
        """The GPIO numbers whose pins are high, by the board's own register."""
        word = self.word(GPLEV0)
        return {number for number in range(32) if word >> number & 1}

    def word(self, address: int) -> int:
        """A 32-bit word of the board's memory or registers."""
        self._monitor.sendall(f"xp /1wx {address:#x}\n".encode())
        return int(re.search(r": (0x[0-9a-f]+)", self._monitor_answer()).group(1), 16)

    def _monitor_answer(self) -> str:
        self._monitor.settimeout(30)
        answer = ""
        while not answer.endswith("(qemu) "):
            answer += self._monitor.recv(4096).decode()
        return answer

    def _connect(self, name: str) -> socket.socket:
        deadline = time.monotonic() + 30
        while True:
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.connect(str(self._folder / name))
                return connection
            except (FileNotFoundError, ConnectionRefusedError):
                connection.close()
                if self._qemu.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError((self._folder / "qemu.log").read_text()) from None
                time.sleep(0.05)


class VirtualBoard(RaspberryPi):
    """A board that no one builds, with the same core: its disk, `/dev/vda`, has a cache. It has none of the Pi's pins."""

    CONSOLE = "ttyAMA0"

    def machine(self, tree: str) -> list[str]:
        return ["-M", "virt", "-cpu", "cortex-a53", "-m", "512", "-serial", "chardev:serial"]

    def drive(self, image: str) -> list[str]:
        return ["-drive", f"if=none,id=disk,{image}", "-device", "virtio-blk-device,drive=disk"]
