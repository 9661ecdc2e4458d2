"""Compiles the text of a rendered fragment, which holds structure and markers.

Parsing finds the places of the markers, and filling puts the values there. Values are never
parsed, so that none can become a key, another type or a second line.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

from labbuilder.documents import Mark, Rank, load, no_rank
from labbuilder.documents.text import decode
from labbuilder.errors import LabBuilderError
from labbuilder.fragments.budget import weigh
from labbuilder.fragments.hole import Hole
from labbuilder.fragments.markers import VALUE, has_marker, take_out_authors

__all__ = ["Fill", "FillError", "as_text", "compile_skeleton", "plain"]

Values = Sequence[Any]
Fill = Callable[[Values], Any]
"""Makes an object from the values of a render."""


class FillError(Exception):
    """A value is not allowed where the fragment prints it."""


def compile_skeleton(text: str, name: str) -> Fill:
    """Compile a rendered text to a function that makes a new object from the markers' values.

    The function raises `FillError` for a value that is not allowed in its place, and compiling
    does if the text isn't one YAML document.
    """
    written, rank = take_out_authors(text)
    try:
        decoded = decode(written, name)
        if decoded != written:  # the places have moved
            rank = no_rank
        documents = load(decoded, name, rank=rank)
    except LabBuilderError as error:
        first = error.findings[0]
        line = f"line {first.source.line} of " if first.source else ""
        raise FillError(f"{line}the rendered fragment: {first.message}") from None
    if len(documents) != 1:
        raise FillError("must render to a single YAML document")
    return _Compiler(rank).compile(documents[0].data, documents[0].mark)


def plain(value: Any) -> Any:
    """Copy a value of JSON types or holes, sharing nothing mutable with it.

    Entries of None are omitted, as null has no effect in Kubernetes. It raises `FillError` for
    what is not of a JSON type.
    """
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None or kind is Hole:
        return value
    if kind is dict or isinstance(value, dict):
        return {_key(key): plain(item) for key, item in value.items() if item is not None}
    if kind is list or kind is tuple:
        return [plain(item) for item in value if item is not None]
    if isinstance(value, Enum):
        return plain(value.value)
    if kind is float and math.isfinite(value):
        return value
    raise FillError(f"a {kind.__name__} is not allowed in a manifest")


def _key(key: Any) -> str:
    if type(key) is not str:
        raise FillError("a key of a mapping must be text")
    return key


class _Compiler:
    """Compiles a document whose keys rank by their places."""

    def __init__(self, rank: Rank) -> None:
        self._rank = rank
        self._used: set[int] = set()

    def compile(self, node: Any, mark: Mark) -> Fill:
        if isinstance(node, dict):
            return self._mapping(node, mark)
        if isinstance(node, list):
            fills = [self.compile(item, mark.child(i) or mark) for i, item in enumerate(node)]
            return lambda values: [item for fill in fills if (item := fill(values)) is not None]
        if not isinstance(node, str) or not has_marker(node):
            return lambda _: node
        match = VALUE.fullmatch(node)
        if not match:
            return _joined(node)
        index = int(match[1])
        if index in self._used:  # the same part of the fragment, printed twice
            return lambda values: _copied(values[index])
        self._used.add(index)
        return lambda values: values[index]

    def _mapping(self, node: dict[str, Any], mark: Mark) -> Fill:
        marks = {key: mark.child(key) or mark for key in node}
        fills = [(key, self.compile(item, marks[key])) for key, item in node.items()]
        if not any(has_marker(key) for key in node):
            return lambda values: {
                key: item for key, fill in fills if (item := fill(values)) is not None
            }
        entries = [
            (_joined(key), fill, self._rank(marks[key].key_line, marks[key].key_column))
            for key, fill in fills
        ]

        def fill_mapping(values: Values) -> dict[str, Any]:
            result: dict[str, Any] = {}
            best: dict[str, int] = {}
            for fill_key, fill, rank in entries:
                key = fill_key(values)
                if best.get(key) == rank:
                    raise FillError("a key of a mapping is duplicated")
                if key not in best or rank < best[key]:
                    best[key], result[key] = rank, fill(values)
            return {key: item for key, item in result.items() if item is not None}

        return fill_mapping


def _copied(value: Any) -> Any:
    weigh(value, text=False)
    return plain(value)


def _joined(node: str) -> Fill:
    pieces = VALUE.split(node)
    if any(has_marker(text) for text in pieces[::2]):
        raise FillError("a value can't be split")
    texts, indices = pieces[::2], [int(index) for index in pieces[1::2]]

    def join(values: Values) -> str:
        filled = [texts[0]]
        for index, text in zip(indices, texts[1:], strict=True):
            filled += (as_text(values[index]), text)
            weigh(values[index])
        return "".join(filled)

    return join


def as_text(value: Any) -> str:
    """Return the text of a string or a number, which is joined with other text.

    It raises `FillError` for any other value.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    kind = "nothing" if value is None else f"a {type(value).__name__}"
    raise FillError(f"{kind} can't be joined with text")
