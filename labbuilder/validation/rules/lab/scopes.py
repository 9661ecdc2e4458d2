"""To which objects a quota with scopes applies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labbuilder.manifest import containers
from labbuilder.validation.rules.fields.amounts import amount_of
from labbuilder.validation.rules.rule import Object

__all__ = ["applies"]

_LISTS = ("containers", "initContainers")


def applies(quota: Object, kind: str, spec: Object) -> bool:
    """Return whether a quota's spec applies to an object of a kind, by its scopes."""
    return all(
        kind in _KINDS.get(scope, ()) and _matches(scope, operator, values, spec)
        for scope, operator, values in _scopes(quota)
    )


_KINDS = {
    "BestEffort": {"Pod"},
    "CrossNamespacePodAffinity": {"Pod"},
    "NotBestEffort": {"Pod"},
    "NotTerminating": {"Pod"},
    "PriorityClass": {"Pod"},
    "Terminating": {"Pod"},
    "VolumeAttributesClass": {"PersistentVolumeClaim"},
}


def _scopes(quota: Object) -> Iterator[tuple[str, str, Sequence[str]]]:
    for scope in quota.get("scopes", ()):
        yield scope, "Exists", ()
    for each in quota.get("scopeSelector", {}).get("matchExpressions", ()):
        yield each["scopeName"], each["operator"], each.get("values", ())


def _matches(scope: str, operator: str, values: Sequence[str], spec: Object) -> bool:
    if scope in {"PriorityClass", "VolumeAttributesClass"}:
        field = f"{scope[0].lower()}{scope[1:]}Name"
        return _selects(operator, values, spec.get(field, ""))
    found = {
        "BestEffort": _is_best_effort,
        "CrossNamespacePodAffinity": _uses_other_namespaces,
        "Terminating": _is_terminating,
    }[scope.removeprefix("Not")](spec)
    return not found if scope.startswith("Not") else found


def _is_terminating(spec: Object) -> bool:
    return "activeDeadlineSeconds" in spec


def _selects(operator: str, values: Sequence[str], value: str) -> bool:
    match operator:
        case "Exists":
            return bool(value)
        case "DoesNotExist":
            return not value
        case "In":
            return value in values
        case _:
            return value not in values


def _is_best_effort(spec: Object) -> bool:
    """Mirror ``ComputePodQOS``: no container has a request or limit of cpu or memory above 0."""
    parts = [each for _, each in containers(spec, (), _LISTS)]
    return not any(
        name in {"cpu", "memory"} and amount_of(amount)
        for part in (*parts, spec)
        for kind in ("limits", "requests")
        for name, amount in part.get("resources", {}).get(kind, {}).items()
    )


def _uses_other_namespaces(spec: Object) -> bool:
    for kind in ("podAffinity", "podAntiAffinity"):
        affinity = spec.get("affinity", {}).get(kind, {})
        terms = [
            *affinity.get("requiredDuringSchedulingIgnoredDuringExecution", ()),
            *(
                each.get("podAffinityTerm", {})
                for each in affinity.get("preferredDuringSchedulingIgnoredDuringExecution", ())
            ),
        ]
        if any("namespaceSelector" in term or term.get("namespaces") for term in terms):
            return True
    return False
