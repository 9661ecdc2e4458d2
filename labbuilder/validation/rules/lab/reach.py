"""Checks of who can reach a notebook, by the meaning of network policies.

The hub and the user's own lab must reach it, and nobody else may (`labbuilder.validation.rules.
lab.peers`). Policies that select the same labs of a namespace are judged once for all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from labbuilder.errors import Severity
from labbuilder.manifest import labels_of, namespace_of
from labbuilder.names import CATEGORY_LABEL, USER_LABEL
from labbuilder.validation.rules.lab.labels import Labelled
from labbuilder.validation.rules.lab.peers import (
    OUR_PEER,
    Friends,
    Place,
    Stranger,
    admits_hub,
    find_stranger,
    size_of,
)
from labbuilder.validation.rules.rule import LabComplaints, Object, Rule, Stop
from labbuilder.validation.rules.target import Hub, Target

__all__ = ["judge_reach"]

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

TOO_MANY_POLICIES = Rule(
    "too-many-policies",
    "too many network policies select too many labs of one namespace to check who reaches them",
    "nothing: a cluster has no such limit",
    Stop.NOBODY,
    guarded=False,
)
_MAX_STEPS = 200_000
"""Of comparing the policies of a namespace with its labs, which takes about a second."""
_NOBODY = "\0"  # which no user is called


class _TooManyError(Exception):
    """There are more steps than `_MAX_STEPS`."""


class _Labs:
    """The labs of one namespace, by number."""

    def __init__(
        self, pods: Sequence[Numbered], namespaces: Mapping[str, Object], hub: Hub
    ) -> None:
        self.hub = hub
        self.hub_labels = (
            labels_of(namespaces[hub.namespace]) if hub.namespace in namespaces else {}
        )
        self.name = namespace_of(pods[0][1])
        self.indices = [i for i, _ in pods]
        labels = [labels_of(pod) for _, pod in pods]
        self.friends = [Friends(self.name, each.get(USER_LABEL, ""), hub) for each in labels]
        self.places = [Place.of(pod) for _, pod in pods]
        self.pods = Labelled(labels)
        own = namespaces.get(self.name)
        self._namespaces = Labelled([each.namespace_labels(own) for each in self.friends])
        self._steps = 0

    def admitted(self, peer: Object | None) -> frozenset[int]:
        """Return those labs that a peer admits."""
        if peer is None:
            return self.pods.select({})
        if "ipBlock" in peer:
            return frozenset()
        found = self.pods.select(peer.get("podSelector", {}))
        selector = peer.get("namespaceSelector")
        return found if selector is None else found & self._namespaces.select(selector)

    def count(self, steps: int) -> None:
        """Count steps."""
        self._steps += steps
        if self._steps > _MAX_STEPS:
            raise _TooManyError


class _Ingress:
    """What some policies, of which each selects the same labs, admit to a place."""

    def __init__(self, policies: Sequence[Numbered], place: Place, labs: _Labs) -> None:
        self.first = policies[0][0]
        self._place, self._labs = place, labs
        self._peers = [(i, at, peer) for i, policy in policies for at, peer in place.peers(policy)]
        labs.count(len(policies) + len(self._peers))
        peers = [peer for _, _, peer in self._peers]
        self.admits_hub = any(
            admits_hub(peer, labs.hub, labs.name, labs.hub_labels) for peer in peers
        )
        self.admitted = frozenset[int]().union(*map(labs.admitted, peers))
        labs.count(len(self.admitted))  # which are kept
        nobody = Friends(labs.name, _NOBODY, labs.hub)
        self._strangers = dict(enumerate(find_stranger(peer, nobody) for peer in peers))
        self._by_user: defaultdict[str, set[int]] = defaultdict(set)  # peers
        for number, stranger in self._strangers.items():
            for user in stranger.users:
                self._by_user[user].add(number)
        self._users: set[str] = set()

    def complaints(self, friends: Friends) -> LabComplaints:
        """Complain about the strangers who reach a lab, about each of them once."""
        if friends.user in self._users:
            return
        self._users.add(friends.user)
        own = self._by_user.get(friends.user, set())
        for number in sorted(self._strangers.keys() | own):
            if number not in own:
                yield from self._complaint(number, self._strangers.pop(number))
                continue
            peer = self._peers[number][2]
            self._labs.count(size_of(peer))
            yield from self._complaint(number, find_stranger(peer, friends))

    def _complaint(self, number: int, stranger: Stranger) -> LabComplaints:
        i, at, peer = self._peers[number]
        if stranger.who:
            message = f"lets {stranger.who} reach port {self._place.port} of the notebook"
            hint = "admit only the hub and the user's own lab"
            # Our own policy doesn't know where the hub is.
            severity = Severity.WARNING if peer == OUR_PEER else None
            yield i, NOTEBOOK_EXPOSED.complaint(message, hint, at, severity=severity)


class _Policies:
    """Policies that select the same labs."""

    def __init__(self, labs: _Labs) -> None:
        self._labs = labs
        self._ingress: list[Numbered] = []
        self._by_place: dict[Place, _Ingress] = {}
        self.cut_off: dict[int, None] = {}  # policies without a rule for egress
        self.has_egress = False

    def add(self, i: int, policy: Object) -> None:
        types = _types(policy)
        if "Ingress" in types:
            self._ingress.append((i, policy))
        if "Egress" in types:
            self.cut_off[i] = None
            self.has_egress = self.has_egress or bool(policy["spec"].get("egress"))

    def ingress(self, place: Place) -> _Ingress | None:
        if self._ingress and place not in self._by_place:
            self._by_place[place] = _Ingress(self._ingress, place, self._labs)
        return self._by_place.get(place)


def judge_reach(manifests: Sequence[Object], target: Target) -> LabComplaints:
    """Check who can reach the notebooks of labs."""
    namespaces: dict[str, Object] = {}
    policies: defaultdict[str, list[Numbered]] = defaultdict(list)
    pods: defaultdict[str, list[Numbered]] = defaultdict(list)
    for i, manifest in enumerate(manifests):
        if manifest["kind"] == "Namespace":
            namespaces[manifest["metadata"].get("name", "")] = manifest
        elif manifest["kind"] == "NetworkPolicy":
            policies[namespace_of(manifest)].append((i, manifest))
        elif manifest["kind"] == "Pod" and labels_of(manifest).get(CATEGORY_LABEL) == "lab":
            pods[namespace_of(manifest)].append((i, manifest))
    for name, found in pods.items():
        if name in namespaces or name in policies:
            try:
                yield from _judge(_Labs(found, namespaces, target.hub), policies[name])
            except _TooManyError:
                message = "too many network policies select the labs of this namespace"
                hint = "use fewer policies, or one namespace for each user"
                yield found[0][0], TOO_MANY_POLICIES.complaint(message, hint)


def _judge(labs: _Labs, policies: Sequence[Numbered]) -> LabComplaints:
    alike: defaultdict[frozenset[int], _Policies] = defaultdict(lambda: _Policies(labs))
    for i, policy in policies:
        alike[labs.pods.select(policy.get("spec", {}).get("podSelector", {}))].add(i, policy)
    selecting: defaultdict[int, list[_Policies]] = defaultdict(list)
    for selected, group in alike.items():
        labs.count(len(selected))
        for number in selected:
            selecting[number].append(group)
    for number, index in enumerate(labs.indices):
        place = labs.places[number]
        ingress = [found for each in selecting[number] if (found := each.ingress(place))]
        if ingress:
            yield from _ingress(number, labs, ingress)
        else:
            message = (
                "no network policy for ingress selects the pod, so that everybody can reach it"
            )
            hint = "add one that admits the hub and the user's own lab"
            yield index, NOTEBOOK_EXPOSED.complaint(message, hint)
        yield from _egress(selecting[number])


def _ingress(number: int, labs: _Labs, found: Sequence[_Ingress]) -> LabComplaints:
    for each in found:
        yield from each.complaints(labs.friends[number])
    first = min(each.first for each in found)
    admits_itself = any(number in each.admitted for each in found)
    for rule, who, is_admitted in (
        (HUB_LOCKED_OUT, str(labs.hub),
         any(each.admits_hub for each in found)),
        (LAB_LOCKED_OUT, "the user's own lab", admits_itself),
    ):  # fmt: skip
        if not is_admitted:
            message = f"{who} can't reach port {labs.places[number].port} of the notebook"
            yield first, rule.complaint(message, "add a rule that admits it", ("spec", "ingress"))


def _egress(found: Sequence[_Policies]) -> LabComplaints:
    """Complain about policies that let a lab reach nothing, about each of them once."""
    if any(each.has_egress for each in found):
        return
    for each in found:
        for i in each.cut_off:
            message = "the lab can reach nothing, not even the cluster's DNS"
            hint = "add rules, or remove Egress from policyTypes"
            yield i, EGRESS_CUT_OFF.complaint(message, hint, ("spec", "egress"))
        each.cut_off.clear()


def _types(policy: Object) -> Any:
    spec = policy.get("spec", {})
    implied = ("Ingress", "Egress") if spec.get("egress") else ("Ingress",)
    return spec.get("policyTypes") or implied
