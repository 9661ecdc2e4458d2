"""Checks of volumes, and of the files in them."""

from __future__ import annotations

from collections.abc import Sequence

from labbuilder import names
from labbuilder.errors import Severity, shown
from labbuilder.validation.rules.combinators import (
    INVALID_VALUE,
    ONE_OF_MANY,
    at_least,
    defaulted,
    filled,
    must,
    named_reference,
    needs,
    placed,
    required,
)
from labbuilder.validation.rules.fields.containers import pull_policy
from labbuilder.validation.rules.fields.naming import (
    INVALID_NAME,
    dns_label,
    dns_subdomain,
    key_name,
    object_name,
)
from labbuilder.validation.rules.rule import Complaints, Object, Rule, Stop, check_fields, checks

__all__ = [
    "INVALID_PATH", "UNKNOWN_MEDIUM", "VOLUME_WITHOUT_SOURCE", "file_path", "no_steps_back",
    "one_source", "relative_path",
]  # fmt: skip

INVALID_PATH = Rule(
    "invalid-path",
    "a path is relative or absolute where it must not be, or contains `..`",
    "ValidateLocalNonReservedPath, validatePathNoBacksteps, validateNFSVolumeSource",
    guarded=False,
)
UNKNOWN_MEDIUM = Rule(
    "unknown-medium",
    "an emptyDir names a medium that doesn't exist",
    "the setup of emptyDir volumes",
    Stop.KUBELET,
    guarded=False,
)
VOLUME_WITHOUT_SOURCE = Rule(
    "volume-without-source",
    "a volume has no source, and becomes an emptyDir",
    "SetDefaults_Volume",
    Stop.NOBODY,
    Severity.WARNING,
    guarded=False,
)
_MAX_DRIVER_LENGTH = 63


def relative_path(value: str) -> Complaints:
    """Check a path below the root of a volume."""
    if value.startswith("/") or ".." in value.split("/"):
        hint = "use a path relative to the volume's root, without `..`"
        yield INVALID_PATH.complaint(f"{shown(value)} is not a path inside the volume", hint)


def file_path(value: str) -> Complaints:
    """Check the path of a file that a volume makes; kubelet reserves names that start with .."""
    if value.startswith(".."):
        hint = "use a path relative to the volume's root that starts otherwise"
        yield INVALID_PATH.complaint(f"{shown(value)} starts with `..`", hint)
    else:
        yield from relative_path(value)


def no_steps_back(value: str) -> Complaints:
    """Check a required path of any kind."""
    yield from filled(value)
    if ".." in value.split("/"):
        yield INVALID_PATH.complaint(f"{shown(value)} contains `..`", "use a path without `..`")


def one_source(sources: Sequence[str]) -> Complaints:
    """Complain about more than one source."""
    if len(sources) > 1:
        message = f"must have one source, not {', '.join(sources)}"
        yield ONE_OF_MANY.complaint(message, "keep one of them")


@checks("Volume")
def _volume(value: Object) -> Complaints:
    sources = [key for key in value if key != "name"]
    yield from one_source(sources)
    if not sources:
        hint = "add emptyDir: {} if that is intended"
        yield VOLUME_WITHOUT_SOURCE.complaint("has no source", hint)


@checks("EmptyDirVolumeSource")
def _empty_dir(value: Object) -> Complaints:
    medium = value.get("medium", "")
    if medium not in {"", "Memory", "HugePages"} and not medium.startswith("HugePages-"):
        message = f"{shown(medium)} is not a known medium"
        yield UNKNOWN_MEDIUM.complaint(message, "use Memory, or remove it", ("medium",))


def _is_driver(name: str) -> bool:
    return len(name) <= _MAX_DRIVER_LENGTH and names.is_dns_subdomain(name.lower())


def _secret_name(value: Object) -> Complaints:
    yield from placed(required(dns_subdomain)(value.get("name", "")), ("name",))


_mode = must(
    INVALID_VALUE, lambda mode: 0 <= mode <= 0o777, "a file mode from 0 to 0777",  # noqa: PLR2004 (file modes)
    "use the form 0644 in YAML, 420 in JSON",
)  # fmt: skip
_absolute = required(
    must(INVALID_PATH, lambda path: path.startswith("/"), "an absolute path", "start it with /")
)

checks("ConfigMapProjection", "ConfigMapVolumeSource", "SecretProjection")(named_reference)
checks("SecretVolumeSource")(needs("secretName"))
checks("EphemeralVolumeSource")(needs("volumeClaimTemplate"))
checks("ImageVolumeSource")(needs("reference"))
check_fields("Volume", name=dns_label)
check_fields("EmptyDirVolumeSource", mode=at_least(0, 0o1777))
check_fields("ConfigMapVolumeSource", name=object_name, defaultMode=_mode)
check_fields("SecretVolumeSource", secretName=object_name, defaultMode=_mode)
check_fields("DownwardAPIVolumeSource", "ProjectedVolumeSource", defaultMode=_mode)
check_fields("ImageVolumeSource", pullPolicy=pull_policy)
check_fields(
    "CSIVolumeSource",
    driver=required(
        must(INVALID_NAME, _is_driver, "a valid driver name", "use a name like csi.example.org")
    ),
    nodePublishSecretRef=_secret_name,
)
check_fields("DownwardAPIVolumeFile", path=required(file_path), mode=_mode)
check_fields("KeyToPath", key=required(key_name), path=required(file_path), mode=_mode)
check_fields(
    "HostPathVolumeSource",
    path=no_steps_back,
    type=defaulted(
        "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice",
        "BlockDevice",
    ),
)  # fmt: skip
check_fields("NFSVolumeSource", server=filled, path=_absolute)
check_fields("PersistentVolumeClaimVolumeSource", claimName=required(object_name))
