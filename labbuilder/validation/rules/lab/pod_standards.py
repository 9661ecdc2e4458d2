"""The Pod Security Standards, by their versions.

What a standard allows as values is a table in the shape of a pod; what it requires is code.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from labbuilder.errors import Path, shown
from labbuilder.validation.rules.lab.surroundings import pod_containers
from labbuilder.validation.rules.rule import Object

__all__ = ["BASELINE", "LEVELS", "PRIVILEGED", "RESTRICTED", "Violations", "violations"]

PRIVILEGED, BASELINE, RESTRICTED = LEVELS = ("privileged", "baseline", "restricted")

Shape = dict[str, Any]
"""A dict stands for a mapping, a list for all items, and a tuple or range for allowed values."""
Violations = Iterator[tuple[Path, str, str]]
"""The path of each violation, what the standard does there, and what to write instead."""

# The minor versions of the standards from which their checks hold, or change.
_ESCALATION = 8
_SECCOMP_FIELD = 19
_DROP_ALL = 22
_ROOT_ID = 23
_WINDOWS = 25
_HOST_PROBES = 34
_OWN_USERS = 35

_NO = (False,)
_YES = (True,)
_NONE = ("",)
_PROFILE = ("RuntimeDefault", "Localhost")
_CAPABILITIES = (
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD",
    "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
)  # fmt: skip
_SYSCTLS = {
    0: (
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ping_group_range",
        "net.ipv4.tcp_syncookies",
    ),
    27: ("net.ipv4.ip_local_reserved_ports",),
    29: (
        "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time",
    ),
    32: ("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"),
    37: ("net.ipv4.tcp_notsent_lowat", "net.ipv4.tcp_slow_start_after_idle"),
}  # fmt: skip
"""The sysctls that are allowed from a version on."""
_SE_LINUX_TYPES = {
    0: ("", "container_t", "container_init_t", "container_kvm_t"),
    31: ("container_engine_t",),
}
"""The SELinux types that are allowed from a version on."""

_HANDLER: Shape = {"httpGet": {"host": _NONE}, "tcpSocket": {"host": _NONE}}
_HANDLERS: Shape = {
    "lifecycle": {"postStart": _HANDLER, "preStop": _HANDLER},
    "livenessProbe": _HANDLER,
    "readinessProbe": _HANDLER,
    "startupProbe": _HANDLER,
}
_MASKED: Shape = {"securityContext": {"procMount": ("Default",)}}
_NOT_ROOT: Shape = {"securityContext": {"runAsNonRoot": _YES, "runAsUser": range(1, 2**63)}}
_SAYS_NOT_ROOT: Shape = {"securityContext": {"runAsNonRoot": _YES}}
_ADD_LITTLE: Shape = {"securityContext": {"capabilities": {"add": [("NET_BIND_SERVICE",)]}}}

_RESTRICTED_VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "name",
    "persistentVolumeClaim", "projected", "secret",
}  # fmt: skip
_APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
_SECCOMP = (
    "seccomp.security.alpha.kubernetes.io/pod",
    "container.seccomp.security.alpha.kubernetes.io/",
)
_SPEC = ("spec",)


@cache
def _shapes(minor: int) -> tuple[Shape, Shape]:
    """Return what baseline allows to pods and to containers, in a version of the standard."""
    context: Shape = {
        "appArmorProfile": {"type": _PROFILE},
        "seLinuxOptions": {"type": _until(_SE_LINUX_TYPES, minor), "user": _NONE, "role": _NONE},
        "windowsOptions": {"hostProcess": _NO},
    }
    if minor >= _SECCOMP_FIELD:
        context["seccompProfile"] = {"type": _PROFILE}
    pod: Shape = {
        "hostIPC": _NO,
        "hostNetwork": _NO,
        "hostPID": _NO,
        "securityContext": {**context, "sysctls": [{"name": _until(_SYSCTLS, minor)}]},
    }
    container: Shape = {
        **(_HANDLERS if minor >= _HOST_PROBES else {}),
        "ports": [{"hostPort": (0,)}],
        "securityContext": {
            **context,
            "capabilities": {"add": [_CAPABILITIES]},
            "privileged": _NO,
        },
    }
    return pod, container


def _until(table: Mapping[int, tuple[str, ...]], minor: int) -> tuple[str, ...]:
    return tuple(
        sorted(each for first, words in table.items() if first <= minor for each in words)
    )


def violations(pod: Object, level: str, minor: int) -> Violations:
    """Find what a level of the standards forbids in a pod, by its version ``v1.MINOR``.

    It is what the level adds to the one below it.
    """
    checks = {BASELINE: _baseline, RESTRICTED: _restricted}
    if level in checks:
        yield from checks[level](pod, minor)


def _baseline(pod: Object, minor: int) -> Violations:
    spec = pod.get("spec", {})
    of_pod, of_container = _shapes(minor)
    yield from _values(spec, of_pod, _SPEC)
    for i, volume in enumerate(spec.get("volumes", ())):
        if "hostPath" in volume:
            at: Path = ("spec", "volumes", i, "hostPath")
            yield at, "forbids volumes of type hostPath", "use a persistentVolumeClaim"
    own_users = minor >= _OWN_USERS and spec.get("hostUsers") is False
    for path, container in pod_containers(pod):
        yield from _values(container, of_container, path)
        if not own_users:
            yield from _values(container, _MASKED, path)
    for key, value in pod["metadata"].get("annotations", {}).items():
        at = ("metadata", "annotations", key)
        if key.startswith(_APP_ARMOR) and not (
            value in {"", "runtime/default"} or value.startswith("localhost/")
        ):
            yield at, f"forbids AppArmor profile {shown(value)}", "use runtime/default"
        elif (
            minor < _SECCOMP_FIELD
            and key.startswith(_SECCOMP)
            and not (
                value in {"runtime/default", "docker/default"} or value.startswith("localhost/")
            )
        ):
            yield at, f"forbids seccomp profile {shown(value)}", "use runtime/default"


def _restricted(pod: Object, minor: int) -> Violations:
    spec = pod.get("spec", {})
    for i, volume in enumerate(spec.get("volumes", ())):
        for source in volume:
            if source not in _RESTRICTED_VOLUMES:
                message = f"forbids volumes of type {source}"
                yield ("spec", "volumes", i, source), message, "use a persistentVolumeClaim"
    linux = minor < _WINDOWS or spec.get("os", {}).get("name") != "windows"
    # The root of a pod's own users has no rights outside of it.
    own_users = minor >= _OWN_USERS and spec.get("hostUsers") is False
    containers = list(pod_containers(pod))
    not_root = _NOT_ROOT if minor >= _ROOT_ID else _SAYS_NOT_ROOT
    if not own_users:
        yield from _values(spec, not_root, _SPEC)
        yield from _inherited(spec, containers, "runAsNonRoot", "set it to true")
    if linux and minor >= _SECCOMP_FIELD:
        yield from _inherited(spec, containers, "seccompProfile", "set type: RuntimeDefault")
    for path, container in containers:
        if minor >= _OWN_USERS:
            yield from _values(container, _MASKED, path)
        if not own_users:
            yield from _values(container, not_root, path)
        if linux:
            yield from _privileges(container, path, minor)


def _privileges(container: Object, path: Path, minor: int) -> Violations:
    context = container.get("securityContext", {})
    at = (*path, "securityContext")
    if minor >= _ESCALATION and context.get("allowPrivilegeEscalation") is not False:
        yield (*at, "allowPrivilegeEscalation"), "requires false", "set it to false"
    if minor < _DROP_ALL:
        return
    if "ALL" not in context.get("capabilities", {}).get("drop", ()):
        yield (*at, "capabilities", "drop"), "requires ALL, in capitals", "set it to [ALL]"
    yield from _values(container, _ADD_LITTLE, path)


def _inherited(
    spec: Object, containers: Sequence[tuple[Path, Object]], field: str, hint: str
) -> Violations:
    """Find containers without a field that the pod doesn't have either.

    If none has it, the pod lacks it. `_values` checks the value.
    """
    if field in spec.get("securityContext", {}):
        return
    lacking = [path for path, each in containers if field not in each.get("securityContext", {})]
    places = [_SPEC] if lacking and len(lacking) == len(containers) else lacking
    for path in places:
        yield (*path, "securityContext", field), "requires it in the pod or the container", hint


def _values(part: Any, allowed: Any, path: Path) -> Violations:
    if isinstance(allowed, dict):
        for key, below in allowed.items():
            if key in part:
                yield from _values(part[key], below, (*path, key))
    elif isinstance(allowed, list):
        for i, item in enumerate(part):
            yield from _values(item, allowed[0], (*path, i))
    elif part not in allowed:
        given = json.dumps(part) if isinstance(part, bool) else shown(part)
        yield path, f"forbids {given}", _alternative(allowed)


def _alternative(allowed: Sequence[Any]) -> str:
    if isinstance(allowed, range):
        return "use the ID of a user who isn't root"
    if allowed == _YES:
        return "set it to true"
    words = [json.dumps(word) for word in allowed if word != ""] if allowed != _NONE else []
    return f"remove it, or use {' or '.join(words)}" if words else "remove it"
