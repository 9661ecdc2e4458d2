"""Lines of users' own files, except those that may hold a secret."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from labbuilder.credentials import mask_urls
from labbuilder.documents import Document
from labbuilder.errors import Source

__all__ = ["SourceLines"]

_LINE_END = re.compile("\r\n|\r|\n")

# Nothing is shown of other kinds, Secrets above all.
_KINDS = {
    "ConfigMap", "Namespace", "NetworkPolicy", "PersistentVolumeClaim", "Pod", "ResourceQuota",
    "Service",
}  # fmt: skip

# People put tokens and passwords here, even where they shouldn't.
_PRIVATE = {
    "annotations", "args", "binarydata", "command", "data", "env", "options", "stringdata",
    "value", "volumeattributes",
}  # fmt: skip

Place = tuple[int, int]


class SourceLines:
    """The lines of files that may be shown, from each file's text and documents.

    No line is shown of a file that could not be read as YAML, since the places of its secrets are
    unknown.
    """

    def __init__(
        self, texts: Mapping[str, str | bytes], documents: Mapping[str, Sequence[Document]]
    ) -> None:
        self._texts = texts
        self._documents = documents
        self._known: dict[str, Mapping[int, str]] = {}

    def __call__(self, source: Source) -> str | None:
        """Return the line at a place without its end; None if unknown or perhaps secret."""
        file = source.file
        if file not in self._known:
            text, documents = self._texts.get(file), self._documents.get(file)
            self._known[file] = _showable(text, documents) if text and documents else {}
        return self._known[file].get(source.line)


def _showable(text: str | bytes, documents: Sequence[Document]) -> Mapping[int, str]:
    """Return the lines without anything private, by number."""
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    if "<<" in text:  # a merge can hide values that have no mark
        return {}
    lines = _LINE_END.split(text.removeprefix("\ufeff"))
    private = _private_places(documents)
    places = sorted(private)
    hidden: set[int] = set()
    starts = [len(line) - len(line.lstrip(" -")) for line in lines]  # of what is more than a dash
    for (line, column), (end, before) in zip(places, [*places[1:], (len(lines), 0)], strict=True):
        if private[line, column]:
            # This value ends where the next begins, which may be within a line.
            midst = before == 0 or starts[end - 1] < before - 1
            hidden.update(range(line, end + 1 if midst else end))
    return {
        i: line
        for i, line in enumerate(lines, 1)
        if i not in hidden and mask_urls(line) == line  # a masked one would move its caret
    }


def _private_places(documents: Sequence[Document]) -> dict[Place, bool]:
    """Map the start of every key and value to whether it is private."""
    places: dict[Place, bool] = {}
    # An alias's place is its anchor's: it is private if any of them is.
    for place, private in _places(documents):
        places[place] = places.get(place, False) or private
    return places


def _places(documents: Sequence[Document]) -> Iterator[tuple[Place, bool]]:
    waiting = [(each.data, each.mark, False, False) for each in documents]
    while waiting:
        data, mark, known, private = waiting.pop()
        known = known or (not private and _is_of_known_kind(data))
        yield (mark.line, mark.column), private or not known
        if isinstance(mark.children, dict):
            for key, child in mark.children.items():
                yield (child.key_line, child.key_column), private or not known
                hidden = private or key.lower() in _PRIVATE
                waiting.append((data[key], child, known, hidden))
        elif isinstance(mark.children, list):
            waiting += [
                (item, child, known, private)
                for item, child in zip(data, mark.children, strict=True)
            ]


def _is_of_known_kind(data: Any) -> bool:
    kind = data.get("kind") if isinstance(data, dict) else None
    return isinstance(kind, str) and kind in _KINDS
