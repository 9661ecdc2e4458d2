"""Reads files and standard input, up to a maximum size."""

from __future__ import annotations

import sys
from pathlib import Path

from labbuilder.documents import MAX_VALUES, Document, load
from labbuilder.errors import Finding, LabBuilderError, shown

__all__ = ["MAX_FILE_BYTES", "load_file", "read", "read_standard_input"]

MAX_FILE_BYTES = 64 * 1024**2


def load_file(name: str, most: int = MAX_VALUES) -> list[Document]:
    """Read those documents of a YAML or JSON file that are not empty, as `load` does.

    ``-`` is standard input, which findings call ``<stdin>``.
    """
    is_standard_input = name == "-"
    text = read_standard_input() if is_standard_input else read(Path(name))
    found = load(text, "<stdin>" if is_standard_input else name, most)
    return [document for document in found if document.data is not None]


def read(path: Path) -> bytes:
    """Read a file, or raise `LabBuilderError` if that is impossible."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: no path at all
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise _unreadable(f"{shown(str(path))} can't be read: {reason}") from None
    return _limited(content, shown(str(path)))


def read_standard_input(start: bytes = b"") -> bytes:
    """Read standard input to its end, after `start`, which was read before, as `read` does."""
    if not sys.stdin:
        raise _unreadable("standard input is closed")
    try:
        content = start + sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise _unreadable(f"standard input can't be read: {error.strerror}") from None
    return _limited(content, "standard input")


def _limited(content: bytes, name: str) -> bytes:
    if len(content) > MAX_FILE_BYTES:  # perhaps a device, which has no end
        raise _unreadable(f"{name} is larger than {MAX_FILE_BYTES // 1024**2} MiB")
    return content


def _unreadable(message: str) -> LabBuilderError:
    return LabBuilderError([Finding("unreadable-file", message)])
