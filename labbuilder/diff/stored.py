"""Reads stored manifests, which others may have changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from labbuilder.documents import Document
from labbuilder.documents.objects import unpack_lists
from labbuilder.errors import Finding, LabBuilderError, Path
from labbuilder.manifest import Manifest, identity

__all__ = ["read_manifests"]

_HINT = "use the output of labbuilder render"


def read_manifests(documents: Iterable[Document]) -> list[Manifest]:
    """Read the manifests in documents, where a ``List`` stands for its items.

    It raises `LabBuilderError`, with every error, if objects have no kind and name or are
    duplicated.
    """
    manifests: list[Manifest] = []
    findings: list[Finding] = []
    seen: set[tuple[str, str, str, str]] = set()
    for document in documents:
        for each in unpack_lists(document, _HINT):
            if isinstance(each, Finding):
                findings.append(each)
                continue
            path, data = each.path, each.data
            found = list(_wrong(document, path, data))
            if not found and identity(data) in seen:
                message = "the object is duplicated"
                found = [_finding("duplicate-object", document, path, message, "keep one of them")]
            if not found:
                seen.add(identity(data))
                manifests.append(data)
            findings += found
    if findings:
        raise LabBuilderError(findings)
    return manifests


def _wrong(document: Document, path: Path, data: Manifest) -> Iterator[Finding]:
    """Find what an object lacks for its identity."""
    metadata = data.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    fields: list[tuple[Path, Any]] = [
        (("kind",), data.get("kind")),
        (("metadata", "name"), metadata.get("name")),
        (("metadata", "namespace"), metadata.get("namespace") or "none"),
    ]
    for field, value in fields:
        if value is None:
            message = "is required"
            yield _finding("missing-field", document, (*path, *field), message)
        elif not isinstance(value, str) or not value:
            message = "must be non-empty text"
            yield _finding("wrong-type", document, (*path, *field), message)


def _finding(
    code: str, document: Document, path: Path, message: str, hint: str = _HINT
) -> Finding:
    return Finding(code, message, path, hint, source=document.source(path))
