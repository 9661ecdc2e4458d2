"""Files of manifests are judged as they are, with the place of everything that is wrong."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from labs import lab

from labbuilder import output
from labbuilder.errors import Finding, LabBuilderError, Source, format_path
from labbuilder.manifest import object_name
from labbuilder.validation import rules, schemas
from labbuilder.validation.files import check_texts, select_versions
from labbuilder.validation.rules import Target

GOOD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\n"
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: b}
spec:
  containers:
  - name: c
    image: registry.example/lab
    envFrom:
    - configMapRef: {name: missing}
    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
"""
OLD, MIDDLE, NEW = schemas.VERSIONS[-3:]
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: b}\n"

Rule = Callable[[Any, Target], list[list[Finding]]]


def targets(*versions: str) -> list[Target]:
    return [Target(version) for version in versions]


def said(text: str | bytes, *versions: str) -> list[str]:
    found = check_texts({"f": text}, targets(*versions or (NEW,))).findings
    return [f"{each.source} {each.code} {format_path(each.path)}".rstrip() for each in found]


def indented(text: str) -> str:
    lines = text.splitlines()
    return "- " + "\n  ".join(lines) + "\n"


def test_a_lab_of_ours_passes_in_every_form_and_by_every_version() -> None:
    manifests = list(lab().manifests())
    for text in (output.to_yaml(manifests), output.to_json(manifests)):
        checked = check_texts({"lab": text}, targets(*schemas.VERSIONS))
        assert [each.code for each in checked.findings] == ["pod-security-waiver"]  # its NFS home
        names = [object_name(manifest) for manifest in manifests]
        assert checked.objects == [("lab", name) for name in names]
    many = output.to_files(manifests, "yaml")
    assert len(check_texts(many).findings) == 1


def test_a_finding_has_the_place_of_what_is_wrong() -> None:
    text = f"{GOOD}---\n# two\n{GOOD}dta: {{}}\ndata:\n  key: 5\n"
    assert said(text) == [
        "f:9:1 schema-unknown-field dta",
        "f:11:8 schema-wrong-type data.key",
    ]
    (first, _) = check_texts({"f": text}).findings
    assert (first.object, first.source) == ("ConfigMap/a", Source("f", 9, 1))


def test_a_missing_field_is_at_its_nearest_parent() -> None:
    assert said(POD.replace("  - name: c\n    image", "  - image")) == [
        "f:6:5 schema-missing-field spec.containers[0].name"
    ]
    assert said("apiVersion: v1\nkind: Pod\n")[0].startswith("f:1:1 schema-missing-field ")


def test_a_list_stands_for_its_items() -> None:
    text = f"apiVersion: v1\nkind: List\nitems:\n{indented(GOOD)}{indented(GOOD + 'x: 1')}- 7\n"
    assert said(text) == [
        "f:10:3 schema-unknown-field items[1].x",
        "f:11:3 wrong-type items[2]",
    ]
    nested = {"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Pod"}]}
    outer = {**nested, "items": [nested]}
    assert said(json.dumps(outer)) == [
        "f:1:95 schema-missing-field items[0].items[0].metadata",
    ]


@pytest.mark.parametrize("items", ["", "items:\n", "items: {}\n", "itmes: []\n"])
def test_a_list_without_items_is_none(items: str) -> None:
    assert [each.split()[1:] for each in said(f"apiVersion: v1\nkind: List\n{items}")] == [
        ["wrong-type", "items"]
    ]


@pytest.mark.parametrize(
    "text", ["", "\n", "# nothing\n", "---\n---\n", "{apiVersion: v1, kind: List, items: []}"]
)
def test_nothing_to_check_is_not_a_pass(text: str) -> None:
    (only,) = said(text)
    assert re.fullmatch("f:[12]:1 empty-file", only)


def test_empty_documents_beside_others_do_not_matter() -> None:
    assert said(f"---\n---\n{GOOD}---\n") == []


@pytest.mark.parametrize("text", ["5", "text", "[]", "- a: 1"])
def test_what_is_no_mapping_is_no_manifest(text: str) -> None:
    assert said(text) == ["f:1:1 wrong-type"]


@pytest.mark.parametrize(
    "text",
    ["kind: [", "a: 1\na: 2", b"\xff", "a: \0", "a: *b", "a: !x y", '{"a": 1'],
)
def test_what_cannot_be_read_is_a_finding_with_a_place(text: str | bytes) -> None:
    (finding,) = check_texts({"f": text}).findings
    assert finding.source
    assert finding.source.file == "f"


def test_files_are_judged_together_and_told_in_order() -> None:
    texts = {"z": POD, "a": NAMESPACE, "m": GOOD.replace("name: a", "name: missing")}
    assert check_texts(texts).findings == []
    texts["m"] = GOOD
    texts["a"] += "x: 1\n"
    assert [each.source and each.source.file for each in check_texts(texts).findings] == ["a"]
    texts["a"] = NAMESPACE
    (finding,) = check_texts(texts).findings
    assert (finding.code, finding.source) == ("unknown-object", Source("z", 9, 28))


def test_nothing_is_missed_that_may_be_in_what_could_not_be_judged() -> None:
    missed = said(f"{POD}---\n{NAMESPACE}")
    assert missed == ["f:9:28 unknown-object spec.containers[0].envFrom[0].configMapRef.name"]
    broken = GOOD.replace("name: a", "name: missing") + "data: 5\n"
    assert said(f"{POD}---\n{NAMESPACE}---\n{broken}") == ["f:20:7 schema-wrong-type data"]
    texts = {"f": f"{POD}---\n{NAMESPACE}", "g": "a: ["}
    assert [each.code for each in check_texts(texts).findings] == ["yaml-syntax"]


def test_these_rules_are_about_absence() -> None:
    assert {code for code, rule in rules.RULES.items() if rule.about_absence} == {
        "hub-locked-out", "lab-locked-out", "missing-pull-secret", "notebook-exposed",
        "selects-nothing", "undeclared-port", "unknown-object", "unserved-port",
    }  # fmt: skip


def test_one_thing_is_said_once_for_all_versions() -> None:
    text = f"{GOOD}dta: 1\n---\napiVersion: v1\nkind: Deployment\n"
    found = check_texts({"f": text}, targets(*schemas.VERSIONS)).findings
    assert [each.message for each in found] == [
        "field 'dta' is not defined",
        "no schema for v1/Deployment",
    ]
    (one,) = check_texts({"f": "apiVersion: v1\nkind: Deployment\n"}, targets(NEW)).findings
    assert one.message == f"no schema for v1/Deployment in Kubernetes {NEW}"


def test_what_only_some_versions_say_names_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(manifests: list[Any], target: Target) -> list[list[Finding]]:
        odd = Finding("odd", "is odd", ("kind",), f"see {target.version}")
        return [[odd] if target.version in {OLD, NEW} else [] for _ in manifests]

    monkeypatch.setattr(rules, "check", check)
    (finding,) = check_texts({"f": GOOD}, targets(OLD, MIDDLE, NEW)).findings
    assert finding.message == f"is odd (Kubernetes {OLD}, {NEW})"
    assert (finding.hint, finding.source) == (f"see {NEW}", Source("f", 2, 7))
    (finding,) = check_texts({"f": GOOD}, targets(OLD, NEW)).findings
    assert finding.message == "is odd"


def test_rules_get_only_what_the_schemas_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[Any] = []

    def check(manifests: list[Any], target: Target) -> list[list[Finding]]:
        judged.extend(manifests)
        return [[Finding("odd", target.version)] for _ in manifests]

    monkeypatch.setattr(rules, "check", check)
    assert said(f"{GOOD}x: 1\n---\n{GOOD}", NEW) == [
        "f:4:1 schema-unknown-field x",
        "f:6:1 odd",
    ]
    assert len(judged) == 1


def test_versions_are_asked_for_by_name() -> None:
    assert select_versions([]) == (schemas.NEWEST,)
    assert select_versions([f"v{NEW}.2", OLD, NEW]) == (OLD, NEW)
    assert select_versions(["all", OLD]) == schemas.VERSIONS
    with pytest.raises(LabBuilderError, match="unknown-kubernetes-version"):
        select_versions([OLD, "newest"])


def test_no_finding_shows_a_secret() -> None:
    manifest = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n"
    for more in ("data: {a: hunter2}", "data: hunter2", "type: 5\ndata: {a: !hunter2}"):
        findings = check_texts({"f": manifest + more}).findings
        assert findings
        assert not [each for each in findings if "hunter2" in str(each)]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["metadata", "name", "spec", "containers", "items", "data", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
KINDS = ["ConfigMap", "List", "Namespace", "NetworkPolicy", "Pod", "Secret", "Service", "x"]


@given(
    VALUES, st.sampled_from(KINDS), st.dictionaries(st.sampled_from(["metadata", "spec"]), VALUES)
)
def test_whatever_a_file_holds_is_judged(value: Any, kind: str, more: dict[str, Any]) -> None:
    manifest = {**(value if isinstance(value, dict) else {}), **more}
    for data in (value, {"apiVersion": "v1", "kind": kind, **manifest}):
        for finding in check_texts({"f": json.dumps(data)}).findings:
            assert finding.source
