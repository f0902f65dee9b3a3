"""A model at work."""

from __future__ import annotations

import ctypes
import dataclasses
import math
import mmap
import os
import threading
import weakref
from typing import Mapping, Union

import numpy as np
import numpy.typing as npt

from . import _library
from ._library import Description, Error, Model, Settings, library

PathOrBytes = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview]


@dataclasses.dataclass(frozen=True)
class Input:
    """One of the things that a model takes."""

    name: str
    shape: tuple[int, int, int]
    """Height, width and channels: an image, or, as 1 x 1 x channels, a vector."""
    scale: float | None
    """Of numbers, the step that they are rounded to, a power of two; None of the image, whose pixels are taken as they are."""
    range: tuple[float, float]
    """The least and the greatest number; others count as the nearer of the two. 0 and 255 of the image."""

    @property
    def role(self) -> str:
        """"image", or "values" of an input beside it."""
        return "image" if self.scale is None else "values"


@dataclasses.dataclass(frozen=True)
class Output:
    """One of the things that a model gives."""

    name: str
    shape: tuple[int, int, int]
    """Height, width and channels: an image, a list of boxes, or, as 1 x 1 x channels, a vector."""
    scale: float
    """What an integer of 1 stands for: a power of two. The integers have 16 bits at most, so that float32 holds every value as it is."""
    labels: tuple[str, ...] | None
    """Of a vector of logits, the classes; nothing of values whose meaning the program knows."""

    @property
    def role(self) -> str:
        """"scores" with labels, else "values"."""
        return "values" if self.labels is None else "scores"


@dataclasses.dataclass(frozen=True, eq=False)
class Result:
    """Of one picture, or of a batch of N with N in the first place of every shape.

    What is about classes is None unless the model tells them, by exactly one output of scores.
    """

    logits: npt.NDArray[np.int32] | None
    """(classes,): the network's integers; times `Session.logit_scale` they are numbers."""
    probabilities: npt.NDArray[np.float64] | None
    """(classes,): softmax, multiples of 2^-16 that were computed in integers."""
    index: int | npt.NDArray[np.intp] | None
    """The class of the greatest logit, the first of equal ones."""
    label: str | tuple[str, ...] | None
    """Its name."""
    outputs: dict[str, npt.NDArray[np.float32]]
    """(height, width, channels) of every output by its name, in their order, scores among them: the network's numbers, exactly."""


class Session:
    """Runs one model. Threads may share it: their calls wait for each other. For work at the same time, give each thread a session of its own.

    model: a path, or a file's bytes. Either way the session has a copy of its own, which no change to the file can reach.
    threads: that share the work of a frame, 1 to 64. They give the same bits, and pay only on cores that are free.
    instruction_set: one of `ferrite.instruction_sets()`; by itself the fastest.
    public_key: the path of a .pub file of `ferrite keygen`; then the model has to be signed by its owner.
    """

    def __init__(self, model: PathOrBytes, threads: int = 1, instruction_set: str | None = None, *,
                 public_key: str | os.PathLike[str] | None = None):
        self._name = os.fspath(model) if isinstance(model, (str, os.PathLike)) else "model"
        settings = _settings(threads, instruction_set)
        key = None if public_key is None else _key_text(public_key)
        content, count = _pages_of(model, self._name)
        self._model = Model()
        self._error = Error()
        self._lock = threading.Lock()
        self._handle = ctypes.c_void_p()
        library.ferrite_model_open_bytes(self._model, _address(content), count, key, self._error)
        self._check()
        self._about = Description()
        library.ferrite_model_describe(self._model, self._about, self._error)
        self._check()
        bytes_needed = library.ferrite_session_bytes(self._model, settings)
        try:
            memory = _pages(bytes_needed)
        except (OSError, OverflowError, ValueError) as error:
            raise MemoryError(f"{self._name}: a session takes {bytes_needed} bytes") from error
        library.ferrite_session_open(self._handle, self._model, settings, _address(memory), bytes_needed, self._error)
        self._check()
        self._threads = threads
        self._owner = os.getpid()
        # Everything that the library looks at stays until this has been called; at the latest when Python ends.
        self._close = weakref.finalize(self, _end, self._handle, self._model, (content, memory), threads, self._owner)
        self._inputs = tuple(self._input(index) for index in range(library.ferrite_input_count(self._model)))
        self._outputs = tuple(self._output(index) for index in range(self._about.output_count))
        names = [one.name for one in self._outputs]
        if len(set(names)) < len(names):
            raise ValueError(f"{self._name}: two outputs have one name: {', '.join(names)}")
        taken = [one.name for one in self._inputs]
        if len(set(taken)) < len(taken):
            raise ValueError(f"{self._name}: two inputs have one name: {', '.join(taken)}")
        scores = [index for index, one in enumerate(self._outputs) if one.labels is not None]
        # What classes are told by.
        self._scores = scores[0] if len(scores) == 1 else None
        self._labels = tuple(library.ferrite_label(self._handle, index).decode() for index in range(self._about.class_count))

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends threads and gives memory back. A second time does nothing."""
        with self._lock:
            self._close()

    def __repr__(self) -> str:
        if not self._close.alive:
            return f"<ferrite.Session of {self._name}: closed>"
        height, width, channels = self.input_shape
        gives = f"{len(self._labels)} classes" if self._labels else f"outputs {', '.join(one.name for one in self._outputs)}"
        return f"<ferrite.Session of {self._name}: {height} x {width} x {channels}, {gives}, {self.instruction_set}>"

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of a picture."""
        return self._about.height, self._about.width, self._about.channels

    @property
    def inputs(self) -> tuple[Input, ...]:
        """All that the model takes, the image first, in the order of `ferrite inspect`."""
        return self._inputs

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes, in the order of the logits; none unless exactly one output is of scores."""
        return self._labels

    @property
    def logit_scale(self) -> float:
        """What a logit of 1 stands for: a power of two."""
        return 2.0 ** -self._about.logit_fraction

    @property
    def outputs(self) -> tuple[Output, ...]:
        """All that the model gives, in the order of `ferrite inspect`."""
        return self._outputs

    @property
    def digest(self) -> str:
        """BLAKE2b-256 of the model, hexadecimal, as `ferrite inspect` prints it."""
        return bytes(self._about.digest).hex()

    @property
    def signature_sequence(self) -> int | None:
        """The signer's count of a signed model, verified if there was a public key; nothing for one that isn't signed."""
        return self._about.signature_sequence if self._about.is_signed else None

    @property
    def threads(self) -> int:
        return self._threads

    @property
    def instruction_set(self) -> str:
        """The one that was chosen."""
        with self._lock:
            return library.ferrite_instruction_set_name(library.ferrite_session_instruction_set(self._opened())).decode()

    def run(self, pixels: npt.ArrayLike, inputs: Mapping[str, npt.ArrayLike] | None = None) -> Result:
        """Runs pictures.

        pixels: uint8, 0...255 as a picture file has them: (H, W) or (H, W, C), or a batch of N with N before that. The channel may be left out where
            there is one. Scale and mean of the training are in the model.
        inputs: of a model that takes more than an image, the numbers of each other input by its name: (C,) of a vector, else (H, W, C), with N before
            that for a batch.
        """
        frames, is_batch = self._frames(np.asarray(pixels))
        numbers = self._numbers(inputs or {}, len(frames), is_batch)
        values = [np.empty((len(frames), *one.shape), np.int32) for one in self._outputs]
        classes = len(self._labels)
        shares = np.empty((len(frames), classes), np.uint32)
        index = np.empty(len(frames), np.intp)
        with self._lock:
            handle = self._opened()
            for number in range(len(frames)):
                for place, rows in enumerate(numbers, start=1):
                    row = rows[number]
                    library.ferrite_input_set(handle, place, row.ctypes.data, row.size, self._error)
                    self._check()
                library.ferrite_run(handle, frames[number].ctypes.data, self._about.frame_bytes, self._error)
                self._check()
                for output, array in enumerate(values):
                    one = array[number]
                    library.ferrite_output_values(handle, output, one.ctypes.data, one.size, self._error)
                    self._check()
                if self._scores is not None:
                    index[number] = library.ferrite_class(handle)
                    library.ferrite_probabilities(handle, shares[number].ctypes.data, classes, self._error)
                    self._check()
        outputs = {one.name: array.astype(np.float32) * np.float32(one.scale) for one, array in zip(self._outputs, values)}
        if not is_batch:
            outputs = {name: array[0] for name, array in outputs.items()}
        if self._scores is None:
            return Result(None, None, None, None, outputs)
        logits, probabilities = values[self._scores].reshape(-1, classes), shares / _library.ONE
        if is_batch:
            return Result(logits, probabilities, index, tuple(self._labels[one] for one in index), outputs)
        return Result(logits[0], probabilities[0], int(index[0]), self._labels[index[0]], outputs)

    def self_test(self) -> None:
        """Runs the model's test vectors; raises FerriteError unless this machine computes to the bit what the exporter did."""
        with self._lock:
            library.ferrite_self_test(self._opened(), self._error)
            self._check()

    def _input(self, index: int) -> Input:
        about = _library.Input()
        library.ferrite_input_describe(self._model, index, about, self._error)
        self._check()
        scale = 2.0 ** -about.fraction
        return Input(library.ferrite_input_name(self._handle, index).decode(), (about.height, about.width, about.channels),
                     None if about.is_image else scale, (about.least * scale, about.greatest * scale))

    def _output(self, index: int) -> Output:
        about = _library.Output()
        library.ferrite_output_describe(self._model, index, about, self._error)
        self._check()
        labels = None
        if about.is_scores:
            labels = tuple(library.ferrite_output_label(self._handle, index, label).decode() for label in range(about.channels))
        return Output(library.ferrite_output_name(self._handle, index).decode(), (about.height, about.width, about.channels), 2.0 ** -about.fraction, labels)

    def _frames(self, pixels: np.ndarray) -> tuple[np.ndarray, bool]:
        """The pictures as the library reads them, one behind the other, and whether they came as a batch."""
        if pixels.dtype != np.uint8:
            raise TypeError(f"pixels are uint8, 0...255 as a picture has them, not {pixels.dtype}: scale and mean of the training are in the model")
        height, width, channels = shape = self.input_shape
        one = [shape, shape[:2]] if channels == 1 else [shape]
        if pixels.shape in one:
            return np.ascontiguousarray(pixels).reshape(1, *shape), False
        if pixels.ndim > 0 and pixels.shape[1:] in one:
            return np.ascontiguousarray(pixels).reshape(len(pixels), *shape), True
        wanted = f"{height} x {width}" + ("" if channels == 1 else f" x {channels}")
        found = " x ".join(map(str, pixels.shape)) or "a single number"
        raise ValueError(f"a picture is {wanted} and a batch of them N x {wanted}, not {found}")

    def _numbers(self, given: Mapping[str, npt.ArrayLike], count: int, is_batch: bool) -> list[np.ndarray]:
        """The integers of each input beside the image, a row for each picture: rounded, half up, and saturated."""
        others = self._inputs[1:]
        names = [one.name for one in others]
        if sorted(given) != sorted(names):
            raise ValueError(f"{self._name} takes beside the image {', '.join(names) or 'nothing'}, not {', '.join(sorted(given)) or 'nothing'}")
        rows = []
        for one in others:
            array = np.asarray(given[one.name], np.float64)
            shapes = [one.shape, one.shape[2:]] if one.shape[:2] == (1, 1) else [one.shape]
            if array.shape not in [(count, *shape) if is_batch else shape for shape in shapes]:
                wanted = " x ".join(map(str, (["N"] if is_batch else []) + list(shapes[-1])))
                raise ValueError(f"{one.name} is {wanted}" + (f" for {count} pictures" if is_batch else "") + f", not {' x '.join(map(str, array.shape)) or 'a number'}")
            if not np.isfinite(array).all():
                raise ValueError(f"{one.name} has a number that is not finite")
            least, greatest = (end / one.scale for end in one.range)
            integers = np.clip(np.floor(array / one.scale + 0.5), least, greatest).astype(np.int32)
            rows.append(np.ascontiguousarray(integers).reshape(count, math.prod(one.shape)))
        return rows

    def _opened(self) -> ctypes.c_void_p:
        if not self._close.alive:
            raise ValueError("the session is closed")
        if self._threads > 1 and os.getpid() != self._owner:
            raise RuntimeError("a session of several threads is no use after fork(): make it in the process that runs it, or give it one thread")
        return self._handle

    def _check(self) -> None:
        _library.check(self._error, self._name)


def _settings(threads: int, instruction_set: str | None) -> Settings:
    if not 1 <= threads <= 64:
        raise ValueError(f"a session has 1 to 64 threads, not {threads}")
    names = _library.instruction_set_names()
    if instruction_set is not None and instruction_set not in _library.instruction_sets():
        raise ValueError(f"this machine has {', '.join(_library.instruction_sets())}, not {instruction_set!r}")
    return Settings(names.index(instruction_set or "best"), threads)


def _key_text(path: str | os.PathLike[str]) -> bytes:
    with open(path, "rb") as file:
        # More than a key has shows as such; a zero byte would hide what stands behind it.
        return file.read(1024).replace(b"\0", b"?")


def _pages_of(model: PathOrBytes, name: str) -> tuple[mmap.mmap, int]:
    """A copy of a model in memory of its own, which starts at a page as the library asks for, and its length."""
    if isinstance(model, (bytes, bytearray, memoryview)):
        content = memoryview(model).cast("B")
    else:
        with open(name, "rb") as file:
            content = memoryview(file.read())
    # There is no mapping of nothing; the library says what is wrong with an empty model.
    pages = _pages(max(len(content), 1))
    pages[:len(content)] = content
    return pages, len(content)


def _pages(count: int) -> mmap.mmap:
    # Private: by itself mmap gives what a child of fork() would share with its parent.
    return mmap.mmap(-1, count, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


def _address(pages: mmap.mmap) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(pages))


def _end(handle: ctypes.c_void_p, model: Model, memory: object, threads: int, owner: int) -> None:
    # In a child of fork() the threads that this would wait for aren't there.
    if threads == 1 or os.getpid() == owner:
        library.ferrite_session_close(handle)
        library.ferrite_model_close(model)
