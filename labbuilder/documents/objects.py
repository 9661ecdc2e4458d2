"""Objects in documents: each document is one, or a ``v1/List`` of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from labbuilder.documents import Document
from labbuilder.errors import Finding, Path
from labbuilder.manifest import kind_of

__all__ = ["PlacedObject", "unpack_lists"]


@dataclass(frozen=True, slots=True)
class PlacedObject:
    """An object, and its path in the document that holds it."""

    document: Document
    path: Path
    data: dict[str, Any] = field(repr=False)

    def finding(self, code: str, message: str, hint: str = "", path: Path = ()) -> Finding:
        """Return a finding about the value at a path of the object."""
        path = self.path + path
        return Finding(code, message, path, hint, source=self.document.source(path))


def unpack_lists(document: Document, hint: str) -> Iterator[PlacedObject | Finding]:
    """Find the object of a document, or every item of a List in its place.

    What is not a mapping, and a List without a list of items, is a finding with the hint.
    """
    return _unpack(document, (), document.data, hint)


def _unpack(
    document: Document, path: Path, data: Any, hint: str
) -> Iterator[PlacedObject | Finding]:
    if not isinstance(data, dict):
        yield _wrong_type(document, path, "an object must be a mapping", hint)
    elif kind_of(data) != "v1/List":
        yield PlacedObject(document, path, data)
    elif isinstance(data.get("items"), list):
        for i, item in enumerate(data["items"]):
            yield from _unpack(document, (*path, "items", i), item, hint)
    else:
        yield _wrong_type(document, (*path, "items"), "a List must have a list of items", hint)


def _wrong_type(document: Document, path: Path, message: str, hint: str) -> Finding:
    return Finding("wrong-type", message, path, hint, source=document.source(path))
