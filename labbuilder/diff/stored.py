"""Manifests that were stored, as text that others may have changed since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from labbuilder.documents import Document
from labbuilder.documents.objects import unpack_lists
from labbuilder.errors import Finding, LabBuilderError, Path
from labbuilder.manifest import Manifest, identity

__all__ = ["read_manifests"]

_HINT = "write the manifests as labbuilder render does"


def read_manifests(documents: Iterable[Document]) -> list[Manifest]:
    """Take the manifests out of documents.

    Parameters
    ----------
    documents
        The documents. A ``List`` stands for its items.

    Returns
    -------
    list of dict
        Manifests with kind and name, none of them twice.

    Raises
    ------
    LabBuilderError
        With everything that is no such manifest.
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
                message = "the object is here a second time"
                found = [_finding("duplicate-object", document, path, message, "keep one of them")]
            if not found:
                seen.add(identity(data))
                manifests.append(data)
            findings += found
    if findings:
        raise LabBuilderError(findings)
    return manifests


def _wrong(document: Document, path: Path, data: Manifest) -> Iterator[Finding]:
    """Say what keeps an object from being told from others."""
    metadata = data.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    fields: list[tuple[Path, Any]] = [
        (("kind",), data.get("kind")),
        (("metadata", "name"), metadata.get("name")),
        (("metadata", "namespace"), metadata.get("namespace") or "none"),
    ]
    for field, value in fields:
        if value is None:
            message = f"a manifest needs {'.'.join(map(str, field))}"
            yield _finding("missing-field", document, (*path, *field), message)
        elif not isinstance(value, str) or not value:
            message = "must be text, and not empty"
            yield _finding("wrong-type", document, (*path, *field), message)


def _finding(
    code: str, document: Document, path: Path, message: str, hint: str = _HINT
) -> Finding:
    return Finding(code, message, path, hint, source=document.source(path))
