"""What objects use of the resources that quotas limit."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from labbuilder.manifest import containers
from labbuilder.quantity import parse_quantity
from labbuilder.validation.rules.fields.amounts import amount_of, is_extended, is_huge_pages
from labbuilder.validation.rules.fields.pod_resources import aggregate, pod_amounts
from labbuilder.validation.rules.rule import Object

__all__ = ["ADDED_BY_CLUSTERS", "CHARGED", "is_finished", "usage_of"]

CHARGED = ("cpu", "memory", "ephemeral-storage")
_LISTS = ("containers", "initContainers")
_ONE = Decimal(1)
_COUNTS = {
    "ConfigMap": "configmaps",
    "PersistentVolumeClaim": "persistentvolumeclaims",
    "Pod": "pods",
    "ResourceQuota": "resourcequotas",
    "Secret": "secrets",
    "Service": "services",
}
"""The kinds whose objects have a count by a plain name; all have one with ``count/``."""
_OTHERS = {
    "LimitRange": "limitranges",
    "NetworkPolicy": "networkpolicies.networking.k8s.io",
    "ServiceAccount": "serviceaccounts",
}
_CLASS = ".storageclass.storage.k8s.io/"
_CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"
ADDED_BY_CLUSTERS: Mapping[str, Decimal] = {
    "configmaps": _ONE,  # kube-root-ca.crt
    "count/configmaps": _ONE,
    "count/serviceaccounts": _ONE,  # default
}
"""What kube-controller-manager adds to every namespace."""


def usage_of(manifest: Object, spec: Object) -> dict[str, Decimal]:
    """Return what an object uses, by the names of resources in quotas.

    The spec is the object's own, or a pod's with what limit ranges fill in.
    """
    kind = manifest["kind"]
    used: dict[str, Decimal] = {}
    if kind in _COUNTS:
        used = {_COUNTS[kind]: _ONE, f"count/{_COUNTS[kind]}": _ONE}
    elif kind in _OTHERS:
        used = {f"count/{_OTHERS[kind]}": _ONE}
    if is_finished(manifest):
        return {"count/pods": _ONE}
    if kind == "Pod":
        used |= _of_pod(spec)
    elif kind == "PersistentVolumeClaim":
        used |= _of_claim(manifest, spec)
    elif kind == "Service":
        used |= _of_service(spec)
    return used


def is_finished(manifest: Object) -> bool:
    """Mirror ``QuotaV1Pod``: a pod that has ended, of a cluster, holds no resources."""
    phase = manifest.get("status", {}).get("phase")
    return (
        manifest["kind"] == "Pod"
        and "uid" in manifest["metadata"]
        and phase in {"Failed", "Succeeded"}
    )


def _of_pod(spec: Object) -> dict[str, Decimal]:
    """Mirror ``podComputeUsageHelper``."""
    used: dict[str, Decimal] = {}
    for kind in ("requests", "limits"):
        for name, amount in _pod_total(spec, kind).items():
            if name in CHARGED:
                used[f"{kind}.{name}"] = amount
                if kind == "requests":
                    used[name] = amount
            elif kind == "requests" and is_huge_pages(name):
                used[name] = used[f"requests.{name}"] = amount
            elif kind == "requests" and is_extended(name):
                used[f"requests.{name}"] = amount
    return used


def _pod_total(spec: Object, kind: str) -> dict[str, Decimal]:
    """Mirror ``PodRequests`` and ``PodLimits``."""
    total: dict[str, Decimal] = {}
    for _, container in containers(spec, (), _LISTS):
        resources = container.get("resources", {})
        kinds = ("requests", "limits") if kind == "requests" else ("limits",)
        for name in (name for each in kinds for name in resources.get(each, ())):
            if name not in total:
                total[name] = aggregate(spec, kind, name)
    if spec.get("resources"):
        total |= pod_amounts(spec)[kind]
    if total and spec.get("overhead"):
        for name, amount in spec["overhead"].items():
            if kind == "requests" or name in total:
                total[name] = total.get(name, Decimal(0)) + (amount_of(amount) or 0)
    return total


def _of_claim(manifest: Object, spec: Object) -> dict[str, Decimal]:
    storage = amount_of(spec.get("resources", {}).get("requests", {}).get("storage", 0))
    annotations = manifest["metadata"].get("annotations", {})
    name = annotations.get(_CLASS_ANNOTATION, spec.get("storageClassName", ""))
    used = {"requests.storage": storage or parse_quantity(0)}
    if name:
        used[f"{name}{_CLASS}requests.storage"] = used["requests.storage"]
        used[f"{name}{_CLASS}persistentvolumeclaims"] = _ONE
    return used


def _of_service(spec: Object) -> dict[str, Decimal]:
    kind, ports = spec.get("type"), spec.get("ports", ())
    balanced = kind == "LoadBalancer"
    if balanced and spec.get("allocateLoadBalancerNodePorts") is False:
        ports = [port for port in ports if port.get("nodePort")]
    count = len(ports) if balanced or kind == "NodePort" else 0
    return {
        "services.nodeports": Decimal(count),
        "services.loadbalancers": Decimal(1 if balanced else 0),
    }
