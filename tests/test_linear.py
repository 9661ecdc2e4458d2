"""What is found by an index, or once for many, is what comparing each with each finds."""

from __future__ import annotations

import random
from typing import Any

import labs
import pytest

from labbuilder import LabBuilderError, compile_lab, output
from labbuilder.diff.compare import compare
from labbuilder.lab.names import unique_key
from labbuilder.manifest import MASK
from labbuilder.names import CATEGORY_LABEL, USER_LABEL
from labbuilder.output.concealing import concealer
from labbuilder.validation.judge import judge
from labbuilder.validation.rules.lab import reach
from labbuilder.validation.rules.lab.labels import Labelled, matches
from labbuilder.validation.rules.lab.reach import TOO_MANY_POLICIES, judge_reach
from labbuilder.validation.rules.target import Target

Json = dict[str, Any]

CATEGORY, USER = "nublado.lsst.io/category", "nublado.lsst.io/user"
KEYS = (CATEGORY, USER, "app", "component", "kubernetes.io/metadata.name", "anything", "k")
VALUES = ("lab", "vera", "ada", "jupyterhub", "hub", "ns", "anything", "x", "")
OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist", "Like")


class Draw(random.Random):
    """Draws manifests."""

    def labels(self, share: float) -> dict[str, str]:
        return {key: self.choice(VALUES) for key in KEYS if self.random() < share}

    def values(self) -> list[str]:
        return self.choices(VALUES, k=self.randrange(4))

    def selector(self) -> Json:
        expressions = [
            {
                "key": self.choice(KEYS),
                "operator": self.choices(OPERATORS, (9, 9, 9, 9, 1))[0],
                **self.maybe(values=self.values()),
            }
            for _ in range(self.randrange(3))
        ]
        return self.maybe(matchLabels=self.labels(0.2), matchExpressions=expressions)

    def maybe(self, **fields: Any) -> Json:
        return {key: value for key, value in fields.items() if self.random() < 0.7}

    def peer(self) -> Json:
        if self.random() < 0.1:
            return {"ipBlock": {"cidr": "10.0.0.0/8"}}
        return self.maybe(podSelector=self.selector(), namespaceSelector=self.selector())

    def policy(self, i: int) -> Json:
        ports = [{}, {"port": 8888}, {"port": 80, "endPort": 9000}, {"port": "jupyterlab"}]
        rules = [
            self.maybe(**{
                "from": [self.peer() for _ in range(self.randrange(3))],
                "ports": self.sample(ports, self.randrange(3)),
            })
            for _ in range(self.randrange(3))
        ]  # fmt: skip
        types = self.choice([["Ingress"], ["Egress"], ["Ingress", "Egress"]])
        spec = {
            "podSelector": self.selector(),
            **self.maybe(ingress=rules, policyTypes=types, egress=[{}] * self.randrange(2)),
        }
        metadata = {"name": f"n{i}", "namespace": "ns"}
        return {"kind": "NetworkPolicy", "metadata": metadata, "spec": spec}

    def pod(self, i: int) -> Json:
        labels = {**self.labels(0.3), CATEGORY: "lab", USER: self.choice(VALUES)}
        port = {"containerPort": self.choice([8888, 80]), **self.maybe(name="jupyterlab")}
        container = {"name": "notebook", **self.maybe(ports=[port])}
        metadata = {"name": f"p{i}", "namespace": "ns", "labels": labels}
        return {"kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}


def found(manifests: list[Json]) -> set[tuple[Any, ...]]:
    """Return what is found about who reaches labs, by the objects' names."""
    return {
        (manifests[i]["metadata"]["name"], each.rule.code, each.at, each.message, each.hint)
        for i, each in judge_reach(manifests, Target())
    }


def test_labels_are_selected_as_one_by_one() -> None:
    draw = Draw(1)
    for _ in range(2_000):
        objects = [draw.labels(0.4) for _ in range(8)]
        selector = draw.selector()
        one_by_one = {i for i, labels in enumerate(objects) if matches(selector, labels)}
        assert Labelled(objects).select(selector) == one_by_one


def test_labs_that_are_judged_together_are_judged_as_each_alone() -> None:
    draw = Draw(2)
    for _ in range(1_500):
        pods = [draw.pod(i) for i in range(draw.randrange(1, 5))]
        rest = [draw.policy(i) for i in range(draw.randrange(5))]
        if draw.random() < 0.5:
            metadata = {"name": "ns", "labels": draw.labels(0.4)}
            rest.append({"kind": "Namespace", "metadata": metadata})
        together = found([*pods, *rest])
        assert together == {each for pod in pods for each in found([pod, *rest])}


def test_so_many_policies_that_nobody_checks_them_are_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reach, "_MAX_STEPS", 100)
    pods = [Draw(i).pod(i) for i in range(20)]
    others = [
        {
            "kind": "NetworkPolicy",
            "metadata": {"name": f"n{i}", "namespace": "ns"},
            "spec": {
                "podSelector": {
                    "matchExpressions": [{"key": "z", "operator": "NotIn", "values": [str(i)]}]
                }
            },
        }
        for i in range(20)
    ]
    assert TOO_MANY_POLICIES.code not in {code for _, code, *_ in found([*pods, *others[:1]])}
    for i, pod in enumerate(pods):
        pod["metadata"]["labels"]["z"] = str(i)
    assert ("p0", TOO_MANY_POLICIES.code) in {each[:2] for each in found([*pods, *others])}


def plain_key(basename: str, taken: set[str]) -> str:
    """Number a file's key by trying one number after another."""
    number, key = 1, basename[:63]
    while key in taken:
        number += 1
        key = basename[: 63 - len(f"-{number}")].rstrip("-") + f"-{number}"
    taken.add(key)
    return key


def test_files_get_the_first_number_that_is_free() -> None:
    draw = Draw(3)
    for _ in range(200):
        names = ["a" * draw.randrange(58, 64) + draw.choice(["", "b", "c"]) for _ in range(40)]
        names = [name[:63] for name in names] + [f"a-{n}" for n in draw.sample(range(99), 9)]
        names += ["a"] * 9
        taken, plainly = dict[str, int](), set[str]()
        assert [unique_key(each, taken) for each in names] == [
            plain_key(each, plainly) for each in names
        ]


@pytest.mark.parametrize("count", [1, 16, 17, 500])
def test_every_secret_in_a_text_is_concealed(count: int) -> None:
    secrets = [f"secret-{i:03}" for i in range(count)]
    conceal = concealer([*secrets, ""])
    text = f"first {secrets[0]}, last {secrets[-1]}{secrets[0]}."
    assert conceal(text) == f"first {MASK}, last {MASK}{MASK}."
    assert conceal("secret-no") == "secret-no"
    assert conceal("") == ""


def test_the_longest_of_many_secrets_is_concealed() -> None:
    secrets = ["ab" * n for n in range(4, 40)]
    for conceal in (concealer(secrets[:9]), concealer(secrets)):
        assert conceal(f"x{secrets[8]}y") == f"x{MASK}y"
    assert concealer(["abcd", *map(str, range(1000, 1099))])("abc abcd ab") == f"abc {MASK} ab"


def nested(depth: int) -> Json:
    value: Json = {}
    for _ in range(depth):
        value = {"a": value}
    return value


def circle() -> Json:
    value: Json = {}
    value["a"] = [value]
    return value


def config_map(data: Json) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": data}


@pytest.mark.parametrize("value", [nested(10_000), circle()], ids=["nested", "circle"])
@pytest.mark.parametrize("form", ["to_yaml", "to_json", "to_line", "to_files"])
def test_what_is_nested_too_deeply_is_not_written(form: str, value: Json) -> None:
    more = ("yaml",) if form == "to_files" else ()
    with pytest.raises(LabBuilderError, match=r"is nested too deeply.*\[too-deep\]"):
        getattr(output, form)([config_map(value)], *more)


def test_what_is_nested_too_deeply_is_not_redacted_or_compared() -> None:
    with pytest.raises(LabBuilderError, match="too-deep"):
        output.redact(config_map(nested(10_000)))
    for value in (nested(10_000), circle()):
        with pytest.raises(LabBuilderError, match="too-deep"):
            compare([config_map(value)], [])


@pytest.mark.parametrize("value", [nested(10_000), circle()], ids=["nested", "circle"])
def test_what_is_nested_too_deeply_breaks_the_schema(value: Json) -> None:
    findings = list(judge([config_map(value)], Target()))
    assert findings
    assert {finding.code.partition("-")[0] for _, finding in findings} == {"schema"}


@pytest.mark.parametrize("value", [nested(10_000), circle()], ids=["nested", "circle"])
@pytest.mark.parametrize(
    ("argument", "field"),
    [
        ("site", "discovery"),
        ("user", "name"),
        ("lab", "env"),
        ("lab", "options"),
        ("config", "affinity"),
        ("config", "volumes"),
        ("secrets", "token"),
        ("image", "tag"),
    ],
)
def test_a_lab_is_not_compiled_of_what_is_nested_too_deeply(
    argument: str, field: str, value: Json
) -> None:
    given = labs.ARGUMENTS[argument]
    given = {field: value} if isinstance(given, str) else {**given, field: value}
    with pytest.raises(LabBuilderError):
        compile_lab(**{**labs.ARGUMENTS, argument: given})


def test_what_is_kept_of_who_reaches_labs_is_bounded() -> None:
    """Each policy admits every lab: kept for each, that would be the square of their number."""
    pods = [Draw(i).pod(i) for i in range(700)]
    others: list[dict[str, Any]] = []
    for i, pod in enumerate(pods):
        pod["metadata"]["labels"] = {CATEGORY_LABEL: "lab", USER_LABEL: f"u{i}"}
        selector = {"podSelector": {"matchLabels": {USER_LABEL: f"u{i}"}}, "ingress": [{}]}
        metadata = {"name": f"n{i}", "namespace": "ns"}
        others.append({"kind": "NetworkPolicy", "metadata": metadata, "spec": selector})
    few = {code for _, code, *_ in found([*pods[:300], *others[:300]])}
    assert TOO_MANY_POLICIES.code not in few
    assert TOO_MANY_POLICIES.code in {code for _, code, *_ in found([*pods, *others])}
