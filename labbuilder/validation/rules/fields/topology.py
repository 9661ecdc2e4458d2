"""Rules about spreading pods over nodes, and about labels that pods share with others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from labbuilder.errors import Path, shown
from labbuilder.validation.rules.combinators import (
    INVALID_VALUE,
    MISPLACED,
    Object,
    at_least,
    each_of,
    filled,
    one_of,
)
from labbuilder.validation.rules.fields.naming import label_key
from labbuilder.validation.rules.fields.scheduling import INVALID_SELECTOR
from labbuilder.validation.rules.rule import Check, Complaint

__all__ = ["FIELDS", "TYPES"]

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def _spread(value: Object) -> Iterator[Complaint]:
    if "minDomains" in value and value.get("whenUnsatisfiable") != "DoNotSchedule":
        message = "goes with whenUnsatisfiable DoNotSchedule only"
        yield Complaint(INVALID_VALUE, message, "leave it out", ("minDomains",))


def _terms(spec: Object) -> Iterator[tuple[Path, Object]]:
    """Give what selects other pods, and where it stands."""
    for kind in ("podAffinity", "podAntiAffinity"):
        found = spec.get("affinity", {}).get(kind, {})
        at: Path = ("spec", "affinity", kind)
        for i, term in enumerate(found.get(_REQUIRED, ())):
            yield (*at, _REQUIRED, i), term
        for i, term in enumerate(found.get(_PREFERRED, ())):
            yield (*at, _PREFERRED, i, "podAffinityTerm"), term["podAffinityTerm"]
    for i, term in enumerate(spec.get("topologySpreadConstraints", ())):
        yield ("spec", "topologySpreadConstraints", i), term


def _label_keys(pod: Mapping[str, Any]) -> Iterator[Complaint]:
    """Mirror ``ValidateMatchLabelKeysAndMismatchLabelKeys``.

    The API server first makes requirements of the keys that the pod has as labels.
    """
    labels = pod["metadata"].get("labels", {})
    for at, term in _terms(pod.get("spec", {})):
        match, mismatch = term.get("matchLabelKeys", ()), term.get("mismatchLabelKeys", ())
        for field, keys in (("matchLabelKeys", match), ("mismatchLabelKeys", mismatch)):
            if keys and "labelSelector" not in term:
                message = "goes with a labelSelector only"
                yield Complaint(MISPLACED, message, "add one", (*at, field))
        selector = term.get("labelSelector", {})
        plain = set(selector.get("matchLabels", ()))
        required = [each.get("key") for each in selector.get("matchExpressions", ())]
        for i, key in enumerate(match):
            times = (key in plain) + required.count(key) + (key in labels)
            if "labelSelector" in term and times > 1:
                message = f"{shown(key)} stands in the labelSelector as well"
                yield Complaint(INVALID_SELECTOR, message, "leave one", (*at, "matchLabelKeys", i))
            if key in mismatch:
                message = f"{shown(key)} stands in mismatchLabelKeys as well"
                yield Complaint(INVALID_SELECTOR, message, "leave one", (*at, "matchLabelKeys", i))


_node_policy = one_of("Honor", "Ignore")

FIELDS: dict[str, Check] = {
    "PodAffinityTerm.matchLabelKeys": each_of(label_key),
    "PodAffinityTerm.mismatchLabelKeys": each_of(label_key),
    "TopologySpreadConstraint.matchLabelKeys": each_of(label_key),
    "TopologySpreadConstraint.topologyKey": filled,
    "TopologySpreadConstraint.maxSkew": at_least(1),
    "TopologySpreadConstraint.minDomains": at_least(1),
    "TopologySpreadConstraint.nodeAffinityPolicy": _node_policy,
    "TopologySpreadConstraint.nodeTaintsPolicy": _node_policy,
    "TopologySpreadConstraint.whenUnsatisfiable": one_of("DoNotSchedule", "ScheduleAnyway"),
}
"""The checks by type and field."""

TYPES: dict[str, Check] = {
    "Pod": _label_keys,
    "TopologySpreadConstraint": _spread,
}
"""The checks by type."""
