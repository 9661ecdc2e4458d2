"""What a change of a manifest does to a running lab.

This mirrors the updates that kube-apiserver allows (``ValidatePodUpdate``,
``ValidateConfigMapUpdate``, ``ValidateSecretUpdate``, ``ValidateServiceUpdate``,
``ValidateResourceQuotaUpdate`` and ``ValidatePersistentVolumeClaimUpdate``), and how the kubelet
reacts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from enum import StrEnum
from functools import partial
from typing import Any

from labbuilder.errors import Path
from labbuilder.quantity import parse_quantity

__all__ = ["Impact", "fields_of", "of_field", "of_object", "worst"]

Object = Mapping[str, Any]


class Impact(StrEnum):
    """Classes of changes, from mild to severe.

    Attributes
    ----------
    NOTHING
        The manifest can be applied, and the lab keeps running.
    RESTART
        The manifest can be applied, and takes effect when a container restarts.
    RECREATE
        kube-apiserver refuses the update: the pod, or another object that the lab needs, must be
        deleted and created again.
    DATA_AT_RISK
        A claim must be deleted, and users' data may be lost with it.
    """

    NOTHING = "nothing"
    RESTART = "restart"
    RECREATE = "recreate"
    DATA_AT_RISK = "data at risk"

    @property
    def rank(self) -> int:
        """The severity, from 0."""
        return list(Impact).index(self)


def worst(impacts: Iterable[Impact]) -> Impact:
    """Return the worst of some classes; `NOTHING` if there are none."""
    return max(impacts, key=lambda impact: impact.rank, default=Impact.NOTHING)


def of_object(kind: str, *, removed: bool, holds_claims: bool = False) -> Impact:
    """Classify the addition or removal of a whole object.

    `holds_claims` says whether it is a Namespace with claims in it. The effect of a removed
    ConfigMap shows in the pod that used it.
    """
    if not removed:
        return Impact.NOTHING
    if kind == "PersistentVolumeClaim" or (kind == "Namespace" and holds_claims):
        return Impact.DATA_AT_RISK
    if kind in {"ConfigMap", "NetworkPolicy", "ResourceQuota", "Secret"}:
        return Impact.NOTHING
    return Impact.RECREATE


def of_field(manifest: Object, path: Path, old: Any, new: Any) -> Impact:
    """Classify the change of a field from an old to a new value; None if there is no value.

    The path has items of lists by their names if they have any. A field of an unknown kind counts
    as `Impact.RECREATE`.
    """
    return fields_of(manifest)(path, old, new)


def fields_of(manifest: Object) -> Callable[[Path, Any, Any], Impact]:
    """Return `of_field` for one object, of which many fields may change."""
    kind = str(manifest.get("kind"))
    by_kind: Callable[[Path, Any, Any], Impact] = partial(_KINDS.get(kind, _unknown), manifest)
    if kind == "Pod":
        by_kind = partial(_pod, _sidecars(manifest))

    def classify(path: Path, old: Any, new: Any) -> Impact:
        if path[0] in {"apiVersion", "metadata"}:
            # A running pod is not admitted again if its namespace's labels change, and it keeps
            # running if the labels change that services and policies select it by.
            return Impact.NOTHING
        return by_kind(path, old, new)

    return classify


def _unknown(_manifest: Object, _path: Path, _old: Any, _new: Any) -> Impact:
    return Impact.RECREATE


def _nothing(_manifest: Object, _path: Path, _old: Any, _new: Any) -> Impact:
    return Impact.NOTHING


def _data(manifest: Object, path: Path, _old: Any, _new: Any) -> Impact:
    """Classify a change of a ConfigMap or Secret, which a lab reads when it starts."""
    if manifest.get("immutable") is True or path[0] == "type":
        return Impact.RECREATE
    return Impact.NOTHING if path[0] == "immutable" else Impact.RESTART


def _quota(_manifest: Object, path: Path, _old: Any, _new: Any) -> Impact:
    # Running pods stay, even above a quota; only its scopes are immutable.
    return Impact.RECREATE if path[:2] == ("spec", "scopes") else Impact.NOTHING


def _service(_manifest: Object, path: Path, old: Any, new: Any) -> Impact:
    """Classify a change of a Service, which keeps its address until it is deleted."""
    match path:
        case ("spec", "clusterIP" | "clusterIPs" | "ipFamilies" | "loadBalancerClass", *_):
            return Impact.RECREATE
        case ("spec", "healthCheckNodePort", *_):
            return Impact.RECREATE
        case ("spec", "type") if "ExternalName" in (old, new):  # which has no address
            return Impact.RECREATE
    return Impact.NOTHING


def _claim(_manifest: Object, path: Path, old: Any, new: Any) -> Impact:
    match path:
        case ("spec", "resources", "requests", "storage") if _grown(old, new):
            return Impact.NOTHING
        case ("spec", "volumeAttributesClassName") if new is not None:
            return Impact.NOTHING
    return Impact.DATA_AT_RISK


def _grown(old: Any, new: Any) -> bool:
    try:
        return parse_quantity(new) >= parse_quantity(old)
    except ValueError:
        return False


def _pod(sidecars: AbstractSet[str | int], path: Path, old: Any, new: Any) -> Impact:
    """Classify a change of a pod, of which few fields can be updated.

    Resources can be updated only by the pod's ``resize``, and a deadline that is set or shortened
    may have passed and then ends the pod: both count as `Impact.RECREATE`.
    """
    match path:
        case ("spec", "containers", _, "image") if old and new:
            return Impact.RESTART
        case ("spec", "initContainers", name, "image") if old and new:
            # Init containers don't run again; sidecars run as long as the lab.
            return Impact.RESTART if name in sidecars else Impact.NOTHING
        case ("spec", "tolerations") | ("spec", "tolerations", _) if old is None:
            return Impact.NOTHING
        case ("spec", "tolerations", _, "tolerationSeconds"):
            return Impact.NOTHING
        case ("spec", "terminationGracePeriodSeconds") if isinstance(old, int) and old < 0:
            return Impact.NOTHING if new == 1 else Impact.RECREATE
    return Impact.RECREATE


def _sidecars(pod: Object) -> AbstractSet[str | int]:
    """Collect the names and indices of the init containers that run as long as the pod."""
    spec = pod.get("spec")
    found = spec.get("initContainers") if isinstance(spec, Mapping) else None
    return {
        key
        for i, container in enumerate(found if isinstance(found, list) else ())
        if isinstance(container, Mapping) and container.get("restartPolicy") == "Always"
        for key in (i, container.get("name"))
        if isinstance(key, str | int)
    }


_KINDS: Mapping[str, Callable[[Object, Path, Any, Any], Impact]] = {
    "ConfigMap": _data,
    "Namespace": _nothing,
    "NetworkPolicy": _nothing,
    "PersistentVolumeClaim": _claim,
    "ResourceQuota": _quota,
    "Secret": _data,
    "Service": _service,
}
