"""Rules about where pods may run: affinity, tolerations, spreading."""

from __future__ import annotations

import re
from collections.abc import Iterator

from labbuilder import names
from labbuilder.errors import shown
from labbuilder.validation.rules.combinators import (
    INVALID_VALUE,
    MISSING_VALUE,
    Object,
    both,
    defaulted,
    each_of,
    filled,
    one_of,
    optional,
)
from labbuilder.validation.rules.fields.naming import (
    INVALID_LABEL_VALUE,
    INVALID_NAME,
    dns_label,
    label_key,
    label_value,
)
from labbuilder.validation.rules.rule import Check, Complaint, Stop, rule

__all__ = [
    "FIELDS",
    "INVALID_SELECTOR",
    "INVALID_TOLERATION",
    "TYPES",
    "UNMATCHABLE_NODE",
    "requirement",
    "selector_operator",
]

selector_operator = one_of("In", "NotIn", "Exists", "DoesNotExist")
_node_operator = one_of("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")
INVALID_SELECTOR = rule(
    "invalid-selector", "a requirement's operator and its values don't go together",
    "ValidateLabelSelectorRequirement, ValidateNodeSelectorRequirement",
)  # fmt: skip
UNMATCHABLE_NODE = rule(
    "unmatchable-node",
    "a requirement compares with what is no number, so that no node meets it",
    "the scheduler's labels.NewRequirement",
    Stop.NOBODY,
)
INVALID_TOLERATION = rule(
    "invalid-toleration",
    "the parts of a toleration don't go together",
    "ValidateTolerations",
    tolerated=True,
    of_the_site=True,
)
_MAX_WEIGHT = 100
"""Of a preference of the scheduler."""
_VALUES = {"In": True, "NotIn": True, "Exists": False, "DoesNotExist": False}


def requirement(value: Object) -> Iterator[Complaint]:
    """Check that an operator has the values that it takes."""
    operator, values = value.get("operator", ""), value.get("values", [])
    if _VALUES.get(operator, bool(values)) != bool(values):
        message = f"{operator} takes {'values' if _VALUES[operator] else 'no values'}"
        yield Complaint(INVALID_SELECTOR, message, "", ("values",))


def _node_requirement(value: Object) -> Iterator[Complaint]:
    yield from requirement(value)
    if value.get("operator") in {"Gt", "Lt"}:
        values = value.get("values", [])
        if len(values) != 1:
            message = f"{value['operator']} takes one value"
            yield Complaint(INVALID_SELECTOR, message, "write one whole number", ("values",))
        elif not re.fullmatch("[+-]?[0-9]+", values[0]):
            message = f"{shown(values[0])} is no whole number"
            yield Complaint(UNMATCHABLE_NODE, message, "write one, in quotes", ("values", 0))


def _node_term(value: Object) -> Iterator[Complaint]:
    for i, item in enumerate(value.get("matchExpressions", [])):
        for k, text in enumerate(item.get("values", [])):
            if not names.is_label_value(text):
                at = ("matchExpressions", i, "values", k)
                yield Complaint(INVALID_LABEL_VALUE, f"{shown(text)} is no label value", "", at)
    for i, item in enumerate(value.get("matchFields", [])):
        if item.get("key") != "metadata.name":
            message = "only metadata.name can be matched"
            yield Complaint(INVALID_SELECTOR, message, "", ("matchFields", i, "key"))
        elif item.get("operator") not in {"In", "NotIn"} or len(item.get("values", [])) != 1:
            message = "metadata.name takes In or NotIn with one value"
            yield Complaint(INVALID_SELECTOR, message, "", ("matchFields", i))
        for k, name in enumerate(item.get("values", [])):
            if not names.is_dns_subdomain(name):
                at = ("matchFields", i, "values", k)
                yield Complaint(INVALID_NAME, f"{shown(name)} is no name of a node", "", at)


def _node_selector(value: Object) -> Iterator[Complaint]:
    if not value.get("nodeSelectorTerms"):
        at = ("nodeSelectorTerms",)
        yield Complaint(MISSING_VALUE, "needs a term", "leave the selector out", at)


def _weight(value: Object) -> Iterator[Complaint]:
    if not 1 <= value.get("weight", 0) <= _MAX_WEIGHT:
        yield Complaint(INVALID_VALUE, f"must be from 1 to {_MAX_WEIGHT}", "", ("weight",))


def _toleration(value: Object) -> Iterator[Complaint]:
    operator, key = value.get("operator") or "Equal", value.get("key", "")
    yield from _toleration_parts(value, operator, key)
    if key and not names.is_qualified_name(key):
        hint = "use letters, digits, -, _ and ., after an optional DNS name and /"
        yield Complaint(INVALID_TOLERATION, f"{shown(key)} is no label key", hint, ("key",))
    if operator == "Equal" and not names.is_label_value(value.get("value", "")):
        yield Complaint(INVALID_LABEL_VALUE, "is not a label value", "", ("value",))


def _toleration_parts(value: Object, operator: str, key: str) -> Iterator[Complaint]:
    if not key and operator != "Exists":
        hint = "name a key, or use operator: Exists for all taints"
        yield Complaint(INVALID_TOLERATION, f"{operator} needs a key", hint, ("key",))
    if operator == "Exists" and value.get("value"):
        message = "Exists takes no value"
        yield Complaint(INVALID_TOLERATION, message, "leave it out", ("value",))
    if "tolerationSeconds" in value and value.get("effect") != "NoExecute":
        message = "goes with effect NoExecute only"
        hint = "leave it out, or use effect: NoExecute"
        yield Complaint(INVALID_TOLERATION, message, hint, ("tolerationSeconds",))


FIELDS: dict[str, Check] = {
    "LabelSelectorRequirement.key": label_key,
    "LabelSelectorRequirement.operator": selector_operator,
    "LabelSelectorRequirement.values": each_of(label_value),
    "Toleration.operator": defaulted("Equal", "Exists"),
    "Toleration.effect": defaulted("NoSchedule", "PreferNoSchedule", "NoExecute"),
    "NodeSelectorRequirement.operator": _node_operator,
    "NodeSelectorRequirement.key": label_key,
    "PodAffinityTerm.topologyKey": both(filled, optional(label_key)),
    "PodAffinityTerm.namespaces": each_of(dns_label),
}
"""The checks by type and field."""

TYPES: dict[str, Check] = {
    "LabelSelectorRequirement": requirement,
    "NodeSelectorRequirement": _node_requirement,
    "NodeSelectorTerm": _node_term,
    "NodeSelector": _node_selector,
    "PreferredSchedulingTerm": _weight,
    "WeightedPodAffinityTerm": _weight,
    "Toleration": _toleration,
}
"""The checks by type."""
