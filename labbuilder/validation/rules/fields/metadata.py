"""Rules about what metadata holds besides names, labels and annotations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from labbuilder import names
from labbuilder.errors import shown
from labbuilder.validation.rules.combinators import (
    INVALID_VALUE,
    ONE_OF_MANY,
    Object,
    at_least,
    both,
    filled,
    must,
    optional,
)
from labbuilder.validation.rules.rule import Check, Complaint, rule

__all__ = ["FIELDS", "SERVER_FIELD", "TYPES"]

SERVER_FIELD = rule(
    "server-field",
    "metadata holds what the API server gives an object, so that it can't be made anew",
    "BeforeCreate, and the preconditions of apply",
)
INVALID_FINALIZER = rule(
    "invalid-finalizer",
    "a finalizer is none of Kubernetes' own, and has no domain",
    "ValidateFinalizers, ValidateFinalizerName",
)

_OWN_FINALIZERS = {"kubernetes", "orphan", "foregroundDeletion"}
_TIME = re.compile(
    r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d"
    r"(?:[.,]\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)


def _server(_: Any) -> Iterator[Complaint]:
    yield Complaint(SERVER_FIELD, "is the API server's to write", "leave it out")


def _finalizers(values: Sequence[str]) -> Iterator[Complaint]:
    for i, name in enumerate(values):
        if not names.is_qualified_name(name) or ("/" not in name and name not in _OWN_FINALIZERS):
            hint = "write a name with a domain, such as example.org/archive"
            yield Complaint(INVALID_FINALIZER, f"{shown(name)} is no finalizer", hint, (i,))
    if {"orphan", "foregroundDeletion"} <= set(values):
        message = "orphan and foregroundDeletion exclude each other"
        yield Complaint(INVALID_FINALIZER, message, "leave one of them")


def _is_api_version(text: str) -> bool:
    group, _, version = text.rpartition("/")
    return "/" not in group and bool(version)


def _owners(values: Sequence[Object]) -> Iterator[Complaint]:
    controllers = [i for i, owner in enumerate(values) if owner.get("controller")]
    for i in controllers[1:]:
        message = "another owner is the controller"
        yield Complaint(ONE_OF_MANY, message, "leave one of them", (i, "controller"))
    for i, owner in enumerate(values):
        if owner.get("apiVersion") == "v1" and owner.get("kind") == "Event":
            yield Complaint(INVALID_VALUE, "an Event owns nothing", "", (i, "kind"))


_api_version = must(
    INVALID_VALUE, _is_api_version, "an API version", "write group/version, or v1 for the core"
)
_time = must(
    INVALID_VALUE, lambda text: bool(_TIME.fullmatch(text)), "a time", "write 2026-11-30T12:00:00Z"
)

FIELDS: dict[str, Check] = {
    "ObjectMeta.creationTimestamp": _time,
    "ObjectMeta.deletionTimestamp": _time,
    "ObjectMeta.finalizers": _finalizers,
    "ObjectMeta.generation": at_least(0),
    "ObjectMeta.ownerReferences": _owners,
    "ObjectMeta.resourceVersion": optional(_server),
    "ObjectMeta.uid": optional(_server),
    "NamespaceSpec.finalizers": _finalizers,
    "OwnerReference.apiVersion": both(filled, optional(_api_version)),
    "OwnerReference.kind": filled,
    "OwnerReference.name": filled,
    "OwnerReference.uid": filled,
}
"""The checks by type and field."""

TYPES: dict[str, Check] = {}
"""The checks by type."""
