"""Markers: what a rendered fragment's text holds in place of values, and about its authors.

A value's marker stands for the value. An author's markers say which file the text between them
is from. Where two files set the same key of a mapping, the text alone can thus tell whose wins: a
site's file wins over ours, and a file over those that it extends. Text of a site's include or
macro counts as text of the file that uses it.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from jinja2 import nodes

from labbuilder.documents import Rank

__all__ = [
    "OURS", "VALUE", "has_marker", "is_blank", "mark_author", "take_out_authors", "value_marker",
]  # fmt: skip

# Private-use characters: legal in YAML, and refused in the source of fragments.
_OPEN, _CLOSE = "\ue000", "\ue001"
_LEAVE = f"{_OPEN}-{_CLOSE}"
_AUTHOR = re.compile(f"{_OPEN}([-+=])([0-9]*){_CLOSE}")
_BLANK = re.compile(f"({_AUTHOR.pattern})*")
VALUE = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
"""Matches the marker of a value; its group is the value's index."""

OURS = 0
"""The author of every fragment that labbuilder ships."""

_LAST = 1 << 30  # the rank of ours


def value_marker(index: int) -> str:
    """Return the marker of a render's value."""
    return f"{_OPEN}{index}{_CLOSE}"


def has_marker(text: str) -> bool:
    """Tell whether text holds a character that only markers may have."""
    return _OPEN in text or _CLOSE in text


def is_blank(text: str) -> bool:
    """Tell whether text is empty but for the markers of its authors."""
    return _BLANK.fullmatch(text) is not None


def mark_author(tree: nodes.Template, author: int) -> None:
    """Make a template print markers of its author around its own text and that of its blocks."""
    enter = f"{_OPEN}+{author}{_CLOSE}"
    found = list(tree.find_all((nodes.Block, nodes.Extends)))
    blocks = [each for each in found if isinstance(each, nodes.Block)]
    for block in blocks:
        if block.body:
            block.body = [_output(enter), *block.body, _output(_LEAVE)]
    if len(blocks) < len(found):  # it extends another
        tree.body.insert(0, _output(f"{_OPEN}={author}{_CLOSE}"))
    elif blocks or author == OURS:
        tree.body = [_output(enter), *tree.body, _output(_LEAVE)]


def _output(text: str) -> nodes.Node:
    return nodes.Output([nodes.TemplateData(text)])


def take_out_authors(text: str) -> tuple[str, Rank]:
    """Remove the markers of authors from a rendered text, and rank its places by author.

    If two files set a key, the one of the lower rank wins.
    """
    first, *rest = _AUTHOR.split(text)
    pieces = [first]
    ranks: dict[str, int] = {}  # of the files that extend one another, which are named first
    is_complete = False
    stack = [0]
    starts, found = [(1, 1)], [0]
    line, column = _end(first, 1, 1)
    for sign, author, piece in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        if sign == "-":
            stack.pop()
        elif not is_complete:
            ranks.setdefault(author, len(ranks))
        if sign == "=" and not is_complete:
            stack = [ranks[author]]
        elif sign == "+":
            is_complete = True
            ours = author == str(OURS)
            stack.append(_LAST if ours else ranks.get(author, stack[-1]))
        starts.append((line, column))
        found.append(stack[-1])
        pieces.append(piece)
        line, column = _end(piece, line, column)
    return "".join(pieces), lambda line, column: found[bisect_right(starts, (line, column)) - 1]


def _end(piece: str, line: int, column: int) -> tuple[int, int]:
    """Return where a piece of text ends that starts at a place."""
    lines = piece.count("\n")
    return line + lines, len(piece) - piece.rfind("\n") if lines else column + len(piece)
