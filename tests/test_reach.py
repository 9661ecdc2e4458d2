from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import labs
import pytest

from labbuilder.errors import Severity, format_path
from labbuilder.validation import schemas
from labbuilder.validation.rules.lab.reach import EGRESS_CUT_OFF, NOTEBOOK_EXPOSED, judge_reach
from labbuilder.validation.rules.target import Target

Manifest = dict[str, Any]
Lab = dict[str, Manifest]
"""A lab's manifests of the kinds that matter here, by kind."""

CATEGORY, USER = "nublado.lsst.io/category", "nublado.lsst.io/user"
OWN = {CATEGORY: "lab", USER: "vera"}
OTHER = {CATEGORY: "lab", USER: "someone-else"}
HUB = {"app": "jupyterhub"}
KINDS = ("Namespace", "NetworkPolicy", "Pod")

HUB_OUT = "1-NetworkPolicy spec.ingress hub-locked-out"
LAB_OUT = "1-NetworkPolicy spec.ingress lab-locked-out"
BOTH_OUT = [HUB_OUT, LAB_OUT]
OPEN_POD = "2-Pod  notebook-exposed"
OPEN_RULE = "1-NetworkPolicy spec.ingress[0].from notebook-exposed"
OPEN_OWN = "1-NetworkPolicy spec.ingress[0].from[0] notebook-exposed"
OPEN_HUB = "1-NetworkPolicy spec.ingress[0].from[1] notebook-exposed"
OPEN_THIRD = "1-NetworkPolicy spec.ingress[0].from[2] notebook-exposed"
OPEN_EXTRA = "3-NetworkPolicy spec.ingress[0].from notebook-exposed"


def manifests() -> list[Manifest]:
    every = [copy.deepcopy(dict(each)) for each in labs.lab().manifests()]
    return [each for each in every if each["kind"] in KINDS]


def found(lab: list[Manifest]) -> list[str]:
    for manifest in lab:
        assert schemas.check(manifest, schemas.NEWEST) == []
    return [
        f"{i}-{lab[i]['kind']} {format_path(complaint.at)} {complaint.rule.code}"
        for i, complaint in judge_reach(lab, Target())
    ]


def rule(lab: Lab, **changes: Any) -> None:
    """Change the one rule of the policy."""
    lab["NetworkPolicy"]["spec"]["ingress"][0].update(changes)


def own(peer: Manifest) -> Callable[[Lab], None]:
    """Replace the peer for the user's own lab."""
    return lambda lab: rule(lab, **{"from": [peer, peers(lab)[1]]})


def hub(peer: Manifest) -> Callable[[Lab], None]:
    """Replace the peer for the hub."""
    return lambda lab: rule(lab, **{"from": [peers(lab)[0], peer]})


def third(peer: Manifest) -> Callable[[Lab], None]:
    """Admit another peer too."""
    return lambda lab: peers(lab).append(peer)


def peers(lab: Lab) -> list[Manifest]:
    found: list[Manifest] = lab["NetworkPolicy"]["spec"]["ingress"][0]["from"]
    return found


def ports(*each: Manifest) -> Callable[[Lab], None]:
    return lambda lab: rule(lab, ports=list(each))


def spec(**changes: Any) -> Callable[[Lab], None]:
    return lambda lab: lab["NetworkPolicy"]["spec"].update(changes)


def without(*path: str | int) -> Callable[[Lab], None]:
    def remove(lab: Lab) -> None:
        part: Any = lab
        for step in path[:-1]:
            part = part[step]
        del part[path[-1]]

    return remove


def exactly(labels: dict[str, str]) -> Manifest:
    return {"matchLabels": labels}


def pods(selector: Manifest) -> Manifest:
    """Make a peer of pods in any namespace."""
    return {"namespaceSelector": {}, "podSelector": selector}


def spaces(selector: Manifest) -> Manifest:
    """Make a peer of all pods in some namespaces."""
    return {"namespaceSelector": selector}


def hub_in(selector: Manifest) -> Callable[[Lab], None]:
    return hub({**spaces(selector), "podSelector": exactly(HUB)})


def is_in(key: str, *values: str) -> Manifest:
    return {"key": key, "operator": "In", "values": list(values)}


def some(*requirements: Manifest) -> Manifest:
    return {"matchExpressions": list(requirements)}


def policy(**changes: Any) -> Callable[[Lab], None]:
    """Add a policy for the namespace's pods."""

    def add(lab: Lab) -> None:
        metadata = {"name": "extra", "namespace": lab["Pod"]["metadata"]["namespace"]}
        body = {"podSelector": {}, **changes}
        lab["extra"] = {**lab["NetworkPolicy"], "metadata": metadata, "spec": body}

    return add


def elsewhere(lab: Lab) -> None:
    lab["NetworkPolicy"]["metadata"]["namespace"] = "labs-other"


def moved(lab: Lab) -> None:
    """Change the notebook's port."""
    lab["Pod"]["spec"]["containers"][0]["ports"][0]["containerPort"] = 9999


def renamed(lab: Lab) -> None:
    """Rename the notebook's port, so that the default is used."""
    lab["Pod"]["spec"]["containers"][0]["ports"][0].update(name="http", containerPort=80)


def labelled(labels: dict[str, str]) -> Callable[[Lab], None]:
    return lambda lab: lab["Pod"]["metadata"].update(labels=labels)


ANYWHERE: Manifest = {"namespaceSelector": {}}
NOT_OWN = {"key": USER, "operator": "NotIn", "values": ["vera"]}
NO_LAB = {"key": CATEGORY, "operator": "NotIn", "values": ["lab"]}

CASES: list[tuple[str, Callable[[Lab], None], list[str]]] = [
    # The hub's peer.
    ("hub-in-own-namespace", hub({"podSelector": exactly(HUB)}), [HUB_OUT]),
    ("hub-of-another-name", hub(pods(exactly({"app": "hub"}))), [OPEN_HUB, HUB_OUT]),
    ("hub-and-more", hub(pods(exactly({**HUB, "tier": "x"}))), [HUB_OUT]),
    ("hub-by-expression", hub(pods(some(is_in("app", "jupyterhub")))), []),
    ("hub-or-another", hub(pods(some(is_in("app", "jupyterhub", "grafana")))), [OPEN_HUB]),
    ("any-app", hub(pods(some({"key": "app", "operator": "Exists"}))), [OPEN_HUB]),
    ("no-app", hub(pods(some({"key": "app", "operator": "DoesNotExist"}))), [OPEN_HUB, HUB_OUT]),
    ("hub-twice", hub(pods({**exactly(HUB), **some(is_in("app", "jupyterhub"))})), []),
    ("hub-and-not-hub", third(pods({**exactly(HUB), **some(is_in("app", "x"))})), []),
    ("any-pod", hub(pods({})), [OPEN_HUB]),
    ("any-namespace", hub(ANYWHERE), [OPEN_HUB]),
    ("hub-of-labs", hub_in(exactly({CATEGORY: "lab"})), [HUB_OUT]),
    ("hub-not-of-labs", hub_in(some(NO_LAB)), []),
    # The lab's peer.
    ("own-by-expression", own(spaces(some(is_in(CATEGORY, "lab"), is_in(USER, "vera")))), []),
    ("own-by-namespace", own(spaces(exactly({"kubernetes.io/metadata.name": "labs-vera"}))), []),
    ("own-by-pod", own({"podSelector": exactly(OWN)}), []),
    ("own-by-pod-anywhere", own(pods(exactly(OWN))), []),
    ("own-namespace", own({"podSelector": {}}), []),
    ("all-labs", own(spaces(exactly({CATEGORY: "lab"}))), [OPEN_OWN]),
    ("another-user", own(spaces(exactly(OTHER))), [OPEN_OWN, LAB_OUT]),
    ("two-users", own(spaces(some(is_in(CATEGORY, "lab"), is_in(USER, "vera", "bob")))),
     [OPEN_OWN]),
    ("all-but-own", own(spaces(some(NOT_OWN))), [OPEN_OWN, LAB_OUT]),
    ("namespace-without-labels", without("Namespace", "metadata", "labels"), [LAB_OUT]),
    ("namespace-of-another-user", lambda lab: lab["Namespace"]["metadata"].update(labels=OTHER),
     [LAB_OUT]),
    ("no-namespace", without("Namespace"), []),
    # Others.
    ("app-elsewhere", third(pods(exactly({"app": "something"}))), [OPEN_THIRD]),
    ("namespace-elsewhere", third(spaces(exactly({"team": "ops"}))), [OPEN_THIRD]),
    ("addresses", third({"ipBlock": {"cidr": "0.0.0.0/0"}}), [OPEN_THIRD]),
    ("addresses-6", third({"ipBlock": {"cidr": "2001:db8::/32", "except": ["2001:db8::/64"]}}),
     [OPEN_THIRD]),
    ("only-addresses", lambda lab: rule(lab, **{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}),
     [OPEN_OWN, *BOTH_OUT]),
    ("from-emptied", lambda lab: rule(lab, **{"from": []}), [OPEN_RULE]),
    ("from-absent", without("NetworkPolicy", "spec", "ingress", 0, "from"), [OPEN_RULE]),
    ("empty-rule", spec(ingress=[{}]), [OPEN_RULE]),
    # Ports.
    ("another-port", ports({"port": 8889, "protocol": "TCP"}), BOTH_OUT),
    ("another-protocol", ports({"port": 8888, "protocol": "UDP"}), BOTH_OUT),
    ("no-protocol", ports({"port": 8888}), []),
    ("all-ports", ports(), []),
    ("ports-absent", lambda lab: lab["NetworkPolicy"]["spec"]["ingress"][0].pop("ports"), []),
    ("all-of-tcp", ports({"protocol": "TCP"}), []),
    ("range", ports({"port": 8000, "endPort": 9000}), []),
    ("range-below", ports({"port": 8000, "endPort": 8887}), BOTH_OUT),
    ("by-name", ports({"port": "jupyterlab"}), []),
    ("by-another-name", ports({"port": "http"}), BOTH_OUT),
    ("one-of-two", ports({"port": 1}, {"port": 8888}), []),
    ("notebook-moved", moved, BOTH_OUT),
    ("port-of-another-name", renamed, []),
    ("no-port-named", without("Pod", "spec", "containers", 0, "ports"), []),
    # Which policies count.
    ("no-policy", without("NetworkPolicy"), ["1-Pod  notebook-exposed"]),
    ("policy-elsewhere", elsewhere, [OPEN_POD]),
    ("policy-for-others", spec(podSelector=exactly(OTHER)), [OPEN_POD]),
    ("policy-for-all", spec(podSelector={}), []),
    ("policy-by-expression", spec(podSelector=some(is_in(USER, "vera"))), []),
    ("types-absent", without("NetworkPolicy", "spec", "policyTypes"), []),
    ("types-empty", spec(policyTypes=[]), []),
    ("egress-only", spec(policyTypes=["Egress"]),
     [OPEN_POD, "1-NetworkPolicy spec.egress egress-cut-off"]),
    ("egress-cut-off", spec(policyTypes=["Ingress", "Egress"], egress=[]),
     ["1-NetworkPolicy spec.egress egress-cut-off"]),
    ("egress-open", spec(policyTypes=["Ingress", "Egress"], egress=[{}]), []),
    ("egress-implied", spec(policyTypes=[], egress=[{}]), []),
    ("egress-elsewhere", policy(policyTypes=["Egress"], egress=[{}]), []),
    ("nothing-in", spec(ingress=[]), BOTH_OUT),
    ("ingress-absent", without("NetworkPolicy", "spec", "ingress"), BOTH_OUT),
    ("more-that-admits-all", policy(ingress=[{}]), [OPEN_EXTRA]),
    ("more-that-admits-none", policy(ingress=[]), []),
    ("more-on-another-port", policy(ingress=[{"ports": [{"port": 22}]}]), []),
    ("more-for-others", policy(podSelector=exactly({"app": "x"}), ingress=[{}]), []),
    # Which pods count.
    ("no-lab", labelled({"app": "prober"}), []),
    ("no-labels", without("Pod", "metadata", "labels"), []),
    ("no-user", labelled({CATEGORY: "lab"}), [OPEN_POD]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("mutate", "expected"), [pytest.param(*rest, id=name) for name, *rest in CASES]
)
def test_reach(mutate: Callable[[Lab], Any], expected: list[str]) -> None:
    lab = {each["kind"]: each for each in manifests()}
    mutate(lab)
    assert found(list(lab.values())) == expected


def test_untouched() -> None:
    assert found(manifests()) == []


def test_alone() -> None:
    """A pod whose namespace is defined elsewhere is not checked."""
    assert found([each for each in manifests() if each["kind"] == "Pod"]) == []


@pytest.mark.parametrize(
    ("mutate", "who"),
    [
        (third(ANYWHERE), "lets any pod in any namespace reach port 8888 of the notebook"),
        (
            third({**ANYWHERE, "podSelector": {"matchLabels": {"app": "x"}}}),
            "lets a pod labelled 'app: x' in any namespace reach port 8888 of the notebook",
        ),
        (
            third({"ipBlock": {"cidr": "::/0"}}),
            "lets addresses in '::/0' reach port 8888 of the notebook",
        ),
        (lambda lab: rule(lab, **{"from": []}), "lets everybody reach port 8888 of the notebook"),
        (
            without("NetworkPolicy"),
            "no network policy for ingress selects the pod, so that everybody can reach it",
        ),
    ],
)
def test_words(mutate: Callable[[Lab], Any], who: str) -> None:
    lab = {each["kind"]: each for each in manifests()}
    mutate(lab)
    ((_, complaint),) = judge_reach(list(lab.values()), Target())
    assert complaint.rule is NOTEBOOK_EXPOSED
    assert complaint.message == who
    assert "the user's own lab" in complaint.hint


def test_severity() -> None:
    assert NOTEBOOK_EXPOSED.severity == Severity.ERROR
    assert EGRESS_CUT_OFF.severity == Severity.WARNING
