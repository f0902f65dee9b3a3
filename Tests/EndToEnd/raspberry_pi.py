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

    def __init__(self, cache: pathlib.Path, initramfs: pathlib.Path, folder: pathlib.Path, boot_seconds: float = 180,
                 tree: pathlib.Path | None = None):
        """`tree` is a device tree in the place of the board's own."""
        self._arguments = [
            "qemu-system-aarch64", "-M", "raspi3b", "-kernel", str(cache / "vmlinuz"), "-dtb", str(tree or cache / "board.dtb"),
            "-initrd", str(initramfs), "-append", "console=ttyS1,115200 rdinit=/init quiet",
            "-display", "none", "-no-reboot", "-chardev", f"socket,id=serial,path={folder}/serial,server=on,wait=on",
            "-serial", "null", "-serial", "chardev:serial", "-monitor", f"unix:{folder}/monitor,server=on,wait=off",
        ]
        self._folder = folder
        self._boot_seconds = boot_seconds
        self._received = ""
        self._commands = 0

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
        self._monitor.sendall(f"xp /1wx {GPLEV0:#x}\n".encode())
        word = int(re.search(r": (0x[0-9a-f]+)", self._monitor_answer()).group(1), 16)
        return {number for number in range(32) if word >> number & 1}

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
