"""Rules about claims of storage."""

from __future__ import annotations

from collections.abc import Iterator

from labbuilder.errors import shown
from labbuilder.validation.rules.combinators import (
    INVALID_VALUE,
    MISPLACED,
    MISSING_VALUE,
    Object,
    both,
    each_of,
    filled,
    needs_spec,
    one_of,
    optional,
)
from labbuilder.validation.rules.fields.amounts import INVALID_QUANTITY, amount_of
from labbuilder.validation.rules.fields.naming import called, class_name, dns_label, dns_subdomain
from labbuilder.validation.rules.rule import Check, Complaint, rule

__all__ = ["FIELDS", "INVALID_ACCESS_MODES", "TYPES"]

INVALID_ACCESS_MODES = rule(
    "invalid-access-modes",
    "a claim names no access mode, or one that can't stand with others",
    "ValidatePersistentVolumeClaimSpec",
)

_volume_mode = one_of("Filesystem", "Block")
_access_modes = one_of("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")


def _claim(value: Object) -> Iterator[Complaint]:
    modes = value.get("accessModes", [])
    if not modes:
        hint = "labs of a user share a claim with ReadWriteMany"
        yield Complaint(INVALID_ACCESS_MODES, "needs an access mode", hint, ("accessModes",))
    elif "ReadWriteOncePod" in modes and len(modes) > 1:
        message = "ReadWriteOncePod stands alone"
        yield Complaint(INVALID_ACCESS_MODES, message, "leave out the others", ("accessModes",))
    storage = value.get("resources", {}).get("requests", {}).get("storage")
    at = ("resources", "requests", "storage")
    if storage is None:
        yield Complaint(MISSING_VALUE, "is missing", "say how much: 10Gi", at)
    elif amount_of(storage) == 0:
        yield Complaint(INVALID_QUANTITY, "must be more than zero", "say how much: 10Gi", at)


def _source(value: Object) -> Iterator[Complaint]:
    """Check what a claim's volume is filled from."""
    group, kind = value.get("apiGroup", ""), value["kind"]
    if not group and kind != "PersistentVolumeClaim":
        message = f"{shown(kind)} is of no group"
        yield Complaint(MISSING_VALUE, message, "name its apiGroup", ("apiGroup",))


def _sources(value: Object) -> Iterator[Complaint]:
    old, new = value.get("dataSource"), value.get("dataSourceRef")
    if old is None or new is None:
        return
    parts = ("apiGroup", "kind", "name")
    if new.get("namespace") or any(old.get(part) != new.get(part) for part in parts):
        message = "must be the same as dataSourceRef, in the same namespace"
        yield Complaint(INVALID_VALUE, message, "leave it out", ("dataSource",))


def _template(value: Object) -> Iterator[Complaint]:
    for field in value:
        if field not in {"annotations", "labels"}:
            yield Complaint(MISPLACED, "a template has labels and annotations", "", (field,))


FIELDS: dict[str, Check] = {
    "PersistentVolumeClaimSpec.accessModes": each_of(_access_modes),
    "PersistentVolumeClaimSpec.storageClassName": class_name,
    "PersistentVolumeClaimSpec.volumeMode": _volume_mode,
    "PersistentVolumeClaimSpec.volumeAttributesClassName": class_name,
    "PersistentVolumeClaimTemplate.metadata": _template,
    **{
        f"{kind}.{field}": check
        for kind in ("TypedLocalObjectReference", "TypedObjectReference")
        for field, check in {"kind": filled, "name": filled, "apiGroup": class_name}.items()
    },
    "TypedObjectReference.namespace": optional(dns_label),
}
"""The checks by type and field."""

TYPES: dict[str, Check] = {
    "PersistentVolumeClaim": called(dns_subdomain, needs_spec()),
    "PersistentVolumeClaimSpec": both(_claim, _sources),
    "TypedLocalObjectReference": _source,
    "TypedObjectReference": _source,
}
"""The checks by type."""
