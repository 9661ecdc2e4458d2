"""Reads stored manifests, which others may have changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from labbuilder.documents import Document
from labbuilder.documents.objects import PlacedObject, unpack_lists
from labbuilder.errors import Finding, Findings, LabBuilderError, Path
from labbuilder.manifest import Manifest, identity, metadata_of

__all__ = ["read_manifests"]

_HINT = "use the output of labbuilder render"


def read_manifests(documents: Iterable[Document]) -> list[Manifest]:
    """Read the manifests in documents, where a ``List`` stands for its items.

    It raises `LabBuilderError`, with every error, if objects have no kind and name or are
    duplicated.
    """
    manifests: dict[tuple[str, str, str, str], Manifest] = {}
    findings = Findings()
    for document in documents:
        for each in unpack_lists(document, _HINT):
            if isinstance(each, Finding):
                findings.add(each)
            elif found := list(_wrong(each)):
                findings.extend(found)
            elif identity(each.data) in manifests:
                message, hint = "the object is duplicated", "keep one of them"
                findings.add(each.finding("duplicate-object", message, hint))
            else:
                manifests[identity(each.data)] = each.data
    if findings:
        raise LabBuilderError(findings)
    return list(manifests.values())


def _wrong(each: PlacedObject) -> Iterator[Finding]:
    """Find what an object lacks for its identity."""
    metadata = metadata_of(each.data)
    fields: list[tuple[Path, Any]] = [
        (("kind",), each.data.get("kind")),
        (("metadata", "name"), metadata.get("name")),
        (("metadata", "namespace"), metadata.get("namespace") or "none"),
    ]
    for field, value in fields:
        if value is None:
            yield each.finding("missing-field", "is required", _HINT, field)
        elif not isinstance(value, str) or not value:
            yield each.finding("wrong-type", "must be non-empty text", _HINT, field)
