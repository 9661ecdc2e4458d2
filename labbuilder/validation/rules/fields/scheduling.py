"""Checks of where pods may run: selectors, affinity, tolerations, topology spread."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from labbuilder import names
from labbuilder.errors import Path, shown
from labbuilder.validation.rules.combinators import (
    INVALID_VALUE,
    MISPLACED,
    MISSING_VALUE,
    at_least,
    defaulted,
    each_of,
    filled,
    must,
    one_of,
    optional,
    placed,
    required,
)
from labbuilder.validation.rules.fields.naming import (
    INVALID_NAME,
    LABEL_KEY_HINT,
    dns_label,
    label_key,
    label_value,
)
from labbuilder.validation.rules.rule import Complaints, Object, Rule, Stop, check_fields, checks

__all__ = ["INVALID_SELECTOR", "pod_terms", "requirement", "selector_operator", "toleration"]

INVALID_SELECTOR = Rule(
    "invalid-selector",
    "the parts of a selector don't fit together, such as an operator and its values",
    "ValidateLabelSelectorRequirement, ValidateNodeSelectorRequirement",
    guarded=False,
)
UNMATCHABLE_NODE = Rule(
    "unmatchable-node",
    "a requirement compares with something that is not a number, so that no node meets it",
    "the scheduler's labels.NewRequirement",
    Stop.NOBODY,
    guarded=False,
)
INVALID_TOLERATION = Rule(
    "invalid-toleration",
    "the parts of a toleration don't fit together",
    "ValidateTolerations",
    guarded=False,
    of_the_site=True,
)
_MAX_WEIGHT = 100
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_NEEDS_VALUES = {"In": True, "NotIn": True, "Exists": False, "DoesNotExist": False}
selector_operator = one_of(*_NEEDS_VALUES)
_node_name = must(
    INVALID_NAME, names.is_dns_subdomain, "a valid node name", "use the metadata.name of a node"
)
_taint_key = must(INVALID_TOLERATION, names.is_qualified_name, "a valid label key", LABEL_KEY_HINT)
_taint_operator = defaulted("Equal", "Exists")
_taint_effect = defaulted("NoSchedule", "PreferNoSchedule", "NoExecute")
_node_policy = one_of("Honor", "Ignore")
_node_operator = one_of(*_NEEDS_VALUES, "Gt", "Lt")


@checks("LabelSelectorRequirement")
def requirement(value: Object) -> Complaints:
    """Check that an operator has the values that it needs."""
    operator, values = value.get("operator", ""), value.get("values", [])
    needed = _NEEDS_VALUES.get(operator, bool(values))
    if needed != bool(values):
        message = f"operator {operator} {'needs values' if needed else 'takes no values'}"
        hint = "add values" if needed else "remove values, or use In"
        yield INVALID_SELECTOR.complaint(message, hint, ("values",))


@checks("NodeSelectorRequirement")
def _node_requirement(value: Object) -> Complaints:
    yield from requirement(value)
    if value.get("operator") in {"Gt", "Lt"}:
        values = value.get("values", [])
        if len(values) != 1:
            message = f"operator {value['operator']} takes one value"
            yield INVALID_SELECTOR.complaint(message, "use one whole number", ("values",))
        elif not re.fullmatch("[+-]?[0-9]+", values[0]):
            message = f"{shown(values[0])} is not a whole number"
            hint = "use a whole number, in quotes"
            yield UNMATCHABLE_NODE.complaint(message, hint, ("values", 0))


@checks("NodeSelectorTerm")
def _node_term(value: Object) -> Complaints:
    for i, item in enumerate(value.get("matchExpressions", [])):
        values = each_of(label_value)(item.get("values", []))
        yield from placed(values, ("matchExpressions", i, "values"))
    for i, item in enumerate(value.get("matchFields", [])):
        at = ("matchFields", i)
        if item.get("key") != "metadata.name":
            message = "must be metadata.name, the only field of nodes that can be matched"
            yield INVALID_SELECTOR.complaint(message, "use metadata.name", (*at, "key"))
        elif item.get("operator") not in {"In", "NotIn"} or len(item.get("values", [])) != 1:
            message = "metadata.name needs operator In or NotIn, and one value"
            yield INVALID_SELECTOR.complaint(message, "use one term for each node", at)
        yield from placed(each_of(_node_name)(item.get("values", [])), (*at, "values"))


@checks("NodeSelector")
def _node_selector(value: Object) -> Complaints:
    if not value.get("nodeSelectorTerms"):
        message, hint = "must have at least one term", "add a term, or remove the node selector"
        yield MISSING_VALUE.complaint(message, hint, ("nodeSelectorTerms",))


@checks("PreferredSchedulingTerm", "WeightedPodAffinityTerm")
def _weight(value: Object) -> Complaints:
    weight = value.get("weight", 0)
    if not 1 <= weight <= _MAX_WEIGHT:
        message = f"must be from 1 to {_MAX_WEIGHT}, not {weight}"
        yield INVALID_VALUE.complaint(message, "use another weight", ("weight",))


@checks("Toleration")
def toleration(value: Object) -> Complaints:
    """Check a toleration."""
    operator, key = value.get("operator") or "Equal", value.get("key", "")
    if not key and operator != "Exists":
        message = f"operator {operator} needs a key"
        hint = "set a key, or use operator: Exists to tolerate all taints"
        yield INVALID_TOLERATION.complaint(message, hint, ("key",))
    if operator == "Exists" and value.get("value"):
        hint = "remove value, or use operator: Equal"
        yield INVALID_TOLERATION.complaint("operator Exists takes no value", hint, ("value",))
    if "tolerationSeconds" in value and value.get("effect") != "NoExecute":
        message = "is only allowed with effect: NoExecute"
        hint = "remove it, or use effect: NoExecute"
        yield INVALID_TOLERATION.complaint(message, hint, ("tolerationSeconds",))
    yield from placed(_taint_operator(operator), ("operator",))
    yield from placed(_taint_effect(value.get("effect", "")), ("effect",))
    yield from placed(optional(_taint_key)(key), ("key",))
    if operator == "Equal":
        yield from placed(label_value(value.get("value", "")), ("value",))


@checks("TopologySpreadConstraint")
def _spread(value: Object) -> Complaints:
    if "minDomains" in value and value.get("whenUnsatisfiable") != "DoNotSchedule":
        message = "is only allowed with whenUnsatisfiable: DoNotSchedule"
        yield INVALID_VALUE.complaint(message, "remove it", ("minDomains",))


def pod_terms(spec: Object) -> Iterator[tuple[Path, Object]]:
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
    for at, term in pod_terms(pod.get("spec", {})):
        match, mismatch = term.get("matchLabelKeys", ()), term.get("mismatchLabelKeys", ())
        for field, keys in (("matchLabelKeys", match), ("mismatchLabelKeys", mismatch)):
            if keys and "labelSelector" not in term:
                message = "is only allowed with a labelSelector"
                yield MISPLACED.complaint(message, "add a labelSelector", (*at, field))
        selector = term.get("labelSelector", {})
        times = Counter(each.get("key") for each in selector.get("matchExpressions", ()))
        times.update([*selector.get("matchLabels", ())])
        mismatched = set(mismatch)
        for i, key in enumerate(match):
            for other, clashes in (
                ("labelSelector", "labelSelector" in term and times[key] + (key in labels) > 1),
                ("mismatchLabelKeys", key in mismatched),
            ):
                if clashes:
                    message = f"{shown(key)} is also in {other}"
                    place = (*at, "matchLabelKeys", i)
                    yield INVALID_SELECTOR.complaint(message, "remove one of them", place)


check_fields(
    "LabelSelectorRequirement",
    key=label_key,
    operator=selector_operator,
    values=each_of(label_value),
)
check_fields("NodeSelectorRequirement", key=label_key, operator=_node_operator)
check_fields(
    "PodAffinityTerm",
    topologyKey=required(label_key),
    namespaces=each_of(dns_label),
    matchLabelKeys=each_of(label_key),
    mismatchLabelKeys=each_of(label_key),
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
