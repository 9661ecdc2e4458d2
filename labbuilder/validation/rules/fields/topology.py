"""Checks of topology spread, and of labels that pods must share with others."""

from __future__ import annotations

from collections.abc import Iterator

from labbuilder.errors import Path, shown
from labbuilder.validation.rules.combinators import (
    INVALID_VALUE,
    MISPLACED,
    at_least,
    each_of,
    filled,
    one_of,
)
from labbuilder.validation.rules.fields.naming import label_key
from labbuilder.validation.rules.fields.scheduling import INVALID_SELECTOR
from labbuilder.validation.rules.rule import Complaint, Complaints, Object, check_fields, checks

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


@checks("TopologySpreadConstraint")
def _spread(value: Object) -> Complaints:
    if "minDomains" in value and value.get("whenUnsatisfiable") != "DoNotSchedule":
        message = "is only allowed with whenUnsatisfiable: DoNotSchedule"
        yield Complaint(INVALID_VALUE, message, "remove it", ("minDomains",))


def _terms(spec: Object) -> Iterator[tuple[Path, Object]]:
    """List the terms that select other pods, each with its path."""
    for kind in ("podAffinity", "podAntiAffinity"):
        found = spec.get("affinity", {}).get(kind, {})
        at: Path = ("spec", "affinity", kind)
        for i, term in enumerate(found.get(_REQUIRED, ())):
            yield (*at, _REQUIRED, i), term
        for i, term in enumerate(found.get(_PREFERRED, ())):
            yield (*at, _PREFERRED, i, "podAffinityTerm"), term["podAffinityTerm"]
    for i, term in enumerate(spec.get("topologySpreadConstraints", ())):
        yield ("spec", "topologySpreadConstraints", i), term


@checks("Pod")
def _label_keys(pod: Object) -> Complaints:
    """Mirror ``ValidateMatchLabelKeysAndMismatchLabelKeys``.

    kube-apiserver first makes requirements of those keys that the pod has as labels.
    """
    labels = pod["metadata"].get("labels", {})
    for at, term in _terms(pod.get("spec", {})):
        match, mismatch = term.get("matchLabelKeys", ()), term.get("mismatchLabelKeys", ())
        for field, keys in (("matchLabelKeys", match), ("mismatchLabelKeys", mismatch)):
            if keys and "labelSelector" not in term:
                message = "is only allowed with a labelSelector"
                yield Complaint(MISPLACED, message, "add a labelSelector", (*at, field))
        selector = term.get("labelSelector", {})
        plain = set(selector.get("matchLabels", ()))
        expressions = [each.get("key") for each in selector.get("matchExpressions", ())]
        for i, key in enumerate(match):
            times = (key in plain) + expressions.count(key) + (key in labels)
            for other, clashes in (
                ("labelSelector", "labelSelector" in term and times > 1),
                ("mismatchLabelKeys", key in mismatch),
            ):
                if clashes:
                    message = f"{shown(key)} is also in {other}"
                    place = (*at, "matchLabelKeys", i)
                    yield Complaint(INVALID_SELECTOR, message, "remove one of them", place)


_node_policy = one_of("Honor", "Ignore")

check_fields(
    "PodAffinityTerm", matchLabelKeys=each_of(label_key), mismatchLabelKeys=each_of(label_key)
)
check_fields(
    "TopologySpreadConstraint",
    matchLabelKeys=each_of(label_key),
    topologyKey=filled,
    maxSkew=at_least(1),
    minDomains=at_least(1),
    nodeAffinityPolicy=_node_policy,
    nodeTaintsPolicy=_node_policy,
    whenUnsatisfiable=one_of("DoNotSchedule", "ScheduleAnyway"),
)
