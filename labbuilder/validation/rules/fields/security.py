"""Rules about whom containers run as, and what they may do."""

from __future__ import annotations

import re
from collections.abc import Iterator

from labbuilder.errors import Path, shown
from labbuilder.validation.rules.combinators import (
    DUPLICATE,
    INVALID_VALUE,
    MISPLACED,
    MISSING_VALUE,
    ONE_OF_MANY,
    Object,
    both,
    each_of,
    filled,
    must,
    one_of,
    optional,
)
from labbuilder.validation.rules.fields.naming import INVALID_NAME
from labbuilder.validation.rules.fields.volumes import INVALID_PATH
from labbuilder.validation.rules.rule import Check, Complaint, Stop, rule

__all__ = ["CONTRADICTION", "FIELDS", "INVALID_ID", "MAX_ID", "ROOT_CONTRADICTION", "TYPES"]

INVALID_ID = rule(
    "invalid-id", "a user's or group's number is not from 0 to 2147483647", "IsValidUserID"
)
MAX_ID = 2**31 - 1
_id = must(INVALID_ID, lambda number: 0 <= number <= MAX_ID, "an id", f"use 0 to {MAX_ID}")
CONTRADICTION = rule(
    "contradicting-security-context",
    "a security context both grants and denies the same",
    "ValidateSecurityContext",
)
ROOT_CONTRADICTION = rule(
    "runs-as-root",
    "a container must not run as root, and is told to be root",
    "verifyRunAsNonRoot",
    Stop.KUBELET,
)


def _security_context(value: Object) -> Iterator[Complaint]:
    escalates = value.get("allowPrivilegeEscalation")
    capabilities = value.get("capabilities", {}).get("add", [])
    if escalates is False and value.get("privileged"):
        message = "a privileged container can't deny escalation"
        hint = "leave it out, or privileged"
        yield Complaint(CONTRADICTION, message, hint, ("allowPrivilegeEscalation",))
    if escalates is False and "CAP_SYS_ADMIN" in capabilities:
        message = "a container with CAP_SYS_ADMIN can't deny escalation"
        hint = "leave one of them"
        yield Complaint(CONTRADICTION, message, hint, ("allowPrivilegeEscalation",))


def _not_root(value: Object) -> Iterator[Complaint]:
    """Judge what each container comes to, whose own context goes before the pod's."""
    general = value.get("securityContext", {})
    root: Path = ("securityContext", "runAsUser")
    found: list[Path] = []
    for field in ("initContainers", "containers"):
        for i, container in enumerate(value.get(field, [])):
            own = container.get("securityContext", {})
            context = {**general, **own}
            if context.get("runAsNonRoot") and context.get("runAsUser") == 0:
                own_field = "runAsUser" if "runAsUser" in own else "runAsNonRoot"
                place = (field, i, "securityContext", own_field) if own_field in own else root
                found.append(place)
    for place in dict.fromkeys(found):
        message = "0 is root, which runAsNonRoot forbids"
        yield Complaint(ROOT_CONTRADICTION, message, "use another user", place)


def _profile(value: Object) -> Iterator[Complaint]:
    if (value.get("type") == "Localhost") != ("localhostProfile" in value):
        message = "goes with type Localhost, and only with it"
        yield Complaint(ONE_OF_MANY, message, "", ("localhostProfile",))


def _seccomp(value: Object) -> Iterator[Complaint]:
    yield from _profile(value)
    profile = value.get("localhostProfile", "")
    if profile.startswith("/") or ".." in profile.split("/"):
        message = f"{shown(profile)} is not a path inside the kubelet's folder of profiles"
        hint = "write a relative path, without `..`"
        yield Complaint(INVALID_PATH, message, hint, ("localhostProfile",))


def _app_armor(value: Object) -> Iterator[Complaint]:
    yield from _profile(value)
    profile = value.get("localhostProfile", "x")
    if not profile.strip():
        yield Complaint(MISSING_VALUE, "must not be empty", "fill it in", ("localhostProfile",))
    elif profile != profile.strip() or len(profile.encode()) > _LONGEST_PROFILE:
        message = f"{shown(profile)} is no name of a profile"
        yield Complaint(INVALID_NAME, message, "leave out spaces", ("localhostProfile",))


_SYSCTL = re.compile(r"(?:[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?")
_LONGEST_SYSCTL = 253
_OF_NODE = {
    "hostNetwork": ("net.",),
    "hostIPC": ("kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue."),
}
_LONGEST_PROFILE = 4095


def _is_sysctl(name: str) -> bool:
    return len(name) <= _LONGEST_SYSCTL and bool(_SYSCTL.fullmatch(name))


def _sysctls(spec: Object) -> Iterator[Complaint]:
    found = spec.get("securityContext", {}).get("sysctls", ())
    names = [each["name"] for each in found]
    for i, name in enumerate(names):
        at = ("securityContext", "sysctls", i, "name")
        if name in names[:i]:
            yield Complaint(DUPLICATE, "stands twice", "keep one of the two", at)
        plain = name.replace("/", ".")
        for field, prefixes in _OF_NODE.items():
            if spec.get(field) and plain.startswith(prefixes):
                yield Complaint(MISPLACED, f"goes not with {field}", "leave one of them", at)


def _unmasked(spec: Object) -> Iterator[Complaint]:
    if spec.get("hostUsers", True):
        for kind in ("initContainers", "containers"):
            for i, container in enumerate(spec.get(kind, ())):
                if container.get("securityContext", {}).get("procMount") == "Unmasked":
                    at = (kind, i, "securityContext", "procMount")
                    message = "Unmasked goes with hostUsers: false only"
                    yield Complaint(INVALID_VALUE, message, "leave it out", at)


_VOLUMES = ("ConfigMap", "DownwardAPI", "Projected", "Secret")
_FILES = (
    "ClusterTrustBundleProjection", "DownwardAPIVolumeFile", "KeyToPath",
    "PodCertificateProjection", "ServiceAccountTokenProjection",
)  # fmt: skip
_FILE_OWNERS = (
    *(f"{kind}VolumeSource.defaultUser" for kind in _VOLUMES),
    *(f"{kind}.user" for kind in _FILES),
)

FIELDS: dict[str, Check] = {
    "PodSecurityContext.runAsUser": _id,
    "PodSecurityContext.runAsGroup": _id,
    "PodSecurityContext.fsGroup": _id,
    "PodSecurityContext.fsGroupChangePolicy": one_of("Always", "OnRootMismatch"),
    "PodSecurityContext.supplementalGroups": each_of(_id),
    "PodSecurityContext.seLinuxChangePolicy": one_of("MountOption", "Recursive"),
    "PodSecurityContext.supplementalGroupsPolicy": one_of("Merge", "Strict"),
    "SecurityContext.runAsUser": _id,
    "SecurityContext.runAsGroup": _id,
    "SecurityContext.procMount": one_of("Default", "Unmasked"),
    **dict.fromkeys(_FILE_OWNERS, _id),
    "Sysctl.name": both(filled, optional(must(INVALID_NAME, _is_sysctl, "a sysctl"))),
    "SeccompProfile.type": one_of("Localhost", "RuntimeDefault", "Unconfined"),
    "AppArmorProfile.type": one_of("Localhost", "RuntimeDefault", "Unconfined"),
}
"""The checks by type and field."""

TYPES: dict[str, Check] = {
    "PodSpec": both(_not_root, _sysctls, _unmasked),
    "SecurityContext": _security_context,
    "SeccompProfile": _seccomp,
    "AppArmorProfile": _app_armor,
}
"""The checks by type."""
