"""What ``check`` is told of a cluster, and how it reads what others wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from labbuilder import LabBuilderError, LabCompiler
from labbuilder.cli import app
from labbuilder.documents.go_yaml import resolve, resolve_key, resolve_tagged

EXAMPLES = Path(__file__).parent.parent / "examples"
MINIMAL = (EXAMPLES / "minimal.yaml").read_text(encoding="utf-8")
POD = """apiVersion: v1
kind: Pod
metadata: {name: p, namespace: team}
spec: {containers: [{name: c, image: registry.example/a}]}
"""
DEPLOYMENT = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n"
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
OTHER_MAP = MAP.replace("name: a", "name: b")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, [*arguments])


def check(text: str, *options: str) -> tuple[int, list[str], Any]:
    """Return the exit status, the codes of errors and warnings, and the report."""
    Path("file.yaml").write_text(text, encoding="utf-8")
    result = run("check", "file.yaml", "-o", "json", *options)
    report = json.loads(result.stdout)
    return (
        result.exit_code,
        [f"{each['severity']} {each['code']}" for each in report["findings"]],
        report,
    )


def namespace(**labels: str) -> str:
    found = {f"pod-security.kubernetes.io/{key}": value for key, value in labels.items()}
    metadata = {"name": "team", "labels": found}
    return json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}) + "\n---\n"


@pytest.mark.parametrize(
    ("labels", "options", "status"),
    [
        ({}, (), 0),
        ({"enforce": "privileged"}, (), 0),
        ({"enforce": "baseline"}, (), 0),
        ({"enforce": "restricted"}, (), 1),
        ({"warn": "restricted"}, (), 0),
        ({}, ("--pod-security", "restricted"), 1),
        ({"enforce": "baseline"}, ("--pod-security", "restricted"), 0),
    ],
)
def test_the_level_is_the_one_of_the_namespace(
    labels: dict[str, str], options: tuple[str, ...], status: int
) -> None:
    assert check(namespace(**labels) + POD, *options)[0] == status


def test_a_namespace_that_enforces_nothing_is_not_warned_of() -> None:
    assert check(namespace(enforce="privileged") + POD)[1] == []
    _, warned, _ = check(namespace(enforce="privileged", warn="restricted") + POD)
    assert set(warned) == {"warning pod-security-restricted"}


def test_a_standard_is_the_one_of_its_version() -> None:
    sysctl = POD.replace(
        "spec: {", "spec: {securityContext: {sysctls: [{name: net.ipv4.tcp_rmem, value: a}]}, "
    )
    old = {"enforce": "baseline", "enforce-version": "v1.31"}
    assert check(namespace(**old) + sysctl)[0] == 1
    assert check(namespace(enforce="baseline") + sysctl)[0] == 0


def test_levels_and_versions_of_labels_are_checked() -> None:
    labels = {
        "enforce": "high",
        "warn-version": "v2",
        "audit": "baseline",
        "audit-version": "v1.9",
    }
    assert check(namespace(**labels))[1] == 2 * ["error invalid-pod-security"]


def test_what_is_waived_for_our_labs_is_refused_where_it_is_enforced() -> None:
    host = POD.replace("spec: {", "spec: {volumes: [{name: v, hostPath: {path: /a}}], ")
    assert check(namespace(enforce="baseline") + host)[:2] == (1, ["error pod-security-baseline"])
    assert "warning pod-security-waiver" in check(host)[1]


def test_skipped_kinds_are_counted_in_every_report() -> None:
    text = f"{DEPLOYMENT}---\n{DEPLOYMENT}---\n{MAP}"
    status, found, _ = check(text)
    assert (status, found) == (1, 2 * ["error no-schema"])
    for options in (("--skip", "Deployment"), ("--skip", "apps/v1/Deployment,Job"),
                    ("--ignore-missing-schemas",)):  # fmt: skip
        status, found, report = check(text, *options)
        assert (status, found, report["summary"]["skipped"]) == (0, [], 2)
        assert "2 objects skipped" in run("check", "file.yaml", *options).stdout
        assert "2 objects skipped" in run("check", "file.yaml", "-o", "github", *options).stdout
        assert 'skipped="2"' in run("check", "file.yaml", "-o", "junit", *options).stdout
        assert '"skipped": 2' in run("check", "file.yaml", "-o", "sarif", *options).stdout


def test_the_hint_of_a_missing_schema_names_the_options() -> None:
    _, _, report = check(DEPLOYMENT)
    assert "--skip KIND" in report["findings"][0]["hint"]
    assert "--ignore-missing-schemas" in report["findings"][0]["hint"]


def test_if_everything_is_skipped_the_check_is_none() -> None:
    status, found, _ = check(DEPLOYMENT, "--skip", "Deployment")
    assert (status, found) == (2, [])


def test_what_is_skipped_is_there_for_others() -> None:
    pod = POD.replace("image: ", "envFrom: [{configMapRef: {name: a}}], image: ")
    text = namespace(enforce="privileged") + pod
    assert "error unknown-object" in check(text)[1]
    there = f"{text}---\n{MAP.replace('name: a', 'name: a, namespace: team')}data: {{a b: c}}\n"
    assert check(there)[1] == ["error invalid-key"]
    assert check(there, "--skip", "ConfigMap")[1] == []


def test_who_the_hub_is_can_be_said() -> None:
    Path("user.yaml").write_text(MINIMAL, encoding="utf-8")
    lab = run("render", "user.yaml").stdout
    assert check(lab)[0] == 0
    hub = ("--hub", "jupyterhub:app=jupyterhub")
    status, found, _ = check(lab, *hub)
    assert (status, "warning notebook-exposed" in found) == (0, True)
    result = run("check", "user.yaml", *hub)
    assert (result.exit_code, "notebook-exposed" in result.stdout) == (0, True)
    named = lab.replace(
        "namespaceSelector: {}",
        "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: jupyterhub}}",
    )
    assert named != lab
    assert "error hub-locked-out" not in check(named)[1]
    assert "notebook-exposed" not in str(check(named, *hub)[1])
    assert "error hub-locked-out" in check(named, "--hub", "elsewhere:app=jupyterhub")[1]


@pytest.mark.parametrize("text", ["x", "a:", "A_b:app=x", "*:app=a b", "*:=x"])
def test_a_hub_in_another_form_is_refused(text: str) -> None:
    result = run("check", "file.yaml", "--hub", text)
    assert result.exit_code == 2
    assert "--hub must" in result.stdout + result.stderr


QUOTA_USER = MINIMAL.replace("  groups:", "  quota: {notebook: {memory: 8, cpu: 0.1}}\n  groups:")


def test_what_a_cluster_refuses_is_an_error_at_every_door() -> None:
    Path("user.yaml").write_text(QUOTA_USER, encoding="utf-8")
    assert run("render", "user.yaml").exit_code == 2
    assert run("check", "user.yaml").exit_code == 1
    accept = ("--accept", "quota-exceeded")
    rendered = run("render", "user.yaml", *accept)
    assert rendered.exit_code == 0
    assert "quota-exceeded" in rendered.stdout + rendered.stderr
    assert run("check", "user.yaml", *accept).exit_code == 0
    status, found, _ = check(rendered.stdout)
    assert (status, "error quota-exceeded" in found) == (1, True)
    status, found, _ = check(rendered.stdout, *accept)
    assert (status, "warning quota-exceeded" in found) == (0, True)


@pytest.mark.parametrize(
    "code", ["duplicate-user", "privileged-env", "notebook-exposed", "quota-exceded", ""]
)
def test_only_what_a_cluster_refuses_can_be_accepted(code: str) -> None:
    Path("user.yaml").write_text(MINIMAL, encoding="utf-8")
    result = run("render", "user.yaml", "--accept", code)
    assert result.exit_code == 2
    assert "--accept" in result.stdout + result.stderr
    config = {"sizes": [{"size": "small", "resources": {
        "limits": {"cpu": 1, "memory": "1Gi"}, "requests": {"cpu": 0, "memory": 0}}}]}  # fmt: skip
    with pytest.raises(LabBuilderError, match="unknown-code"):
        LabCompiler(config, accept=(code,))
    with pytest.raises(LabBuilderError, match="not a string"):
        LabCompiler(config, accept="quota-exceeded")


@pytest.mark.parametrize(
    ("text", "value", "key"),
    [
        ("no", False, "false"), ("Yes", True, "true"), ("yEs", "yEs", "yEs"), ("y", True, "true"),
        ("0644", 420, "420"), ("0o644", 420, "420"), ("0b11", 3, "3"), ("1_000", 1000, "1000"),
        ("08", 8, "8"), ("1e3", 1000, "1000"), ("1e6", 1000000, "1e+06"), (".5", 0.5, "0.5"),
        ("._5", "._5", "._5"), ("0x1F", 31, "31"), ("12:30", "12:30", "12:30"), ("", None, None),
        ("-0", 0, "0"), ("0b+1", 1, "1"), ("1e400", "1e400", "1e400"), ("0o8", "0o8", "0o8"),
        ("18446744073709551615", 2**64 - 1, None), ("9.51", 9.51, "9.51"), ("~", None, None),
    ],
)  # fmt: skip
def test_scalars_are_those_of_go_yaml(text: str, value: object, key: str | None) -> None:
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)
    assert resolve_key(text) == key


def test_lines_are_an_editors_where_yaml_1_1_has_more(tmp_path: Path) -> None:
    """A separator ends a line for kubectl, and a comment with it."""
    file = tmp_path / "map.yaml"
    file.write_text(f"{MAP}data:\n  a: 'x\u2028'  # \x85\n  b: 1 # y\u2029\n", encoding="utf-8")
    (found,) = json.loads(run("check", str(file), "-o", "json").stdout)["findings"]
    assert (found["line"], found["column"], found["path"]) == (6, 6, "data.b")


def test_json_may_have_any_character() -> None:
    text = (
        '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": "%s"}}'
    )
    assert check(text % "\x7f\x9e\x85\u2028 \ufeff")[:2] == (0, [])
    assert check(text % "\x01")[:2] == (1, ["error yaml-syntax"])


@pytest.mark.parametrize(
    ("tag", "text", "value"),
    [
        ("bool", "yes", True), ("int", "0644", 420), ("float", "1", 1), ("float", "1.5", 1.5),
        ("null", "", None), ("binary", "Y\nQ==", "a"), ("binary", "/w==", "\ufffd"),
        ("timestamp", "2001-1-1", "2001-1-1"), ("seq", "1", "1"), ("mine", "no", "no"),
    ],
)  # fmt: skip
def test_a_scalar_with_a_tag_is_of_the_tags_type(tag: str, text: str, value: object) -> None:
    tag = tag if tag == "mine" else f"tag:yaml.org,2002:{tag}"
    assert resolve_tagged(tag, text) == value
    assert type(resolve_tagged(tag, text)) is type(value)


@pytest.mark.parametrize(
    "written", ["!!bool no!", "!!int no", "!!int 1.0", "!!null 1", "!!binary a", "!!timestamp 1"]
)
def test_a_scalar_that_is_not_of_its_tags_type_is_refused(written: str) -> None:
    assert check(f"{MAP}data: {{a: {written}}}\n")[:2] == (1, ["error unsupported-tag"])


@pytest.mark.parametrize(
    ("key", "expected"),
    [(".nan", ".nan"), ("-.inf", "-.inf"), ("1e39", ".inf"), ("+.Inf", ".inf")],
)
def test_keys_that_are_no_numbers(key: str, expected: str) -> None:
    assert resolve_key(key) == expected


@pytest.mark.parametrize(
    ("data", "status"),
    [("{a: no}", 1), ("{a: 0644}", 1), ("{a: 'no'}", 0), ("{a: 12:30:45}", 0), ("{a: yEs}", 0),
     ("{1: one, true: two}", 0), ("{a: null}", 0), ("", 0), ('{a: "b\\/c"}', 1)],
)  # fmt: skip
def test_a_manifest_is_read_as_kubectl_reads_it(data: str, status: int) -> None:
    assert check(f"{MAP}data: {data}\n")[0] == status


def test_what_kubectl_reads_is_said_with_what_to_write() -> None:
    _, _, report = check(f"{MAP}data: {{a: no}}\n")
    (finding,) = report["findings"]
    assert finding["message"].endswith("kubectl reads `no` as false")
    assert finding["hint"] == "write 'no'"
    secret = MAP.replace("ConfigMap", "Secret")
    _, _, report = check(f"{secret}stringData: {{a: 0123456}}\n")
    assert "0123456" not in json.dumps(report)


def test_directives_and_json_s_escape_are_kubectl_s_to_refuse() -> None:
    for head in ("%YAML 1.2\n---\n", "%YAML 1.1\n---\n", "%TAG ! tag:a,2026:\n---\n"):
        assert check(head + MAP)[:2] == (1, ["error yaml-syntax"])
    assert (
        check('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"a":"\\/"}}')[
            0
        ]
        == 0
    )


@pytest.mark.parametrize(
    ("text", "status"),
    [(f"--- # a comment\n{MAP}", 0), (f"---\n{MAP}---   \n{OTHER_MAP}", 0),
     (f"---\r\n\ufeff{MAP}---\n\ufeff{OTHER_MAP}", 0), (f"{MAP}---\n", 0),
     ("--- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}", 1),
     (f"{MAP}--- {{apiVersion: v1, kind: ConfigMap, metadata: {{name: b}}}}", 1),
     (f"{MAP}--- !!map\n{OTHER_MAP}", 1), ("", 1), ("---\n---\n", 1)],
)  # fmt: skip
def test_documents_are_separated_as_kubectl_separates_them(text: str, status: int) -> None:
    assert check(text)[0] == status


def test_a_user_beside_manifests_is_read_as_a_user() -> None:
    user = MINIMAL.replace("name: Rosalind Franklin", "name: no")
    status, found, _ = check(f"{user}\n---\n{MAP}data: {{a: no}}\n")
    assert (status, found) == (1, ["error schema-wrong-type"])


def test_null_is_no_value() -> None:
    pod = POD.replace("spec: {", "spec: {volumes: null, hostNetwork: ~, nodeSelector: {a: null}, ")
    assert check(f"{namespace(enforce='privileged')}{pod}")[:2] == (0, [])
    assert "error schema-missing-field" in check(POD.replace("{name: c,", "{name: null,"))[1]


def test_a_generated_name_is_for_create() -> None:
    status, found, _ = check(MAP.replace("name: a", "generateName: a-"))
    assert (status, found) == (0, ["warning generated-name"])


@pytest.mark.parametrize(
    ("metadata", "status"),
    [("resourceVersion: '1'", 1), ("managedFields: []", 1), ("uid: u, resourceVersion: '1'", 0)],
)
def test_fields_of_a_server_are_fine_in_live_objects(metadata: str, status: int) -> None:
    assert check(MAP.replace("name: a", f"name: a, {metadata}"))[0] == status


def test_a_stored_mode_in_octal_is_no_change() -> None:
    Path("user.yaml").write_text(MINIMAL, encoding="utf-8")
    lab = run("render", "user.yaml").stdout
    stored = lab.replace("mode: 420", "mode: 0644")
    assert stored != lab
    Path("lab.yaml").write_text(stored, encoding="utf-8")
    assert run("diff", "user.yaml", "lab.yaml").exit_code == 0
