"""Checks of what an API server takes, and warns of: it isn't what its author meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from labbuilder.errors import Path, Severity, shown
from labbuilder.manifest import containers
from labbuilder.validation.rules.fields.amounts import signed_amount_of
from labbuilder.validation.rules.fields.scheduling import pod_terms
from labbuilder.validation.rules.rule import Complaints, Object, Rule, Stop, check_fields, checks

_warned = partial(Rule, stop=Stop.NOBODY, severity=Severity.WARNING, guarded=False)
FRACTIONAL_BYTES = _warned(
    "fractional-bytes",
    "an amount of memory or storage isn't a whole number of bytes",
    "the API server's warnings, in GetWarningsForPod and GetWarningsForPersistentVolumeClaimSpec",
)
MATCHES_NO_PODS = _warned(
    "matches-no-pods",
    "an affinity or spread has no label selector, so that it is about no pod",
    "the API server's warnings, in GetWarningsForPod",
)
READ_OTHERWISE = _warned(
    "read-otherwise",
    "an API server takes a value as another one, or a field as absent",
    "the API server's warnings, in GetWarningsForPod",
)
REMOVED_STORAGE = _warned(
    "removed-storage",
    "a volume is of a type that Kubernetes no longer mounts",
    "the API server's warnings, in GetWarningsForPod",
)

_IN_BYTES = ("memory", "ephemeral-storage", "storage")
_REMOVED = {
    "cephfs": "1.31",
    "flocker": "1.25",
    "gitRepo": "1.33, by default",
    "glusterfs": "1.26",
    "photonPersistentDisk": "1.16",
    "quobyte": "1.25",
    "rbd": "1.31",
    "scaleIO": "1.22",
    "storageos": "1.25",
}
_SECCOMP_ANNOTATIONS = (
    "seccomp.security.alpha.kubernetes.io/pod",
    "container.seccomp.security.alpha.kubernetes.io/",
)


def _fractions(mapping: Mapping[str, Any]) -> Complaints:
    for name in _IN_BYTES:
        amount = signed_amount_of(mapping[name]) if name in mapping else None
        if amount is not None and amount != amount.to_integral_value():
            message = f"{shown(mapping[name])} isn't a whole number of bytes"
            hint = "use a suffix such as Mi; m means a thousandth"
            yield FRACTIONAL_BYTES.complaint(message, hint, (name,))


@checks("Pod")
def _selectors(pod: Object) -> Complaints:
    for at, term in pod_terms(pod.get("spec", {})):
        if "labelSelector" not in term:
            message = "has no labelSelector, and is about no pod"
            yield MATCHES_NO_PODS.complaint(message, "add a labelSelector", at)


@checks("Volume")
def _storage(volume: Object) -> Complaints:
    for source, version in _REMOVED.items():
        if source in volume:
            message = f"is of a type that isn't mounted since Kubernetes {version}"
            yield REMOVED_STORAGE.complaint(message, "use a persistentVolumeClaim", (source,))


@checks("PodSpec")
def _grace(spec: Object) -> Complaints:
    if spec.get("terminationGracePeriodSeconds", 0) < 0:
        grace = ("terminationGracePeriodSeconds",)
        yield READ_OTHERWISE.complaint("is taken as 1", "use 0 or more", grace)
    account, old = spec.get("serviceAccountName", ""), spec.get("serviceAccount", "")
    if account and old and account != old:
        message = f"is ignored, because serviceAccountName is {shown(account)}"
        yield READ_OTHERWISE.complaint(message, "remove it", ("serviceAccount",))
    for at, port in _ports(spec):
        if port.get("hostIP") and not port.get("hostPort"):
            message = "is ignored without hostPort"
            yield READ_OTHERWISE.complaint(message, "remove it", (*at, "hostIP"))


def _ports(spec: Object) -> Iterator[tuple[Path, Object]]:
    for path, container in containers(spec):
        for i, port in enumerate(container.get("ports", ())):
            yield (*path, "ports", i), port


@checks("Pod")
def _annotations(pod: Object) -> Complaints:
    for key in pod["metadata"].get("annotations", ()):
        if key == _SECCOMP_ANNOTATIONS[0] or key.startswith(_SECCOMP_ANNOTATIONS[1]):
            at = ("metadata", "annotations", key)
            message, hint = "does nothing since Kubernetes 1.27", "use the field seccompProfile"
            yield READ_OTHERWISE.complaint(message, hint, at, about_key=True)


check_fields("PodSpec", overhead=_fractions)
check_fields(
    "ResourceRequirements", "VolumeResourceRequirements", limits=_fractions, requests=_fractions
)
