"""Checks that pods fit into their quotas, and volumes in memory into their pods."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from labbuilder.errors import Path, Severity, shown
from labbuilder.manifest import containers, namespace_of
from labbuilder.quantity import format_memory
from labbuilder.validation.rules.fields.amounts import amount_of
from labbuilder.validation.rules.lab.surroundings import running_containers
from labbuilder.validation.rules.rule import Complaints, LabComplaints, Object, Rule, Stop
from labbuilder.validation.rules.target import Target

__all__ = ["judge_capacity"]

QUOTA_EXCEEDED = Rule(
    "quota-exceeded",
    "the pods of a namespace need more than its quota allows",
    "PodUsageFunc, and CheckRequest of the ResourceQuota plugin",
    Stop.ADMISSION,
    guarded=False,
)
QUOTA_NEEDS_RESOURCES = Rule(
    "quota-needs-resources",
    "a container doesn't set a request or limit that a quota requires",
    "podEvaluator.Constraints of the ResourceQuota plugin",
    Stop.ADMISSION,
    guarded=False,
)
MEMORY_VOLUMES_EXCEED_LIMIT = Rule(
    "memory-volumes-exceed-limit",
    "volumes in memory, which count as memory of the containers, may exceed the memory limit",
    "the kernel's memory controller, and the eviction manager",
    Stop.KUBELET,
    Severity.WARNING,
    guarded=False,
    of_the_site=True,
)

_ZERO = Decimal(0)
_QUOTA_LISTS = ("containers", "initContainers")
"""The lists that quotas count; the containers of the lab come first."""


class _Resource(NamedTuple):
    """A request or limit that a quota limits and a container sets, such as ``limits.cpu``."""

    kind: str
    name: str

    def at(self, container: Object) -> Path | None:
        """Find where a container sets it, if it does."""
        resources = container.get("resources", {})
        # kube-apiserver sets a missing request to the limit.
        for kind in ("requests", "limits") if self.kind == "requests" else ("limits",):
            if self.name in resources.get(kind, {}):
                return ("resources", kind, self.name)
        return None

    def amount(self, container: Object) -> Decimal:
        """Return what a container sets it to, or zero."""
        at = self.at(container)
        return amount_of(container["resources"][at[1]][self.name]) or _ZERO if at else _ZERO

    def format(self, amount: Decimal) -> str:
        """Write an amount for people."""
        whole = self.name == "memory" and amount == int(amount)
        return format_memory(int(amount)) if whole else f"{amount.normalize():f}"


_LIMITED = {
    f"{prefix}{name}": _Resource(kind, name)
    for prefix, kind in (("", "requests"), ("requests.", "requests"), ("limits.", "limits"))
    for name in ("cpu", "memory")
}
_MEMORY = _Resource("limits", "memory")


@dataclass(slots=True)
class _Quota:
    """How much of a resource a quota has left."""

    name: str
    left: Decimal


def judge_capacity(manifests: Sequence[Object], _target: Target) -> LabComplaints:
    """Check that pods fit into their quotas, and volumes into memory."""
    namespaces: defaultdict[str, dict[_Resource, _Quota]] = defaultdict(dict)
    for manifest in manifests:
        if manifest["kind"] == "ResourceQuota":
            _tighten(namespaces[namespace_of(manifest)], manifest)
    for i, manifest in enumerate(manifests):
        if manifest["kind"] == "Pod":
            spec = manifest.get("spec", {})
            quotas = namespaces[namespace_of(manifest)]
            for complaint in (*_quotas(spec, quotas), *_memory_volumes(spec)):
                yield i, complaint


def _tighten(quotas: dict[_Resource, _Quota], manifest: Object) -> None:
    """Add a quota to those of its namespace, of which the smallest amounts apply."""
    spec = manifest.get("spec", {})
    if spec.get("scopes") or spec.get("scopeSelector"):  # it may not apply to this pod
        return
    for field, value in spec.get("hard", {}).items():
        resource, hard = _LIMITED.get(field), amount_of(value)
        if not resource or hard is None:
            continue
        if resource not in quotas or hard < quotas[resource].left:
            quotas[resource] = _Quota(manifest["metadata"].get("name", ""), hard)


def _quotas(spec: Object, quotas: Mapping[_Resource, _Quota]) -> Complaints:
    for resource, quota in quotas.items():
        if not spec.get("resources"):
            yield from _unset(spec, resource, quota)
        needed = _effective(spec, resource)
        if needed > quota.left:
            message = (
                f"the pod needs {resource.format(needed)} of {'.'.join(resource)}, "
                f"but quota {shown(quota.name)} has {resource.format(quota.left)} left"
            )
            hint = "lower it, or raise the quota"
            yield QUOTA_EXCEEDED.complaint(message, hint, _largest(spec, resource))
        quota.left = max(quota.left - needed, _ZERO)  # for the next pod


def _unset(spec: Object, resource: _Resource, quota: _Quota) -> Complaints:
    for path, container in containers(spec, ("spec",), _QUOTA_LISTS):
        if not resource.at(container):
            message = f"is required, because quota {shown(quota.name)} limits {'.'.join(resource)}"
            at = (*path, "resources", *resource)
            yield QUOTA_NEEDS_RESOURCES.complaint(message, "set it", at)


def _effective(spec: Object, resource: _Resource) -> Decimal:
    """Mirror ``PodRequests`` and ``PodLimits``."""
    whole = spec.get("resources", {}).get(resource.kind, {}).get(resource.name)
    if whole is not None:
        return amount_of(whole) or _ZERO
    running = most = _ZERO
    for container in spec.get("initContainers", ()):
        amount = resource.amount(container)
        most = max(most, running + amount)
        if container.get("restartPolicy") == "Always":  # it runs beside those that follow
            running += amount
    return max(most, running + sum(map(resource.amount, spec.get("containers", ()))))


def _largest(spec: Object, resource: _Resource) -> Path:
    """Find the pod's own amount, or the largest amount of a container."""
    if resource.name in spec.get("resources", {}).get(resource.kind, {}):
        return ("spec", "resources", *resource)
    path, container = max(
        containers(spec, ("spec",), _QUOTA_LISTS), key=lambda item: resource.amount(item[1])
    )
    return (*path, *(resource.at(container) or ()))


def _memory_volumes(spec: Object) -> Complaints:
    sizes: dict[Path, Decimal] = {}
    for i, volume in enumerate(spec.get("volumes", ())):
        directory = volume.get("emptyDir", {})
        if directory.get("medium") == "Memory":
            at = ("spec", "volumes", i, "emptyDir", "sizeLimit")
            sizes[at] = amount_of(directory.get("sizeLimit")) or _ZERO
            if not sizes[at]:
                message = "is missing, so that the volume may use all memory of the pod"
                hint = "set a sizeLimit well below the memory limit"
                yield MEMORY_VOLUMES_EXCEED_LIMIT.complaint(message, hint, at)
    whole, limit = sum(sizes.values(), _ZERO), _memory_limit(spec) if sizes else None
    if limit is not None and whole > limit:
        message = (
            f"volumes in memory may use {_MEMORY.format(whole)} together, more than the memory "
            f"limit of {_MEMORY.format(limit)}: a lab that fills them is killed"
        )
        hint = "lower sizeLimit, or raise the memory limit"
        largest = max(sizes, key=lambda at: sizes[at])
        yield MEMORY_VOLUMES_EXCEED_LIMIT.complaint(message, hint, largest)


def _memory_limit(spec: Object) -> Decimal | None:
    """Find the largest memory limit of the running containers; None if one has none."""
    whole = _MEMORY.amount(spec)
    limits = [_MEMORY.amount(container) or whole for container in running_containers(spec)]
    return max(limits) if limits and all(limits) else None
