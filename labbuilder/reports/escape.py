"""Text that can't trick its reader."""

from __future__ import annotations

import unicodedata

__all__ = ["cells", "printable", "visible"]

_RIGHT_TO_LEFT = {"R", "AL"}


def printable(text: str, keep: str = "") -> str:
    r"""Escape control and format characters, line ends and lone surrogates: ``\x1b``, ``\u202e``.

    Characters in `keep` are not escaped.
    """
    return "".join(char if char.isprintable() or char in keep else _escape(char) for char in text)


def visible(text: str) -> str:
    """Escape a text so that a terminal shows it in one line, in the order in which it is written.

    Invisible characters are escaped, and those that reverse the direction of the text around them.
    """
    return "".join(
        _escape(char) if unicodedata.bidirectional(char) in _RIGHT_TO_LEFT else char
        for char in printable(text)
    )


def cells(text: str) -> int:
    """Count the columns of a visible text in a terminal."""
    return sum(_cells(char) for char in text)


def _cells(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
