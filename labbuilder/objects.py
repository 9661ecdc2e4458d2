"""A lab as manifests: what a compilation gives, and what a cluster holds of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from labbuilder.catalog import CATALOG
from labbuilder.errors import Finding

__all__ = ["LabObjects", "LabStateObjects", "Manifest"]

Manifest = dict[str, Any]
"""A Kubernetes object in JSON types."""


@dataclass(frozen=True, slots=True)
class LabObjects:
    """The manifests of one lab.

    Attributes
    ----------
    config_maps
        The one with ``passwd`` and ``group``, then the one with files.
    secrets
        The lab's, then the pull secret if there is one.
    warnings
        What doesn't stop the compilation and is worth knowing.
    """

    namespace: Manifest
    quota: Manifest | None
    env_config_map: Manifest = field(repr=False)  # JupyterHub puts its tokens there
    config_maps: list[Manifest]
    secrets: list[Manifest] = field(repr=False)
    pvcs: list[Manifest]
    network_policy: Manifest
    service: Manifest
    pod: Manifest
    warnings: tuple[Finding, ...] = ()

    def manifests(self) -> list[Manifest]:
        """List the manifests in apply order.

        Returns
        -------
        list of dict
            The very objects that the attributes hold.
        """
        parts = (getattr(self, entry.part) for entry in CATALOG)
        return [
            manifest
            for part in parts
            for manifest in (part if isinstance(part, list) else [part])
            if manifest is not None
        ]


@dataclass(frozen=True, slots=True)
class LabStateObjects:
    """What a lab's state is recreated from: the objects of one lab in a cluster.

    Each is a plain dict, or an object of any client library.

    Attributes
    ----------
    env_config_map
        The ConfigMap with the lab's environment.
    quota
        The ResourceQuota, if the user has one.
    pod
        The Pod.
    """

    env_config_map: Any = field(repr=False)  # as above
    quota: Any
    pod: Any = field(repr=False)
