"""Reads files and standard input, within a bound."""

from __future__ import annotations

import sys
from pathlib import Path

from labbuilder.errors import Finding, LabBuilderError, shown

__all__ = ["MAX_BYTES", "read", "read_standard_input"]

MAX_BYTES = 64 * 1024**2


def read(path: Path) -> bytes:
    """Read a file.

    Raises
    ------
    LabBuilderError
        If it can't be read.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: no path at all
        reason = getattr(error, "strerror", None) or type(error).__name__
        message = f"{shown(str(path))} can't be read: {reason}"
        raise LabBuilderError([Finding("unreadable-file", message)]) from None
    if len(content) > MAX_BYTES:  # it may have no end, as a device has none
        message = f"{shown(str(path))} is larger than {MAX_BYTES // 1024**2} MiB"
        raise LabBuilderError([Finding("unreadable-file", message)])
    return content


def read_standard_input() -> bytes:
    """Read standard input to its end.

    Raises
    ------
    LabBuilderError
        If it can't be read.
    """
    try:
        content = sys.stdin.buffer.read(MAX_BYTES + 1) if sys.stdin else None
    except OSError as error:
        problem = f"can't be read: {error.strerror}"
    else:
        if content is not None and len(content) <= MAX_BYTES:
            return content
        problem = "is closed" if content is None else f"is larger than {MAX_BYTES // 1024**2} MiB"
    raise LabBuilderError([Finding("unreadable-file", f"standard input {problem}")])
