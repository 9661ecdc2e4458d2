"""Foreign text that can't trick its reader: a person's terminal, or the runner of a workflow."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["cells", "has_hidden", "line", "printable", "visible", "visible_json", "visible_yaml"]

_RIGHT_TO_LEFT = {"R", "AL"}

# Printable by Python's rule, but nothing is seen of them: fillers, joiners, variation selectors.
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0") | {
    chr(number) for number in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
}

# GitHub takes "##[name]" for a command anywhere in a line, Azure and TeamCity "##name[", and
# GitHub "::name::" at the start of a line.
_MARK = re.compile(r"#(?=#\w*\[)", re.ASCII)
_START = re.compile(r"^(\s*):(?=:)")

# Control and format characters, and ends of lines: what `printable` escapes of assigned ones, but
# for spaces and characters for private use.
_HIDDEN = re.compile(
    "[\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_COMMANDS = re.compile(rf"{_MARK.pattern}|^[^\S\n]*::", re.ASCII | re.MULTILINE)


def printable(text: str, keep: str = "") -> str:
    r"""Escape control and format characters, line ends and lone surrogates: ``\x1b``, ``\u202e``.

    Characters in `keep` are not escaped.
    """
    return "".join(char if char.isprintable() or char in keep else _escape(char) for char in text)


def visible(text: str, keep: str = "") -> str:
    """Escape a text so that a terminal shows it in one line, in the order in which it is written.

    Invisible characters are escaped, those that reverse the direction of the text around them, and
    what the runner of a workflow takes for a command. Characters in `keep` are not.
    """
    if not (text.isascii() and text.isprintable()):
        text = "".join(
            _escape(char)
            if char in _UNSEEN or unicodedata.bidirectional(char) in _RIGHT_TO_LEFT
            else char
            for char in printable(text, keep)
        )
    return _MARK.sub(r"\\x23", text) if "#" in text else text


def line(text: str) -> str:
    """Make a text visible as a line of its own, which is no command of a workflow."""
    return _START.sub(r"\1\\x3a", visible(text), count=1) if "::" in text else visible(text)


def has_hidden(text: str) -> bool:
    """Return whether a text has hidden characters, or what may be taken for a command."""
    return bool(
        ((not text.isascii() or "\x7f" in text) and _HIDDEN.search(text))
        or (("##" in text or "::" in text) and _COMMANDS.search(text))
    )


def visible_json(text: str) -> str:
    """Escape hidden characters and commands in JSON, whose data stays the same."""
    if not text.isascii() or "\x7f" in text:
        text = _HIDDEN.sub(lambda found: _in_json(found[0]), text)
    return _MARK.sub(r"\\u0023", text) if "#" in text else text


def visible_yaml(text: str) -> str:
    """Escape hidden characters and commands in YAML that has them in double quotes only."""
    if not text.isascii() or "\x7f" in text:
        text = _HIDDEN.sub(lambda found: _escape(found[0]), text)
    return _MARK.sub(r"\\x23", text) if "#" in text else text


def cells(text: str) -> int:
    """Count the columns of a visible text in a terminal."""
    return sum(_cells(char) for char in text)


def _cells(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def _in_json(char: str) -> str:
    units = char.encode("utf_16_be").hex()
    return "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))
