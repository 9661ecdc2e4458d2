"""Checks that volumes in memory fit into their pods."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial

from labbuilder.errors import Path, Severity
from labbuilder.validation.rules.fields.amounts import amount_of
from labbuilder.validation.rules.fields.pod_resources import format_amount, set_amount
from labbuilder.validation.rules.lab.surroundings import running_containers
from labbuilder.validation.rules.rule import Complaints, LabComplaints, Object, Rule, Stop
from labbuilder.validation.rules.target import Target

__all__ = ["judge_memory_volumes"]

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
_format = partial(format_amount, "memory")


def judge_memory_volumes(manifests: Sequence[Object], _target: Target) -> LabComplaints:
    """Check that volumes in memory fit into memory."""
    for i, manifest in enumerate(manifests):
        if manifest["kind"] == "Pod":
            for complaint in _memory_volumes(manifest.get("spec", {})):
                yield i, complaint


def _limit(resources: Object) -> Decimal:
    return set_amount(resources, "limits", "memory") or _ZERO


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
            f"volumes in memory may use {_format(whole)} together, more than the memory "
            f"limit of {_format(limit)}: a lab that fills them is killed"
        )
        hint = "lower sizeLimit, or raise the memory limit"
        largest = max(sizes, key=lambda at: sizes[at])
        yield MEMORY_VOLUMES_EXCEED_LIMIT.complaint(message, hint, largest)


def _memory_limit(spec: Object) -> Decimal | None:
    """Find the largest memory limit of the running containers; None if one has none."""
    whole = _limit(spec)
    limits = [_limit(container) or whole for container in running_containers(spec)]
    return max(limits) if limits and all(limits) else None
