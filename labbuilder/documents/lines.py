"""Newline-delimited JSON: a document a line, read by the fast parser where it can't go wrong."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from labbuilder.documents import Document, Mark, load
from labbuilder.documents.text import find_refused
from labbuilder.errors import Finding, LabBuilderError, Path, Source

__all__ = ["load_line"]

_LONGEST = 200_000  # bytes, which hold fewer values than the strict reader takes
_LONGEST_NUMBER = 15  # digits, which every reader of JSON keeps
_DEEP = 100  # levels, as the strict reader counts them
_HALF = re.compile(r"\\u[dD][89a-fA-F]")  # an escape of UTF-16


class _DoubtfulError(Exception):
    """The strict reader has to decide."""


@dataclass(frozen=True, slots=True)
class _Line(Document):
    """A line, in which positions are looked for when they are asked for."""

    text: bytes

    def source(self, path: Path, *, key: bool = False) -> Source:
        (document,) = load(self.text, self.file)
        return _moved(document.source(path, key=key), self.mark.line)


def load_line(text: bytes, file: str, number: int) -> Document:
    """Read a line of newline-delimited JSON.

    Parameters
    ----------
    text
        The line, UTF-8, with or without its end.
    file
        What to call the file in findings and sources.
    number
        The line's number, counted from 1.

    Returns
    -------
    Document
        What `labbuilder.documents.load` would make of it.

    Raises
    ------
    LabBuilderError
        With everything that is wrong.
    """
    try:
        data = _fast(text)
    except (_DoubtfulError, ValueError):
        data = _strict(text, file, number)
    return _Line(data, file, Mark(number, 1), text)


def _fast(text: bytes) -> Any:
    """Parse JSON that both readers read alike; raise what leaves it to the strict one."""
    decoded = text.decode()
    if len(text) > _LONGEST or find_refused(decoded) or _HALF.search(decoded):
        raise _DoubtfulError
    try:
        data = _DECODER.decode(decoded)
    except RecursionError:
        raise _DoubtfulError from None
    if decoded.count("{") + decoded.count("[") >= _DEEP and _is_deep(data):
        raise _DoubtfulError
    return data


def _is_deep(data: Any) -> bool:
    level = [data]
    for _ in range(_DEEP):
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
        message = "a line is one JSON document"
        raise LabBuilderError(
            [Finding("several-documents", message, source=Source(file, number, 1))]
        )
    return documents[0].data


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs) or "<<" in mapping:
        raise _DoubtfulError
    return mapping


def _integer(text: str) -> int:
    if len(text) > _LONGEST_NUMBER:
        raise _DoubtfulError
    return int(text)


def _doubtful(_text: str) -> NoReturn:
    raise _DoubtfulError


def _real(text: str) -> float:
    if len(text) > _LONGEST_NUMBER or "e" in text or "E" in text:
        raise _DoubtfulError
    return float(text)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_real, parse_constant=_doubtful
)


def _moved(source: Source, number: int) -> Source:
    return replace(source, line=number)  # the parser may see its end on a line of its own


def _moved_finding(finding: Finding, number: int) -> Finding:
    return replace(finding, source=finding.source and _moved(finding.source, number))
