"""What limit ranges do to the pods and claims of their namespace: they fill in, and refuse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from labbuilder.errors import Path, shown
from labbuilder.manifest import containers
from labbuilder.validation.rules.fields.amounts import amount_of
from labbuilder.validation.rules.fields.pod_resources import (
    aggregate,
    format_amount,
    format_ratio,
    pod_amounts,
    set_amount,
)
from labbuilder.validation.rules.rule import Complaint, Complaints, Object, Rule, Stop

__all__ = ["LimitRanges"]

LIMIT_RANGE_EXCEEDED = Rule(
    "limit-range-exceeded",
    "a container, pod or claim is outside of what a limit range of its namespace allows",
    "PodValidateLimitFunc, PersistentVolumeClaimValidateLimitFunc of the LimitRanger plugin",
    Stop.ADMISSION,
    guarded=False,
)

_LISTS = ("containers", "initContainers")
_OF_PODS = ("cpu", "memory")
_ZERO = Decimal(0)
Amounts = Mapping[str, Mapping[str, Decimal]]
"""Requests and limits, by these words and by resources."""


class LimitRanges:
    """The limit ranges of one namespace, in order."""

    def __init__(self) -> None:
        self._limits: list[tuple[str, Object]] = []  # with the name of their limit range

    def add(self, manifest: Object) -> None:
        """Add a limit range."""
        name = manifest["metadata"].get("name", "")
        self._limits += [(name, each) for each in manifest.get("spec", {}).get("limits", ())]

    def filled(self, spec: Object) -> Object:
        """Return a pod's spec with the requests and limits that are filled in."""
        defaults = [_defaults(each) for _, each in self._limits if each["type"] == "Container"]
        if not any(limits or requests for limits, requests in defaults):
            return spec
        return {
            **spec,
            **{
                field: [_filled(container, defaults) for container in spec[field]]
                for field in _LISTS
                if field in spec
            },
        }

    def pod(self, spec: Object, given: Object) -> Complaints:
        """Complain about a pod's spec, which is filled, and was given otherwise."""
        before = containers(given, ("spec",), _LISTS)
        for (path, container), (_, old) in zip(
            containers(spec, ("spec",), _LISTS), before, strict=True
        ):
            amounts = _amounts(container)
            at = (*path, "resources")
            outside = list(self._outside("Container", amounts, at))
            yield from outside or _contradicting(amounts, old.get("resources", {}), at)
        yield from self._outside("Pod", _of_pod(spec), ("spec",))

    def claim(self, spec: Object) -> Complaints:
        """Complain about a storage claim."""
        requests = {
            name: amount_of(amount) or _ZERO
            for name, amount in spec.get("resources", {}).get("requests", {}).items()
        }
        amounts = {"requests": requests, "limits": {}}
        yield from self._outside("PersistentVolumeClaim", amounts, ("spec", "resources"))

    def _outside(self, kind: str, amounts: Amounts, at: Path) -> Complaints:
        for name, limit in self._limits:
            if limit["type"] == kind:
                for resource, part, message in _compare(limit, amounts):
                    place = at if kind == "Pod" else (*at, part, resource)
                    text = f"{message}, in limit range {shown(name)} for each {kind}"
                    yield _complaint(text, place)


def _contradicting(amounts: Amounts, given: Object, at: Path) -> Complaints:
    """Complain of requests that are above a limit that is filled in."""
    for name in sorted(amounts["requests"].keys() & amounts["limits"].keys()):
        if name in given.get("limits", {}):
            continue
        request, limit = amounts["requests"][name], amounts["limits"][name]
        if request > limit:
            message = (
                f"{format_amount(name, request)} is more than {format_amount(name, limit)}, "
                "the limit that a limit range fills in"
            )
            place = (*at, "requests", name)
            yield LIMIT_RANGE_EXCEEDED.complaint(message, "set the limit too", place)


def _complaint(message: str, at: Path) -> Complaint:
    return LIMIT_RANGE_EXCEEDED.complaint(message, "change it, or the limit range", at)


def _defaults(limit: Object) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Mirror ``SetDefaults_LimitRangeItem``: the limits and requests that are filled in."""
    limits = {**limit.get("max", {}), **limit.get("default", {})}
    return limits, {**limit.get("min", {}), **limits, **limit.get("defaultRequest", {})}


def _filled(
    container: Object, defaults: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]
) -> Object:
    given = container.get("resources", {})
    limits, requests = dict(given.get("limits", {})), dict(given.get("requests", {}))
    requests = {**limits, **requests}  # as an API server does before
    for default_limits, default_requests in defaults:
        limits = {**default_limits, **limits}
        requests = {**default_requests, **requests}
    return {**container, "resources": {**given, "limits": limits, "requests": requests}}


def _amounts(container: Object) -> Amounts:
    resources = container.get("resources", {})
    names = {*resources.get("limits", ()), *resources.get("requests", ())}
    return {
        kind: {
            name: amount
            for name in sorted(names)
            if (amount := set_amount(container, kind, name)) is not None
        }
        for kind in ("limits", "requests")
    }


def _of_pod(spec: Object) -> Amounts:
    """Mirror ``podRequests`` and ``podLimits`` of the plugin."""
    found: dict[str, dict[str, Decimal]] = {"limits": {}, "requests": {}}
    for _, container in containers(spec, (), _LISTS):
        for kind, amounts in _amounts(container).items():
            for name in amounts:
                found[kind].setdefault(name, aggregate(spec, kind, name))
    for kind, amounts in pod_amounts(spec).items():
        found[kind].update({name: amounts[name] for name in amounts if name in _OF_PODS})
    return found


Outside = Iterator[tuple[str, str, str]]
"""The resource, ``requests`` or ``limits``, and a message."""


def _compare(limit: Object, amounts: Amounts) -> Outside:
    is_claim = limit["type"] == "PersistentVolumeClaim"
    yield from _below(limit, amounts)
    yield from _above(limit, amounts, ("requests",) if is_claim else ("limits", "requests"))
    if not is_claim:
        yield from _apart(limit, amounts)


def _below(limit: Object, amounts: Amounts) -> Outside:
    """Mirror ``minConstraint``."""
    for name, value in limit.get("min", {}).items():
        least = amount_of(value) or _ZERO
        for part in ("requests", "limits"):
            amount = amounts[part].get(name)
            if amount is None and part == "requests":
                yield name, part, f"is missing, and {format_amount(name, least)} is the least"
            elif amount is not None and amount < least:
                yield name, part, _less(name, amount, least)


def _above(limit: Object, amounts: Amounts, parts: Sequence[str]) -> Outside:
    """Mirror ``maxConstraint`` and ``maxRequestConstraint``."""
    for name, value in limit.get("max", {}).items():
        most = amount_of(value) or _ZERO
        for part in parts:
            amount = amounts[part].get(name)
            if amount is None and part == parts[0]:
                yield name, part, f"is missing, and {format_amount(name, most)} is the most"
            elif amount is not None and amount > most:
                yield name, part, _more(name, amount, most)
                break


def _apart(limit: Object, amounts: Amounts) -> Outside:
    """Mirror ``limitRequestRatioConstraint``."""
    for name, value in limit.get("maxLimitRequestRatio", {}).items():
        ratio = amount_of(value) or _ZERO
        request, most = (amounts[part].get(name) or _ZERO for part in ("requests", "limits"))
        if not request or not most or most / request > ratio:
            given = format_ratio(most, request) if request and most else "undefined"
            yield name, "limits", f"the ratio of limit and request is {given}, at most {ratio:f}"


def _less(name: str, amount: Decimal, least: Decimal) -> str:
    return f"{format_amount(name, amount)} is less than {format_amount(name, least)}, the least"


def _more(name: str, amount: Decimal, most: Decimal) -> str:
    return f"{format_amount(name, amount)} is more than {format_amount(name, most)}, the most"
