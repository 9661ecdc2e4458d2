"""Checks of a lab's manifests together."""

from labbuilder.validation.rules.lab.capacity import judge_capacity
from labbuilder.validation.rules.lab.memory_volumes import judge_memory_volumes
from labbuilder.validation.rules.lab.pod_security import judge_pod_security
from labbuilder.validation.rules.lab.reach import judge_reach
from labbuilder.validation.rules.lab.references import judge_references
from labbuilder.validation.rules.rule import Judge

__all__ = ["JUDGES"]

JUDGES: tuple[Judge, ...] = (
    judge_references,
    judge_reach,
    judge_capacity,
    judge_memory_volumes,
    judge_pod_security,
)
"""All judges, in the order of their findings."""
