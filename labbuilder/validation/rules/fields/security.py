"""Checks of whom containers run as, and what they may do."""

from __future__ import annotations

import re

from labbuilder.errors import Path, shown
from labbuilder.manifest import containers
from labbuilder.names import MAX_ID
from labbuilder.validation.rules.combinators import (
    INVALID_VALUE,
    MISPLACED,
    MISSING_VALUE,
    ONE_OF_MANY,
    distinct_by,
    each_of,
    must,
    one_of,
    required,
)
from labbuilder.validation.rules.fields.naming import INVALID_NAME
from labbuilder.validation.rules.fields.volumes import INVALID_PATH, is_inside
from labbuilder.validation.rules.rule import (
    Complaints,
    Object,
    Rule,
    Stop,
    before,
    check_fields,
    checks,
    since,
)

INVALID_ID = Rule(
    "invalid-id", "a user or group ID is not from 0 to 2147483647", "IsValidUserID", guarded=True
)
CONTRADICTION = Rule(
    "contradicting-security-context",
    "a security context both grants and denies the same privilege",
    "ValidateSecurityContext",
    guarded=False,
)
ROOT_CONTRADICTION = Rule(
    "runs-as-root",
    "a container has runAsNonRoot and the user ID of root",
    "verifyRunAsNonRoot",
    Stop.KUBELET,
    guarded=True,
)
_id = must(INVALID_ID, lambda number: 0 <= number <= MAX_ID, "a valid ID", f"use 0 to {MAX_ID}")
_SYSCTL = re.compile(r"(?:[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?")
_MAX_SYSCTL_LENGTH = 253
_NODE_SYSCTLS = {
    "hostNetwork": ("net.",),
    "hostIPC": ("kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue."),
}
"""The sysctls that belong to the node if a pod shares its namespaces."""
_MAX_PROFILE_BYTES = 4095


@checks("SecurityContext")
def _security_context(value: Object) -> Complaints:
    if value.get("allowPrivilegeEscalation") is not False:
        return
    at, hint = ("allowPrivilegeEscalation",), "remove one of them"
    if value.get("privileged"):
        yield CONTRADICTION.complaint("can't be false if privileged is true", hint, at)
    if "CAP_SYS_ADMIN" in value.get("capabilities", {}).get("add", []):
        yield CONTRADICTION.complaint("can't be false with CAP_SYS_ADMIN", hint, at)


@checks("PodSpec")
def _not_root(value: Object) -> Complaints:
    """Check what each container results in; its own context overrides the pod's."""
    general = value.get("securityContext", {})
    found: list[Path] = []
    for path, container in containers(value):
        own = container.get("securityContext", {})
        context = {**general, **own}
        if context.get("runAsNonRoot") and context.get("runAsUser") == 0:
            field = "runAsUser" if "runAsUser" in own else "runAsNonRoot"
            place = (*path, "securityContext", field)
            found.append(place if field in own else ("securityContext", "runAsUser"))
    for place in dict.fromkeys(found):
        message = "user 0 is root, which runAsNonRoot forbids"
        yield ROOT_CONTRADICTION.complaint(message, "use another user ID", place)


@checks("AppArmorProfile", "SeccompProfile")
def _profile(value: Object) -> Complaints:
    local, at = value.get("type") == "Localhost", ("localhostProfile",)
    if local and "localhostProfile" not in value:
        yield ONE_OF_MANY.complaint("is required by type Localhost", "set a profile", at)
    elif not local and "localhostProfile" in value:
        yield ONE_OF_MANY.complaint("is only allowed with type Localhost", "remove it", at)


@checks("SeccompProfile")
def _seccomp(value: Object) -> Complaints:
    profile = value.get("localhostProfile", "")
    if not is_inside(profile):
        message = f"{shown(profile)} is not a path inside kubelet's directory of profiles"
        hint = "use a relative path without `..`"
        yield INVALID_PATH.complaint(message, hint, ("localhostProfile",))


@checks("AppArmorProfile")
def _app_armor(value: Object) -> Complaints:
    profile, at = value.get("localhostProfile", "x"), ("localhostProfile",)
    if not profile.strip():
        yield MISSING_VALUE.complaint("must not be empty", "set a profile", at)
    elif profile != profile.strip() or len(profile.encode()) > _MAX_PROFILE_BYTES:
        message = f"{shown(profile)} is not a valid profile name"
        hint = f"use at most {_MAX_PROFILE_BYTES} bytes, without white space around them"
        yield INVALID_NAME.complaint(message, hint, at)


def _is_sysctl(name: str) -> bool:
    return len(name) <= _MAX_SYSCTL_LENGTH and bool(_SYSCTL.fullmatch(name))


@checks("PodSpec")
def _sysctls(spec: Object) -> Complaints:
    found = spec.get("securityContext", {}).get("sysctls", ())
    for i, sysctl in enumerate(found):
        at = ("securityContext", "sysctls", i, "name")
        for field, prefixes in _NODE_SYSCTLS.items():
            if spec.get(field) and sysctl["name"].replace("/", ".").startswith(prefixes):
                message = f"can't be combined with {field}"
                yield MISPLACED.complaint(message, "remove one of them", at)


@checks("PodSpec")
def _unmasked(spec: Object) -> Complaints:
    for path, container in containers(spec):
        unmasked = container.get("securityContext", {}).get("procMount") == "Unmasked"
        if unmasked and spec.get("hostUsers", True):
            message = "Unmasked is only allowed with hostUsers: false"
            at = (*path, "securityContext", "procMount")
            yield INVALID_VALUE.complaint(message, "remove it", at)


check_fields("PodSecurityContext", "SecurityContext", runAsUser=_id, runAsGroup=_id)
check_fields(
    "PodSecurityContext",
    fsGroup=_id,
    fsGroupChangePolicy=one_of("Always", "OnRootMismatch"),
    supplementalGroups=each_of(_id),
    supplementalGroupsPolicy=one_of("Merge", "Strict"),
    sysctls=distinct_by("name"),
)
check_fields("PodSecurityContext", seLinuxChangePolicy=before("1.37", one_of("Recursive")))
check_fields(
    "PodSecurityContext", seLinuxChangePolicy=since("1.37", one_of("MountOption", "Recursive"))
)
check_fields("SecurityContext", procMount=one_of("Default", "Unmasked"))
check_fields(
    "ConfigMapVolumeSource",
    "DownwardAPIVolumeSource",
    "ProjectedVolumeSource",
    "SecretVolumeSource",
    defaultUser=_id,
)
check_fields(
    "ClusterTrustBundleProjection",
    "DownwardAPIVolumeFile",
    "KeyToPath",
    "PodCertificateProjection",
    "ServiceAccountTokenProjection",
    user=_id,
)
check_fields("Sysctl", name=required(must(INVALID_NAME, _is_sysctl, "a valid sysctl name")))
check_fields(
    "SeccompProfile", "AppArmorProfile", type=one_of("Localhost", "RuntimeDefault", "Unconfined")
)
