"""Checks of who can reach a notebook, by the meaning of network policies.

The hub and the user's own lab must reach it, and nobody else may. For each peer that a policy
admits, the pod least like those two is constructed: if even that is one of them, all are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from labbuilder.errors import Path, Severity, shown
from labbuilder.manifest import containers, labels_of, namespace_of
from labbuilder.names import (
    CATEGORY_LABEL,
    LAB_PORT,
    NOTEBOOK_CONTAINER,
    NOTEBOOK_PORT_NAME,
    USER_LABEL,
)
from labbuilder.validation.rules.lab.labels import matches
from labbuilder.validation.rules.lab.surroundings import pod_containers
from labbuilder.validation.rules.rule import LabComplaints, Object, Rule, Stop

__all__ = ["judge_reach"]

Labels = Mapping[str, str]
Numbered = tuple[int, Object]

_MIRRORS = "the network plugin, as the types of NetworkPolicy describe it"
_ingress_rule = partial(
    Rule,
    mirrors=_MIRRORS,
    guarded=False,
    stop=Stop.NOBODY,
    only_own_fragments=True,
    about_absence=True,
)
NOTEBOOK_EXPOSED = _ingress_rule(
    "notebook-exposed", "others than the hub and the user's own lab can reach the notebook's port"
)
HUB_LOCKED_OUT = _ingress_rule("hub-locked-out", "the hub can't reach the notebook's port")
LAB_LOCKED_OUT = _ingress_rule(
    "lab-locked-out", "the user's own lab can't reach the notebook's port"
)
EGRESS_CUT_OFF = Rule(
    "egress-cut-off",
    "a network policy lets a lab reach nothing, not even DNS",
    _MIRRORS,
    Stop.NOBODY,
    Severity.WARNING,
    guarded=False,
)

_NAME = "kubernetes.io/metadata.name"  # which every namespace has, with its name
_APP, _HUB = "app", "jupyterhub"
_ANY = "anything"


@dataclass(frozen=True, slots=True)
class _Source:
    """A pod that connects: its labels, its namespace's, and whether that is the lab's."""

    pod: Labels
    namespace: Labels
    same_namespace: bool = False


_HUB_POD = _Source({_APP: _HUB, "component": "hub"}, {_NAME: _ANY, _ANY: _ANY})


class _Lab:
    """A lab's pod, and where its notebook listens.

    Only this user's objects have the labels `own`; `source` is the pod as one that connects.
    """

    def __init__(self, pod: Object, namespace: Object | None) -> None:
        self.pod, self.labels, self.namespace = pod, labels_of(pod), namespace_of(pod)
        self.own = {
            CATEGORY_LABEL: self.labels[CATEGORY_LABEL],
            USER_LABEL: self.labels.get(USER_LABEL, ""),
        }
        labels = self.own if namespace is None else labels_of(namespace)
        self.source = _Source(self.labels, {_NAME: self.namespace, **labels}, same_namespace=True)
        self.port, self.protocol = LAB_PORT, "TCP"
        for _, container in containers(pod.get("spec", {}), lists=["containers"]):
            is_notebook = container["name"] == NOTEBOOK_CONTAINER
            for port in container.get("ports", ()):
                if is_notebook and port.get("name") == NOTEBOOK_PORT_NAME:
                    self.port = port["containerPort"]
                    self.protocol = port.get("protocol", "TCP")

    def knows(self, source: _Source) -> bool:
        """Return whether a pod is the hub or the user's own."""
        return (
            source.pod.get(_APP) == _HUB
            or source.namespace.get(_NAME) == self.namespace
            or self.own.items() <= source.namespace.items()
            or self.own.items() <= source.pod.items()
        )


def judge_reach(manifests: Sequence[Object]) -> LabComplaints:
    """Check who can reach the notebooks of labs."""
    namespaces: dict[str, Object] = {}
    policies: defaultdict[str, list[Numbered]] = defaultdict(list)
    for i, manifest in enumerate(manifests):
        if manifest["kind"] == "Namespace":
            namespaces[manifest["metadata"].get("name", "")] = manifest
        elif manifest["kind"] == "NetworkPolicy":
            policies[namespace_of(manifest)].append((i, manifest))
    for i, manifest in enumerate(manifests):
        if manifest["kind"] == "Pod" and labels_of(manifest).get(CATEGORY_LABEL) == "lab":
            name = namespace_of(manifest)
            if name in namespaces or name in policies:
                yield from _judge(i, _Lab(manifest, namespaces.get(name)), policies[name])


def _judge(index: int, lab: _Lab, policies: Sequence[Numbered]) -> LabComplaints:
    selecting = [
        (i, policy)
        for i, policy in policies
        if matches(policy.get("spec", {}).get("podSelector", {}), lab.labels)
    ]
    ingress = [(i, policy) for i, policy in selecting if "Ingress" in _types(policy)]
    if ingress:
        yield from _ingress(lab, ingress)
    else:
        message = "no network policy for ingress selects the pod, so that everybody can reach it"
        hint = "add one that admits the hub and the user's own lab"
        yield index, NOTEBOOK_EXPOSED.complaint(message, hint)
    egress = [(i, policy) for i, policy in selecting if "Egress" in _types(policy)]
    if not any(policy["spec"].get("egress") for _, policy in egress):
        for i, _ in egress:
            message = "the lab can reach nothing, not even the cluster's DNS"
            hint = "add rules, or remove Egress from policyTypes"
            yield i, EGRESS_CUT_OFF.complaint(message, hint, ("spec", "egress"))


def _ingress(lab: _Lab, policies: Sequence[Numbered]) -> LabComplaints:
    admitted = [(i, path, peer) for i, policy in policies for path, peer in _peers(policy, lab)]
    for i, path, peer in admitted:
        who = _stranger(peer, lab)
        if who:
            message = f"lets {who} reach port {lab.port} of the notebook"
            hint = "admit only the hub and the user's own lab"
            yield i, NOTEBOOK_EXPOSED.complaint(message, hint, path)
    first, _ = policies[0]
    for rule, who, source in (
        (HUB_LOCKED_OUT, f"the hub, a pod labelled {_APP}: {_HUB} in any namespace,", _HUB_POD),
        (LAB_LOCKED_OUT, "the user's own lab", lab.source),
    ):
        if not any(_admits(peer, source) for _, _, peer in admitted):
            message = f"{who} can't reach port {lab.port} of the notebook"
            yield first, rule.complaint(message, "add a rule that admits it", ("spec", "ingress"))


def _peers(policy: Object, lab: _Lab) -> Iterator[tuple[Path, Object | None]]:
    """List the peers that a policy admits to the notebook; None is everybody."""
    for i, each in enumerate(policy.get("spec", {}).get("ingress", ())):
        ports = each.get("ports", ())
        if ports and not any(_covers(port, lab) for port in ports):
            continue
        at = ("spec", "ingress", i, "from")
        peers = each.get("from")
        yield from (((*at, j), peer) for j, peer in enumerate(peers)) if peers else [(at, None)]


def _covers(port: Object, lab: _Lab) -> bool:
    if port.get("protocol", "TCP") != lab.protocol:
        return False
    first = port.get("port", lab.port)
    if isinstance(first, int):
        last: int = port.get("endPort", first)
        return first <= lab.port <= last
    return any(
        (each.get("name"), each["containerPort"], each.get("protocol", "TCP"))
        == (first, lab.port, lab.protocol)
        for _, container in pod_containers(lab.pod)
        for each in container.get("ports", ())
    )


def _admits(peer: Object | None, source: _Source) -> bool:
    if peer is None:
        return True
    if "ipBlock" in peer:  # which is meant for addresses outside the cluster: those of pods change
        return False
    selector = peer.get("namespaceSelector")
    same = source.same_namespace if selector is None else matches(selector, source.namespace)
    return same and matches(peer.get("podSelector", {}), source.pod)


def _stranger(peer: Object | None, lab: _Lab) -> str:
    """Describe whom a peer admits and shouldn't; empty if there is nobody."""
    if peer is None:
        return "everybody"
    if "ipBlock" in peer:
        return f"addresses in {shown(peer['ipBlock'].get('cidr', ''))}"
    selector = peer.get("namespaceSelector")
    if selector is None:  # the lab's own namespace
        return ""
    pod, namespace = _worst(peer.get("podSelector", {}), lab), _worst(selector, lab)
    if pod is None or namespace is None or lab.knows(_Source(pod, namespace)):
        return ""
    return f"{_describe('pod', pod)} in {_describe('namespace', namespace)}"


def _worst(selector: Object, lab: _Lab) -> Labels | None:
    """Find labels that match a selector and are least like a friend's; None if none match."""
    labels = dict(selector.get("matchLabels", {}))
    expressions = selector.get("matchExpressions", ())
    friendly = {_HUB, lab.namespace, *lab.own.values()}
    for key in dict.fromkeys(each["key"] for each in expressions):
        own = [each for each in expressions if each["key"] == key]
        values = [value for each in own for value in each.get("values", ())]
        choices = (_ANY, *sorted(values, key=friendly.__contains__))
        tries = [labels] if key in labels else [{}, *({key: value} for value in choices)]
        fit = [each for each in tries if matches({"matchExpressions": own}, each)]
        if not fit:
            return None
        labels = {**labels, **fit[0]}
    return labels


def _describe(what: str, labels: Labels) -> str:
    words = ", ".join(f"{key}: {value}" for key, value in labels.items())
    return f"a {what} labelled {shown(words)}" if words else f"any {what}"


def _types(policy: Object) -> Any:
    spec = policy.get("spec", {})
    implied = ("Ingress", "Egress") if spec.get("egress") else ("Ingress",)
    return spec.get("policyTypes") or implied
