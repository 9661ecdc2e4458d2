"""What a change of a manifest would do to the lab that runs.

It mirrors what an API server lets be updated (``ValidatePodUpdate``, ``ValidateConfigMapUpdate``,
``ValidateSecretUpdate``, ``ValidateServiceUpdate``, ``ValidateResourceQuotaUpdate`` and
``ValidatePersistentVolumeClaimUpdate``), and what the kubelet makes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any

from labbuilder.errors import Path
from labbuilder.quantity import parse_quantity

__all__ = ["Impact", "of_field", "of_object", "worst"]

Object = Mapping[str, Any]


class Impact(StrEnum):
    """Classes of changes, the least first.

    Attributes
    ----------
    NOTHING
        Applying the manifest does it, and the lab runs on.
    RESTART
        Applying it does it, and a container has to start again for it.
    RECREATE
        An API server refuses it: the pod, or another object that the lab needs, has to be
        deleted and made anew.
    DATA_AT_RISK
        A claim has to be deleted, and what users keep there may go with it.
    """

    NOTHING = "nothing"
    RESTART = "restart"
    RECREATE = "recreate"
    DATA_AT_RISK = "data at risk"

    @property
    def rank(self) -> int:
        """The place among the classes, from 0. Their texts have another order."""
        return list(Impact).index(self)


def worst(impacts: Iterable[Impact]) -> Impact:
    """Give the worst of some classes; of none, that nothing happens."""
    return max(impacts, key=lambda impact: impact.rank, default=Impact.NOTHING)


def of_object(kind: str, *, removed: bool, holds_claims: bool = False) -> Impact:
    """Class a whole object that is added or removed.

    Parameters
    ----------
    kind
        Such as ``Pod``.
    removed
        Whether it is the old manifests that have it.
    holds_claims
        Of a Namespace, whether there are claims in it.

    Returns
    -------
    Impact
        The class. What a removed ConfigMap does shows in the pod that used it.
    """
    if not removed:
        return Impact.NOTHING
    if kind == "PersistentVolumeClaim" or (kind == "Namespace" and holds_claims):
        return Impact.DATA_AT_RISK
    if kind in {"ConfigMap", "NetworkPolicy", "ResourceQuota", "Secret"}:
        return Impact.NOTHING
    return Impact.RECREATE


def of_field(manifest: Object, path: Path, old: Any, new: Any) -> Impact:
    """Class the change of a field.

    Parameters
    ----------
    manifest
        The old manifest.
    path
        The field; items of lists by their names where they have any.
    old, new
        The values; None if there is none.

    Returns
    -------
    Impact
        The class; of a kind that isn't known, the one for what can't be updated.
    """
    if path[0] in {"apiVersion", "metadata"}:
        # A running pod is not admitted again, whatever its namespace's labels; and it keeps
        # running where a label changes by which services and policies select it.
        return Impact.NOTHING
    classify = _KINDS.get(str(manifest.get("kind")))
    return classify(manifest, path, old, new) if classify else Impact.RECREATE


def _nothing(_manifest: Object, _path: Path, _old: Any, _new: Any) -> Impact:
    return Impact.NOTHING


def _data(manifest: Object, path: Path, _old: Any, _new: Any) -> Impact:
    """Class a change of a ConfigMap or Secret, which a lab reads when it starts."""
    if manifest.get("immutable") is True or path[0] == "type":
        return Impact.RECREATE
    return Impact.NOTHING if path[0] == "immutable" else Impact.RESTART


def _quota(_manifest: Object, path: Path, _old: Any, _new: Any) -> Impact:
    # Running pods stay, even above a quota. Its scopes are immutable.
    return Impact.RECREATE if path[:2] == ("spec", "scopes") else Impact.NOTHING


def _service(_manifest: Object, path: Path, old: Any, new: Any) -> Impact:
    """Class a change of a Service, which keeps its address for as long as it is there."""
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


def _pod(manifest: Object, path: Path, old: Any, new: Any) -> Impact:
    """Class a change of a pod, of which few fields can be updated.

    Resources can be as well, but only by the pod's ``resize``; and a deadline that is set or
    shortened, which may have passed and then ends the pod.
    """
    match path:
        case ("spec", "containers", _, "image") if old and new:
            return Impact.RESTART
        case ("spec", "initContainers", name, "image") if old and new:
            # They have run, and don't run again; but sidecars run beside the lab.
            return Impact.RESTART if _is_sidecar(manifest, name) else Impact.NOTHING
        case ("spec", "tolerations") | ("spec", "tolerations", _) if old is None:
            return Impact.NOTHING
        case ("spec", "tolerations", _, "tolerationSeconds"):
            return Impact.NOTHING
        case ("spec", "terminationGracePeriodSeconds") if isinstance(old, int) and old < 0:
            return Impact.NOTHING if new == 1 else Impact.RECREATE
    return Impact.RECREATE


def _is_sidecar(pod: Object, name: str | int) -> bool:
    for i, container in enumerate(pod["spec"]["initContainers"]):
        if isinstance(container, Mapping) and name in (i, container.get("name")):
            return container.get("restartPolicy") == "Always"
    return False


_KINDS: Mapping[str, Callable[[Object, Path, Any, Any], Impact]] = {
    "ConfigMap": _data,
    "Namespace": _nothing,
    "NetworkPolicy": _nothing,
    "PersistentVolumeClaim": _claim,
    "Pod": _pod,
    "ResourceQuota": _quota,
    "Secret": _data,
    "Service": _service,
}
