"""Manifests that break a rule, each with one that is as similar as possible and breaks none.

The name of a file starts with the code of its rule. The first lines of a file in `rules/negative/`
list all findings that are expected.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest

from labbuilder.data import SCHEMAS
from labbuilder.documents import load
from labbuilder.errors import Finding, format_path
from labbuilder.validation import rules, schemas
from labbuilder.validation.rules import RULES, Rule, fields, gates, lab
from labbuilder.validation.rules.fields import warned
from labbuilder.validation.rules.lab import (
    capacity,
    limit_ranges,
    memory_volumes,
    pod_security,
    reach,
)
from labbuilder.validation.rules.rule import CHECKS

FOLDER = Path(__file__).parent / "rules"
NEGATIVE = sorted(path.name for path in (FOLDER / "negative").glob("*.yaml"))
POSITIVE = sorted(path.name for path in (FOLDER / "positive").glob("*.yaml"))
EXPECT = "# expect: "
VERSIONS = "# versions: "

ELSEWHERE = (capacity, gates, limit_ranges, memory_volumes, pod_security, reach)
CODES = set(RULES) - {
    each.code for module in ELSEWHERE for each in vars(module).values() if type(each) is Rule
}
"""All rules but those that other modules test."""

ASIDE = {each.code for each in vars(warned).values() if type(each) is Rule} | {
    "useless-pull-secret"
}
"""What an API server warns of, which is beside the point of most examples."""

Json = dict[str, Any]


def pod(**fields: Any) -> tuple[str, Json]:
    return "Pod", {"spec": {"containers": [], **fields}}


def container(**fields: Any) -> tuple[str, Json]:
    return pod(containers=[{"name": "a", **fields}])


def policy(**fields: Any) -> tuple[str, Json]:
    return "NetworkPolicy", {"spec": {"podSelector": {}, **fields}}


ODD: list[tuple[str, Json]] = [
    ("Namespace", {"spec": {}}),
    ("ConfigMap", {}),
    ("ConfigMap", {"data": {}, "binaryData": {}}),
    ("Secret", {}),
    ("Secret", {"data": {}, "stringData": {}, "type": ""}),
    ("PersistentVolumeClaim", {"spec": {}}),
    ("PersistentVolumeClaim", {"spec": {"accessModes": [], "resources": {}, "selector": {}}}),
    ("PersistentVolumeClaim", {"spec": {"resources": {"requests": {"storage": "none"}}}}),
    ("ResourceQuota", {}),
    ("ResourceQuota", {"spec": {"hard": {"pods": "x"}, "scopes": [], "scopeSelector": {}}}),
    ("Service", {}),
    ("Service", {"spec": {"ports": [], "selector": {}}}),
    ("Service", {"spec": {"ports": [{"port": 0, "targetPort": ""}, {"port": -1}]}}),
    ("NetworkPolicy", {}),
    policy(ingress=[{}], egress=[]),
    policy(ingress=[{"from": [], "ports": [{}, {"endPort": 1}, {"port": "a", "endPort": 1}]}]),
    policy(egress=[{"to": [{"ipBlock": {"cidr": "", "except": [""]}}]}]),
    policy(podSelector={"matchLabels": {}, "matchExpressions": []}),
    ("Pod", {}),
    pod(initContainers=[], volumes=[], securityContext={}, affinity={}),
    pod(volumes=[{"name": ""}, {"name": "", "secret": {}}]),
    pod(volumes=[{"name": "a", "projected": {"sources": [{}]}}]),
    pod(volumes=[{"name": "a", "emptyDir": {"sizeLimit": 0.5, "medium": ""}}]),
    pod(volumes=[{"name": "a", "downwardAPI": {"items": [{"path": ""}]}}]),
    pod(tolerations=[{}], topologySpreadConstraints=[]),
    pod(imagePullSecrets=[{}, {}], hostAliases=[{"ip": ""}]),
    container(env=[{"name": "", "valueFrom": {}}], envFrom=[{}], ports=[]),
    container(env=[{"name": "A", "valueFrom": {"resourceFieldRef": {"resource": ""}}}]),
    container(resources={"limits": {"": "", "cpu": 1}, "requests": {"a/b": 0.5, "cpu": "x"}}),
    container(securityContext={"capabilities": {}, "seccompProfile": {"type": ""}}),
    container(volumeMounts=[{"name": "", "mountPath": ""}, {"name": "", "mountPath": "//"}]),
    container(livenessProbe={}, lifecycle={"preStop": {}}),
]
"""Manifests that the schemas accept and no example has: empty, absent or of another type."""


def text(folder: str, case: str) -> str:
    return (FOLDER / folder / case).read_text(encoding="utf-8")


def said_to(marker: str, written: str) -> list[str]:
    lines = written.splitlines()
    return [line.removeprefix(marker) for line in lines if line.startswith(marker)]


def versions(written: str) -> tuple[str, ...]:
    """Return the versions that an example names, or all versions."""
    for line in said_to(VERSIONS, written):
        number, which, last = line.split(" ", 2)
        first = 0 if last == "earlier" else minor(number)
        end = {"later": 10**6, "earlier": minor(number)}.get(last) or minor(last)
        assert which in {"and", "to"}
        return tuple(each for each in schemas.VERSIONS if first <= minor(each) <= end)
    return schemas.VERSIONS


def minor(version: str) -> int:
    return int(version.partition(".")[2])


def manifests(written: str) -> list[Json]:
    return [document.data for document in load(written, "example.yaml")]


def findings(written: str, version: str = schemas.NEWEST, case: str = "") -> list[Finding]:
    """Return the findings of these rules, in order, without warnings that no case is about."""
    code = about(case)
    found = rules.check(manifests(written), rules.Target(version, all_features=True))
    return [
        each
        for several in found
        for each in several
        if each.code in CODES and (each.code == code or each.code not in ASIDE)
    ]


def about(case: str) -> str:
    """Return the code in the name of a file."""
    stem = case.removesuffix(".yaml")
    return max((code for code in CODES if f"{stem}-".startswith(f"{code}-")), key=len, default="")


def hidden(manifest: Json) -> Iterator[str]:
    """List a Secret's values, encoded and decoded."""
    yield from manifest.get("stringData", {}).values()
    for value in manifest.get("data", {}).values():
        yield value
        try:
            yield base64.b64decode(value).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue


def places(schema: Json, name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}.{field}" for field in schema.get("properties", {}))


def test_importing_the_rules_registers_all_of_them() -> None:
    before = len(RULES), len(lab.JUDGES), sum(map(len, CHECKS.values()))
    for package in (fields, lab):
        for module in iter_modules(package.__path__):
            import_module(f"{package.__name__}.{module.name}")
    after = len(RULES), len(lab.JUDGES), sum(map(len, CHECKS.values()))
    assert after == before, "name the new module in labbuilder/validation/rules/lab/__init__.py"


def test_a_code_is_of_one_rule() -> None:
    with pytest.raises(ValueError, match="two rules have the code duplicate"):
        Rule("duplicate", "", "", guarded=False)


def test_every_check_is_of_a_type_or_field_that_some_version_has() -> None:
    known: set[str] = set()
    for bundle in (json.loads(SCHEMAS[f"v{version}.json"]) for version in schemas.VERSIONS):
        for kind, schema in bundle["kinds"].items():
            known.update(places(schema, kind.rpartition("/")[2]))
        for name, schema in bundle["$defs"].items():
            known.update(places(schema, name.rpartition(".")[2]))
    misspelt = sorted(CHECKS.keys() - known)
    assert not misspelt, f"no Kubernetes version has {misspelt}: correct the names in the module"


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_rule_has_both_examples(code: str) -> None:
    for folder, cases in (("negative", NEGATIVE), ("positive", POSITIVE)):
        found = [case for case in cases if about(case) == code]
        assert found, f"add tests/rules/{folder}/{code}.yaml, as this module's docstring says"


def test_examples_come_in_pairs() -> None:
    assert NEGATIVE == POSITIVE
    assert all(map(about, NEGATIVE))


@pytest.mark.parametrize("folder", ["negative", "positive"])
@pytest.mark.parametrize("case", NEGATIVE)
def test_the_schemas_have_nothing_to_say_of_an_example(folder: str, case: str) -> None:
    written = text(folder, case)
    for version in versions(written):
        for manifest in manifests(written):
            assert schemas.check(manifest, version) == []


@pytest.mark.parametrize("case", NEGATIVE)
def test_everything_that_is_wrong_is_found(case: str) -> None:
    written = text("negative", case)
    expected = said_to(EXPECT, written)
    assert about(case) in {line.rpartition(" ")[2] for line in expected}
    for version in versions(written):
        found = findings(written, version, case)
        said = [f"{each.object} {format_path(each.path)} {each.code}" for each in found]
        assert said == expected


@pytest.mark.parametrize("case", POSITIVE)
def test_nothing_is_found_where_nothing_is_wrong(case: str) -> None:
    written = text("positive", case)
    for version in versions(written):
        assert [str(each) for each in findings(written, version, case)] == []


@pytest.mark.parametrize("case", NEGATIVE)
def test_a_finding_says_what_is_wrong_and_how_bad(case: str) -> None:
    for finding in findings(text("negative", case), case=case):
        assert finding.message
        assert finding.severity is RULES[finding.code].severity
        assert f"{finding.message}{finding.hint}".isprintable()


@pytest.mark.parametrize("case", NEGATIVE)
def test_no_finding_shows_a_value_of_a_secret(case: str) -> None:
    written = text("negative", case)
    secrets = [each for each in manifests(written) if each["kind"] == "Secret"]
    shown = [f"{finding} {finding!r}" for finding in findings(written, case=case)]
    for value in (value for secret in secrets for value in hidden(secret) if len(value) > 4):
        assert not [each for each in shown if value in each]


@pytest.mark.parametrize("own", [{}, {"lifecycle": {"preStop": {"exec": {"command": ["true"]}}}}])
def test_only_a_pause_is_compared_with_the_grace_period(own: Json) -> None:
    spec = {
        "terminationGracePeriodSeconds": -1,
        "containers": [{"name": "notebook", "image": "lab", **own}],
    }
    manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "lab"}, "spec": spec}
    (found,) = rules.check([manifest])
    assert not [each for each in found if each.code == "invalid-value"]


@pytest.mark.parametrize(("kind", "content"), ODD)
@pytest.mark.parametrize("version", schemas.VERSIONS)
def test_what_the_schemas_let_pass_is_judged(kind: str, content: Json, version: str) -> None:
    group = "networking.k8s.io/v1" if kind == "NetworkPolicy" else "v1"
    manifest = {"apiVersion": group, "kind": kind, "metadata": {"name": "odd"}, **content}
    assert schemas.check(manifest, version) == []
    (found,) = rules.check([manifest], rules.Target(version))
    assert all(each.object == f"{kind}/odd" for each in found)
    for path in (each.path for each in found):
        assert all(isinstance(step, str | int) for step in path)
