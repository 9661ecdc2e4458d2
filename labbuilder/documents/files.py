"""Reads files and standard input, up to a maximum size."""

from __future__ import annotations

import sys
from pathlib import Path

from labbuilder.documents import MAX_VALUES, Document, load
from labbuilder.errors import Finding, LabBuilderError, shown

__all__ = ["MAX_FILE_BYTES", "load_file", "read", "read_standard_input"]

MAX_FILE_BYTES = 64 * 1024**2


def load_file(name: str, most: int = MAX_VALUES) -> list[Document]:
    """Read the documents of a YAML or JSON file.

    Parameters
    ----------
    name
        The file's path; ``-`` is standard input, which findings call ``<stdin>``.
    most
        As `labbuilder.documents.load` takes it.

    Returns
    -------
    list of Document
        Those that are not empty.

    Raises
    ------
    LabBuilderError
        If the file can't be read or isn't strict YAML.
    """
    is_standard_input = name == "-"
    text = read_standard_input() if is_standard_input else read(Path(name))
    found = load(text, "<stdin>" if is_standard_input else name, most)
    return [document for document in found if document.data is not None]


def read(path: Path) -> bytes:
    """Read a file.

    Raises
    ------
    LabBuilderError
        If it can't be read.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: no path at all
        reason = getattr(error, "strerror", None) or type(error).__name__
        message = f"{shown(str(path))} can't be read: {reason}"
        raise LabBuilderError([Finding("unreadable-file", message)]) from None
    if len(content) > MAX_FILE_BYTES:  # perhaps a device, which has no end
        message = f"{shown(str(path))} is larger than {MAX_FILE_BYTES // 1024**2} MiB"
        raise LabBuilderError([Finding("unreadable-file", message)])
    return content


def read_standard_input(start: bytes = b"") -> bytes:
    """Read standard input to its end, after `start`, which was read before.

    Raises
    ------
    LabBuilderError
        If it can't be read.
    """
    try:
        content = start + sys.stdin.buffer.read(MAX_FILE_BYTES + 1) if sys.stdin else None
    except OSError as error:
        problem = f"can't be read: {error.strerror}"
    else:
        if content is not None and len(content) <= MAX_FILE_BYTES:
            return content
        problem = (
            "is closed" if content is None else f"is larger than {MAX_FILE_BYTES // 1024**2} MiB"
        )
    raise LabBuilderError([Finding("unreadable-file", f"standard input {problem}")])
