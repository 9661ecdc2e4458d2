"""Affinity and tolerations of a configuration: judged as Kubernetes judges a pod's."""

from __future__ import annotations

from enum import Enum
from typing import Any

import labs
import pytest

from labbuilder import Finding, LabBuilderError, LabCompiler, LabConfig
from labbuilder.errors import Path

CONFIG = labs.arguments()["config"]
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"

ZONE = {"topologyKey": "zone"}


def findings(**changes: Any) -> list[Finding]:
    """Collect what is wrong with a configuration."""
    try:
        LabCompiler({**CONFIG, **changes})
    except LabBuilderError as error:
        return list(error.findings)
    return []


def refusals(**changes: Any) -> list[tuple[str, Path]]:
    return [(finding.code, finding.path[1:]) for finding in findings(**changes)]


def terms(*items: dict[str, Any]) -> dict[str, Any]:
    return {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [*items]}}}


def node(**requirement: Any) -> dict[str, Any]:
    return terms({"matchExpressions": [{"key": "a", **requirement}]})


def near(**term: Any) -> dict[str, Any]:
    return {"podAffinity": {REQUIRED: [{**ZONE, **term}]}}


@pytest.mark.parametrize(
    ("toleration", "path"),
    [
        ({"operator": "Exists", "key": "a", "value": "b"}, ("value",)),
        ({"key": "a"}, ("value",)),
        ({"value": "a"}, ("key",)),
        ({"key": "a b", "operator": "Exists"}, ("key",)),
    ],
)
def test_tolerations_that_do_not_fit_their_operator_are_refused(
    toleration: dict[str, str], path: Path
) -> None:
    assert refusals(tolerations=[toleration]) == [
        ("invalid-toleration", ("tolerations", 0, *path))
    ]


@pytest.mark.parametrize(
    ("toleration", "code", "path"),
    [
        ({"operator": "Maybe", "key": "a", "value": "b"}, "invalid-value", ("operator",)),
        ({"operator": "Exists", "effect": "Never"}, "invalid-value", ("effect",)),
        ({"operator": "Exists", "tolerationSeconds": "5"}, "wrong-type", ("tolerationSeconds",)),
        ({"operator": "Exists", "toleration_seconds": 5.5}, "wrong-type", ("toleration_seconds",)),
        ({"operator": "Exists", "tolerationSeconds": 2**63}, "invalid-value",
         ("tolerationSeconds",)),
        ({"key": "a", "value": "a b"}, "invalid-label-value", ("value",)),
        ({"key": "a", "value": 5}, "wrong-type", ("value",)),
        ({"operator": "Exists", "efect": "NoSchedule"}, "unknown-field", ("efect",)),
    ],
)  # fmt: skip
def test_other_tolerations_are_refused(toleration: dict[str, Any], code: str, path: Path) -> None:
    (found,) = findings(tolerations=[{"operator": "Exists"}, toleration])
    assert (found.code, found.path) == (code, ("config", "tolerations", 1, *path))
    assert found.about_key is (code == "unknown-field")
    assert found.message
    assert found.hint or found.code == "invalid-value"


def test_seconds_without_no_execute_may_be_accepted() -> None:
    toleration = {"operator": "Exists", "effect": "NoSchedule", "tolerationSeconds": 5}
    assert not findings(tolerations=[toleration])
    code = "invalid-toleration"
    (warning,) = [
        each
        for each in labs.lab(config={"tolerations": [toleration]}, accept=[code]).warnings
        if each.code == code
    ]
    assert warning.cause == ("config", "tolerations", 0, "tolerationSeconds")


@pytest.mark.parametrize(
    "requirement",
    [
        {"operator": "In"},
        {"operator": "NotIn", "values": []},
        {"operator": "Exists", "values": ["a"]},
        {"operator": "Gt", "values": ["1", "2"]},
        {"operator": "Maybe"},
        {},
    ],
)
def test_affinities_that_do_not_fit_their_operator_are_refused(requirement: Any) -> None:
    (found,) = refusals(affinity=node(**requirement))
    assert found[0] in {"invalid-affinity", "invalid-value", "missing-field"}
    assert found[1][-1] in {"values", "operator"}


@pytest.mark.parametrize(
    "requirement",
    [
        {"operator": "In", "values": ["a", "b"]},
        {"operator": "Lt", "values": ["1"]},
        {"operator": "DoesNotExist", "values": []},
    ],
)
def test_affinities_that_fit_are_kept(requirement: Any) -> None:
    assert not findings(affinity=node(**requirement))
    made = LabConfig.model_validate({**CONFIG, "affinity": node(**requirement)})
    assert made.affinity
    assert LabConfig.model_validate(made.model_dump()) == made


@pytest.mark.parametrize(
    ("change", "fits"),
    [
        ({}, True),
        ({"key": "spec.unschedulable"}, False),
        ({"operator": "Gt"}, False),
        ({"values": ["a", "b"]}, False),
        ({"values": ["A B"]}, False),
    ],
)
def test_nodes_are_matched_by_no_field_but_their_name(change: Any, fits: bool) -> None:  # noqa: FBT001
    field = {"key": "metadata.name", "operator": "In", "values": ["a"], **change}
    assert (not findings(affinity=terms({"matchFields": [field]}))) is fits


@pytest.mark.parametrize(
    ("affinity", "code", "path"),
    [
        (terms(), "empty-list", ("nodeAffinity", REQUIRED, "nodeSelectorTerms")),
        ({"node_affinity": {"required_during": {}}}, "unknown-field",
         ("node_affinity", "required_during")),
        (near(topologyKey=""), "invalid-affinity", ("podAffinity", REQUIRED, 0, "topologyKey")),
        (near(labelSelector={"matchLabels": {"a b": "c"}}), "invalid-label-key",
         ("podAffinity", REQUIRED, 0, "labelSelector", "matchLabels", "a b")),
        (near(labelSelector={"matchLabels": {"a": None}}), "wrong-type",
         ("podAffinity", REQUIRED, 0, "labelSelector", "matchLabels", "a")),
        (near(matchLabelKeys=["a"]), "invalid-affinity",
         ("podAffinity", REQUIRED, 0, "matchLabelKeys")),
        ({"podAntiAffinity": {PREFERRED: [{"weight": 0, "podAffinityTerm": ZONE}]}},
         "invalid-value", ("podAntiAffinity", PREFERRED, 0, "weight")),
        ({"nodeAffinity": {REQUIRED: []}}, "wrong-type", ("nodeAffinity", REQUIRED)),
        ({"nodeAffinity": []}, "wrong-type", ("nodeAffinity",)),
    ],
)  # fmt: skip
def test_other_affinities_are_refused_with_the_users_own_path(
    affinity: Any, code: str, path: Path
) -> None:
    (found,) = findings(affinity=affinity)
    assert (found.code, found.path) == (code, ("config", "affinity", *path))
    assert found.hint or found.code == "invalid-value"


def test_everything_is_said_at_once_with_what_else_is_wrong() -> None:
    whole = {"lab": {**CONFIG, "namespacePrefix": "A", "affinity": terms(),
                     "tolerations": [{"key": "a"}, {"operator": 5}]}}  # fmt: skip
    with pytest.raises(LabBuilderError) as caught:
        LabCompiler(whole, kubernetes_version="1.2")
    assert [(found.code, found.path[:4]) for found in caught.value.findings] == [
        ("invalid-name", ("config", "lab", "namespacePrefix")),
        ("unknown-kubernetes-version", ()),
        ("empty-list", ("config", "lab", "affinity", "nodeAffinity")),
        ("invalid-toleration", ("config", "lab", "tolerations", 0)),
        ("wrong-type", ("config", "lab", "tolerations", 1)),
    ]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"affinity": "x"}, ("affinity",)),
        ({"tolerations": "x"}, ("tolerations",)),
        ({"tolerations": {"key": "a"}}, ("tolerations",)),
        ({"tolerations": [None]}, ("tolerations", 0)),
    ],
)
def test_what_is_no_mapping_or_list_is_refused_once(changes: Any, path: Path) -> None:
    assert refusals(**changes) == [("wrong-type", path)]


class Effect(Enum):
    NO_SCHEDULE = "NoSchedule"


def test_spelling_order_and_absent_fields_make_no_difference() -> None:
    selector = {"matchExpressions": [{"operator": "Exists", "key": "a", "values": []}],
                "matchLabels": {"snake_case": "b", "a": "c"}}  # fmt: skip
    snake = {
        "pod_anti_affinity": None,
        "pod_affinity": {
            "preferred_during_scheduling_ignored_during_execution": [],
            "required_during_scheduling_ignored_during_execution": (
                {"topology_key": "zone", "namespaces": [], "label_selector": selector,
                 "namespace_selector": {"match_labels": {}}},
            ),
        },
    }  # fmt: skip
    pod = labs.lab(
        config={"affinity": snake, "tolerations": ({"value": "b", "effect": Effect.NO_SCHEDULE,
                                                    "operator": None, "key": "a"},)}
    ).pod  # fmt: skip
    (term,) = pod["spec"]["affinity"]["podAffinity"][REQUIRED]
    assert list(term) == ["labelSelector", "namespaceSelector", "topologyKey"]
    assert list(term["labelSelector"]) == ["matchLabels", "matchExpressions"]
    assert term["labelSelector"] == {
        "matchLabels": {"snake_case": "b", "a": "c"},
        "matchExpressions": [{"key": "a", "operator": "Exists"}],
    }
    assert term["namespaceSelector"] == {}
    assert list(pod["spec"]["affinity"]) == ["podAffinity"]
    assert pod["spec"]["tolerations"] == [
        {"effect": "NoSchedule", "key": "a", "operator": "Equal", "value": "b"}
    ]


def test_nested_without_end_is_too_deep() -> None:
    loop: dict[str, Any] = {}
    loop["nodeAffinity"] = loop
    assert refusals(affinity=loop) == [("too-deep", ())]
