"""Checks of limit ranges and of service accounts, which fill in what pods lack."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from labbuilder import names
from labbuilder.errors import shown
from labbuilder.validation.rules.combinators import (
    DUPLICATE,
    INVALID_VALUE,
    MISPLACED,
    MISSING_VALUE,
    must,
    repeated,
)
from labbuilder.validation.rules.fields.amounts import (
    INVALID_RESOURCE,
    is_extended,
    is_huge_pages,
    is_resource,
    signed_amount_of,
)
from labbuilder.validation.rules.fields.naming import dns_subdomain, named_by
from labbuilder.validation.rules.fields.pod_resources import format_ratio
from labbuilder.validation.rules.fields.quotas import is_known_resource
from labbuilder.validation.rules.rule import Complaints, Object, Rule, check_fields, checks

INVALID_LIMIT = Rule(
    "invalid-limit",
    "the amounts of a limit range contradict each other",
    "ValidateLimitRange",
    guarded=False,
)

_TYPES = ("Pod", "Container", "PersistentVolumeClaim")
_FIELDS = ("min", "max", "default", "defaultRequest", "maxLimitRequestRatio")
_ONLY_CONTAINERS = ("default", "defaultRequest")
_ORDER = (
    ("min", "max"),
    ("min", "defaultRequest"),
    ("defaultRequest", "max"),
    ("defaultRequest", "default"),
    ("min", "default"),
    ("default", "max"),
)
"""Pairs of fields of which the first isn't more than the second."""


@checks("LimitRangeSpec")
def _types(value: Object) -> Complaints:
    limits = value.get("limits", ())
    for i in repeated([limit.get("type", "") for limit in limits]):
        message = "is the type of another limit"
        yield DUPLICATE.complaint(message, "merge the two", ("limits", i, "type"))


@checks("LimitRangeItem")
def _limit(value: Object) -> Complaints:
    kind = value.get("type", "")
    for field in _FIELDS:
        if kind == "Pod" and field in _ONLY_CONTAINERS:
            if value.get(field):
                message = "is not allowed with type Pod"
                yield MISPLACED.complaint(message, "remove it", (field,))
            continue
        for name in value.get(field, ()):
            if not (is_resource if kind in {"Pod", "Container"} else is_known_resource)(name):
                message = f"{shown(name)} is not a known resource"
                hint = "use cpu, memory, or storage for claims"
                yield INVALID_RESOURCE.complaint(message, hint, (field, name), about_key=True)
    if kind == "PersistentVolumeClaim" and not any(
        "storage" in value.get(field, {}) for field in ("min", "max")
    ):
        message = "a limit of claims needs min or max of storage"
        yield MISSING_VALUE.complaint(message, "add one of them", ("max",))
    yield from _order(value)


def _order(value: Object) -> Complaints:
    amounts = {field: _amounts(value.get(field, {})) for field in _FIELDS}
    if value.get("type") == "Pod":
        amounts |= {field: {} for field in _ONLY_CONTAINERS}
    for low, high in _ORDER:
        for name in amounts[low].keys() & amounts[high].keys():
            if amounts[low][name] > amounts[high][name]:
                message = f"is more than {high}"
                yield INVALID_LIMIT.complaint(message, "lower it, or raise that", (low, name))
    for name, ratio in amounts["maxLimitRequestRatio"].items():
        at = ("maxLimitRequestRatio", name)
        least, most = amounts["min"].get(name), amounts["max"].get(name)
        if ratio < 1:
            yield INVALID_LIMIT.complaint("must be 1 or more", "use a larger ratio", at)
        if least and most is not None and ratio > most / least:
            message = f"is more than max divided by min, {format_ratio(most, least)}"
            yield INVALID_LIMIT.complaint(message, "use a smaller ratio", at)
    for name in amounts["default"].keys() & amounts["defaultRequest"].keys():
        given, request = amounts["default"][name], amounts["defaultRequest"][name]
        if (is_extended(name) or is_huge_pages(name)) and request < given:
            message = "must equal default: this resource can't be shared"
            yield INVALID_LIMIT.complaint(message, "set both", ("defaultRequest", name))


def _amounts(mapping: Mapping[str, object]) -> dict[str, Decimal]:
    found = {name: signed_amount_of(amount) for name, amount in mapping.items()}
    return {name: amount for name, amount in found.items() if amount is not None}


def _is_type(name: str) -> bool:
    return name in _TYPES or ("/" in name and names.is_qualified_name(name))


@checks("ServiceAccount")
def _secrets(value: Object) -> Complaints:
    """Mirror the merging of lists when an object is applied, which goes by their keys."""
    for i, secret in enumerate(value.get("secrets", ())):
        if "name" not in secret:
            yield MISSING_VALUE.complaint("is missing", "name a Secret", ("secrets", i, "name"))


checks("LimitRange")(named_by(dns_subdomain))
checks("ServiceAccount")(named_by(dns_subdomain))
check_fields(
    "LimitRangeItem",
    type=must(INVALID_VALUE, _is_type, f"one of {', '.join(_TYPES)}"),
)
