"""Checks of block devices, and of devices that pods claim."""

from __future__ import annotations

from collections import defaultdict

from labbuilder.errors import shown
from labbuilder.manifest import containers
from labbuilder.validation.rules.combinators import (
    DUPLICATE,
    INVALID_VALUE,
    exactly_one,
    filled,
    misplaced,
    optional,
    required,
)
from labbuilder.validation.rules.fields.naming import dns_label, dns_subdomain
from labbuilder.validation.rules.fields.volumes import INVALID_PATH
from labbuilder.validation.rules.rule import Complaints, Object, Rule, check_fields, checks

UNKNOWN_CLAIM = Rule(
    "unknown-claim",
    "a container names a resource claim that the pod doesn't have",
    "validateResourceClaimNames",
    guarded=False,
)
UNKNOWN_DEVICE = Rule(
    "unknown-device",
    "a block device is not a claim among the pod's volumes, or is mounted too",
    "ValidateVolumeDevices",
    guarded=False,
)
_BLOCK_SOURCES = {"persistentVolumeClaim", "ephemeral"}


@checks("PodSpec")
def _devices(spec: Object) -> Complaints:
    volumes = {volume["name"]: volume for volume in spec.get("volumes", ())}
    for path, container in containers(spec):
        if spec.get("hostUsers") is False:
            why = "can't be combined with hostUsers: false"
            yield from misplaced(container, ("volumeDevices",), why, path)
        mounts = container.get("volumeMounts", ())
        mounted = {mount["name"] for mount in mounts}
        paths = {mount["mountPath"] for mount in mounts}
        seen: set[str] = set()
        for i, device in enumerate(container.get("volumeDevices", ())):
            at = (*path, "volumeDevices", i)
            name, place = device["name"], device["devicePath"]
            if not _BLOCK_SOURCES & volumes.get(name, {}).keys():
                message = f"{shown(name)} is not a volume of the pod with a claim"
                yield UNKNOWN_DEVICE.complaint(message, "name such a volume", (*at, "name"))
            elif name in mounted:
                message = f"{shown(name)} is mounted too"
                yield UNKNOWN_DEVICE.complaint(message, "remove one of them", (*at, "name"))
            if place in paths or name in seen:
                yield DUPLICATE.complaint("is duplicated", "remove one of them", (*at, "name"))
            if ".." in place.split("/"):
                message, hint = f"{shown(place)} contains `..`", "use a path without `..`"
                yield INVALID_PATH.complaint(message, hint, (*at, "devicePath"))
            seen.add(name)


@checks("PodSpec")
def _claims(spec: Object) -> Complaints:
    known = {claim["name"] for claim in spec.get("resourceClaims", ())}
    for path, container in containers(spec):
        claims = container.get("resources", {}).get("claims", ())
        at = (*path, "resources", "claims")
        taken: defaultdict[str, set[str]] = defaultdict(set)  # requests, by the claim's name
        for i, claim in enumerate(claims):
            if claim["name"] not in known:
                message = f"the pod has no resource claim {shown(claim['name'])}"
                hint = "add it to resourceClaims"
                yield UNKNOWN_CLAIM.complaint(message, hint, (*at, i, "name"))
            request, others = claim.get("request", ""), taken[claim["name"]]
            # No request stands for all of them.
            if others and (not request or not others.isdisjoint({"", request})):
                yield DUPLICATE.complaint("is duplicated", "remove one of them", (*at, i))
            others.add(request)


@checks("PodSpec")
def _pod_claims(spec: Object) -> Complaints:
    if "claims" in spec.get("resources", {}):
        message, hint = "is only allowed in containers", "set it in the containers"
        yield INVALID_VALUE.complaint(message, hint, ("resources", "claims"))


checks("PodResourceClaim")(exactly_one("resourceClaimName", "resourceClaimTemplateName"))
check_fields(
    "PodResourceClaim",
    name=required(dns_label),
    resourceClaimName=dns_subdomain,
    resourceClaimTemplateName=dns_subdomain,
)
check_fields("ResourceClaim", name=filled, request=optional(dns_label))
check_fields("VolumeDevice", name=filled, devicePath=filled)
