"""A disk that loses what it was not told to keep: a server of QEMU's network block device, with a cache that a power cut empties."""

import pathlib
import random
import socket
import struct
import threading

SECTOR = 512
PAGE = 4096
"""What an SD card programs at once, at least: a page that was begun is whole after a power cut."""
# https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md, "Values".
MAGIC, OPTION_MAGIC, OPTION_REPLY = 0x4E42444D41474943, 0x49484156454F5054, 0x3E889045565A9
REQUEST_MAGIC, REPLY_MAGIC = 0x25609513, 0x67446698
FIXED_NEWSTYLE, HAS_FLAGS, SEND_FLUSH, SEND_FUA = 1, 1, 4, 8
GO, ACKNOWLEDGE, INFORMATION, UNSUPPORTED = 7, 1, 3, 1 << 31 | 1
READ, WRITE, DISCONNECT, FLUSH = 0, 1, 2, 3
FUA = 1

Write = tuple[int, bytes]
"""A place and what was written there."""


class Disk:
    """Serves an image at a socket. `log` holds every write, and None for every flush, in the order in which the guest was told of them.

    A write that the guest wants on the medium at once (FUA) is followed by a flush of its own: it is the only one that is kept then, but
    nothing of what came before it may be lost here. That is less than a disk may lose, and all that an SD card without a cache can.
    """

    def __init__(self, image: bytes, place: pathlib.Path, cut_after: int | None = None):
        """`cut_after` writes and what is left of a page that they began, the power fails: none is answered any more."""
        self.before, self.log = image, []
        self.is_cut = threading.Event()
        self._image = bytearray(image)
        self._writes, self._cut_after, self._end = 0, cut_after, 0
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(place))
        self._listener.listen(1)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def arm(self, writes: int) -> None:
        """Lets the power fail after so many more writes, and what is left of their page."""
        self._cut_after = self._writes + writes

    @property
    def writes(self) -> int:
        return self._writes

    def close(self) -> None:
        self._listener.close()
        self._thread.join(10)

    def kept(self, moment: int | None = None, generator: random.Random | None = None) -> bytes:
        """The image that a power cut leaves after the first `moment` entries of the log; without one, after all. Of the writes since the
        last flush a generator says which have reached the medium, in any order, and of one of them which sectors."""
        entries = self.log if moment is None else self.log[:moment]
        image, waiting = bytearray(self.before), []
        for entry in entries:
            if entry is None:
                place_all(image, waiting)
                waiting = []
            else:
                waiting.append(entry)
        if generator is None:
            place_all(image, waiting)
            return bytes(image)
        share = generator.choice([0, 0.5, 1, generator.random()])
        for place, data in waiting:
            if generator.random() < share:
                # The medium's unit is the sector: of a larger write some may be missing, too.
                whole = generator.random() < 0.75
                for start in range(0, len(data), SECTOR):
                    if whole or generator.random() < 0.5:
                        image[place + start:place + start + SECTOR] = data[start:start + SECTOR]
        return bytes(image)

    def _serve(self) -> None:
        try:
            self._connection, _ = self._listener.accept()
            self._greet()
            while self._answer():
                pass
        except (OSError, EOFError):
            pass  # The emulator is gone.

    def _take(self, count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            piece = self._connection.recv(count - len(data))
            if not piece:
                raise EOFError
            data += piece
        return bytes(data)

    def _greet(self) -> None:
        self._connection.sendall(struct.pack(">QQH", MAGIC, OPTION_MAGIC, FIXED_NEWSTYLE))
        self._take(4)
        while True:
            _, option, length = struct.unpack(">QII", self._take(16))
            self._take(length)
            if option != GO:
                self._reply(option, UNSUPPORTED, b"")
                continue
            export = struct.pack(">HQH", 0, len(self._image), HAS_FLAGS | SEND_FLUSH | SEND_FUA)
            self._reply(option, INFORMATION, export)
            self._reply(option, ACKNOWLEDGE, b"")
            return

    def _reply(self, option: int, kind: int, data: bytes) -> None:
        self._connection.sendall(struct.pack(">QIII", OPTION_REPLY, option, kind, len(data)) + data)

    def _answer(self) -> bool:
        """Answers a request; False where there is none to come."""
        magic, flags, kind, handle, place, length = struct.unpack(">IHHQQI", self._take(28))
        assert magic == REQUEST_MAGIC
        data = b""
        if kind == DISCONNECT:
            return False
        if kind == WRITE:
            written = self._take(length)
            is_within_page = place == self._end and place % PAGE != 0
            if self._cut_after is not None and self._writes >= self._cut_after and not is_within_page:
                self.is_cut.set()
                return False
            self._writes += 1
            self._end = place + length
            self._image[place:place + length] = written
            self.log.append((place, written))
        if kind == FLUSH or kind == WRITE and flags & FUA:
            self.log.append(None)
        if kind == READ:
            data = bytes(self._image[place:place + length])
        self._connection.sendall(struct.pack(">IIQ", REPLY_MAGIC, 0, handle) + data)
        return True


def place_all(image: bytearray, writes: list[Write]) -> None:
    for place, data in writes:
        image[place:place + len(data)] = data
