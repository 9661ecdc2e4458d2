"""Reads stored manifests, which others may have changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from labbuilder.documents import Document
from labbuilder.documents.objects import PlacedObject, unpack_lists
from labbuilder.errors import Finding, Findings, LabBuilderError, Path
from labbuilder.manifest import (
    Manifest,
    identity,
    metadata_of,
    namespace_field,
    own_namespace,
)
from labbuilder.names import USER_LABEL

__all__ = ["read_manifests"]

_HINT = "use the output of labbuilder render"


def read_manifests(
    documents: Iterable[Document], usernames: Collection[str] = ()
) -> list[Manifest]:
    """Read the manifests in documents, where a ``List`` stands for its items.

    It raises `LabBuilderError`, with every error, if objects have no kind and name, are duplicated
    or belong to none of the users, if there are any.
    """
    manifests: dict[tuple[str, str, str, str], Manifest] = {}
    findings = Findings()
    foreign = set[str]()
    for document in documents:
        for each in unpack_lists(document, _HINT):
            if isinstance(each, Finding):
                findings.add(each)
            elif found := [*_wrong(each)]:
                findings.extend(found)
            elif found := [*_not_theirs(each, usernames)]:
                if own_namespace(each.data) not in foreign:  # a lab is reported once
                    findings.extend(found)
                foreign.add(own_namespace(each.data))
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


def _not_theirs(each: PlacedObject, usernames: Collection[str]) -> Iterator[Finding]:
    """Find whether an object belongs to none of the users, by its label or its namespace."""
    metadata = metadata_of(each.data)
    labels = metadata.get("labels")
    user = labels.get(USER_LABEL) if isinstance(labels, dict) else None
    namespace = own_namespace(each.data)
    hint = "name the lab of a user in the user file, or that lab's folder"
    if usernames and user is not None and user not in usernames:
        path = ("metadata", "labels", USER_LABEL)
        yield each.finding("other-user", "is not a user of the user file", hint, path)
    elif usernames and namespace and not namespace.endswith(tuple(f"-{u}" for u in usernames)):
        message = "is not the namespace of a user of the user file"
        field = namespace_field(each.data)
        yield each.finding("other-namespace", message, hint, ("metadata", field))
