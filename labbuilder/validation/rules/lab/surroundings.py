"""What stands beside a manifest in its namespace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from labbuilder.errors import Path

__all__ = ["Manifest", "Surroundings", "containers"]

Manifest = Mapping[str, Any]
_EVERYWHERE = ("ConfigMap", "kube-root-ca.crt")
"""What the controller manager puts into every namespace."""


class Surroundings:
    """What stands in one namespace.

    Attributes
    ----------
    objects
        By kind and name.
    whole
        Whether everything that the namespace is to hold is there, since it is itself.
    """

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], Manifest] = {}
        self.whole = False

    def lacks(self, kind: str, name: str) -> bool:
        """Tell whether an object isn't there, where those of its kind can be expected to be."""
        if (kind, name) in self.objects or (kind, name) == _EVERYWHERE:
            return False
        return self.whole or any(known == kind for known, _ in self.objects)

    def lacks_key(self, kind: str, name: str, key: str) -> bool:
        """Tell whether a ConfigMap or Secret is there without a key."""
        found = self.objects.get((kind, name))
        parts = ("data", "binaryData", "stringData")
        return found is not None and not any(key in found.get(part, {}) for part in parts)

    def pods(self) -> list[Manifest]:
        """List the pods."""
        return [manifest for (kind, _), manifest in self.objects.items() if kind == "Pod"]


def containers(pod: Manifest) -> Iterator[tuple[Path, Manifest]]:
    """List a pod's containers of every kind, init containers first, with their paths."""
    for field in ("initContainers", "containers", "ephemeralContainers"):
        for i, container in enumerate(pod.get("spec", {}).get(field, ())):
            yield ("spec", field, i), container
