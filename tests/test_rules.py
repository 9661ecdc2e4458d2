"""Manifests that break a rule, each beside one that is as near to it as can be and breaks none.

A file of `rules/negative/` says in its first lines everything that is to be found in it; files are
called by the code of the rule that they are about.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest

from labbuilder.documents import load
from labbuilder.errors import Finding, format_path
from labbuilder.validation import rules, schemas
from labbuilder.validation.rules import RULES, Rule, fields
from labbuilder.validation.rules.fields.tables import TABLES

FOLDER = Path(__file__).parent / "rules"
NEGATIVE = sorted(path.name for path in (FOLDER / "negative").glob("*.yaml"))
POSITIVE = sorted(path.name for path in (FOLDER / "positive").glob("*.yaml"))
EXPECT = "# expect: "
VERSIONS = "# versions: "

# A name of the package hides some of the modules, whose functions they are.
ELSEWHERE = [
    import_module(f"labbuilder.validation.rules.lab.{name}")
    for name in ("capacity", "pod_security", "reach")
]
CODES = set(RULES) - {
    each.code for module in ELSEWHERE for each in vars(module).values() if type(each) is Rule
}
"""The rules without those that have tests of their own."""

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
"""What the schemas let pass and no example would have: empty, absent, of the other type."""


def text(folder: str, case: str) -> str:
    return (FOLDER / folder / case).read_text(encoding="utf-8")


def said_to(marker: str, written: str) -> list[str]:
    lines = written.splitlines()
    return [line.removeprefix(marker) for line in lines if line.startswith(marker)]


def versions(written: str) -> tuple[str, ...]:
    """Give the versions that an example is meant for; all of them if it doesn't say."""
    for line in said_to(VERSIONS, written):
        since = minor(line.removesuffix(" and later"))
        return tuple(version for version in schemas.VERSIONS if minor(version) >= since)
    return schemas.VERSIONS


def minor(version: str) -> int:
    return int(version.partition(".")[2])


def manifests(written: str) -> list[Json]:
    return [document.data for document in load(written, "example.yaml")]


def findings(written: str, version: str = schemas.NEWEST) -> list[Finding]:
    """Give what these rules find, in order; the others' findings have tests of their own."""
    found = rules.check(manifests(written), version)
    return [each for several in found for each in several if each.code in CODES]


def about(case: str) -> str:
    """Give the code that a file is called by."""
    stem = case.removesuffix(".yaml")
    return max((code for code in CODES if f"{stem}-".startswith(f"{code}-")), key=len, default="")


def hidden(manifest: Json) -> Iterator[str]:
    """Give a Secret's values, as they are written and as they are meant."""
    yield from manifest.get("stringData", {}).values()
    for value in manifest.get("data", {}).values():
        yield value
        try:
            yield base64.b64decode(value).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue


def test_the_checks_of_every_module_are_in_the_table() -> None:
    modules = [
        import_module(f"{fields.__name__}.{each.name}") for each in iter_modules(fields.__path__)
    ]
    for table, merged in (("TYPES", TABLES.types), ("FIELDS", TABLES.fields)):
        own = [check for module in modules for check in vars(module).get(table, {}).values()]
        known = [check for checks in merged.values() for check in checks]
        assert sorted(map(id, own)) == sorted(map(id, known))


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_rule_has_both_examples(code: str) -> None:
    assert [case for case in NEGATIVE if about(case) == code]
    assert [case for case in POSITIVE if about(case) == code]


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
        found = findings(written, version)
        said = [f"{each.object} {format_path(each.path)} {each.code}" for each in found]
        assert said == expected


@pytest.mark.parametrize("case", POSITIVE)
def test_nothing_is_found_where_nothing_is_wrong(case: str) -> None:
    written = text("positive", case)
    for version in versions(written):
        assert [str(each) for each in findings(written, version)] == []


@pytest.mark.parametrize("case", NEGATIVE)
def test_a_finding_says_what_is_wrong_and_how_bad(case: str) -> None:
    for finding in findings(text("negative", case)):
        assert finding.message
        assert finding.severity is RULES[finding.code].severity
        assert f"{finding.message}{finding.hint}".isprintable()


@pytest.mark.parametrize("case", NEGATIVE)
def test_no_finding_shows_a_value_of_a_secret(case: str) -> None:
    written = text("negative", case)
    secrets = [each for each in manifests(written) if each["kind"] == "Secret"]
    shown = [f"{finding} {finding!r}" for finding in findings(written)]
    for value in (value for secret in secrets for value in hidden(secret) if len(value) > 4):
        assert not [each for each in shown if value in each]


@pytest.mark.parametrize(("kind", "content"), ODD)
@pytest.mark.parametrize("version", schemas.VERSIONS)
def test_what_the_schemas_let_pass_is_judged(kind: str, content: Json, version: str) -> None:
    group = "networking.k8s.io/v1" if kind == "NetworkPolicy" else "v1"
    manifest = {"apiVersion": group, "kind": kind, "metadata": {"name": "odd"}, **content}
    assert schemas.check(manifest, version) == []
    (found,) = rules.check([manifest], version)
    assert all(each.object == f"{kind}/odd" for each in found)
    for path in (each.path for each in found):
        assert all(isinstance(step, str | int) for step in path)
