"""Checks that objects fit into the quotas and limit ranges of their namespaces."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from labbuilder.errors import Path, shown
from labbuilder.manifest import containers, namespace_of
from labbuilder.validation.rules.fields.amounts import amount_of
from labbuilder.validation.rules.fields.pod_resources import format_amount, set_amount
from labbuilder.validation.rules.lab.limit_ranges import LimitRanges
from labbuilder.validation.rules.lab.scopes import applies
from labbuilder.validation.rules.lab.usage import ADDED_BY_CLUSTERS, is_finished, usage_of
from labbuilder.validation.rules.rule import Complaints, LabComplaints, Object, Rule, Stop
from labbuilder.validation.rules.target import Target

__all__ = ["judge_capacity"]

QUOTA_EXCEEDED = Rule(
    "quota-exceeded",
    "the objects of a namespace need more than its quota allows",
    "PodUsageFunc and the other evaluators, and CheckRequest of the ResourceQuota plugin",
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

_ZERO = Decimal(0)
_QUOTA_LISTS = ("containers", "initContainers")
"""The lists that quotas count; the containers of the lab come first."""
_REQUIRED = {
    f"{prefix}{name}": (kind, name)
    for prefix, kind in (("", "requests"), ("requests.", "requests"), ("limits.", "limits"))
    for name in ("cpu", "memory")
}
"""What containers must set if a quota limits it."""


@dataclass(slots=True)
class _Quota:
    """How much a quota has left."""

    manifest: Object
    left: dict[str, Decimal] = field(default_factory=dict)

    @classmethod
    def of(cls, manifest: Object) -> _Quota:
        status = manifest.get("status", {})
        quota = cls(manifest)
        for name, value in manifest.get("spec", {}).get("hard", {}).items():
            hard = amount_of(value)
            if hard is not None:
                used = amount_of(status["used"].get(name, 0)) if "used" in status else None
                added = ADDED_BY_CLUSTERS.get(name, _ZERO) if used is None else used
                quota.left[name] = max(hard - added, _ZERO)
        return quota

    @property
    def name(self) -> str:
        found: str = self.manifest["metadata"].get("name", "")
        return found

    def charges(self, manifest: Object, spec: Object) -> bool:
        """Return whether an object with a spec is charged to the quota, and hasn't been."""
        if manifest is self.manifest:
            return False
        is_known = "used" in self.manifest.get("status", {}) and manifest["metadata"].get("uid")
        return not is_known and applies(self.manifest.get("spec", {}), manifest["kind"], spec)


@dataclass(slots=True)
class _Namespace:
    quotas: list[_Quota] = field(default_factory=list)
    limits: LimitRanges = field(default_factory=LimitRanges)


def judge_capacity(manifests: Sequence[Object], _target: Target) -> LabComplaints:
    """Check that objects fit into the quotas and limit ranges of their namespaces."""
    namespaces: defaultdict[str, _Namespace] = defaultdict(_Namespace)
    for manifest in manifests:
        if manifest["kind"] == "ResourceQuota":
            namespaces[namespace_of(manifest)].quotas.append(_Quota.of(manifest))
        elif manifest["kind"] == "LimitRange":
            namespaces[namespace_of(manifest)].limits.add(manifest)
    for i, manifest in enumerate(manifests):
        namespace = namespaces.get(namespace_of(manifest))
        if namespace and manifest["kind"] != "Namespace":
            for complaint in _object(manifest, namespace):
                yield i, complaint


def _object(manifest: Object, namespace: _Namespace) -> Complaints:
    kind, spec = manifest["kind"], manifest.get("spec", {})
    if kind == "Pod":
        given, spec = spec, namespace.limits.filled(spec)
        yield from namespace.limits.pod(spec, given)
    elif kind == "PersistentVolumeClaim":
        yield from namespace.limits.claim(spec)
    quotas = [quota for quota in namespace.quotas if quota.charges(manifest, spec)]
    if quotas:
        if kind == "Pod" and not spec.get("resources") and not is_finished(manifest):
            yield from _unset(spec, quotas)
        yield from _charge(manifest, spec, quotas)


def _unset(spec: Object, quotas: Sequence[_Quota]) -> Complaints:
    known: dict[tuple[str, str], str] = {}
    for quota in quotas:
        for name in quota.left:
            if name in _REQUIRED:
                known.setdefault(_REQUIRED[name], quota.name)
    for (kind, name), quota_name in known.items():
        for path, container in containers(spec, ("spec",), _QUOTA_LISTS):
            if set_amount(container, kind, name) is None:
                message = f"is required, because quota {shown(quota_name)} limits {kind}.{name}"
                at = (*path, "resources", kind, name)
                yield QUOTA_NEEDS_RESOURCES.complaint(message, "set it", at)


def _charge(manifest: Object, spec: Object, quotas: Sequence[_Quota]) -> Complaints:
    """Charge an object to quotas; complain once of each resource that exceeds one."""
    used = usage_of(manifest, spec)
    exceeded: dict[tuple[str, str], Decimal] = {}
    for quota, name in _limited(quotas, used):
        left = quota.left[name]
        general = ".".join(_REQUIRED.get(name, (name,)))
        if used[name] > left:
            exceeded[general, quota.name] = min(left, exceeded.get((general, quota.name), left))
        quota.left[name] = max(left - used[name], _ZERO)  # for the next object
    word = {"Pod": "pod", "PersistentVolumeClaim": "claim"}.get(manifest["kind"], "object")
    for (name, quota_name), left in exceeded.items():
        resource = name.rpartition(".")[2] if name in _REQUIRED else name
        resource = "storage" if name.endswith("storage") else resource
        message = (
            f"the {word} needs {format_amount(resource, used[name])} of {name}, "
            f"but quota {shown(quota_name)} has {format_amount(resource, left)} left"
        )
        at = _place(manifest, spec, name)
        yield QUOTA_EXCEEDED.complaint(message, "lower it, or raise the quota", at)


def _limited(
    quotas: Sequence[_Quota], used: Mapping[str, Decimal]
) -> Iterator[tuple[_Quota, str]]:
    for quota in quotas:
        for name in quota.left:
            if used.get(name):
                yield quota, name


def _place(manifest: Object, spec: Object, name: str) -> Path:
    """Find the largest amount of a resource in an object, or its name."""
    kind, _, resource = name.partition(".")
    if manifest["kind"] == "PersistentVolumeClaim" and name.endswith("storage"):
        return ("spec", "resources", "requests", "storage")
    if manifest["kind"] != "Pod" or kind not in {"requests", "limits"}:
        kind, resource = "requests", name
    if manifest["kind"] != "Pod" or not _is_set(spec, kind, resource):
        return ("metadata", "name")
    if resource in spec.get("resources", {}).get(kind, {}):
        return ("spec", "resources", kind, resource)
    path, container = max(
        containers(spec, ("spec",), _QUOTA_LISTS),
        key=lambda item: set_amount(item[1], kind, resource) or _ZERO,
    )
    part = kind if resource in container["resources"].get(kind, {}) else "limits"
    return (*path, "resources", part, resource)


def _is_set(spec: Object, kind: str, resource: str) -> bool:
    if resource in spec.get("resources", {}).get(kind, {}):
        return True
    return any(
        set_amount(container, kind, resource)
        for _, container in containers(spec, (), _QUOTA_LISTS)
    )
