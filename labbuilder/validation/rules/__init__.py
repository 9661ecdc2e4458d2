"""Rules for what a cluster refuses, or silently ignores, beyond the schemas.

The rules see only manifests, and not how they were made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any

from labbuilder.errors import Finding, Findings
from labbuilder.manifest import kind_of, object_name
from labbuilder.validation import schemas
from labbuilder.validation.rules.fields import checks_of
from labbuilder.validation.rules.gates import find_dropped, without
from labbuilder.validation.rules.lab import JUDGES
from labbuilder.validation.rules.rule import RULES, Complaint, Rule, Stop
from labbuilder.validation.rules.target import Target
from labbuilder.validation.rules.walk import Node, plan, visit

__all__ = ["RULES", "Rule", "Stop", "Target", "check"]

Manifests = Sequence[Mapping[str, Any]]
_NEWEST = Target()


def check(manifests: Manifests, target: Target = _NEWEST) -> list[list[Finding]]:
    """Return the findings about each manifest, by itself and together with the others.

    The manifests must pass the schemas of the target's version.
    """
    findings, kept = [], []
    for manifest in manifests:
        kind = kind_of(manifest)
        dropped = [] if target.all_features else find_dropped(manifest, target.version, kind)
        left = without(manifest, (each.at for each in dropped)) if dropped else manifest
        complaints: Iterable[Complaint] = chain(dropped, visit(_plan(target.version, kind), left))
        if manifest["metadata"].get("uid") or manifest.get("status"):  # it is a live one
            complaints = (each for each in complaints if not each.rule.only_new)
        findings.append(Findings(_finding(manifest, complaint) for complaint in complaints))
        kept.append(left)
    for judge in JUDGES:
        for i, complaint in judge(kept, target):
            findings[i].add(_finding(manifests[i], complaint))
    return [list(each) for each in findings]


@cache
def _plan(version: str, kind: str) -> Node:
    schema, types = schemas.definition(version, kind)
    return plan(kind.rpartition("/")[2], schema, types, checks_of(version))


def _finding(manifest: Mapping[str, Any], complaint: Complaint) -> Finding:
    rule = complaint.rule
    return Finding(
        rule.code,
        complaint.message,
        complaint.at,
        complaint.hint,
        complaint.severity or rule.severity,
        object_name(manifest),
        about_key=complaint.about_key,
    )
