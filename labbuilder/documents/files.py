"""Reads files and standard input, up to a maximum size."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from labbuilder.documents import Document, load, load_manifests
from labbuilder.errors import Finding, LabBuilderError, shown

__all__ = ["MAX_FILE_BYTES", "load_file", "read", "read_regular", "read_standard_input"]

MAX_FILE_BYTES = 64 * 1024**2

# A FIFO doesn't wait then, a terminal doesn't become ours, and a link is not followed.
_FLAGS = ("O_CLOEXEC", "O_NOCTTY", "O_NOFOLLOW", "O_NONBLOCK")  # those that the system has


def load_file(name: str, *, as_kubectl: bool = False) -> list[Document]:
    """Read those documents of a YAML or JSON file that are not empty, as `load` does.

    Manifests are read `as_kubectl` reads them.

    ``-`` is standard input, which findings call ``<stdin>``.
    """
    is_standard_input = name == "-"
    text = read_standard_input() if is_standard_input else read(Path(name))
    file = "<stdin>" if is_standard_input else name
    found = load_manifests(text, file) if as_kubectl else load(text, file)
    return [document for document in found if document.data is not None]


def read(path: Path) -> bytes:
    """Read a file, or raise `LabBuilderError` if that is impossible."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: no path at all
        raise _failed(error, str(path)) from None
    return _limited(content, shown(str(path)))


def read_regular(path: Path, name: str, max_bytes: int) -> bytes:
    """Read a regular file that is not a link, and never wait for another kind of file.

    It raises `LabBuilderError`, with the name in the message, if that is impossible.
    """
    flags = sum(getattr(os, each, 0) for each in _FLAGS)
    try:
        if not stat.S_ISREG(path.lstat().st_mode):  # opening a device may already do something
            raise _unreadable(f"{shown(name)} is not a regular file")
        with open(os.open(path, flags | os.O_RDONLY), "rb") as file:  # noqa: PTH123 (a descriptor)
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):  # it was replaced meanwhile
                raise _unreadable(f"{shown(name)} is not a regular file")
            content = file.read(max_bytes + 1)
    except (OSError, ValueError) as error:  # ValueError: no path at all
        raise _failed(error, name) from None
    return _limited(content, shown(name), max_bytes)


def read_standard_input(start: bytes = b"") -> bytes:
    """Read standard input to its end, after `start`, which was read before, as `read` does."""
    if not sys.stdin:
        raise _unreadable("standard input is closed")
    try:
        content = start + sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise _unreadable(f"standard input can't be read: {error.strerror}") from None
    return _limited(content, "standard input")


def _limited(content: bytes, name: str, max_bytes: int = MAX_FILE_BYTES) -> bytes:
    if len(content) > max_bytes:  # perhaps a device, which has no end
        raise _unreadable(f"{name} is larger than {max_bytes // 1024**2} MiB")
    return content


def _failed(error: Exception, name: str) -> LabBuilderError:
    reason = getattr(error, "strerror", None) or type(error).__name__
    return _unreadable(f"{shown(name)} can't be read: {reason}")


def _unreadable(message: str) -> LabBuilderError:
    return LabBuilderError([Finding("unreadable-file", message)])
