"""A lab as manifests: the result of a compilation, and the objects in a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from labbuilder.errors import Finding
from labbuilder.lab.catalog import CATALOG
from labbuilder.manifest import Manifest

__all__ = ["LabObjects", "LabStateObjects", "in_apply_order"]


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
        Findings that don't stop the compilation.
    """

    namespace: Manifest
    quota: Manifest | None
    env_config_map: Manifest = field(repr=False)  # JupyterHub's tokens are in it
    config_maps: list[Manifest] = field(repr=False)
    secrets: list[Manifest] = field(repr=False)
    pvcs: list[Manifest]
    network_policy: Manifest
    service: Manifest
    pod: Manifest = field(repr=False)  # the site's annotations are in it
    warnings: tuple[Finding, ...] = ()

    def manifests(self) -> list[Manifest]:
        """List the manifests in apply order.

        Returns
        -------
        list of dict
            The same objects that the attributes hold, no copies.
        """
        return in_apply_order({entry.part: getattr(self, entry.part) for entry in CATALOG})


def in_apply_order(parts: Mapping[str, Any]) -> list[Manifest]:
    """List the manifests of each attribute of `LabObjects` in apply order."""
    manifests: list[Manifest] = []
    for entry in CATALOG:
        part = parts[entry.part]
        if entry.many:
            manifests += part
        elif part is not None:
            manifests.append(part)
    return manifests


@dataclass(frozen=True, slots=True)
class LabStateObjects:
    """The objects of a cluster from which the state of one lab is recreated.

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
    quota: Any = field(repr=False)
    pod: Any = field(repr=False)
