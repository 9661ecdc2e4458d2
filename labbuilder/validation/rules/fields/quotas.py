"""Checks of resource quotas."""

from __future__ import annotations

from labbuilder import names
from labbuilder.errors import Severity, shown
from labbuilder.validation.rules.combinators import both, each_of, one_of
from labbuilder.validation.rules.fields.amounts import (
    INVALID_RESOURCE,
    STANDARD_RESOURCES,
    is_extended,
    is_huge_pages,
    none_negative,
    whole_number,
)
from labbuilder.validation.rules.fields.naming import dns_subdomain, named_by
from labbuilder.validation.rules.fields.scheduling import (
    INVALID_SELECTOR,
    requirement,
    selector_operator,
)
from labbuilder.validation.rules.rule import Complaints, Object, Rule, Stop, check_fields, checks

__all__ = ["is_known_resource"]

INVALID_SCOPE = Rule(
    "invalid-scope",
    "the scopes of a quota exclude each other, or what it limits",
    "validateResourceQuotaScopes, validateScopedResourceSelectorRequirement",
    guarded=False,
)

LIMITS_NOTHING = Rule(
    "quota-limits-nothing",
    "a quota limits something that nothing is charged to",
    "podComputeUsageHelper, which charges extended resources by requests. only",
    Stop.NOBODY,
    Severity.WARNING,
    guarded=False,
)

_OBJECT_COUNTS = {
    "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps",
    "persistentvolumeclaims", "services.nodeports", "services.loadbalancers",
}  # fmt: skip
_COUNTED = {
    "bindings", "configmaps", "endpoints", "events", "limitranges", "persistentvolumeclaims",
    "pods", "podtemplates", "replicationcontrollers", "resourcequotas", "secrets",
    "serviceaccounts", "services",
}  # fmt: skip
"""The resources of the core group."""
_OF_CLASSES = ("storageclass.storage.k8s.io", "volumeattributesclass.storage.k8s.io")
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
"""What quotas of a scope can limit; of other scopes, pods and what these take."""
_WITHOUT_VALUES = {
    "BestEffort", "NotBestEffort", "Terminating", "NotTerminating", "CrossNamespacePodAffinity",
}  # fmt: skip
_PAIRS = ({"BestEffort", "NotBestEffort"}, {"Terminating", "NotTerminating"})


def is_known_resource(name: str) -> bool:
    """Mirror ``validateResourceName``: a standard resource, or one with a domain."""
    return names.is_qualified_name(name) and (
        "/" in name or name in _KNOWN or name == "storage" or is_huge_pages(name)
    )


def _charges_nothing(name: str) -> str:
    """Return what to limit instead of a resource that no object is charged to; often empty."""
    prefix, _, rest = name.partition("/")
    if not rest:
        return ""
    if prefix == "count":
        return "" if "." in rest or rest in _COUNTED else "count/RESOURCE.GROUP"
    if prefix.endswith(_OF_CLASSES):
        known = rest in {"requests.storage", "persistentvolumeclaims"}
        return "" if known else f"{prefix}/requests.storage"
    if "kubernetes.io/" in name or name.startswith("requests."):
        return ""
    return f"requests.{name.removeprefix('limits.')}"


def _is_quota_resource(name: str) -> bool:
    """Mirror ``ValidateResourceQuotaResourceName``."""
    return names.is_qualified_name(name) and (
        "/" in name or name in _KNOWN or name.startswith(("hugepages-", "requests.hugepages-"))
    )


def _hard(mapping: Object) -> Complaints:
    for name, count in mapping.items():
        if not _is_quota_resource(name):
            message = f"{shown(name)} is not a known resource"
            hint = "use limits.cpu, requests.memory, pods or the like"
            yield INVALID_RESOURCE.complaint(message, hint, (name,), about_key=True)
        elif name in _OBJECT_COUNTS or is_extended(name):
            yield from whole_number(count, (name,))
        if instead := _charges_nothing(name):
            message = f"limits nothing: no object is charged to {shown(name)}"
            hint = f"use {instead}"
            yield LIMITS_NOTHING.complaint(message, hint, (name,), about_key=True)


@checks("ResourceQuotaSpec")
def _scopes(value: Object) -> Complaints:
    selected = ("scopeSelector", "matchExpressions")
    plain = {("scopes", i): scope for i, scope in enumerate(value.get("scopes", ()))}
    chosen = {
        (*selected, i, "scopeName"): each["scopeName"]
        for i, each in enumerate(value.get("scopeSelector", {}).get("matchExpressions", ()))
    }
    limited = [name for name in value.get("hard", ()) if name in _KNOWN]
    for at, scope in (plain | chosen).items():
        fits = _LIMITS.get(scope, {"pods", *_COMPUTED})
        wrong = [name for name in limited if name not in fits]
        if wrong:
            message = f"scope {shown(scope)} can't limit {', '.join(wrong)}"
            yield INVALID_SCOPE.complaint(message, "split it into two quotas", at)
    for place, scopes in ((("scopes",), plain), (selected, chosen)):
        if any(pair <= set(scopes.values()) for pair in _PAIRS):
            message = "has two scopes that exclude each other"
            yield INVALID_SCOPE.complaint(message, "remove one of them", place)


@checks("ScopedResourceSelectorRequirement")
def _selector(value: Object) -> Complaints:
    if value["scopeName"] in _WITHOUT_VALUES and value["operator"] != "Exists":
        message = f"must be Exists for scope {value['scopeName']}"
        yield INVALID_SELECTOR.complaint(message, "use Exists", ("operator",))
    yield from requirement(value)


_scope = one_of(
    "Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass",
    "CrossNamespacePodAffinity", "VolumeAttributesClass",
)  # fmt: skip

checks("ResourceQuota")(named_by(dns_subdomain))
check_fields("ResourceQuotaSpec", hard=both(_hard, none_negative), scopes=each_of(_scope))
check_fields("ScopedResourceSelectorRequirement", scopeName=_scope, operator=selector_operator)
