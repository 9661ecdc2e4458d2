"""Checks of storage claims."""

from __future__ import annotations

from labbuilder.errors import shown
from labbuilder.validation.rules.combinators import (
    INVALID_VALUE,
    MISPLACED,
    MISSING_VALUE,
    both,
    each_of,
    filled,
    needs_spec,
    one_of,
    optional,
)
from labbuilder.validation.rules.fields.amounts import INVALID_QUANTITY, signed_amount_of
from labbuilder.validation.rules.fields.naming import (
    class_name,
    dns_label,
    dns_subdomain,
    named_by,
)
from labbuilder.validation.rules.rule import Complaints, Object, Rule, check_fields, checks

INVALID_ACCESS_MODES = Rule(
    "invalid-access-modes",
    "a claim has no access mode, or ReadWriteOncePod together with another",
    "ValidatePersistentVolumeClaimSpec",
    guarded=False,
)

_access_modes = one_of("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")


@checks("PersistentVolumeClaimSpec")
def _claim(value: Object) -> Complaints:
    modes, at = value.get("accessModes", []), ("accessModes",)
    if not modes:
        hint = "use ReadWriteMany for a claim that a user's labs share"
        yield INVALID_ACCESS_MODES.complaint("needs an access mode", hint, at)
    elif "ReadWriteOncePod" in modes and len(modes) > 1:
        message = "ReadWriteOncePod can't be combined with other modes"
        yield INVALID_ACCESS_MODES.complaint(message, "remove the others", at)
    storage = value.get("resources", {}).get("requests", {}).get("storage")
    size, hint = ("resources", "requests", "storage"), "set a size such as 10Gi"
    if storage is None:
        yield MISSING_VALUE.complaint("is missing", hint, size)
    elif (amount := signed_amount_of(storage)) is not None and amount <= 0:
        yield INVALID_QUANTITY.complaint("must be more than zero", hint, size)


@checks("TypedLocalObjectReference", "TypedObjectReference")
def _source(value: Object) -> Complaints:
    group, kind = value.get("apiGroup", ""), value["kind"]
    if not group and kind != "PersistentVolumeClaim":
        message = f"is required for kind {shown(kind)}"
        yield MISSING_VALUE.complaint(message, "set apiGroup", ("apiGroup",))


@checks("PersistentVolumeClaimSpec")
def _sources(value: Object) -> Complaints:
    old, new = value.get("dataSource"), value.get("dataSourceRef")
    if old is None or new is None:
        return
    parts = ("apiGroup", "kind", "name")
    if new.get("namespace") or any(old.get(part) != new.get(part) for part in parts):
        message = "must equal dataSourceRef, in the same namespace"
        yield INVALID_VALUE.complaint(message, "remove it", ("dataSource",))


def _template(value: Object) -> Complaints:
    for field in value:
        if field not in {"annotations", "labels"}:
            message = "is not allowed in a claim template"
            yield MISPLACED.complaint(message, "keep only labels and annotations", (field,))


checks("PersistentVolumeClaim")(both(named_by(dns_subdomain), needs_spec))
check_fields(
    "PersistentVolumeClaimSpec",
    accessModes=each_of(_access_modes),
    storageClassName=class_name,
    volumeMode=one_of("Filesystem", "Block"),
    volumeAttributesClassName=class_name,
)
check_fields("PersistentVolumeClaimTemplate", metadata=_template)
check_fields(
    "TypedLocalObjectReference",
    "TypedObjectReference",
    kind=filled,
    name=filled,
    apiGroup=class_name,
)
check_fields("TypedObjectReference", namespace=optional(dns_label))
