"""What a namespace contains besides the manifest that is checked."""

from __future__ import annotations

from collections.abc import Iterator

from labbuilder.errors import Path
from labbuilder.manifest import CONTAINER_LISTS, containers
from labbuilder.validation.rules.rule import Object

__all__ = ["Surroundings", "pod_containers", "running_containers"]

_EVERYWHERE = ("ConfigMap", "kube-root-ca.crt")
"""The object that kube-controller-manager adds to every namespace."""


class Surroundings:
    """The objects of one namespace.

    Attributes
    ----------
    objects
        By kind and name.
    complete
        Whether all objects of the namespace are here, because the Namespace itself is.
    """

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], Object] = {}
        self.complete = False

    def lacks(self, kind: str, name: str) -> bool:
        """Return whether an object is missing, if those of its kind can be expected here."""
        if (kind, name) in self.objects or (kind, name) == _EVERYWHERE:
            return False
        return self.complete or any(known == kind for known, _ in self.objects)

    def lacks_key(self, kind: str, name: str, key: str) -> bool:
        """Return whether a ConfigMap or Secret is here without a key."""
        found = self.objects.get((kind, name))
        parts = ("data", "binaryData", "stringData")
        return found is not None and not any(key in found.get(part, {}) for part in parts)

    def pods(self) -> list[Object]:
        """List the pods."""
        return [manifest for (kind, _), manifest in self.objects.items() if kind == "Pod"]


def pod_containers(pod: Object) -> Iterator[tuple[Path, Object]]:
    """List a pod's containers of every kind, init containers first, with their paths."""
    return containers(pod.get("spec", {}), ("spec",), CONTAINER_LISTS)


def running_containers(spec: Object) -> Iterator[Object]:
    """List the containers that run as long as their pod."""
    for path, container in containers(spec):
        if path[0] == "containers" or container.get("restartPolicy") == "Always":
            yield container
