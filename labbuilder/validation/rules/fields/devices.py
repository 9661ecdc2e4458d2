"""Rules about block devices, and devices that pods claim."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labbuilder.errors import Path, shown
from labbuilder.validation.rules.combinators import (
    DUPLICATE,
    INVALID_VALUE,
    ONE_OF_MANY,
    Object,
    both,
    filled,
    misplaced,
    optional,
)
from labbuilder.validation.rules.fields.naming import dns_label, dns_subdomain
from labbuilder.validation.rules.fields.volumes import INVALID_PATH
from labbuilder.validation.rules.rule import Check, Complaint, rule

__all__ = ["FIELDS", "TYPES"]

UNKNOWN_CLAIM = rule(
    "unknown-claim",
    "a container names a resource claim that the pod doesn't have",
    "validateResourceClaimNames",
)
UNKNOWN_DEVICE = rule(
    "unknown-device",
    "a container names as a device what is no claim among the pod's volumes, or mounts it too",
    "ValidateVolumeDevices",
)

_KINDS = ("initContainers", "containers")
_BLOCKS = ("persistentVolumeClaim", "ephemeral")


def _devices(spec: Object) -> Iterator[Complaint]:
    volumes = {volume["name"]: volume for volume in spec.get("volumes", ())}
    for kind in _KINDS:
        for i, container in enumerate(spec.get(kind, ())):
            if spec.get("hostUsers") is False:
                yield from misplaced(
                    container, ("volumeDevices",), "goes not with hostUsers: false", (kind, i)
                )
            mounts = container.get("volumeMounts", ())
            names = {mount["name"] for mount in mounts}
            paths = {mount["mountPath"] for mount in mounts}
            seen: set[str] = set()
            for k, device in enumerate(container.get("volumeDevices", ())):
                at: Path = (kind, i, "volumeDevices", k)
                volume = volumes.get(device["name"], {})
                if not any(source in volume for source in _BLOCKS) or device["name"] in names:
                    message = f"{shown(device['name'])} is no claim that is a device alone"
                    yield Complaint(UNKNOWN_DEVICE, message, "name a claim", (*at, "name"))
                place = device["devicePath"]
                if place in paths or device["name"] in seen:
                    message = "stands twice"
                    yield Complaint(DUPLICATE, message, "keep one of the two", (*at, "name"))
                if ".." in place.split("/"):
                    message = f"{shown(place)} holds `..`"
                    yield Complaint(INVALID_PATH, message, "", (*at, "devicePath"))
                seen.add(device["name"])


def _claims(spec: Object) -> Iterator[Complaint]:
    known = {claim["name"] for claim in spec.get("resourceClaims", ())}
    for kind in _KINDS:
        for i, container in enumerate(spec.get(kind, ())):
            claims = container.get("resources", {}).get("claims", ())
            at: Path = (kind, i, "resources", "claims")
            for k, claim in enumerate(claims):
                if claim["name"] not in known:
                    message = f"the pod has no resource claim {shown(claim['name'])}"
                    yield Complaint(UNKNOWN_CLAIM, message, "add it", (*at, k, "name"))
                if _overlaps(claim, claims[:k]):
                    message = "stands twice"
                    yield Complaint(DUPLICATE, message, "keep one of the two", (*at, k))


def _overlaps(claim: Object, others: Sequence[Object]) -> bool:
    """Tell whether a request of a claim, or all of its requests, are asked for already."""
    request = claim.get("request", "")
    return any(
        other["name"] == claim["name"]
        and (not request or other.get("request", "") in {"", request})
        for other in others
    )


def _claim(value: Object) -> Iterator[Complaint]:
    if ("resourceClaimName" in value) == ("resourceClaimTemplateName" in value):
        message = "needs resourceClaimName or resourceClaimTemplateName"
        yield Complaint(ONE_OF_MANY, message, "leave one of them")


def _pod_claims(spec: Object) -> Iterator[Complaint]:
    if "claims" in spec.get("resources", {}):
        at = ("resources", "claims")
        yield Complaint(INVALID_VALUE, "containers have claims, pods none", "leave it out", at)


FIELDS: dict[str, Check] = {
    "PodResourceClaim.name": both(filled, optional(dns_label)),
    "PodResourceClaim.resourceClaimName": dns_subdomain,
    "PodResourceClaim.resourceClaimTemplateName": dns_subdomain,
    "ResourceClaim.name": filled,
    "ResourceClaim.request": optional(dns_label),
    "VolumeDevice.name": filled,
    "VolumeDevice.devicePath": filled,
}
"""The checks by type and field."""

TYPES: dict[str, Check] = {
    "PodResourceClaim": _claim,
    "PodSpec": both(_devices, _claims, _pod_claims),
}
"""The checks by type."""
