"""Whom the peers of network policies stand for.

For each peer that a policy admits, the pod least like a friend is constructed: if even that is
one, all are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from labbuilder.errors import Path, shown
from labbuilder.manifest import containers, labels_of
from labbuilder.names import (
    CATEGORY_LABEL,
    LAB_PORT,
    NOTEBOOK_CONTAINER,
    NOTEBOOK_PORT_NAME,
    USER_LABEL,
)
from labbuilder.validation.rules.lab.labels import Labels, Requirement, matches, requirements
from labbuilder.validation.rules.lab.surroundings import pod_containers
from labbuilder.validation.rules.rule import Object
from labbuilder.validation.rules.target import ANY_HUB, Hub

__all__ = [
    "NAMESPACE_NAME",
    "OUR_PEER",
    "Friends",
    "Place",
    "Stranger",
    "admits_hub",
    "find_stranger",
    "size_of",
]

NAMESPACE_NAME = "kubernetes.io/metadata.name"
"""The label that every namespace has, with its name."""
OUR_PEER = {
    "namespaceSelector": {},
    "podSelector": {"matchLabels": {"app": "jupyterhub"}},
}
"""Whom labbuilder's own policy admits as the hub."""
_ANY = "anything"
_OTHER = "\0"  # the name that no namespace has


class Place(NamedTuple):
    """Where a lab's notebook listens."""

    port: int
    protocol: str
    names: frozenset[str]  # of that port, in any container

    @classmethod
    def of(cls, pod: Object) -> Place:
        """Find the place in a lab's pod."""
        found = LAB_PORT, "TCP"
        for _, container in containers(pod.get("spec", {}), lists=["containers"]):
            is_notebook = container["name"] == NOTEBOOK_CONTAINER
            for port in container.get("ports", ()):
                if is_notebook and port.get("name") == NOTEBOOK_PORT_NAME:
                    found = port["containerPort"], port.get("protocol", "TCP")
        names = frozenset(
            port["name"]
            for _, container in pod_containers(pod)
            for port in container.get("ports", ())
            if "name" in port and (port["containerPort"], port.get("protocol", "TCP")) == found
        )
        return cls(*found, names)

    def peers(self, policy: Object) -> Iterator[tuple[Path, Object | None]]:
        """List the peers that a policy admits here; None is everybody."""
        for i, each in enumerate(policy.get("spec", {}).get("ingress", ())):
            ports = each.get("ports", ())
            if ports and not any(map(self._is_covered, ports)):
                continue
            at = ("spec", "ingress", i, "from")
            peers = each.get("from")
            yield from (
                (((*at, j), peer) for j, peer in enumerate(peers)) if peers else [(at, None)]
            )

    def _is_covered(self, port: Object) -> bool:
        if port.get("protocol", "TCP") != self.protocol:
            return False
        first = port.get("port", self.port)
        if isinstance(first, int):
            last: int = port.get("endPort", first)
            return first <= self.port <= last
        return first in self.names


@dataclass(frozen=True, slots=True)
class Friends:
    """Who may reach a lab: the hub, and whoever is in its namespace or has its user's labels."""

    namespace: str
    user: str
    hub: Hub = ANY_HUB

    @property
    def own(self) -> Labels:
        """The labels that only this user's objects have."""
        return {CATEGORY_LABEL: "lab", USER_LABEL: self.user}

    def include(self, pod: Labels, namespace: Labels) -> bool:
        """Return whether a pod of these labels is one, given its namespace's labels."""
        return (
            self._include_hub(pod, namespace)
            or namespace.get(NAMESPACE_NAME) == self.namespace
            or self.own.items() <= namespace.items()
            or self.own.items() <= pod.items()
        )

    def _include_hub(self, pod: Labels, namespace: Labels) -> bool:
        where = self.hub.namespace
        return dict(self.hub.labels).items() <= pod.items() and (
            not where or namespace.get(NAMESPACE_NAME) == where
        )

    def namespace_labels(self, namespace: Object | None) -> Labels:
        """Return the labels of the lab's namespace, whose manifest may be missing."""
        labels = self.own if namespace is None else labels_of(namespace)
        return {NAMESPACE_NAME: self.namespace, **labels}


class Stranger(NamedTuple):
    """Whom a peer admits and shouldn't; nobody if `who` is empty."""

    who: str = ""
    users: frozenset[str] = frozenset()  # for whose labs it may be somebody else


def find_stranger(peer: Object | None, friends: Friends) -> Stranger:
    """Find whom a peer admits and shouldn't."""
    if peer is None:
        return Stranger("everybody")
    if "ipBlock" in peer:
        return Stranger(f"addresses in {shown(peer['ipBlock'].get('cidr', ''))}")
    selector = peer.get("namespaceSelector")
    if selector is None:  # the lab's own namespace
        return Stranger()
    users: set[str] = set()
    pod = _worst(peer.get("podSelector", {}), friends, users)
    namespace = _worst(selector, friends, users)
    if pod is None or namespace is None:
        return Stranger()
    who = ""
    if not friends.include(pod, namespace):
        who = f"{_describe('pod', pod)} in {_describe('namespace', namespace)}"
    return Stranger(who, frozenset(users))


def admits_hub(
    peer: Object | None, hub: Hub, namespace: str, labels: Mapping[str, str] | None = None
) -> bool:
    """Return whether a peer of a policy in a namespace admits the hub.

    If the hub may be in any namespace, it is in one that the peer names, if it names some, and
    otherwise in one that has no other labels. `labels` are those of the hub's namespace, if its
    manifest is here.
    """
    if peer is None:
        return True
    pod = dict(hub.labels)
    if hub == ANY_HUB:
        pod["component"] = "hub"
    # A block is meant for addresses outside the cluster: those of pods change.
    if "ipBlock" in peer or not matches(peer.get("podSelector", {}), pod):
        return False
    selector = peer.get("namespaceSelector")
    if selector is None:
        return hub.namespace == namespace
    required = requirements(selector)
    if required is None:
        return False
    own = required.pop(NAMESPACE_NAME, Requirement())
    names = {hub.namespace} if hub.namespace else {_OTHER, *own.named, *(own.values or ())}
    if not hub.namespace:
        names.discard(namespace)
    where = {_ANY: _ANY, **(labels or {})}
    return any(map(own.accepts, names)) and all(
        each.accepts(where.get(key)) for key, each in required.items()
    )


def _worst(selector: Object, friends: Friends, users: set[str]) -> Labels | None:
    """Find labels that match a selector and are least like a friend's; None if none match.

    The values that may be other ones for a user of that name are added to the users.
    """
    labels: dict[str, str] = dict(selector.get("matchLabels", {}))
    users.update(labels[key] for key in [USER_LABEL] if key in labels)
    hub = friends.hub
    friendly = {hub.namespace, friends.namespace, *friends.own.values()}
    friendly.update(value for _, value in hub.labels)
    required = requirements(selector)
    if required is None:
        return None
    for key, each in required.items():
        values: Iterable[str | None] = (
            None,
            _ANY if friends.namespace != _ANY else f"{_ANY}-else",
            *sorted(each.named, key=friendly.__contains__),
        )
        if key in labels:
            values = [labels[key]]
        try:
            chosen = next(value for value in values if each.accepts(value))
        except StopIteration:
            return None
        if chosen is not None and key not in labels:
            labels[key] = chosen
            users.add(chosen)
    return labels


def _describe(what: str, labels: Mapping[str, str]) -> str:
    words = ", ".join(f"{key}: {value}" for key, value in labels.items())
    return f"a {what} labelled {shown(words)}" if words else f"any {what}"


def size_of(peer: Object | None) -> int:
    """Count the labels and values of a peer's selectors."""
    return sum(
        len(selector.get("matchLabels", ()))
        + sum(1 + len(each.get("values", ())) for each in selector.get("matchExpressions", ()))
        for selector in (peer or {}).values()
    )
