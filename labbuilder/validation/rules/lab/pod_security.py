"""Checks of the Pod Security Standards, which many clusters enforce when a pod is created.

What a standard allows as values is a table in the shape of a pod; what it requires is code. A lab
may be configured to violate a standard on purpose: that is one warning.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from labbuilder.errors import Path, Severity, shown
from labbuilder.validation.rules.lab.surroundings import pod_containers
from labbuilder.validation.rules.rule import Complaints, LabComplaints, Object, Rule, Stop
from labbuilder.validation.rules.target import Target

__all__ = ["judge_pod_security"]

Shape = dict[str, Any]
"""A dict stands for a mapping, a list for all items, and a tuple or range for allowed values."""
Violations = Iterator[tuple[Path, str, str]]
"""The path of each violation, what the standard does there, and what to write instead."""

BASELINE = Rule(
    "pod-security-baseline",
    "a pod violates the baseline Pod Security Standard",
    "CheckPrivileged and the other baseline checks of EvaluatePod",
    Stop.ADMISSION,
    guarded=False,
    only_own_fragments=True,
)
RESTRICTED = Rule(
    "pod-security-restricted",
    "a pod violates the restricted Pod Security Standard",
    "CheckRunAsNonRoot and the other restricted checks of EvaluatePod",
    Stop.ADMISSION,
    guarded=True,
    only_own_fragments=True,
)
WAIVER = Rule(
    "pod-security-waiver",
    "the configuration asks for what a Pod Security Standard forbids, such as a privileged init "
    "container or an NFS volume, so that the namespace can't enforce that standard",
    "CheckPrivileged, CheckHostPathVolumes, CheckRestrictedVolumes",
    Stop.ADMISSION,
    Severity.WARNING,
    guarded=False,
    of_the_site=True,
)

_NO = (False,)
_YES = (True,)
_NONE = ("",)
_PROFILE = ("RuntimeDefault", "Localhost")
_CAPABILITIES = (
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD",
    "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
)  # fmt: skip
_SYSCTLS = (
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_notsent_lowat", "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_syncookies", "net.ipv4.tcp_wmem",
)  # fmt: skip
_SE_LINUX_TYPES = (
    "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t",
)  # fmt: skip

_HANDLER: Shape = {"httpGet": {"host": _NONE}, "tcpSocket": {"host": _NONE}}
_BASELINE_CONTEXT: Shape = {
    "appArmorProfile": {"type": _PROFILE},
    "seLinuxOptions": {"type": _SE_LINUX_TYPES, "user": _NONE, "role": _NONE},
    "seccompProfile": {"type": _PROFILE},
    "windowsOptions": {"hostProcess": _NO},
}
_BASELINE_CONTAINER: Shape = {
    "lifecycle": {"postStart": _HANDLER, "preStop": _HANDLER},
    "livenessProbe": _HANDLER,
    "ports": [{"hostPort": (0,)}],
    "readinessProbe": _HANDLER,
    "securityContext": {
        **_BASELINE_CONTEXT,
        "capabilities": {"add": [_CAPABILITIES]},
        "privileged": _NO,
    },
    "startupProbe": _HANDLER,
}
_BASELINE_POD: Shape = {
    "hostIPC": _NO,
    "hostNetwork": _NO,
    "hostPID": _NO,
    "securityContext": {**_BASELINE_CONTEXT, "sysctls": [{"name": _SYSCTLS}]},
}
_MASKED: Shape = {"securityContext": {"procMount": ("Default",)}}
_NOT_ROOT: Shape = {"securityContext": {"runAsNonRoot": _YES, "runAsUser": range(1, 2**63)}}
_ADD_LITTLE: Shape = {"securityContext": {"capabilities": {"add": [("NET_BIND_SERVICE",)]}}}

_RESTRICTED_VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "name",
    "persistentVolumeClaim", "projected", "secret",
}  # fmt: skip
_APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
_SPEC = ("spec",)


def judge_pod_security(manifests: Sequence[Object], _target: Target) -> LabComplaints:
    """Check pods by the Pod Security Standards."""
    for i, manifest in enumerate(manifests):
        if manifest["kind"] == "Pod":
            for complaint in _pod(manifest):
                yield i, complaint


def _pod(pod: Object) -> Complaints:
    waived, reported = set(), set()
    for path, what, level in _waivers(pod.get("spec", {})):
        waived.add(path)
        message = f"{what}, which the {level} Pod Security Standard forbids"
        hint = f"use a namespace that doesn't enforce {level}, or remove it from the configuration"
        yield WAIVER.complaint(message, hint, path)
    for rule, level, violations in (
        (BASELINE, "baseline", _baseline(pod)),
        (RESTRICTED, "restricted", _restricted(pod)),
    ):
        for path, what, hint in violations:
            if path not in reported and path[:3] not in waived:
                reported.add(path)
                yield rule.complaint(f"the {level} Pod Security Standard {what}", hint, path)


def _waivers(spec: Object) -> Violations:
    for i, container in enumerate(spec.get("initContainers", ())):
        if container.get("securityContext", {}).get("privileged"):
            what = f"init container {shown(container['name'])} is privileged"
            yield ("spec", "initContainers", i), what, "baseline"
    for i, volume in enumerate(spec.get("volumes", ())):
        for source, level in (("hostPath", "baseline"), ("nfs", "restricted")):
            if source in volume:
                what = f"volume {shown(volume['name'])} is of type {source}"
                yield ("spec", "volumes", i), what, level
                break


def _baseline(pod: Object) -> Violations:
    spec = pod.get("spec", {})
    yield from _values(spec, _BASELINE_POD, _SPEC)
    for path, container in pod_containers(pod):
        yield from _values(container, _BASELINE_CONTAINER, path)
        if spec.get("hostUsers") is not False:
            yield from _values(container, _MASKED, path)
    for key, value in pod["metadata"].get("annotations", {}).items():
        if key.startswith(_APP_ARMOR) and not (
            value in {"", "runtime/default"} or value.startswith("localhost/")
        ):
            message = f"forbids AppArmor profile {shown(value)}"
            yield ("metadata", "annotations", key), message, "use runtime/default"


def _restricted(pod: Object) -> Violations:
    spec = pod.get("spec", {})
    for i, volume in enumerate(spec.get("volumes", ())):
        for source in volume:
            if source not in _RESTRICTED_VOLUMES:
                message = f"forbids volumes of type {source}"
                yield ("spec", "volumes", i, source), message, "use a persistentVolumeClaim"
    linux = spec.get("os", {}).get("name") != "windows"
    own_users = spec.get("hostUsers") is False  # whose root has no rights outside the pod
    containers = list(pod_containers(pod))
    if not own_users:
        yield from _values(spec, _NOT_ROOT, _SPEC)
        yield from _inherited(spec, containers, "runAsNonRoot", "set it to true")
    if linux:
        yield from _inherited(spec, containers, "seccompProfile", "set type: RuntimeDefault")
    for path, container in containers:
        yield from _values(container, _MASKED, path)
        if not own_users:
            yield from _values(container, _NOT_ROOT, path)
        if linux:
            yield from _privileges(container, path)


def _privileges(container: Object, path: Path) -> Violations:
    context = container.get("securityContext", {})
    at = (*path, "securityContext")
    if context.get("allowPrivilegeEscalation") is not False:
        yield (*at, "allowPrivilegeEscalation"), "requires false", "set it to false"
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
