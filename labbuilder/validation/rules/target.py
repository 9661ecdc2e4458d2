"""The cluster for which manifests are judged."""

from __future__ import annotations

from dataclasses import dataclass

from labbuilder.validation.schemas import NEWEST

__all__ = ["Target", "minor"]


@dataclass(frozen=True, slots=True)
class Target:
    """What is known of a cluster besides the manifests that it gets.

    Attributes
    ----------
    version
        Its Kubernetes version, one of `labbuilder.validation.schemas.VERSIONS`.
    for_our_labs
        Whether labbuilder makes the manifests, which keep more promises than a cluster asks for.
    own_fragments
        Whether it makes them of fragments of the site's own, which may break some on purpose.
    pod_security
        The level of the Pod Security Standards that namespaces without a label enforce, such as
        ``baseline``; empty if that is unknown.
    """

    version: str = NEWEST
    for_our_labs: bool = False
    own_fragments: bool = False
    pod_security: str = ""


def minor(version: str) -> int:
    """Return the number by which versions such as ``1.34`` are ordered."""
    return int(version.partition(".")[2])
