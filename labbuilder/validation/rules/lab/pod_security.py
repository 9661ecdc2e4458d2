"""The Pod Security Standards, which many clusters enforce when a pod is admitted.

What a standard says of values is a table in the shape of a pod; what it requires to be there is
code. A lab may be configured to break a standard on purpose: that is a warning, said once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from labbuilder.errors import Path, Severity, shown
from labbuilder.validation.rules.lab.surroundings import containers
from labbuilder.validation.rules.rule import Complaint, Stop, rule

__all__ = ["pod_security"]

Manifest = Mapping[str, Any]
Found = Iterator[tuple[int, Path, Complaint]]
Shape = dict[str, Any]
"""A mapping goes down, a list into its items, and a tuple or range holds the values allowed."""
Violations = Iterator[tuple[Path, str, str]]
"""Where a pod breaks a standard, what that asks for, and what to write instead."""

BASELINE = rule(
    "pod-security-baseline",
    "a pod breaks the baseline Pod Security Standard",
    "CheckPrivileged and the other baseline checks of EvaluatePod",
    Stop.ADMISSION,
    only_own_fragments=True,
)
RESTRICTED = rule(
    "pod-security-restricted",
    "a pod breaks the restricted Pod Security Standard",
    "CheckRunAsNonRoot and the other restricted checks of EvaluatePod",
    Stop.ADMISSION,
    only_own_fragments=True,
)
WAIVER = rule(
    "pod-security-waiver",
    "a lab is configured to break a Pod Security Standard, so that its namespace can't enforce it",
    "CheckPrivileged, CheckHostPathVolumes, CheckRestrictedVolumes",
    Stop.ADMISSION,
    Severity.WARNING,
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


def pod_security(manifests: Sequence[Manifest]) -> Found:
    """Judge pods by the Pod Security Standards.

    Parameters
    ----------
    manifests
        Manifests that the schemas accept.

    Yields
    ------
    tuple
        The index of a manifest, the path in it, and the complaint.
    """
    for i, manifest in enumerate(manifests):
        if manifest["kind"] == "Pod":
            for path, complaint in _pod(manifest):
                yield i, path, complaint


def _pod(pod: Manifest) -> Iterator[tuple[Path, Complaint]]:
    waived, said = set(), set()
    for path, what, level in _waivers(pod.get("spec", {})):
        waived.add(path)
        message = f"{what}, which the {level} Pod Security Standard forbids"
        hint = f"let the namespace enforce less than {level}, or configure the lab without it"
        yield path, Complaint(WAIVER, message, hint)
    for broken, level, violations in (
        (BASELINE, "baseline", _baseline(pod)),
        (RESTRICTED, "restricted", _restricted(pod.get("spec", {}))),
    ):
        for path, what, hint in violations:
            if path not in said and path[:3] not in waived:
                said.add(path)
                message = f"the {level} Pod Security Standard {what}"
                yield path, Complaint(broken, message, hint)


def _waivers(spec: Manifest) -> Violations:
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


def _baseline(pod: Manifest) -> Violations:
    spec = pod.get("spec", {})
    yield from _values(spec, _BASELINE_POD, _SPEC)
    for path, container in containers(pod):
        yield from _values(container, _BASELINE_CONTAINER, path)
        if spec.get("hostUsers") is not False:
            yield from _values(container, _MASKED, path)
    for key, value in pod["metadata"].get("annotations", {}).items():
        if key.startswith(_APP_ARMOR) and not (
            value in {"", "runtime/default"} or value.startswith("localhost/")
        ):
            message = f"allows no AppArmor profile {shown(value)}"
            yield ("metadata", "annotations", key), message, "write runtime/default"


def _restricted(spec: Manifest) -> Violations:
    for i, volume in enumerate(spec.get("volumes", ())):
        for source in volume:
            if source not in _RESTRICTED_VOLUMES:
                message = f"allows no volume of type {source}"
                yield ("spec", "volumes", i, source), message, "use a persistentVolumeClaim"
    linux = spec.get("os", {}).get("name") != "windows"
    own_users = spec.get("hostUsers") is False  # whose root is nobody outside the pod
    every = list(containers({"spec": spec}))
    if not own_users:
        yield from _values(spec, _NOT_ROOT, _SPEC)
        yield from _inherited(spec, every, "runAsNonRoot", "write true")
    if linux:
        yield from _inherited(spec, every, "seccompProfile", "write type: RuntimeDefault")
    for path, container in every:
        yield from _values(container, _MASKED, path)
        if not own_users:
            yield from _values(container, _NOT_ROOT, path)
        if linux:
            yield from _privileges(container, path)


def _privileges(container: Manifest, path: Path) -> Violations:
    context = container.get("securityContext", {})
    at = (*path, "securityContext")
    if context.get("allowPrivilegeEscalation") is not False:
        yield (*at, "allowPrivilegeEscalation"), "asks for false", "write false"
    if "ALL" not in context.get("capabilities", {}).get("drop", ()):
        yield (*at, "capabilities", "drop"), "asks for ALL, in capitals", "write [ALL]"
    yield from _values(container, _ADD_LITTLE, path)


def _inherited(
    spec: Manifest, every: Sequence[tuple[Path, Manifest]], field: str, hint: str
) -> Violations:
    """Look for containers that lack a field which the pod doesn't have either.

    If none has it, it is the pod that lacks it. A wrong value is what `_values` looks for.
    """
    if field in spec.get("securityContext", {}):
        return
    lacking = [path for path, each in every if field not in each.get("securityContext", {})]
    places = [_SPEC] if lacking and len(lacking) == len(every) else lacking
    for path in places:
        yield (*path, "securityContext", field), "asks for it in the pod or the container", hint


def _values(part: Any, allowed: Any, path: Path) -> Violations:
    if isinstance(allowed, dict):
        for key, below in allowed.items():
            if key in part:
                yield from _values(part[key], below, (*path, key))
    elif isinstance(allowed, list):
        for i, item in enumerate(part):
            yield from _values(item, allowed[0], (*path, i))
    elif part not in allowed:
        yield path, f"does not allow {shown(part)}", _instead(allowed)


def _instead(allowed: Sequence[Any]) -> str:
    if isinstance(allowed, range):
        return "write the number of a user who isn't root"
    if allowed == _YES:
        return "write true"
    words = [json.dumps(word) for word in allowed if word != ""] if allowed != _NONE else []
    return f"leave it out, or write {' or '.join(words)}" if words else "leave it out"
