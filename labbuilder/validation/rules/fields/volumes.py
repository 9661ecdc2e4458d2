"""Checks of volumes, of the files in them, and of their mounts."""

from __future__ import annotations

from collections.abc import Collection

from labbuilder import names
from labbuilder.errors import Severity, shown
from labbuilder.validation.rules.combinators import (
    INVALID_VALUE,
    ONE_OF_MANY,
    at_least,
    both,
    defaulted,
    distinct,
    each_of,
    filled,
    must,
    named_reference,
    needs,
    one_of,
    placed,
    required,
)
from labbuilder.validation.rules.fields.amounts import not_negative
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
    "INVALID_PATH", "UNKNOWN_VOLUME", "file_path", "is_inside", "no_steps_back", "one_source",
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
_MAX_DRIVER_LENGTH = 63


def is_inside(path: str) -> bool:
    """Return whether a path is below the directory to which it is relative."""
    return not path.startswith("/") and ".." not in path.split("/")


_relative_path = must(
    INVALID_PATH, is_inside, "a path inside the volume",
    "use a path relative to the volume's root, without `..`",
)  # fmt: skip


def file_path(value: str) -> Complaints:
    """Check the path of a file that a volume makes; kubelet reserves names that start with .."""
    if value.startswith(".."):
        hint = "use a path relative to the volume's root that starts otherwise"
        yield INVALID_PATH.complaint(f"{shown(value)} starts with `..`", hint)
    else:
        yield from _relative_path(value)


def no_steps_back(value: str) -> Complaints:
    """Check a required path of any kind."""
    yield from filled(value)
    if ".." in value.split("/"):
        yield INVALID_PATH.complaint(f"{shown(value)} contains `..`", "use a path without `..`")


def one_source(sources: Collection[str]) -> Complaints:
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
check_fields("EmptyDirVolumeSource", mode=at_least(0, 0o1777), sizeLimit=not_negative)
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
check_fields(
    "VolumeMount",
    name=filled,
    mountPath=_mount_path,
    subPath=_relative_path,
    subPathExpr=_relative_path,
    mountPropagation=one_of("None", "HostToContainer", "Bidirectional"),
    bindMountOptions=both(each_of(one_of("noexec", "nodev", "nosuid")), distinct),
    recursiveReadOnly=one_of("Disabled", "Enabled", "IfPossible"),
)
