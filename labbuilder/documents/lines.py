"""Newline-delimited JSON: one document per line, read by the fast parser where that is safe."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from labbuilder.documents import Document, Mark, load
from labbuilder.documents.text import find_refused
from labbuilder.errors import Finding, LabBuilderError, Path, Source

__all__ = ["load_line"]

# Within these limits both readers read the same.
_MAX_BYTES = 200_000  # can't hold more values than the strict reader allows
_MAX_DIGITS = 15  # which every reader of JSON keeps
_MAX_DEPTH = 100  # levels, as the strict reader counts them
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")  # an escape of half a character


class _UnsafeError(Exception):
    """The strict reader has to read the line."""


@dataclass(frozen=True, slots=True)
class _Line(Document):
    """A line whose places are found when one is first asked for."""

    text: bytes = field(default=b"", repr=False)

    def source(self, path: Path, *, key: bool = False) -> Source:
        mark = self.mark
        if mark.children is None:
            (document,) = load(self.text, self.file)
            mark.column, mark.children = document.mark.column, document.mark.children
        return _moved(Document.source(self, path, key=key), mark.line)


def load_line(text: bytes, file: str, number: int) -> Document:
    """Read a line of newline-delimited JSON, counted from 1, as `load` reads a document."""
    try:
        data = _fast(text)
    except (_UnsafeError, ValueError):
        data = _strict(text, file, number)
    return _Line(data, file, Mark(number, 1), text=text)


def _fast(text: bytes) -> Any:
    """Parse JSON that both readers read the same; raise `_UnsafeError` or ValueError otherwise."""
    decoded = text.decode()
    if len(text) > _MAX_BYTES or find_refused(decoded) or _SURROGATE.search(decoded):
        raise _UnsafeError
    try:
        data = _DECODER.decode(decoded)
    except RecursionError:
        raise _UnsafeError from None
    if decoded.count("{") + decoded.count("[") >= _MAX_DEPTH and _is_deep(data):
        raise _UnsafeError
    return data


def _is_deep(data: Any) -> bool:
    level = [data]
    for _ in range(_MAX_DEPTH):
        parts = [part for part in level if isinstance(part, dict | list)]
        level = [
            each for part in parts for each in (part.values() if isinstance(part, dict) else part)
        ]
    return bool(level)


def _strict(text: bytes, file: str, number: int) -> Any:
    try:
        documents = load(text, file)
    except LabBuilderError as error:
        raise LabBuilderError([_moved_finding(each, number) for each in error.findings]) from None
    if len(documents) > 1:
        message = "a line must be one JSON document"
        raise LabBuilderError(
            [Finding("several-documents", message, source=Source(file, number, 1))]
        )
    return documents[0].data


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs) or "<<" in mapping:
        raise _UnsafeError
    return mapping


def _integer(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise _UnsafeError
    return int(text)


def _unsafe(_text: str) -> NoReturn:
    raise _UnsafeError


def _real(text: str) -> float:
    if len(text) > _MAX_DIGITS or "e" in text or "E" in text:
        raise _UnsafeError
    return float(text)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_real, parse_constant=_unsafe
)


def _moved(source: Source, number: int) -> Source:
    return replace(source, line=number)  # the parser may place the end on another line


def _moved_finding(finding: Finding, number: int) -> Finding:
    return replace(finding, source=finding.source and _moved(finding.source, number))
