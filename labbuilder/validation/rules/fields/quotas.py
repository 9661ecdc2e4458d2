"""Rules about quotas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from labbuilder import names
from labbuilder.errors import shown
from labbuilder.validation.rules.combinators import Object, each_of, one_of
from labbuilder.validation.rules.fields.amounts import (
    INVALID_RESOURCE,
    STANDARD_RESOURCES,
    is_extended,
    whole,
)
from labbuilder.validation.rules.fields.naming import called, dns_subdomain
from labbuilder.validation.rules.fields.scheduling import (
    INVALID_SELECTOR,
    requirement,
    selector_operator,
)
from labbuilder.validation.rules.rule import Check, Complaint, rule

__all__ = ["FIELDS", "TYPES"]

INVALID_SCOPE = rule(
    "invalid-scope",
    "the scopes of a quota exclude each other, or what it limits",
    "validateResourceQuotaScopes, validateScopedResourceSelectorRequirement",
)

_OBJECT_COUNTS = {
    "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps",
    "persistentvolumeclaims", "services.nodeports", "services.loadbalancers",
}  # fmt: skip
_COMPUTED = {
    "cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory",
}  # fmt: skip
_KNOWN = (
    STANDARD_RESOURCES
    | _OBJECT_COUNTS
    | {f"{kind}.{name}" for kind in ("limits", "requests") for name in STANDARD_RESOURCES}
    | {"requests.storage"}
)
_LIMITS = {
    "BestEffort": {"pods"},
    "VolumeAttributesClass": {"persistentvolumeclaims", "requests.storage"},
}
"""What quotas of a scope can limit, where it isn't pods and what they take."""
_WITHOUT_VALUES = {
    "BestEffort", "NotBestEffort", "Terminating", "NotTerminating", "CrossNamespacePodAffinity",
}  # fmt: skip
_PAIRS = ({"BestEffort", "NotBestEffort"}, {"Terminating", "NotTerminating"})


def _is_resource(name: str) -> bool:
    """Mirror ``ValidateResourceQuotaResourceName``."""
    return names.is_qualified_name(name) and (
        "/" in name or name in _KNOWN or name.startswith(("hugepages-", "requests.hugepages-"))
    )


def _hard(mapping: Mapping[str, Any]) -> Iterator[Complaint]:
    for name, count in mapping.items():
        if not _is_resource(name):
            hint = "write limits.cpu, requests.memory, pods and the like"
            message = f"{shown(name)} is no resource"
            yield Complaint(INVALID_RESOURCE, message, hint, (name,), about_key=True)
        elif name in _OBJECT_COUNTS or is_extended(name):
            yield from whole(count, (name,))


def _scopes(value: Object) -> Iterator[Complaint]:
    plain = value.get("scopes", ())
    selected = value.get("scopeSelector", {}).get("matchExpressions", ())
    at = ("scopeSelector", "matchExpressions")
    found = (
        *((("scopes", i), scope) for i, scope in enumerate(plain)),
        *(((*at, i, "scopeName"), each["scopeName"]) for i, each in enumerate(selected)),
    )
    for place, scope in found:
        fits = _LIMITS.get(scope, {"pods", *_COMPUTED})
        wrong = [name for name in value.get("hard", ()) if name in _KNOWN and name not in fits]
        if wrong:
            message = f"{shown(scope)} is no scope of {', '.join(wrong)}"
            yield Complaint(INVALID_SCOPE, message, "make two quotas of it", place)
    for place, scopes in (
        (("scopes",), set(plain)),
        (at, {each["scopeName"] for each in selected}),
    ):
        if any(pair <= scopes for pair in _PAIRS):
            message = "excludes everything"
            yield Complaint(INVALID_SCOPE, message, "leave one of the two", place)


def _selector(value: Object) -> Iterator[Complaint]:
    if value["scopeName"] in _WITHOUT_VALUES and value["operator"] != "Exists":
        message = f"{value['scopeName']} takes Exists"
        yield Complaint(INVALID_SELECTOR, message, "write Exists", ("operator",))
    yield from requirement(value)


_scope = one_of(
    "Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass",
    "CrossNamespacePodAffinity", "VolumeAttributesClass",
)  # fmt: skip

FIELDS: dict[str, Check] = {
    "ResourceQuotaSpec.hard": _hard,
    "ResourceQuotaSpec.scopes": each_of(_scope),
    "ScopedResourceSelectorRequirement.scopeName": _scope,
    "ScopedResourceSelectorRequirement.operator": selector_operator,
}
"""The checks by type and field."""

TYPES: dict[str, Check] = {
    "ResourceQuota": called(dns_subdomain),
    "ResourceQuotaSpec": _scopes,
    "ScopedResourceSelectorRequirement": _selector,
}
"""The checks by type."""
