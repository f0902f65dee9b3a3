"""What is raised beside Python's own: OSError for a file that can't be read, TypeError and ValueError for arrays and options that don't fit."""

from __future__ import annotations


class FerriteError(Exception):
    """Something that the library refuses. `code` is one of ferrite.h's."""

    def __init__(self, message: str, code: int, byte_offset: int = 0):
        super().__init__(message)
        self.code = code
        self.byte_offset = byte_offset


class ModelError(FerriteError):
    """Bytes that are no model; `byte_offset` is where."""


class SignatureError(FerriteError):
    """A model that isn't signed as the public key demands, or a key that isn't one."""
