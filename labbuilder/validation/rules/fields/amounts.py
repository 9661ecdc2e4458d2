"""Checks of quantities, resources, requests and limits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import Any

from labbuilder import names
from labbuilder.errors import Path, shown
from labbuilder.quantity import MAX_BYTES, parse_signed_quantity
from labbuilder.validation.rules.combinators import MISSING_VALUE, both, keys_of, must, values_of
from labbuilder.validation.rules.rule import Complaints, Object, Rule, check_fields, checks

__all__ = [
    "INVALID_QUANTITY", "INVALID_RESOURCE", "REQUESTS_EXCEED_LIMITS", "STANDARD_RESOURCES",
    "amount_of", "is_extended", "is_huge_pages", "needs_more_than_pages", "none_negative",
    "not_negative", "resources", "signed_amount_of", "whole_number",
]  # fmt: skip

INVALID_QUANTITY = Rule(
    "invalid-quantity",
    "a quantity is not valid, or negative",
    "resource.ParseQuantity",
    guarded=False,
)
REQUESTS_EXCEED_LIMITS = Rule(
    "requests-exceed-limits",
    "a container requests more than its limit, or less of a resource that can't be shared",
    "validateResourceRequirements",
    guarded=False,
)
INVALID_RESOURCE = Rule(
    "invalid-resource",
    "a container or quota names a resource that Kubernetes doesn't know",
    "ValidateContainerResourceName, ValidateResourceQuotaResourceName",
    guarded=False,
)
STANDARD_RESOURCES = {"cpu", "memory", "ephemeral-storage"}
_MAX_COUNT = MAX_BYTES // 1000  # of which an API server counts the thousandths in 64 bits
_BESIDE_PAGES = {"cpu", "memory"}
_HUGE_PAGES = re.compile(r"hugepages-(.+)")


@checks("Quantity")
def _quantity(value: Any) -> Complaints:
    try:
        parse_signed_quantity(_stripped(value))
    except ValueError as error:
        hint = "use a number with an optional suffix, such as 250m, 1.5Gi or 10G"
        yield INVALID_QUANTITY.complaint(f"{shown(value)} {error}", hint)


def signed_amount_of(value: Any) -> Decimal | None:
    """Parse a quantity, capped as Kubernetes does; None if it is not valid."""
    try:
        return min(parse_signed_quantity(_stripped(value)), Decimal(MAX_BYTES))
    except ValueError:
        return None


def amount_of(value: Any) -> Decimal | None:
    """Parse a quantity as `signed_amount_of` does; None if it is negative, too."""
    amount = signed_amount_of(value)
    return None if amount is None or amount < 0 else amount


def _stripped(value: Any) -> Any:
    """Mirror ``Quantity.UnmarshalJSON``, which drops the white space around an amount."""
    return value.strip() if isinstance(value, str) else value


def not_negative(value: Any) -> Complaints:
    """Mirror ``ValidateNonnegativeQuantity``."""
    amount = signed_amount_of(value)
    if amount is not None and amount < 0:
        yield INVALID_QUANTITY.complaint(f"{shown(value)} is negative", "use zero or more")


none_negative = values_of(not_negative)


def whole_number(count: Any, at: Path) -> Complaints:
    """Check the amount of something indivisible."""
    amount = amount_of(count)
    if amount is None:
        return
    if amount != amount.to_integral_value():
        message = f"{shown(count)} is not a whole number"
        yield INVALID_QUANTITY.complaint(message, "use a whole number", at)
    elif amount > _MAX_COUNT and parse_signed_quantity(_stripped(count)) != MAX_BYTES:
        message = f"{shown(count)} is more than an API server can count"
        yield INVALID_QUANTITY.complaint(message, f"use at most {_MAX_COUNT}", at)


def is_resource(name: str) -> bool:
    """Mirror ``ValidateContainerResourceName``: a standard resource, or one with a domain."""
    if "/" in name:
        own = "kubernetes.io/" in name or not name.startswith("requests.")
        return own and all(map(names.is_qualified_name, (name, f"requests.{name}")))
    return name in STANDARD_RESOURCES or (is_huge_pages(name) and names.is_qualified_name(name))


def is_huge_pages(name: str) -> bool:
    """Mirror ``IsHugePageResourceName``."""
    return name.startswith("hugepages-")


def needs_more_than_pages(used: AbstractSet[str]) -> bool:
    """Return whether huge pages lack the cpu or memory that they need beside them."""
    return any(map(is_huge_pages, used)) and not used & _BESIDE_PAGES


def is_extended(name: str) -> bool:
    """Mirror ``IsExtendedResourceName``, closely enough for names that are resources."""
    return "/" in name and "kubernetes.io/" not in name and not name.startswith("requests.")


def _is_shared(name: str) -> bool:
    """Mirror ``IsOvercommitAllowed``: requests of other resources must equal their limits."""
    return not is_extended(name) and not is_huge_pages(name)


_STANDARD = ", ".join(sorted(STANDARD_RESOURCES))
resources = keys_of(
    must(
        INVALID_RESOURCE, is_resource, "a known resource",
        f"use {_STANDARD}, or a name with a domain such as example.org/gpu",
    )
)  # fmt: skip


@checks("ResourceRequirements")
def _requirements(value: Object) -> Complaints:
    limits, requests = value.get("limits", {}), value.get("requests", {})
    for at, name, amount in _amounts(value):
        if is_extended(name):
            yield from whole_number(amount, at)
    for name, request in requests.items():
        limit, amount = amount_of(limits.get(name)), amount_of(request)
        if not _is_shared(name) and name not in limits:
            message = "is missing; it must equal the request"
            yield MISSING_VALUE.complaint(message, f"set it to {shown(request)}", ("limits", name))
        if limit is None or amount is None:
            continue
        if amount > limit:
            comparison, hint = "more than", "lower the request or raise the limit"
        elif amount < limit and not _is_shared(name):
            comparison, hint = "less than", "set both to the same: this resource can't be shared"
        else:
            continue
        message = f"requests {shown(request)}, {comparison} the limit of {shown(limits[name])}"
        yield REQUESTS_EXCEED_LIMITS.complaint(message, hint, ("requests", name))


@checks("ResourceRequirements")
def _huge_pages(value: Object) -> Complaints:
    for at, name, given in _amounts(value):
        pages = _HUGE_PAGES.fullmatch(name)
        size, amount = (amount_of(pages[1]) if pages else None), amount_of(given)
        if pages and amount is not None and (not size or amount % size):
            message = f"{shown(given)} is not a multiple of the page size"
            yield INVALID_QUANTITY.complaint(message, "use whole pages", at)


def _container_pages(value: Object) -> Complaints:
    if needs_more_than_pages({name for _, name, _ in _amounts(value)}):
        message = "huge pages need cpu or memory too"
        yield MISSING_VALUE.complaint(message, "set a limit of cpu or memory", ("limits",))


def _amounts(value: Object) -> Iterator[tuple[Path, str, Any]]:
    for part in ("limits", "requests"):
        for name, amount in value.get(part, {}).items():
            yield (part, name), name, amount


_container_amounts = both(resources, none_negative)
check_fields("ResourceRequirements", limits=_container_amounts, requests=_container_amounts)
check_fields("Container", "EphemeralContainer", resources=_container_pages)
