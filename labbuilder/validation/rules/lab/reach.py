"""Rules about who reaches a notebook, by what network policies mean and not by how they read.

The hub and the user's own lab must reach it, and nobody else may. Of each peer that a policy
admits, the pod least like those two is made up: if even that is one of them, all are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labbuilder.errors import Path, Severity, shown
from labbuilder.names import (
    CATEGORY_LABEL,
    LAB_PORT,
    NOTEBOOK_CONTAINER,
    NOTEBOOK_PORT_NAME,
    USER_LABEL,
)
from labbuilder.validation.rules.lab.selection import matches
from labbuilder.validation.rules.lab.surroundings import containers
from labbuilder.validation.rules.rule import Complaint, Stop, rule

__all__ = ["reach"]

Manifest = Mapping[str, Any]
Labels = Mapping[str, str]
Found = Iterator[tuple[int, Path, Complaint]]
Numbered = tuple[int, Manifest]

_MIRRORS = "the network plug-in, as the types of NetworkPolicy describe it"
NOTEBOOK_EXPOSED = rule(
    "notebook-exposed",
    "others than the hub and the user's own lab reach the notebook's port",
    _MIRRORS,
    Stop.NOBODY,
    only_own_fragments=True,
    about_absence=True,
)
HUB_LOCKED_OUT = rule(
    "hub-locked-out",
    "the hub doesn't reach the notebook's port",
    _MIRRORS,
    Stop.NOBODY,
    only_own_fragments=True,
    about_absence=True,
)
LAB_LOCKED_OUT = rule(
    "lab-locked-out",
    "the user's own lab doesn't reach the notebook's port",
    _MIRRORS,
    Stop.NOBODY,
    only_own_fragments=True,
    about_absence=True,
)
EGRESS_CUT_OFF = rule(
    "egress-cut-off",
    "a network policy lets a lab reach nothing, not even names to look up",
    _MIRRORS,
    Stop.NOBODY,
    Severity.WARNING,
)

_NAME = "kubernetes.io/metadata.name"  # every namespace has it, with its name
_APP, _HUB = "app", "jupyterhub"
_ANY = "anything"


@dataclass(frozen=True, slots=True)
class _Source:
    """A pod that wants to connect: its labels, its namespace's, and whether that is the lab's."""

    pod: Labels
    namespace: Labels
    near: bool = False


_HUB_POD = _Source({_APP: _HUB, "component": "hub"}, {_NAME: _ANY, _ANY: _ANY})


class _Lab:
    """A lab's pod, where its notebook listens, and what tells the user's own from others.

    Only this user's objects have the labels `own`; `source` is the pod as one that connects.
    """

    def __init__(self, pod: Manifest, namespace: Manifest | None) -> None:
        self.pod, self.labels, self.namespace = pod, _labels(pod), _namespace(pod)
        self.own = {
            CATEGORY_LABEL: self.labels[CATEGORY_LABEL],
            USER_LABEL: self.labels.get(USER_LABEL, ""),
        }
        beside = self.own if namespace is None else _labels(namespace)
        self.source = _Source(self.labels, {_NAME: self.namespace, **beside}, near=True)
        self.port, self.protocol = LAB_PORT, "TCP"
        for container in pod.get("spec", {}).get("containers", ()):
            for port in container.get("ports", ()):
                is_notebook = container["name"] == NOTEBOOK_CONTAINER
                if is_notebook and port.get("name") == NOTEBOOK_PORT_NAME:
                    self.port = port["containerPort"]
                    self.protocol = port.get("protocol", "TCP")

    def knows(self, source: _Source) -> bool:
        """Tell whether a pod is the hub's or the user's own."""
        return (
            source.pod.get(_APP) == _HUB
            or source.namespace.get(_NAME) == self.namespace
            or self.own.items() <= source.namespace.items()
            or self.own.items() <= source.pod.items()
        )


def reach(manifests: Sequence[Manifest]) -> Found:
    """Judge who reaches the notebooks of labs.

    Parameters
    ----------
    manifests
        Manifests that the schemas accept.

    Yields
    ------
    tuple
        The index of a manifest, the path in it, and the complaint.
    """
    namespaces: dict[str, Manifest] = {}
    policies: defaultdict[str, list[Numbered]] = defaultdict(list)
    for i, manifest in enumerate(manifests):
        if manifest["kind"] == "Namespace":
            namespaces[manifest["metadata"].get("name", "")] = manifest
        elif manifest["kind"] == "NetworkPolicy":
            policies[_namespace(manifest)].append((i, manifest))
    for i, manifest in enumerate(manifests):
        if manifest["kind"] == "Pod" and _labels(manifest).get(CATEGORY_LABEL) == "lab":
            name = _namespace(manifest)
            if name in namespaces or name in policies:
                yield from _judge(i, _Lab(manifest, namespaces.get(name)), policies[name])


def _judge(at: int, lab: _Lab, policies: Sequence[Numbered]) -> Found:
    chosen = [
        (i, policy)
        for i, policy in policies
        if matches(policy.get("spec", {}).get("podSelector", {}), lab.labels)
    ]
    closing = [(i, policy) for i, policy in chosen if "Ingress" in _types(policy)]
    if closing:
        yield from _ingress(lab, closing)
    else:
        message = "no network policy for ingress selects the pod, so that everybody reaches it"
        hint = "give its namespace one that admits the hub and the user's own lab"
        yield at, (), Complaint(NOTEBOOK_EXPOSED, message, hint)
    cutting = [(i, policy) for i, policy in chosen if "Egress" in _types(policy)]
    if not any(policy["spec"].get("egress") for _, policy in cutting):
        for i, _ in cutting:
            message = "the lab reaches nothing, not even the cluster's DNS"
            hint = "add rules, or leave Egress out of policyTypes"
            yield i, ("spec", "egress"), Complaint(EGRESS_CUT_OFF, message, hint)


def _ingress(lab: _Lab, policies: Sequence[Numbered]) -> Found:
    doors = [(i, path, peer) for i, policy in policies for path, peer in _doors(policy, lab)]
    for i, path, peer in doors:
        who = _stranger(peer, lab)
        if who:
            message = f"lets {who} reach the notebook's port {lab.port}"
            hint = "admit nobody but the hub and the user's own lab"
            yield i, path, Complaint(NOTEBOOK_EXPOSED, message, hint)
    first, _ = policies[0]
    for locked_out, who, source in (
        (HUB_LOCKED_OUT, f"the hub, a pod labelled {_APP}: {_HUB} in any namespace,", _HUB_POD),
        (LAB_LOCKED_OUT, "the user's own lab", lab.source),
    ):
        if not any(_admits(peer, source) for _, _, peer in doors):
            message = f"{who} doesn't reach the notebook's port {lab.port}"
            hint = "add a rule that admits it"
            yield first, ("spec", "ingress"), Complaint(locked_out, message, hint)


def _doors(policy: Manifest, lab: _Lab) -> Iterator[tuple[Path, Manifest | None]]:
    """List the peers that a policy lets in to the notebook; None is everybody."""
    for i, each in enumerate(policy.get("spec", {}).get("ingress", ())):
        ports = each.get("ports", ())
        if ports and not any(_covers(port, lab) for port in ports):
            continue
        at = ("spec", "ingress", i, "from")
        peers = each.get("from")
        yield from (((*at, j), peer) for j, peer in enumerate(peers)) if peers else [(at, None)]


def _covers(port: Manifest, lab: _Lab) -> bool:
    if port.get("protocol", "TCP") != lab.protocol:
        return False
    first = port.get("port", lab.port)
    if isinstance(first, int):
        last: int = port.get("endPort", first)
        return first <= lab.port <= last
    return any(
        (each.get("name"), each["containerPort"], each.get("protocol", "TCP"))
        == (first, lab.port, lab.protocol)
        for _, container in containers(lab.pod)
        for each in container.get("ports", ())
    )


def _admits(peer: Manifest | None, source: _Source) -> bool:
    if peer is None:
        return True
    if "ipBlock" in peer:  # which is for what is outside the cluster: pods' addresses change
        return False
    spaces = peer.get("namespaceSelector")
    near = source.near if spaces is None else matches(spaces, source.namespace)
    return near and matches(peer.get("podSelector", {}), source.pod)


def _stranger(peer: Manifest | None, lab: _Lab) -> str:
    """Say whom a peer lets in that it shouldn't; nothing if there is nobody."""
    if peer is None:
        return "everybody"
    if "ipBlock" in peer:
        return f"addresses of {shown(peer['ipBlock'].get('cidr', ''))}"
    spaces = peer.get("namespaceSelector")
    if spaces is None:  # the lab's own namespace
        return ""
    pod, namespace = _worst(peer.get("podSelector", {}), lab), _worst(spaces, lab)
    if pod is None or namespace is None or lab.knows(_Source(pod, namespace)):
        return ""
    return f"{_said('pod', pod)} of {_said('namespace', namespace)}"


def _worst(selector: Manifest, lab: _Lab) -> Labels | None:
    """Make the labels least like a friend's that a selector takes; None if it takes none."""
    labels = dict(selector.get("matchLabels", {}))
    expressions = selector.get("matchExpressions", ())
    friendly = {_HUB, lab.namespace, *lab.own.values()}
    for key in dict.fromkeys(each["key"] for each in expressions):
        ours = [each for each in expressions if each["key"] == key]
        values = [value for each in ours for value in each.get("values", ())]
        choices = (_ANY, *sorted(values, key=friendly.__contains__))
        tries = [labels] if key in labels else [{}, *({key: value} for value in choices)]
        fit = [each for each in tries if matches({"matchExpressions": ours}, each)]
        if not fit:
            return None
        labels = {**labels, **fit[0]}
    return labels


def _said(what: str, labels: Labels) -> str:
    words = ", ".join(f"{key}: {value}" for key, value in labels.items())
    return f"any {what}" if not words else f"a {what} labelled {shown(words)}"


def _types(policy: Manifest) -> Any:
    spec = policy.get("spec", {})
    implied = ("Ingress", "Egress") if spec.get("egress") else ("Ingress",)
    return spec.get("policyTypes") or implied


def _labels(manifest: Manifest) -> Labels:
    found: Labels = manifest["metadata"].get("labels", {})
    return found


def _namespace(manifest: Manifest) -> str:
    found: str = manifest["metadata"].get("namespace", "")
    return found
