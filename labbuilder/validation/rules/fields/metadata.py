"""Checks of metadata, except for names, labels and annotations."""

from __future__ import annotations

from collections.abc import Sequence

from labbuilder import names
from labbuilder.errors import shown
from labbuilder.validation.rules.combinators import (
    INVALID_VALUE,
    ONE_OF_MANY,
    at_least,
    filled,
    must,
    must_match,
    required,
)
from labbuilder.validation.rules.rule import Complaints, Object, Rule, check_fields, checks

SERVER_FIELD = Rule(
    "server-field",
    "metadata contains a field that kube-apiserver sets, and the object is not a live one",
    "BeforeCreate, and the preconditions of apply",
    guarded=False,
    only_new=True,
)
INVALID_FINALIZER = Rule(
    "invalid-finalizer",
    "a finalizer has no domain, and is not one of Kubernetes' own",
    "ValidateFinalizers, ValidateFinalizerName",
    guarded=False,
)

_OWN_FINALIZERS = {"kubernetes", "orphan", "foregroundDeletion"}
_TIME = (
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T"
    r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(?:[.,][0-9]+)?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)


def _finalizers(values: Sequence[str]) -> Complaints:
    for i, name in enumerate(values):
        if not names.is_qualified_name(name) or ("/" not in name and name not in _OWN_FINALIZERS):
            message = f"{shown(name)} is not a valid finalizer"
            hint = "use a name with a domain, such as example.org/archive"
            yield INVALID_FINALIZER.complaint(message, hint, (i,))
    if {"orphan", "foregroundDeletion"} <= set(values):
        message = "orphan can't be combined with foregroundDeletion"
        yield INVALID_FINALIZER.complaint(message, "remove one of them")


def _is_api_version(text: str) -> bool:
    group, _, version = text.rpartition("/")
    return "/" not in group and bool(version)


def _owners(values: Sequence[Object]) -> Complaints:
    controllers = [i for i, owner in enumerate(values) if owner.get("controller")]
    for i in controllers[1:]:
        message = "another owner is the controller already"
        yield ONE_OF_MANY.complaint(message, "keep one controller", (i, "controller"))
    for i, owner in enumerate(values):
        if owner.get("apiVersion") == "v1" and owner.get("kind") == "Event":
            message = "an Event can't be an owner"
            yield INVALID_VALUE.complaint(message, "remove this owner", (i, "kind"))


@checks(
    "ConfigMap", "LimitRange", "Namespace", "NetworkPolicy", "PersistentVolumeClaim", "Pod",
    "ResourceQuota", "Secret", "Service", "ServiceAccount",
)  # fmt: skip
def _server_fields(manifest: Object) -> Complaints:
    """Check that an object has none of the fields that only live objects have."""
    metadata = manifest["metadata"]
    for field, is_given in (
        ("resourceVersion", bool(metadata.get("resourceVersion"))),
        ("managedFields", "managedFields" in metadata),
    ):
        if is_given:
            message, at = "is set by kube-apiserver", ("metadata", field)
            yield SERVER_FIELD.complaint(message, "remove it", at)


_api_version = must(
    INVALID_VALUE, _is_api_version, "a valid API version", "use group/version, or v1"
)
_time = must_match(INVALID_VALUE, _TIME, "a valid time", "use the form 2026-11-30T12:00:00Z")

check_fields(
    "ObjectMeta",
    creationTimestamp=_time,
    deletionTimestamp=_time,
    finalizers=_finalizers,
    generation=at_least(0),
    ownerReferences=_owners,
)
check_fields("NamespaceSpec", finalizers=_finalizers)
check_fields(
    "OwnerReference", apiVersion=required(_api_version), kind=filled, name=filled, uid=filled
)
