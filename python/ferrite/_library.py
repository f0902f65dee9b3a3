"""ferrite.h, as ctypes has it. The header says what everything means."""

from __future__ import annotations

import ctypes
import os
import pathlib
from ctypes import POINTER, c_char_p, c_int32, c_size_t, c_uint8, c_uint32, c_uint64, c_void_p

from ._errors import FerriteError, ModelError, SignatureError

OK, ARGUMENT, CLOSED, FILE, MODEL, SIGNATURE, KEY, ALIGNMENT, MEMORY, INSTRUCTION_SET, THREADS, FRAME_SIZE, NO_FRAME, NO_TEST_VECTORS, SELF_TEST, INPUT = range(16)
ONE = 65536


class Error(ctypes.Structure):
    _fields_ = [("byte_offset", c_uint64), ("message", c_char_p), ("code", c_int32), ("system_error", c_int32)]


class Model(ctypes.Structure):
    _fields_ = [("opaque", c_uint64 * 32)]


class Description(ctypes.Structure):
    _fields_ = [
        ("signature_sequence", c_uint64), ("frame_bytes", c_size_t), ("height", c_int32), ("width", c_int32), ("channels", c_int32),
        ("class_count", c_int32), ("logit_fraction", c_int32), ("test_vector_count", c_int32), ("is_signed", c_int32), ("digest", c_uint8 * 32),
        ("output_count", c_int32)]


class Output(ctypes.Structure):
    _fields_ = [
        ("value_count", c_size_t), ("height", c_int32), ("width", c_int32), ("channels", c_int32), ("fraction", c_int32), ("is_scores", c_int32),
        ("reserved", c_uint32 * 3)]


class Input(ctypes.Structure):
    _fields_ = [
        ("value_count", c_size_t), ("height", c_int32), ("width", c_int32), ("channels", c_int32), ("fraction", c_int32), ("least", c_int32),
        ("greatest", c_int32), ("is_image", c_int32), ("reserved", c_uint32 * 3)]


class Settings(ctypes.Structure):
    _fields_ = [("instruction_set", c_int32), ("threads", c_int32), ("reserved", c_uint32 * 6)]


PROTOTYPES = {
    "ferrite_version": (c_char_p,),
    "ferrite_instruction_set_name": (c_char_p, c_int32),
    "ferrite_instruction_set_is_available": (c_int32, c_int32),
    "ferrite_model_open_bytes": (c_int32, POINTER(Model), c_void_p, c_size_t, c_char_p, POINTER(Error)),
    "ferrite_model_close": (None, POINTER(Model)),
    "ferrite_model_describe": (c_int32, POINTER(Model), POINTER(Description), POINTER(Error)),
    "ferrite_input_count": (c_int32, POINTER(Model)),
    "ferrite_input_describe": (c_int32, POINTER(Model), c_int32, POINTER(Input), POINTER(Error)),
    "ferrite_output_describe": (c_int32, POINTER(Model), c_int32, POINTER(Output), POINTER(Error)),
    "ferrite_session_bytes": (c_size_t, POINTER(Model), POINTER(Settings)),
    "ferrite_session_open": (c_int32, POINTER(c_void_p), POINTER(Model), POINTER(Settings), c_void_p, c_size_t, POINTER(Error)),
    "ferrite_session_close": (None, c_void_p),
    "ferrite_session_instruction_set": (c_int32, c_void_p),
    "ferrite_run": (c_int32, c_void_p, c_void_p, c_size_t, POINTER(Error)),
    "ferrite_class": (c_int32, c_void_p),
    "ferrite_label": (c_char_p, c_void_p, c_int32),
    "ferrite_logits": (c_int32, c_void_p, c_void_p, c_size_t, POINTER(Error)),
    "ferrite_probabilities": (c_int32, c_void_p, c_void_p, c_size_t, POINTER(Error)),
    "ferrite_input_name": (c_char_p, c_void_p, c_int32),
    "ferrite_input_set": (c_int32, c_void_p, c_int32, c_void_p, c_size_t, POINTER(Error)),
    "ferrite_output_name": (c_char_p, c_void_p, c_int32),
    "ferrite_output_label": (c_char_p, c_void_p, c_int32, c_int32),
    "ferrite_output_values": (c_int32, c_void_p, c_int32, c_void_p, c_size_t, POINTER(Error)),
    "ferrite_self_test": (c_int32, c_void_p, POINTER(Error)),
}
"""Result and arguments of the functions that are used here. ctypes lets other threads run Python while one of them runs."""


def load() -> ctypes.CDLL:
    loaded = ctypes.CDLL(str(pathlib.Path(__file__).with_name("libferrite.so")))
    for name, (result, *arguments) in PROTOTYPES.items():
        function = getattr(loaded, name)
        function.restype, function.argtypes = result, arguments
    return loaded


library = load()
version: str = library.ferrite_version().decode()
"""Of the library."""


def instruction_set_names() -> list[str]:
    """All that the library knows, "best" first, in the order of their numbers."""
    names: list[str] = []
    while (name := library.ferrite_instruction_set_name(len(names))) is not None:
        names.append(name.decode())
    return names


def instruction_sets() -> list[str]:
    """What `Session(instruction_set=...)` takes on this machine. All give the same bits."""
    return [name for number, name in enumerate(instruction_set_names()) if number > 0 and library.ferrite_instruction_set_is_available(number)]


def check(error: Error, what: str) -> None:
    """Raises what an error says about `what`, unless it says that all went well."""
    if error.code == OK:
        return
    text = f"{what}: {error.message.decode()}"
    if error.system_error:
        text += f": {os.strerror(error.system_error)}"
    if error.code == MODEL:
        raise ModelError(f"{text} (byte {error.byte_offset})", error.code, error.byte_offset)
    if error.code in (SIGNATURE, KEY):
        raise SignatureError(text, error.code, error.byte_offset)
    raise FerriteError(text, error.code, error.byte_offset)
