"""Rules about where containers see volumes."""

from __future__ import annotations

from collections.abc import Iterator

from labbuilder.errors import Severity, shown
from labbuilder.validation.rules.combinators import (
    INVALID_VALUE,
    ONE_OF_MANY,
    Object,
    both,
    different,
    each_of,
    filled,
    one_of,
)
from labbuilder.validation.rules.fields.volumes import relative_path
from labbuilder.validation.rules.rule import Check, Complaint, Stop, rule

__all__ = ["FIELDS", "ODD_MOUNT_PATH", "RELATIVE_MOUNT_PATH", "TYPES"]

RELATIVE_MOUNT_PATH = rule(
    "relative-mount-path",
    "a mount's path is relative, and is taken from the root of the container",
    "makeMounts, by MakeAbsolutePath",
    Stop.NOBODY,
)
ODD_MOUNT_PATH = rule(
    "odd-mount-path",
    "a mount's path holds `:` or `..`, of which runtimes make different things",
    "the documentation of mountPath, which nothing enforces",
    Stop.NOBODY,
    Severity.WARNING,
)


def _mount_path(value: str) -> Iterator[Complaint]:
    yield from filled(value)
    if value and not value.startswith("/"):
        message = f"{shown(value)} is not an absolute path"
        yield Complaint(RELATIVE_MOUNT_PATH, message, "start it with /")
    if ":" in value or ".." in value.split("/"):
        message = f"{shown(value)} holds `:` or `..`"
        yield Complaint(ODD_MOUNT_PATH, message, "write the path that is meant")


def _mount(value: Object) -> Iterator[Complaint]:
    if value.get("subPath") and value.get("subPathExpr"):
        message = "subPath and subPathExpr exclude each other"
        yield Complaint(ONE_OF_MANY, message, "leave one of them", ("subPathExpr",))
    if value.get("recursiveReadOnly") in {"Enabled", "IfPossible"} and (
        not value.get("readOnly") or value.get("mountPropagation", "None") != "None"
    ):
        message = "goes with readOnly: true and no mountPropagation only"
        yield Complaint(INVALID_VALUE, message, "leave it out", ("recursiveReadOnly",))


FIELDS: dict[str, Check] = {
    "VolumeMount.name": filled,
    "VolumeMount.mountPath": _mount_path,
    "VolumeMount.subPath": relative_path,
    "VolumeMount.subPathExpr": relative_path,
    "VolumeMount.mountPropagation": one_of("None", "HostToContainer", "Bidirectional"),
    "VolumeMount.bindMountOptions": both(each_of(one_of("noexec", "nodev", "nosuid")), different),
    "VolumeMount.recursiveReadOnly": one_of("Disabled", "Enabled", "IfPossible"),
}
"""The checks by type and field."""

TYPES: dict[str, Check] = {
    "VolumeMount": _mount,
}
"""The checks by type."""
