"""The cluster for which manifests are judged."""

from __future__ import annotations

from dataclasses import dataclass

from labbuilder.names import is_dns_label, is_label_value, is_qualified_name
from labbuilder.validation.schemas import NEWEST

__all__ = ["ANY_HUB", "Hub", "Target", "minor", "parse_hub"]


@dataclass(frozen=True, slots=True)
class Hub:
    """Where JupyterHub is.

    Attributes
    ----------
    namespace
        The namespace of its pod; empty if that may be any.
    labels
        The labels by which its pod is known, with their values.
    """

    namespace: str = ""
    labels: tuple[tuple[str, str], ...] = (("app", "jupyterhub"),)

    def __str__(self) -> str:
        labels = ", ".join(f"{key}: {value}" for key, value in self.labels)
        where = f"namespace {self.namespace}" if self.namespace else "any namespace"
        return f"the hub, a pod labelled {labels} in {where},"


ANY_HUB = Hub()
"""The hub of Zero to JupyterHub, wherever it is."""


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
    hub
        Where the hub is that spawns the labs.
    all_features
        Whether it has all features on, so that it drops no field.
    accepted
        Codes of findings that are only warnings, because the site accepts what they say.
    """

    version: str = NEWEST
    for_our_labs: bool = False
    own_fragments: bool = False
    pod_security: str = ""
    hub: Hub = ANY_HUB
    all_features: bool = False
    accepted: frozenset[str] = frozenset()


def parse_hub(text: str) -> Hub:
    """Parse ``NAMESPACE:LABEL=VALUE[,LABEL=VALUE...]``, where ``*`` stands for any namespace.

    It raises ValueError for anything else.
    """
    namespace, _, labels = text.partition(":")
    pairs = [each.partition("=") for each in labels.split(",")]
    if namespace != "*" and not is_dns_label(namespace):
        raise ValueError("must start with a namespace, or * for any, and a colon")
    if not all(is_qualified_name(key) and is_label_value(value) for key, _, value in pairs):
        raise ValueError("must end with labels, such as app=jupyterhub,component=hub")
    found = tuple((key, value) for key, _, value in pairs)
    return Hub("" if namespace == "*" else namespace, found)


def minor(version: str) -> int:
    """Return the number by which versions such as ``1.34`` are ordered."""
    return int(version.partition(".")[2])
