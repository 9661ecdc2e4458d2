"""Checks of volume mounts."""

from __future__ import annotations

from labbuilder.errors import Severity, shown
from labbuilder.validation.rules.combinators import (
    INVALID_VALUE,
    ONE_OF_MANY,
    both,
    distinct,
    each_of,
    filled,
    one_of,
)
from labbuilder.validation.rules.fields.volumes import relative_path
from labbuilder.validation.rules.rule import Complaints, Object, Rule, Stop, check_fields, checks

__all__ = ["ODD_MOUNT_PATH", "RELATIVE_MOUNT_PATH", "UNKNOWN_VOLUME"]

UNKNOWN_VOLUME = Rule(
    "unknown-volume",
    "a mount or variable names a volume that the pod doesn't have",
    "ValidateVolumeMounts",
    guarded=False,
)
RELATIVE_MOUNT_PATH = Rule(
    "relative-mount-path",
    "a mount path is relative, and is taken from the root of the container",
    "makeMounts, by MakeAbsolutePath",
    Stop.NOBODY,
    guarded=False,
)
ODD_MOUNT_PATH = Rule(
    "odd-mount-path",
    "a mount path contains `:` or `..`, which runtimes treat differently",
    "the documentation of mountPath, which nothing enforces",
    Stop.NOBODY,
    Severity.WARNING,
    guarded=False,
)


def _mount_path(value: str) -> Complaints:
    yield from filled(value)
    if value and not value.startswith("/"):
        message = f"{shown(value)} is not an absolute path"
        yield RELATIVE_MOUNT_PATH.complaint(message, "start it with /")
    if ":" in value or ".." in value.split("/"):
        message = f"{shown(value)} contains `:` or `..`"
        yield ODD_MOUNT_PATH.complaint(message, "use a path without them")


@checks("VolumeMount")
def _mount(value: Object) -> Complaints:
    if value.get("subPath") and value.get("subPathExpr"):
        message = "can't be combined with subPath"
        yield ONE_OF_MANY.complaint(message, "remove one of them", ("subPathExpr",))
    if value.get("recursiveReadOnly") in {"Enabled", "IfPossible"} and (
        not value.get("readOnly") or value.get("mountPropagation", "None") != "None"
    ):
        message = "is only allowed with readOnly: true and without mountPropagation"
        yield INVALID_VALUE.complaint(message, "remove it", ("recursiveReadOnly",))


check_fields(
    "VolumeMount",
    name=filled,
    mountPath=_mount_path,
    subPath=relative_path,
    subPathExpr=relative_path,
    mountPropagation=one_of("None", "HostToContainer", "Bidirectional"),
    bindMountOptions=both(each_of(one_of("noexec", "nodev", "nosuid")), distinct),
    recursiveReadOnly=one_of("Disabled", "Enabled", "IfPossible"),
)
