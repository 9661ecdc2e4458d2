"""Rules about amounts: quantities, resources, requests and limits, quotas."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from labbuilder import names
from labbuilder.errors import Path, shown
from labbuilder.quantity import parse_quantity
from labbuilder.validation.rules.combinators import MISSING_VALUE, Object, both
from labbuilder.validation.rules.rule import Check, Complaint, rule

__all__ = [
    "FIELDS",
    "INVALID_QUANTITY",
    "INVALID_RESOURCE",
    "REQUESTS_EXCEED_LIMITS",
    "STANDARD_RESOURCES",
    "TYPES",
    "amount_of",
    "is_extended",
    "is_resource",
    "quantity",
    "resources",
    "whole",
]

INVALID_QUANTITY = rule(
    "invalid-quantity", "an amount isn't one, or is negative", "resource.ParseQuantity"
)
REQUESTS_EXCEED_LIMITS = rule(
    "requests-exceed-limits",
    "a container requests more than its limit, or less of what can't be shared",
    "validateResourceRequirements",
)
INVALID_RESOURCE = rule(
    "invalid-resource",
    "what a container or quota names is no resource that Kubernetes knows",
    "ValidateContainerResourceName, ValidateResourceQuotaResourceName",
)
STANDARD_RESOURCES = {"cpu", "memory", "ephemeral-storage"}


def quantity(value: Any) -> Iterator[Complaint]:
    """Check an amount of anything."""
    try:
        parse_quantity(value)
    except ValueError as error:
        hint = "write a number with an optional suffix, such as 250m, 1.5Gi or 10G"
        yield Complaint(INVALID_QUANTITY, f"{shown(value)} {error}", hint)


def is_resource(name: str) -> bool:
    """Mirror ``ValidateContainerResourceName``: a standard resource, or one with a domain."""
    if "/" in name:
        own = "kubernetes.io/" in name or not name.startswith("requests.")
        return own and all(map(names.is_qualified_name, (name, f"requests.{name}")))
    return name in STANDARD_RESOURCES or name.startswith("hugepages-")


def resources(mapping: Mapping[str, Any]) -> Iterator[Complaint]:
    """Check the names of what a container takes."""
    for name in mapping:
        if not is_resource(name):
            known = ", ".join(sorted(STANDARD_RESOURCES))
            hint = f"use {known} or a name with a domain, such as example.org/gpu"
            message = f"{shown(name)} is no resource"
            yield Complaint(INVALID_RESOURCE, message, hint, (name,), about_key=True)


def whole(count: Any, at: Path) -> Iterator[Complaint]:
    """Check an amount of what can't be divided."""
    amount = amount_of(count)
    if amount is not None and amount != amount.to_integral_value():
        yield Complaint(INVALID_QUANTITY, f"{shown(count)} is no whole number", "", at)


def amount_of(value: Any) -> Any:
    """Read an amount; None if it isn't one, which has been complained about."""
    try:
        return parse_quantity(value)
    except ValueError:
        return None


def is_extended(name: str) -> bool:
    """Mirror ``IsExtendedResourceName``, near enough for names that are resources."""
    return "/" in name and "kubernetes.io/" not in name and not name.startswith("requests.")


def _is_shared(name: str) -> bool:
    """Mirror ``IsOvercommitAllowed``: what isn't shared is requested as far as it is limited."""
    return not is_extended(name) and not name.startswith("hugepages-")


_POD_RESOURCES = {"cpu", "memory"}
_PAGES = re.compile(r"hugepages-(.+)")


def _huge_pages(value: Object) -> Iterator[Complaint]:
    limits, requests = value.get("limits", {}), value.get("requests", {})
    every = {**limits, **requests}
    for part, amounts in (("limits", limits), ("requests", requests)):
        for name, given in amounts.items():
            pages = _PAGES.fullmatch(name)
            size, amount = (amount_of(pages[1]) if pages else None), amount_of(given)
            if pages and size is not None and amount is not None and (size <= 0 or amount % size):
                message = f"{shown(given)} is no multiple of the pages' size"
                yield Complaint(INVALID_QUANTITY, message, "", (part, name))
    if any(map(_PAGES.fullmatch, every)) and not every.keys() & _POD_RESOURCES:
        message = "huge pages need cpu or memory"
        yield Complaint(MISSING_VALUE, message, "say how much it takes", ("limits",))


def _pod_resources(value: Object) -> Iterator[Complaint]:
    for part in ("limits", "requests"):
        for name in value.get(part, ()):
            if name not in _POD_RESOURCES and not name.startswith("hugepages-"):
                message = f"{shown(name)} is no resource of a whole pod"
                yield Complaint(INVALID_RESOURCE, message, "", (part, name), about_key=True)


def _requirements(value: Object) -> Iterator[Complaint]:
    limits, requests = value.get("limits", {}), value.get("requests", {})
    for part, amounts in (("limits", limits), ("requests", requests)):
        for name, amount in amounts.items():
            if is_extended(name):
                yield from whole(amount, (part, name))
    for name, request in requests.items():
        limit, amount = amount_of(limits.get(name)), amount_of(request)
        at = ("requests", name)
        if not _is_shared(name) and name not in limits:
            message = "needs a limit that is the same"
            yield Complaint(MISSING_VALUE, message, "limit it, too", ("limits", name))
        if limit is None or amount is None:
            continue
        if amount > limit:
            message = f"requests {shown(request)}, more than the limit of {shown(limits[name])}"
            hint = "lower the request or raise the limit"
            yield Complaint(REQUESTS_EXCEED_LIMITS, message, hint, at)
        elif amount < limit and not _is_shared(name):
            message = f"requests {shown(request)}, less than the limit of {shown(limits[name])}"
            hint = "request what the limit is: it can't be shared"
            yield Complaint(REQUESTS_EXCEED_LIMITS, message, hint, at)


FIELDS: dict[str, Check] = {
    "ResourceRequirements.limits": resources,
    "ResourceRequirements.requests": resources,
    "PodSpec.resources": _pod_resources,
}
"""The checks by type and field."""

TYPES: dict[str, Check] = {
    "ResourceRequirements": both(_requirements, _huge_pages),
    "Quantity": quantity,
}
"""The checks by type."""
