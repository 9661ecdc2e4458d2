"""Rules about volumes, and the files in them."""

from __future__ import annotations

from collections.abc import Iterator

from labbuilder import names
from labbuilder.errors import Severity, shown
from labbuilder.validation.rules.combinators import (
    INVALID_VALUE,
    MISSING_VALUE,
    ONE_OF_MANY,
    Object,
    at_least,
    both,
    defaulted,
    filled,
    must,
    named_reference,
    needs,
    optional,
)
from labbuilder.validation.rules.fields.containers import pull_policy
from labbuilder.validation.rules.fields.naming import (
    INVALID_NAME,
    dns_label,
    key_name,
    object_name,
)
from labbuilder.validation.rules.rule import Check, Complaint, Stop, rule

__all__ = [
    "FIELDS",
    "INVALID_PATH",
    "TYPES",
    "UNKNOWN_MEDIUM",
    "VOLUME_WITHOUT_SOURCE",
    "relative_path",
]

INVALID_PATH = rule(
    "invalid-path",
    "a path is relative where it must be absolute, or the other way round, or leads out with `..`",
    "ValidateLocalNonReservedPath, validatePathNoBacksteps, validateNFSVolumeSource",
)


def inside(value: str) -> Iterator[Complaint]:
    """Check the path of a file that a volume makes: names that begin with .. are the kubelet's."""
    if value.startswith(".."):
        hint = "write a path below the volume's root that begins otherwise"
        yield Complaint(INVALID_PATH, f"{shown(value)} begins with `..`", hint)
    else:
        yield from relative_path(value)


def relative_path(value: str) -> Iterator[Complaint]:
    """Check a path below the root of a volume."""
    if value.startswith("/") or ".." in value.split("/"):
        hint = "write a path below the volume's root, without `..`"
        yield Complaint(INVALID_PATH, f"{shown(value)} is not a path inside the volume", hint)


def no_steps_back(value: str) -> Iterator[Complaint]:
    yield from filled(value)
    if ".." in value.split("/"):
        yield Complaint(INVALID_PATH, f"{shown(value)} holds `..`", "write the path that is meant")


def _absolute(value: str) -> Iterator[Complaint]:
    yield from filled(value)
    if value and not value.startswith("/"):
        yield Complaint(INVALID_PATH, f"{shown(value)} is not an absolute path", "start it with /")


def _mode(value: int) -> Iterator[Complaint]:
    if not 0 <= value <= 0o777:  # noqa: PLR2004 (file modes)
        hint = "write 0644 in YAML, 420 in JSON"
        yield Complaint(INVALID_VALUE, f"{value} is no file mode from 0 to 0777", hint)


UNKNOWN_MEDIUM = rule(
    "unknown-medium",
    "an emptyDir is to be on a medium that there isn't",
    "the set-up of emptyDir volumes",
    Stop.KUBELET,
)
VOLUME_WITHOUT_SOURCE = rule(
    "volume-without-source",
    "a volume names no source, and is an empty folder",
    "SetDefaults_Volume",
    Stop.NOBODY,
    Severity.WARNING,
)


def _volume(value: Object) -> Iterator[Complaint]:
    sources = [key for key in value if key != "name"]
    if not sources:
        message, hint = "names no source", "write emptyDir: {} if that is meant"
        yield Complaint(VOLUME_WITHOUT_SOURCE, message, hint)
    elif len(sources) > 1:
        message = f"needs one source and has {', '.join(sources)}"
        yield Complaint(ONE_OF_MANY, message, "leave one of them")


def _empty_dir(value: Object) -> Iterator[Complaint]:
    medium = value.get("medium", "")
    if medium not in {"", "Memory", "HugePages"} and not medium.startswith("HugePages-"):
        yield Complaint(UNKNOWN_MEDIUM, f"{shown(medium)} is no medium", "use Memory", ("medium",))


def _is_driver(name: str) -> bool:
    return len(name) <= _LONGEST_DRIVER and names.is_dns_subdomain(name.lower())


def _secret_name(value: Object) -> Iterator[Complaint]:
    if not value.get("name"):
        yield Complaint(MISSING_VALUE, "is missing", "name a Secret", ("name",))
    elif not names.is_dns_subdomain(value["name"]):
        yield Complaint(INVALID_NAME, f"{shown(value['name'])} is no name", "", ("name",))


_LONGEST_DRIVER = 63
_driver = must(INVALID_NAME, _is_driver, "the name of a driver", "write csi.example.org")

FIELDS: dict[str, Check] = {
    "Volume.name": dns_label,
    "EmptyDirVolumeSource.mode": at_least(0, 0o1777),
    "ConfigMapVolumeSource.name": object_name,
    "ConfigMapVolumeSource.defaultMode": _mode,
    "SecretVolumeSource.secretName": object_name,
    "SecretVolumeSource.defaultMode": _mode,
    "DownwardAPIVolumeSource.defaultMode": _mode,
    "ProjectedVolumeSource.defaultMode": _mode,
    "ImageVolumeSource.pullPolicy": pull_policy,
    "CSIVolumeSource.driver": both(
        filled, optional(must(INVALID_NAME, _is_driver, "a driver's name"))
    ),
    "CSIVolumeSource.nodePublishSecretRef": _secret_name,
    "DownwardAPIVolumeFile.path": both(filled, inside),
    "DownwardAPIVolumeFile.mode": _mode,
    "KeyToPath.key": both(filled, key_name),
    "KeyToPath.path": both(filled, inside),
    "KeyToPath.mode": _mode,
    "HostPathVolumeSource.path": no_steps_back,
    "HostPathVolumeSource.type": defaulted(
        "DirectoryOrCreate",
        "Directory",
        "FileOrCreate",
        "File",
        "Socket",
        "CharDevice",
        "BlockDevice",
    ),
    "NFSVolumeSource.server": filled,
    "NFSVolumeSource.path": _absolute,
    "PersistentVolumeClaimVolumeSource.claimName": both(filled, object_name),
}
"""The checks by type and field."""

TYPES: dict[str, Check] = {
    "Volume": _volume,
    "EmptyDirVolumeSource": _empty_dir,
    "ConfigMapVolumeSource": named_reference,
    "ConfigMapProjection": named_reference,
    "SecretVolumeSource": needs("secretName"),
    "SecretProjection": named_reference,
    "EphemeralVolumeSource": needs("volumeClaimTemplate"),
    "ImageVolumeSource": needs("reference"),
}
"""The checks by type."""
