"""Rules about whether containers and volumes fit into what their pod is given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from labbuilder.errors import Path, Severity, shown
from labbuilder.quantity import MAX_BYTES, format_memory, parse_quantity
from labbuilder.validation.rules.rule import Complaint, Stop, rule

__all__ = ["capacity"]

Manifest = Mapping[str, Any]
Complaints = Iterator[tuple[Path, Complaint]]

QUOTA_EXCEEDED = rule(
    "quota-exceeded",
    "the pods of a namespace take more than its quota allows",
    "PodUsageFunc, and CheckRequest of the ResourceQuota plug-in",
    Stop.ADMISSION,
    tolerated=True,
)
QUOTA_NEEDS_RESOURCES = rule(
    "quota-needs-resources",
    "a container doesn't say how much it takes of what a quota limits",
    "podEvaluator.Constraints of the ResourceQuota plug-in",
    Stop.ADMISSION,
)
MEMORY_VOLUMES_EXCEED_LIMIT = rule(
    "memory-volumes-exceed-limit",
    "volumes in memory, which count as their containers' memory, may outgrow its limit",
    "the kernel's memory controller, and the eviction manager",
    Stop.KUBELET,
    Severity.WARNING,
    of_the_site=True,
)

_ZERO = Decimal(0)


class _Resource(NamedTuple):
    """What a quota limits and a container names, such as ``limits.cpu``."""

    kind: str
    name: str

    def at(self, container: Manifest) -> Path | None:
        """Find where a container names its amount, if it does."""
        resources = container.get("resources", {})
        # The API server makes the limit the request if there is none.
        for kind in ("requests", "limits") if self.kind == "requests" else ("limits",):
            if self.name in resources.get(kind, {}):
                return ("resources", kind, self.name)
        return None

    def amount(self, container: Manifest) -> Decimal:
        """Read a container's amount, which is zero if it names none."""
        at = self.at(container)
        return _amount(container["resources"][at[1]][self.name]) or _ZERO if at else _ZERO

    def said(self, amount: Decimal) -> str:
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
    """What a quota leaves of a resource."""

    name: str
    left: Decimal


def capacity(manifests: Sequence[Manifest]) -> Iterator[tuple[int, Path, Complaint]]:
    """Judge whether pods fit into their quotas, and volumes into memory.

    Parameters
    ----------
    manifests
        Manifests that the schemas accept.

    Yields
    ------
    tuple
        The index of a manifest, the path in it, and the complaint.
    """
    namespaces: defaultdict[str, dict[_Resource, _Quota]] = defaultdict(dict)
    for manifest in manifests:
        if manifest["kind"] == "ResourceQuota":
            _tighten(namespaces[manifest["metadata"].get("namespace", "")], manifest)
    for i, manifest in enumerate(manifests):
        if manifest["kind"] == "Pod":
            spec = manifest.get("spec", {})
            quotas = namespaces[manifest["metadata"].get("namespace", "")]
            for path, complaint in (*_quotas(spec, quotas), *_memory_volumes(spec)):
                yield i, path, complaint


def _tighten(quotas: dict[_Resource, _Quota], manifest: Manifest) -> None:
    """Add a quota to those of its namespace, of which the smallest amounts count."""
    spec = manifest.get("spec", {})
    if spec.get("scopes") or spec.get("scopeSelector"):  # it may not be for this pod
        return
    for field, value in spec.get("hard", {}).items():
        resource, hard = _LIMITED.get(field), _amount(value)
        if not resource or hard is None:
            continue
        if resource not in quotas or hard < quotas[resource].left:
            quotas[resource] = _Quota(manifest["metadata"].get("name", ""), hard)


def _quotas(spec: Manifest, quotas: Mapping[_Resource, _Quota]) -> Complaints:
    for resource, quota in quotas.items():
        if not spec.get("resources"):
            yield from _unnamed(spec, resource, quota)
        whole = _effective(spec, resource)
        if whole > quota.left:
            message = (
                f"the pod takes {resource.said(whole)} of {'.'.join(resource)}, "
                f"and quota {shown(quota.name)} leaves {resource.said(quota.left)}"
            )
            hint = "take less, or raise the quota"
            yield _largest(spec, resource), Complaint(QUOTA_EXCEEDED, message, hint)
        quota.left = max(quota.left - whole, _ZERO)  # for the next pod


def _unnamed(spec: Manifest, resource: _Resource, quota: _Quota) -> Complaints:
    for path, container in _containers(spec):
        if not resource.at(container):
            message = f"quota {shown(quota.name)} limits {'.'.join(resource)}, and there is none"
            complaint = Complaint(QUOTA_NEEDS_RESOURCES, message, "say how much it takes")
            yield (*path, "resources", *resource), complaint


def _effective(spec: Manifest, resource: _Resource) -> Decimal:
    """Mirror ``PodRequests`` and ``PodLimits``."""
    whole = spec.get("resources", {}).get(resource.kind, {}).get(resource.name)
    if whole is not None:
        return _amount(whole) or _ZERO
    running = most = _ZERO
    for container in spec.get("initContainers", ()):
        amount = resource.amount(container)
        most = max(most, running + amount)
        if container.get("restartPolicy") == "Always":  # it stays beside those that follow
            running += amount
    return max(most, running + sum(map(resource.amount, spec.get("containers", ()))))


def _largest(spec: Manifest, resource: _Resource) -> Path:
    """Find the amount that weighs most: the pod's own, or that of a container."""
    if resource.name in spec.get("resources", {}).get(resource.kind, {}):
        return ("spec", "resources", *resource)
    path, container = max(_containers(spec), key=lambda item: resource.amount(item[1]))
    return (*path, *(resource.at(container) or ()))


def _memory_volumes(spec: Manifest) -> Complaints:
    sizes: dict[Path, Decimal] = {}
    for i, volume in enumerate(spec.get("volumes", ())):
        directory = volume.get("emptyDir", {})
        if directory.get("medium") == "Memory":
            at = ("spec", "volumes", i, "emptyDir", "sizeLimit")
            sizes[at] = _amount(directory.get("sizeLimit")) or _ZERO
            if not sizes[at]:
                message = "has no sizeLimit: the volume may fill all memory that the pod has"
                hint = "write a sizeLimit well below the memory limit"
                yield at, Complaint(MEMORY_VOLUMES_EXCEED_LIMIT, message, hint)
    whole, limit = sum(sizes.values()), _memory_limit(spec) if sizes else None
    if limit is not None and whole > limit:
        message = (
            f"volumes in memory hold up to {_MEMORY.said(Decimal(whole))} together, "
            f"and the memory limit is {_MEMORY.said(limit)}: a lab that fills them is killed"
        )
        hint = "lower sizeLimit, or raise the memory limit"
        complaint = Complaint(MEMORY_VOLUMES_EXCEED_LIMIT, message, hint)
        yield max(sizes, key=lambda at: sizes[at]), complaint


def _memory_limit(spec: Manifest) -> Decimal | None:
    """Find the largest memory limit of what runs beside each other; None if one has none."""
    whole = _MEMORY.amount(spec)
    limits = [
        _MEMORY.amount(container) or whole
        for path, container in _containers(spec)
        if path[1] == "containers" or container.get("restartPolicy") == "Always"
    ]
    return max(limits) if limits and all(limits) else None


def _containers(spec: Manifest) -> Iterator[tuple[Path, Manifest]]:
    """List the containers that quotas count, those of the lab first."""
    for field in ("containers", "initContainers"):
        for i, container in enumerate(spec.get(field, ())):
            yield ("spec", field, i), container


def _amount(value: object) -> Decimal | None:
    """Read an amount, capped as Kubernetes does; None if another rule complains about it."""
    try:
        return min(parse_quantity(value), Decimal(MAX_BYTES))
    except ValueError:
        return None
