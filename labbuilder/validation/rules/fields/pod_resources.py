"""Checks of the resources of a whole pod, which its containers share."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from labbuilder.errors import shown
from labbuilder.manifest import containers
from labbuilder.quantity import format_memory
from labbuilder.validation.rules.combinators import MISPLACED, MISSING_VALUE
from labbuilder.validation.rules.fields.amounts import (
    INVALID_RESOURCE,
    REQUESTS_EXCEED_LIMITS,
    amount_of,
    is_huge_pages,
    needs_more_than_pages,
)
from labbuilder.validation.rules.rule import Complaints, Object, checks

__all__ = ["aggregate", "format_amount", "format_ratio", "pod_amounts", "set_amount"]

_ZERO = Decimal(0)
_LISTS = ("containers", "initContainers")
_SHARED = ("cpu", "memory")
_IN_BYTES = {"memory", "ephemeral-storage", "storage"}


def format_amount(name: str, amount: Decimal) -> str:
    """Write an amount of a resource for people."""
    whole = (name in _IN_BYTES or is_huge_pages(name)) and amount == int(amount)
    return format_memory(int(amount)) if whole else f"{amount.normalize():f}"


def format_ratio(amount: Decimal, other: Decimal) -> str:
    """Write the ratio of two amounts for people, rounded down to thousandths."""
    ratio = (amount * 1000 // other) / 1000
    return f"{ratio.normalize():f}"


def _is_of_pods(name: str) -> bool:
    """Mirror ``IsSupportedPodLevelResource``."""
    return name in _SHARED or is_huge_pages(name)


def set_amount(container: Object, kind: str, name: str) -> Decimal | None:
    """Return a container's request or limit, or None if it has none.

    Where a request is missing, an API server sets it to the limit.
    """
    resources = container.get("resources", {})
    for each in ("requests", "limits") if kind == "requests" else ("limits",):
        if name in resources.get(each, {}):
            return amount_of(resources[each][name]) or _ZERO
    return None


def aggregate(spec: Object, kind: str, name: str) -> Decimal:
    """Mirror ``AggregateContainerRequests`` and ``AggregateContainerLimits``."""
    running = most = _ZERO
    for container in spec.get("initContainers", ()):
        amount = set_amount(container, kind, name) or _ZERO
        most = max(most, running + amount)
        if container.get("restartPolicy") == "Always":  # it runs beside those that follow
            running += amount
    for container in spec.get("containers", ()):
        running += set_amount(container, kind, name) or _ZERO
    return max(most, running)


def pod_amounts(spec: Object) -> dict[str, dict[str, Decimal]]:
    """Return the requests and limits of a whole pod, with those that an API server adds.

    It mirrors ``defaultHugePagePodLimits`` and ``defaultPodRequests``.
    """
    given: Mapping[str, Any] = spec.get("resources", {})
    limits, requests = (
        {name: amount_of(amount) or _ZERO for name, amount in given.get(kind, {}).items()}
        for kind in ("limits", "requests")
    )
    if limits or requests:
        for name in sorted(_names(spec, "limits")):
            if is_huge_pages(name) and name not in requests:
                limits.setdefault(name, aggregate(spec, "limits", name))
    if limits:
        for name in sorted(_names(spec, "requests", "limits")):
            if name in _SHARED:
                requests.setdefault(name, aggregate(spec, "requests", name))
        requests = {**{name: limits[name] for name in limits if _is_of_pods(name)}, **requests}
    return {"limits": limits, "requests": requests}


def _names(spec: Object, *kinds: str) -> set[str]:
    return {
        name
        for _, container in containers(spec, (), _LISTS)
        for kind in kinds
        for name in container.get("resources", {}).get(kind, {})
    }


@checks("PodSpec")
def _whole_pod(spec: Object) -> Complaints:
    given = spec.get("resources")
    if not given:
        return
    if given.get("claims"):
        message = "can't be set for a whole pod"
        yield MISPLACED.complaint(message, "set it in the containers", ("resources", "claims"))
    for kind in ("limits", "requests"):
        for name in given.get(kind, {}):
            if not _is_of_pods(name):
                message = f"{shown(name)} is not a resource of a whole pod"
                hint = "set it in the containers"
                at = ("resources", kind, name)
                yield INVALID_RESOURCE.complaint(message, hint, at, about_key=True)
    amounts = pod_amounts(spec)
    if needs_more_than_pages({*amounts["limits"], *amounts["requests"]}):
        place = ("resources", "limits")
        message = "huge pages need cpu or memory too"
        yield MISSING_VALUE.complaint(message, "set a limit of cpu or memory", place)
    yield from _sums(spec, amounts)
    yield from _limits(spec, amounts["limits"])


def _sums(spec: Object, amounts: Mapping[str, Mapping[str, Decimal]]) -> Complaints:
    """Check that a pod has at least what its containers have together."""
    for kind, of_pod in amounts.items():
        for name, amount in of_pod.items():
            if kind == "limits" and not is_huge_pages(name):
                continue
            together = aggregate(spec, kind, name)
            if together > amount:
                word = kind.removesuffix("s")
                message = (
                    f"the containers' {kind} are {format_amount(name, together)} together, more "
                    f"than the pod's {word} of {format_amount(name, amount)}"
                )
                hint = f"raise the pod's {word}, or lower the containers'"
                yield REQUESTS_EXCEED_LIMITS.complaint(message, hint, ("resources", kind, name))
    for name, request in amounts["requests"].items():
        limit = amounts["limits"].get(name)
        given = name in spec["resources"].get("requests", {})
        if limit is not None and request > limit and not given:
            message = (
                f"the containers request {format_amount(name, request)} together, more than this"
            )
            hint = "raise the limit, or lower the containers' requests"
            yield REQUESTS_EXCEED_LIMITS.complaint(message, hint, ("resources", "limits", name))


def _limits(spec: Object, limits: Mapping[str, Decimal]) -> Complaints:
    """Check that no container has a higher limit than the pod."""
    for path, container in containers(spec, (), ("containers",)):
        for name, limit in limits.items():
            amount = set_amount(container, "limits", name)
            if amount is not None and amount > limit:
                message = f"is more than the pod's limit of {format_amount(name, limit)}"
                hint = "lower it, or raise the pod's limit"
                at = (*path, "resources", "limits", name)
                yield REQUESTS_EXCEED_LIMITS.complaint(message, hint, at)
