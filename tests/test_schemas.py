"""Schema checks: versions, good and bad manifests, explanations, secrets."""

from __future__ import annotations

import copy
import datetime as dt
import math
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labbuilder.errors import Finding, LabBuilderError, Path, Severity, format_path
from labbuilder.validation import schemas
from labbuilder.validation.schemas import NEWEST, VERSIONS, check, resolve_version

Manifest = dict[str, Any]

POD: Manifest = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "lab", "labels": {"app": "lab"}, "annotations": {"note": "n"}},
    "spec": {
        "containers": [
            {
                "name": "notebook",
                "image": "lab:1",
                "env": [{"name": "TOKEN", "value": "tok-in-env"}],
                "ports": [{"containerPort": 8888, "name": "http"}],
                "readinessProbe": {"httpGet": {"path": "/", "port": "http"}},
                "resources": {"limits": {"cpu": 1.5, "memory": "3Gi"}, "requests": {"cpu": 1}},
                "securityContext": {"runAsUser": 1000, "capabilities": {"drop": ["all"]}},
                "volumeMounts": [{"mountPath": "/tmp", "name": "tmp"}],  # noqa: S108
            }
        ],
        "tolerations": [{"key": "k", "operator": "Exists"}],
        "volumes": [
            {"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}},
            {"name": "files", "configMap": {"name": "f", "items": [{"key": "a", "path": "b"}]}},
        ],
    },
}
SECRET: Manifest = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "lab"},
    "type": "Opaque",
    "immutable": True,
    "data": {"token": "aHVudGVyMg=="},
    "stringData": {"password": "hunter2"},
}
GOOD: list[Manifest] = [
    POD,
    SECRET,
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "lab", "labels": {}}},
    {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "lab"},
        "spec": {"hard": {"limits.cpu": 9, "limits.memory": "27Gi"}},
    },
    {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "lab"},
        "data": {"passwd": "root:x:0:0"},
    },
    {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "lab"},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "resources": {"requests": {"storage": "1Gi"}},
            "storageClassName": "standard",
        },
    },
    {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "lab"},
        "spec": {"ports": [{"port": 8888, "targetPort": 8888}, {"port": 1, "targetPort": "http"}]},
    },
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "lab"},
        "spec": {
            "podSelector": {"matchLabels": {"app": "lab"}},
            "ingress": [{"ports": [{"port": 8888}], "from": [{"podSelector": {}}]}],
            "policyTypes": ["Ingress"],
        },
    },
]
by_kind = pytest.mark.parametrize("manifest", GOOD, ids=lambda manifest: manifest["kind"])
OLDEST_MINOR = int(VERSIONS[0].partition(".")[2])
OLDER = f"1.{OLDEST_MINOR - 1}"
by_version = pytest.mark.parametrize("version", VERSIONS)


def verdicts(manifest: Manifest, version: str) -> tuple[bool, bool]:
    """Ask each validator whether it accepts a manifest."""
    key = f"{manifest['apiVersion']}/{manifest['kind']}"
    schema = schemas._schema(version, key)  # noqa: SLF001 - to ask the one that decides nothing
    explainer = jsonschema.Draft202012Validator(schema)
    return schemas._decider(version, key).is_valid(manifest), explainer.is_valid(manifest)  # noqa: SLF001


def changed(manifest: Manifest, path: Path, value: object) -> Manifest:
    result = copy.deepcopy(manifest)
    inner: Any = result
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return result


def without(manifest: Manifest, path: Path) -> Manifest:
    result = copy.deepcopy(manifest)
    inner: Any = result
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return result


def paths(value: object, path: Path = ()) -> Iterator[Path]:
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from paths(inner, (*path, index))


def only(manifest: Manifest, version: str = NEWEST) -> Finding:
    (finding,) = check(manifest, version)
    assert finding.severity is Severity.ERROR
    return finding


def test_versions_are_sorted_as_numbers() -> None:
    assert tuple(f"1.{OLDEST_MINOR + i}" for i in range(7)) == VERSIONS
    assert VERSIONS[-1] == NEWEST


@pytest.mark.parametrize("text", ["{}", "v{}", "{}.2", "v{}.2", "v{}.2-gke.100", "v{}.2+k3s1"])
def test_ways_to_name_a_version(text: str) -> None:
    assert resolve_version(text.format(VERSIONS[3])) == VERSIONS[3]


NO_VERSIONS = [
    "1", OLDER, "1.99", NEWEST.replace(".", ".0"), f"0{NEWEST}", f"{NEWEST}.", f"{NEWEST}\n",
    f" {NEWEST}", f"{NEWEST}.x", f"vv{NEWEST}", f"{NEWEST}-gke.1", f"{NEWEST}.2-", "", "latest",
    "SOURCES", "\u0661.\u0663\u0664",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_VERSIONS)
def test_no_version(text: str) -> None:
    with pytest.raises(LabBuilderError) as caught:
        resolve_version(text)
    (finding,) = caught.value.findings
    assert finding.code == "unknown-kubernetes-version"
    assert repr(text) in finding.message
    assert f"{VERSIONS[0]}, " in finding.hint
    assert "quotes" not in finding.hint


@pytest.mark.parametrize("value", [float(NEWEST), 1, None, True, [NEWEST]])
def test_a_version_that_is_no_text_should_be_quoted(value: object) -> None:
    with pytest.raises(LabBuilderError, match=rf"put the version in quotes.*{re.escape(NEWEST)}"):
        resolve_version(value)


def test_a_long_version_is_cut_short() -> None:
    with pytest.raises(LabBuilderError) as caught:
        resolve_version("1" * 10_000)
    assert len(caught.value.findings[0].message) < 150


@by_version
@by_kind
def test_good_manifests(manifest: Manifest, version: str) -> None:
    assert check(manifest, version) == []
    assert verdicts(manifest, version) == (True, True)


@by_version
@by_kind
@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        (("metadata", "nmae"), "x", "schema-unknown-field"),
        (("metadata", "labels"), {"a": 1}, "schema-wrong-type"),
        (("metadata", "annotations"), None, "schema-wrong-type"),
        (("metadata", "deletionGracePeriodSeconds"), 2**63, "schema-invalid-value"),
    ],
)
def test_bad_manifests(
    manifest: Manifest, version: str, path: Path, value: object, code: str
) -> None:
    bad = changed(manifest, path, value)
    assert verdicts(bad, version) == (False, False)
    finding = only(bad, version)
    assert finding.code == code
    assert finding.path[: len(path)] == path
    assert finding.object.startswith(manifest["kind"])


@by_version
@by_kind
def test_nothing_in_a_manifest_may_be_null(manifest: Manifest, version: str) -> None:
    for path in paths(manifest):
        assert check(changed(manifest, path, None), version)


@by_kind
@pytest.mark.parametrize("field", ["apiVersion", "kind"])
def test_a_manifest_without_version_or_kind(manifest: Manifest, field: str) -> None:
    finding = only(without(manifest, (field,)))
    assert finding.code == "no-schema"
    assert finding.message == f"{field} is missing"


def test_a_document_without_version_and_kind_may_be_a_file_of_another_sort() -> None:
    finding = only({"namespacePrefix": "lab"})
    assert finding.message == "apiVersion and kind are missing"
    assert "name a user file" in finding.hint


@pytest.mark.parametrize(
    ("api_version", "kind", "hint"),
    [
        ("v1", "NetworkPolicy", "did you mean networking.k8s.io/v1/NetworkPolicy?"),
        ("v1", "pod", "did you mean v1/Pod?"),
        ("batch/v2", "XYZ", ""),
        ("serving.example.dev/v1", "Service", ""),
        (["v1"], {"Pod": 1}, ""),
    ],
)
def test_a_kind_without_schema_is_an_error(api_version: object, kind: object, hint: str) -> None:
    manifest = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}}
    finding = only(manifest)
    assert finding.code == "no-schema"
    assert finding.hint == hint


def test_a_kind_split_in_the_wrong_place_is_an_error() -> None:
    assert check({"apiVersion": "networking.k8s.io", "kind": "v1/NetworkPolicy"}, NEWEST)


def test_a_version_without_schemas_is_never_a_pass() -> None:
    with pytest.raises(LabBuilderError, match=re.escape(repr(OLDER))):
        check(POD, OLDER)


CONTAINER = ("spec", "containers", 0)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (
            (*CONTAINER, "volumeMount"),
            [],
            (
                "spec.containers[0].volumeMount: error: field 'volumeMount' is not defined;"
                " did you mean volumeMounts? [schema-unknown-field]"
            ),
        ),
        (
            (*CONTAINER, "env", 0, "value"),
            True,
            (
                "spec.containers[0].env[0].value: error: must be of type string, not boolean;"
                " put the value in quotes [schema-wrong-type]"
            ),
        ),
        (
            (*CONTAINER, "securityContext", "runAsUser"),
            "1000",
            (
                "spec.containers[0].securityContext.runAsUser: error: must be of type"
                " integer, not string; write the value without quotes [schema-wrong-type]"
            ),
        ),
        (
            (*CONTAINER, "resources", "limits", "memory"),
            None,
            (
                "spec.containers[0].resources.limits.memory: error: must be of type"
                " number or string, not null; remove the field [schema-wrong-type]"
            ),
        ),
        (
            (*CONTAINER, "readinessProbe", "httpGet", "port"),
            1.5,
            (
                "spec.containers[0].readinessProbe.httpGet.port: error: must be of type"
                " integer or string, not number; put the value in quotes [schema-wrong-type]"
            ),
        ),
        (
            (*CONTAINER, "ports", 0, "containerPort"),
            2**31,
            (
                "spec.containers[0].ports[0].containerPort: error: must be at most"
                " 2147483647 [schema-invalid-value]"
            ),
        ),
        (
            ("metadata", "labels"),
            {"app.kubernetes.io/name": dt.date(2026, 1, 1)},
            (
                'metadata.labels["app.kubernetes.io/name"]: error: must be of type string,'
                " not Python's date; put the value in quotes [schema-wrong-type]"
            ),
        ),
        (
            ("spec", "volumes"),
            "tmp",
            "spec.volumes: error: must be of type array, not string [schema-wrong-type]",
        ),
    ],
)
def test_explanations(path: Path, value: object, expected: str) -> None:
    assert str(only(changed(POD, path, value))) == f"Pod/lab: {expected}"


def test_every_missing_field_is_named_once_and_where_it_belongs() -> None:
    findings = check(changed(POD, (*CONTAINER, "volumeMounts"), [{}, {"name": "x"}]), NEWEST)
    assert sorted(format_path(finding.path) for finding in findings) == [
        "spec.containers[0].volumeMounts[0].mountPath",
        "spec.containers[0].volumeMounts[0].name",
        "spec.containers[0].volumeMounts[1].mountPath",
    ]
    assert {finding.code for finding in findings} == {"schema-missing-field"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("metadata", "labels"), {1: "a"}),
        (("metadata", "labels"), {None: "a"}),
        (("metadata", "labels"), {None: 5}),
        (("metadata", True), "on"),
        (("spec", "overhead"), {"cpu": math.nan}),
        (("spec", "hostname"), b"host"),
    ],
)
def test_what_json_does_not_have_is_never_a_pass(path: Path, value: object) -> None:
    assert [str(finding) for finding in check(changed(POD, path, value), NEWEST)]


def test_a_refusal_that_nothing_explains_is_still_a_refusal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    never = jsonschema_rs.Draft202012Validator(False)  # noqa: FBT003 - a schema
    monkeypatch.setattr(schemas, "_decider", lambda _version, _key: never)
    finding = only(POD)
    assert (finding.code, finding.object) == ("schema-invalid-value", "Pod/lab")


@pytest.mark.parametrize(
    "manifest",
    [
        changed(SECRET, ("stringData", "password"), ["hunter2"]),
        changed(SECRET, ("stringData", "password"), {"x": "hunter2"}),
        changed(SECRET, ("stringData", "password"), b"hunter2"),
        changed(SECRET, ("stringData",), "hunter2"),
        changed(SECRET, ("data",), ["hunter2"]),
        changed(SECRET, ("datum",), {"token": "hunter2"}),
        changed(SECRET, ("type",), {"token": "hunter2"}),
        changed(SECRET, ("kind",), "Secrets"),
        changed(SECRET, ("metadata",), "hunter2"),
        changed(POD, (*CONTAINER, "env", 0, "value"), {"x": "hunter2"}),
        changed(POD, (*CONTAINER, "env"), "hunter2"),
    ],
)
def test_values_are_never_echoed(manifest: Manifest) -> None:
    text = "\n".join(str(finding) for finding in check(manifest, NEWEST))
    assert text
    for value in ("hunter2", "aHVudGVyMg==", "tok-in-env"):
        assert value not in text


def test_nothing_asks_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    schemas._decider.cache_clear()  # noqa: SLF001 - so that validators are built here
    for manifest in GOOD:
        assert check(manifest, NEWEST) == []
        assert check(changed(manifest, ("extra",), 1), NEWEST)


def test_a_good_manifest_needs_no_explanation() -> None:
    code = (
        "import sys; from labbuilder.validation.schemas import check, NEWEST\n"
        "good = {'apiVersion': 'v1', 'kind': 'Namespace', 'metadata': {'name': 'x'}}\n"
        "assert not check(good, NEWEST) and 'jsonschema' not in sys.modules\n"
        "assert check({**good, 'x': 1}, NEWEST) and 'jsonschema' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@st.composite
def mutations(draw: st.DrawFn) -> Manifest:
    """Delete, add to, or change the type of something in a good manifest."""
    manifest = draw(st.sampled_from(GOOD))
    inside = [path for path in paths(manifest) if path not in {("apiVersion",), ("kind",)}]
    path = draw(st.sampled_from(inside))
    match draw(st.sampled_from(["delete", "add", "change"])):
        case "delete":
            return without(manifest, path)
        case "add" if isinstance(path[-1], str):
            return changed(manifest, (*path[:-1], "unheardOf"), "x")
    others = [None, True, 0, -1, 2**40, 2**70, 0.5, 1.0, "", "1", [], [1], {}, {"a": "b"}]
    return changed(manifest, path, draw(st.sampled_from(others)))


@given(manifest=mutations(), version=st.sampled_from(VERSIONS))
@settings(max_examples=300, deadline=None)
def test_both_validators_agree_and_every_refusal_is_explained(
    manifest: Manifest, version: str
) -> None:
    decides, explains = verdicts(manifest, version)
    assert decides == explains
    findings = check(manifest, version)
    assert bool(findings) is not decides
    assert all("can't be named" not in finding.message for finding in findings)
