"""Checks of fields that only pods of one operating system may have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labbuilder.errors import Path
from labbuilder.manifest import containers
from labbuilder.validation.rules.combinators import INVALID_VALUE, MISPLACED, must, must_match
from labbuilder.validation.rules.fields.naming import dns_subdomain
from labbuilder.validation.rules.rule import Complaints, Object, check_fields, checks

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
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ACCOUNT = (
    r"(?:(?=.{1,255}\\)(?:[^\\/:*?\"<>|.][^\\/:*?\"<>|]{0,14}"
    rf"|{_LABEL}(?:\.{_LABEL})*)\\)?"
    r"(?![. ]+$)[^\"/\\:;|=,+*?<>@\[\]\x00-\x1f\x7f]{1,104}"
)
_MAX_SPEC_BYTES = 64 * 1024


def _contexts(spec: Object) -> Iterator[tuple[Path, Object]]:
    for path, container in containers(spec):
        if "securityContext" in container:
            yield (*path, "securityContext"), container["securityContext"]


@checks("PodSpec")
def _system(spec: Object) -> Complaints:
    system = spec.get("os", {}).get("name")
    at, general = ("securityContext",), spec.get("securityContext", {})
    if system == "windows":
        why = "is not allowed in a Windows pod"
        yield from _given(spec, _POD, why, ())
        yield from _given(general, _POD_CONTEXT, why, at)
        for path, context in _contexts(spec):
            yield from _given(context, _CONTEXT, why, path)
    elif system == "linux":
        why = "is not allowed in a Linux pod"
        for path, context in ((at, general), *_contexts(spec)):
            yield from _given(context, ["windowsOptions"], why, path)


def _given(value: Object, fields: Sequence[str], why: str, at: Path) -> Complaints:
    """Complain about fields that are there, even if they are false."""
    for field in fields:
        if field in value:
            yield MISPLACED.complaint(why, "remove it", (*at, field))


@checks("PodSpec")
def _host_process(spec: Object) -> Complaints:
    general = spec.get("securityContext", {}).get("windowsOptions", {}).get("hostProcess")
    found = []
    for path, container in containers(spec):
        options = container.get("securityContext", {}).get("windowsOptions", {})
        own = options.get("hostProcess", general)
        if general is not None and own != general:
            at = (*path, "securityContext", "windowsOptions", "hostProcess")
            yield INVALID_VALUE.complaint("must equal the pod's", "remove it", at)
        found.append(own)
    if any(found) and not (all(found) and spec.get("hostNetwork")):
        message = "hostProcess needs hostNetwork: true, and the same value in all containers"
        yield INVALID_VALUE.complaint(message, "remove hostProcess", ("hostNetwork",))


check_fields(
    "WindowsSecurityContextOptions",
    gmsaCredentialSpecName=dns_subdomain,
    gmsaCredentialSpec=must(
        INVALID_VALUE, lambda text: 0 < len(text.encode()) <= _MAX_SPEC_BYTES,
        "1 byte to 64 KiB of text",
    ),
    runAsUserName=must_match(INVALID_VALUE, _ACCOUNT, "a valid account name"),
)  # fmt: skip
