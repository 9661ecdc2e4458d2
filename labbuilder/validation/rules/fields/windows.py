"""Rules about what the pods of one operating system can't have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from labbuilder.errors import Path
from labbuilder.validation.rules.combinators import INVALID_VALUE, Object, both, misplaced, must
from labbuilder.validation.rules.fields.naming import dns_subdomain
from labbuilder.validation.rules.rule import Check, Complaint

__all__ = ["FIELDS", "TYPES"]

_POD = ("hostUsers", "hostPID", "hostIPC", "shareProcessNamespace", "resources")
_POD_CONTEXT = (
    "appArmorProfile", "seLinuxOptions", "seccompProfile", "fsGroup", "fsGroupChangePolicy",
    "sysctls", "runAsUser", "runAsGroup", "supplementalGroups", "supplementalGroupsPolicy",
    "seLinuxChangePolicy",
)  # fmt: skip
_CONTEXT = (
    "appArmorProfile", "seLinuxOptions", "seccompProfile", "capabilities",
    "readOnlyRootFilesystem", "privileged", "allowPrivilegeEscalation", "procMount", "runAsUser",
    "runAsGroup",
)  # fmt: skip
_ACCOUNT = re.compile(
    r"(?:(?=.{1,255}\\)(?:[^\\/:*?\"<>|.][^\\/:*?\"<>|]{0,14}"
    r"|[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*)\\)?"
    r"(?![. ]+$)[^\"/\\:;|=,+*?<>@\[\]\x00-\x1f\x7f]{1,104}"
)
_LONGEST_SPEC = 64 * 1024


def _contexts(spec: Object) -> Iterator[tuple[Path, Object]]:
    for kind in ("initContainers", "containers"):
        for i, container in enumerate(spec.get(kind, ())):
            if "securityContext" in container:
                yield (kind, i, "securityContext"), container["securityContext"]


def _system(spec: Object) -> Iterator[Complaint]:
    system = spec.get("os", {}).get("name")
    general = spec.get("securityContext", {})
    if system == "windows":
        why = "a Windows pod has none"
        yield from _given(spec, _POD, why, ())
        yield from _given(general, _POD_CONTEXT, why, ("securityContext",))
        for at, context in _contexts(spec):
            yield from _given(context, _CONTEXT, why, at)
    elif system == "linux":
        why = "a Linux pod has none"
        yield from _given(general, ("windowsOptions",), why, ("securityContext",))
        for at, context in _contexts(spec):
            yield from _given(context, ("windowsOptions",), why, at)


def _given(value: Object, fields: tuple[str, ...], why: str, at: Path) -> Iterator[Complaint]:
    """Complain of fields that are there, be they false."""
    there = {field: True for field in fields if field in value}
    return misplaced(there, fields, why, at)


def _host_process(spec: Object) -> Iterator[Complaint]:
    general = spec.get("securityContext", {}).get("windowsOptions", {}).get("hostProcess")
    found = []
    for kind in ("initContainers", "containers"):
        for i, container in enumerate(spec.get(kind, ())):
            options = container.get("securityContext", {}).get("windowsOptions", {})
            own = options.get("hostProcess", general)
            if general is not None and own != general:
                at = (kind, i, "securityContext", "windowsOptions", "hostProcess")
                yield Complaint(INVALID_VALUE, "is another than the pod's", "leave it out", at)
            found.append(own)
    if any(found) and not (all(found) and spec.get("hostNetwork")):
        message = "goes with hostNetwork, for all containers or none"
        yield Complaint(INVALID_VALUE, message, "leave hostProcess out", ("hostNetwork",))


FIELDS: dict[str, Check] = {
    "WindowsSecurityContextOptions.gmsaCredentialSpecName": dns_subdomain,
    "WindowsSecurityContextOptions.gmsaCredentialSpec": must(
        INVALID_VALUE, lambda text: 0 < len(text.encode()) <= _LONGEST_SPEC, "up to 64 KiB of text"
    ),
    "WindowsSecurityContextOptions.runAsUserName": must(
        INVALID_VALUE, lambda text: bool(_ACCOUNT.fullmatch(text)), "the name of an account"
    ),
}
"""The checks by type and field."""

TYPES: dict[str, Check] = {
    "PodSpec": both(_system, _host_process),
}
"""The checks by type."""
