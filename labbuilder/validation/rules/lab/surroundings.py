"""What a namespace contains besides the manifest that is checked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from labbuilder.errors import Path
from labbuilder.manifest import CONTAINER_LISTS, containers, labels_of
from labbuilder.names import CATEGORY_LABEL
from labbuilder.validation.rules.lab.labels import Labelled
from labbuilder.validation.rules.rule import Object

__all__ = ["Pods", "Surroundings", "pod_containers", "running_containers"]

_EVERYWHERE = ("ConfigMap", "kube-root-ca.crt")
"""The object that kube-controller-manager adds to every namespace."""


class Pods(Labelled):
    """The pods of one namespace, by number.

    Attributes
    ----------
    labs
        Those that are labs.
    with_ports
        Those with a container that declares a port.
    by_port
        Those with a port, by its number or name and its protocol.
    """

    def __init__(self, pods: Sequence[Object]) -> None:
        super().__init__([labels_of(pod) for pod in pods])
        self.labs = self.select({"matchLabels": {CATEGORY_LABEL: "lab"}})
        self.with_ports: set[int] = set()
        self.by_port: defaultdict[tuple[str | int, str], set[int]] = defaultdict(set)
        for i, pod in enumerate(pods):
            for container in running_containers(pod.get("spec", {})):
                for port in container.get("ports", ()):
                    self.with_ports.add(i)
                    for target in (port["containerPort"], port.get("name")):
                        self.by_port[target, port.get("protocol") or "TCP"].add(i)


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
        self._kinds: set[str] = set()
        self._pods: Pods | None = None

    def add(self, kind: str, name: str, manifest: Object) -> None:
        """Add an object, or replace the one of the same kind and name."""
        self.objects[kind, name] = manifest
        self._kinds.add(kind)

    def lacks(self, kind: str, name: str) -> bool:
        """Return whether an object is missing, if those of its kind can be expected here."""
        if (kind, name) in self.objects or (kind, name) == _EVERYWHERE:
            return False
        return self.complete or kind in self._kinds

    def lacks_key(self, kind: str, name: str, key: str) -> bool:
        """Return whether a ConfigMap or Secret is here without a key."""
        found = self.objects.get((kind, name))
        parts = ("data", "binaryData", "stringData")
        return found is not None and not any(key in found.get(part, {}) for part in parts)

    def pods(self) -> Pods | None:
        """Return the pods, which are all here by now; None if there are none."""
        if "Pod" in self._kinds and not self._pods:
            found = [each for (kind, _), each in self.objects.items() if kind == "Pod"]
            self._pods = Pods(found)
        return self._pods


def pod_containers(pod: Object) -> Iterator[tuple[Path, Object]]:
    """List a pod's containers of every kind, init containers first, with their paths."""
    return containers(pod.get("spec", {}), ("spec",), CONTAINER_LISTS)


def running_containers(spec: Object) -> Iterator[Object]:
    """List the containers that run as long as their pod."""
    for path, container in containers(spec):
        if path[0] == "containers" or container.get("restartPolicy") == "Always":
            yield container
