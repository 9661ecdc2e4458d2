"""A KRM function: a ResourceList in, a ResourceList out."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from labbuilder.cli import app
from labbuilder.data import DEFAULT_SITE
from labbuilder.documents import load, load_manifests
from labbuilder.errors import LabBuilderError
from labbuilder.krm.function import refuse, run
from labbuilder.krm.resourcelist import read_resource_list, reference, write_resource_list
from labbuilder.output import to_yaml
from labbuilder.users.compile import UserFiles
from labbuilder.validation.schemas import NEWEST

MINIMAL = Path(__file__).parent.parent / "examples" / "minimal.yaml"
USER: dict[str, Any] = yaml.safe_load(MINIMAL.read_text(encoding="utf-8"))
SITE = DEFAULT_SITE.replace("namespacePrefix: lab\n", "namespacePrefix: labs\n")
LAB: dict[str, Any] = {
    "apiVersion": "labs.example.org/v1",
    "kind": "Lab",
    "metadata": {"name": "rosalind"},
    "spec": USER,
}
LIST: dict[str, Any] = {
    "apiVersion": "config.kubernetes.io/v1",
    "kind": "ResourceList",
    "functionConfig": LAB,
    "items": [],
}
REFERENCE = {"apiVersion": "labs.example.org/v1", "kind": "Lab", "name": "rosalind"}
EMPTY = {"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": []}
Answer = dict[str, Any]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def krm(text: str, *arguments: str) -> Any:
    return CliRunner().invoke(app, ["krm", *arguments], input=text)


def answered(result: Any, code: int = 0) -> Answer:
    assert result.exit_code == code, result.stderr
    (document,) = load(result.stdout, "stdout")
    assert isinstance(document.data, dict)
    return document.data


def with_spec(**changes: Any) -> str:
    spec = {key: value for key, value in {**USER, **changes}.items() if value is not None}
    return json.dumps(LIST | {"functionConfig": LAB | {"spec": spec}})


def rendered(*arguments: str) -> list[Answer]:
    result = CliRunner().invoke(app, ["render", *(arguments or [str(MINIMAL)])])
    assert result.exit_code == 0
    return list(yaml.safe_load_all(result.stdout))


def config_map(name: str = "other", **metadata: Any) -> Answer:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **metadata}}


def items_with(*items: Answer) -> str:
    return json.dumps(LIST | {"items": items})


def test_the_lab_is_what_render_writes() -> None:
    result = krm(json.dumps(LIST))
    assert answered(result) == EMPTY | {"items": rendered()}
    assert result.stderr == ""


@pytest.mark.parametrize("version", ["v1", "v1beta1", "v1alpha1"])
def test_the_answer_has_the_version_of_the_question(version: str) -> None:
    name = f"config.kubernetes.io/{version}"
    answer = answered(krm(json.dumps(LIST | {"apiVersion": name})))
    assert (answer["apiVersion"], len(answer["items"])) == (name, 9)


def test_items_of_others_stay_as_they_are_and_where_they_are() -> None:
    items = [config_map("b"), config_map("a", annotations={"example.org/x": "1"})]
    answer = answered(krm(items_with(*items)))
    assert answer["items"] == [*items, *rendered()]


def test_an_item_of_the_same_name_is_replaced_where_it_stands() -> None:
    pod: Answer = {"apiVersion": "v1", "kind": "Pod"}
    pod |= {"metadata": {"name": "rosalind-nb", "namespace": "lab-rosalind"}, "spec": {}}
    answer = answered(krm(items_with(config_map(), pod, config_map("last"))))
    kinds = [each["kind"] for each in answer["items"]]
    assert kinds[:4] == ["ConfigMap", "Pod", "ConfigMap", "Namespace"]
    assert kinds.count("Pod") == 1
    assert answer["items"][1] == rendered()[-1]


@pytest.mark.parametrize(
    ("change", "stays"),
    [
        ({"apiVersion": "networking.k8s.io/v1beta1"}, 0),  # another version of the group
        ({"apiVersion": "example.org/v1"}, 1),
        ({"kind": "Policy"}, 1),
        ({"metadata": {"name": "rosalind-nb", "namespace": "elsewhere"}}, 1),
        ({"metadata": {"name": "rosalind-nb"}}, 1),
        ({"metadata": {"name": "nb", "namespace": "lab-rosalind"}}, 1),
        ({"metadata": None}, 1),
        ({"metadata": ["rosalind-nb"]}, 1),
    ],
)
def test_group_kind_namespace_and_name_make_the_same_item(change: Answer, stays: int) -> None:
    item: Answer = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
    item["metadata"] = {"name": "rosalind-nb", "namespace": "lab-rosalind"}
    items = answered(krm(items_with(item | change)))["items"]
    assert items.count(item | change) == stays
    assert len(items) == 9 + stays


def test_of_two_items_of_the_same_name_one_is_left() -> None:
    twice = config_map("rosalind-nb-env", namespace="lab-rosalind")
    items = answered(krm(items_with(twice, twice)))["items"]
    assert [reference(each).get("name") for each in items].count("rosalind-nb-env") == 1
    assert len(items) == 9


def test_annotations_of_whoever_runs_the_function_are_kept() -> None:
    theirs = {
        "internal.config.kubernetes.io/index": "3",
        "internal.config.kubernetes.io/path": "labs/env.yaml",
        "config.kubernetes.io/path": "labs/env.yaml",
        "config.k8s.io/id": "7",
        "kustomize.config.k8s.io/id": "x",
    }
    others = {"example.org/own": "1", "notconfig.kubernetes.io/a": "1", "plain": "1"}
    item = config_map("rosalind-nb-env", namespace="lab-rosalind", annotations=theirs | others)
    (found, *_) = answered(krm(items_with(item)))["items"]
    (ours,) = [m for m in rendered() if m["metadata"]["name"] == "rosalind-nb-env"]
    assert found["metadata"]["annotations"] == ours["metadata"]["annotations"] | theirs
    assert found["data"] == ours["data"]


@pytest.mark.parametrize("annotations", [None, [], "text", {"config.k8s.io/id": None}])
def test_odd_annotations_do_no_harm(annotations: Any) -> None:
    item = config_map("rosalind-nb-env", namespace="lab-rosalind", annotations=annotations)
    answered(krm(items_with(item)))


def test_plain_scalars_of_others_come_out_as_they_went_in() -> None:
    """Readers of YAML 1.1 and of 1.2 make different things of these."""
    item = """\
- apiVersion: v1
  kind: ConfigMap
  metadata:
    name: other
  data:
    mode: 0644
    octal: 0o644
    on: yes
    time: 12:30:45
    date: 2026-11-22
    number: 1_000
    text: !!str 017
    empty: null
    folded: 'it''s'
    block: |
      key:
        nested

      end
"""
    head = json.dumps(LAB)
    text = f"apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nfunctionConfig: {head}\n"
    result = krm(f"{text}items:\n{item}")
    assert result.exit_code == 0, result.stderr
    assert item.replace("!!str 017", "'017'") in result.stdout


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t :#'\"|>-"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(TEXT, VALUES, max_size=4), st.sampled_from(["", "'", '"', "|", ">"]))
def test_any_item_goes_through(data: Answer, style: str) -> None:
    given_list = EMPTY | {"items": [config_map() | {"data": data}]}
    text = yaml.safe_dump(given_list, allow_unicode=True, default_style=style or None)
    try:
        found = read_resource_list(text, "before")
    except LabBuilderError:  # a quoted number that is too large for its tag
        return
    written = write_resource_list(found, (), ())
    assert load_manifests(written, "after")[0].data == load_manifests(text, "before")[0].data


def test_tags_that_yaml_does_not_have_are_left_out() -> None:
    """They say nothing to kubectl, but another reader may act on them."""
    item = """\
- apiVersion: v1
  kind: ConfigMap
  metadata: !!python/object:os.system
    name: other
  data:
    a: !shout 017
    b: !!python/name:os.system yes
    c: !<tag:yaml.org,2002:str> no
    d: !!python/tuple [1]
"""
    head = json.dumps(LAB)
    text = f"apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nfunctionConfig: {head}\n"
    result = krm(f"{text}items:\n{item}")
    assert result.exit_code == 0, result.stderr
    assert "!" not in result.stdout
    (other,) = [each for each in answered(result)["items"] if each["metadata"]["name"] == "other"]
    assert other["data"] == {"a": "017", "b": "yes", "c": "no", "d": [1]}


def test_the_function_config_and_its_secrets_are_not_repeated() -> None:
    text = with_spec(secrets={"token": "swordfish", "bad name!": {"url": "x"}})
    result = krm(text)
    assert set(answered(result, 1)) == {"apiVersion", "kind", "items", "results"}
    assert "swordfish" not in result.output


def test_all_errors_are_results_and_the_items_stay() -> None:
    user = {**USER["user"], "username": "Rosalind", "uid": "4242"}
    lists = json.loads(with_spec(user=user)) | {"items": [config_map()]}
    result = krm(json.dumps(lists))
    answer = answered(result, 1)
    assert answer["items"] == [config_map()]
    first, second = answer["results"]
    assert first["message"].startswith("'Rosalind' is not a valid username; use lowercase letters")
    assert second == {
        "message": "must be a whole number; write digits without quotes",
        "severity": "error",
        "resourceRef": REFERENCE,
        "field": {"path": "spec.user.uid"},
        "tags": {"code": "wrong-type"},
    }
    lines = result.stderr.splitlines()
    assert [line.split()[1] for line in lines] == [
        "functionConfig.spec.user.username:",
        "functionConfig.spec.user.uid:",
    ]
    assert lines[0].startswith("<stdin>:1:")


def test_warnings_are_results_beside_the_lab() -> None:
    result = krm(with_spec(site=None))
    answer = answered(result)
    assert len(answer["items"]) == 9
    (warning,) = answer["results"]
    assert (warning["severity"], warning["tags"]) == ("warning", {"code": "default-base-url"})
    assert warning["field"] == {"path": "spec.site.baseUrl"}
    assert "functionConfig.spec.site.baseUrl: warning:" in result.stderr


def test_what_shows_in_a_manifest_is_led_back_to_the_function_config() -> None:
    Path("site.yaml").write_text(f"{SITE}pullSecret: pull-secret\n", encoding="utf-8")
    secret = {"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": "eA=="}}
    (result,) = answered(krm(with_spec(config="site.yaml", pullSecret=secret)), 1)["results"]
    assert result["tags"] == {"code": "invalid-secret"}
    assert result["message"].startswith("Secret/pull-secret: data")
    assert result["resourceRef"] == REFERENCE
    assert result["field"] == {"path": 'spec.pullSecret.data[".dockerconfigjson"]'}


def test_what_is_wrong_in_another_file_names_the_file() -> None:
    Path("site.yaml").write_text("namespacePrefix: lab\nsizes: []\n", encoding="utf-8")
    result = krm(with_spec(config="site.yaml"))
    found = [each for each in answered(result, 1)["results"] if "file" in each]
    assert found[0]["file"] == {"path": "site.yaml"}
    assert found[0]["message"].startswith("site.yaml:2:")
    assert "sizes: " in found[0]["message"]
    assert "field" not in found[0]
    assert "\nsite.yaml:2:" in f"\n{result.stderr}"


def test_paths_are_relative_to_the_working_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("site.yaml").write_text(SITE, encoding="utf-8")
    Path("token").write_text("from a file", encoding="utf-8")
    monkeypatch.setenv("PASSWORD", "from the environment")
    secrets = {"token": {"file": "token"}, "password": {"env": "PASSWORD"}}
    answer = answered(krm(with_spec(config="site.yaml", secrets=secrets), "--allow-env", "PASS*"))
    (secret,) = [each for each in answer["items"] if each["kind"] == "Secret"]
    assert secret["metadata"]["namespace"] == "labs-rosalind"
    assert secret["data"] == {
        "token": "ZnJvbSBhIGZpbGU=",
        "password": "ZnJvbSB0aGUgZW52aXJvbm1lbnQ=",
    }


def test_options_are_those_of_render() -> None:
    site = str(MINIMAL.parent / "observatory-site.yaml")
    spec = yaml.safe_load((MINIMAL.parent / "observatory.yaml").read_text(encoding="utf-8"))
    spec["site"]["discovery"] = str(MINIMAL.parent / spec["site"]["discovery"])
    del spec["config"]
    text = json.dumps(LIST | {"functionConfig": LAB | {"spec": spec}})
    options = ["--config", site, "--allow-files", str(MINIMAL.parent)]
    answer = answered(krm(text, *options, "--kubernetes-version", NEWEST))
    options = ["--allow-files", str(MINIMAL.parent)]
    assert answer["items"] == rendered(str(MINIMAL.parent / "observatory.yaml"), *options)
    failed = answered(krm(json.dumps(LIST), "--kubernetes-version", "1.2"), 1)
    assert [each["tags"]["code"] for each in failed["results"]] == ["unknown-kubernetes-version"]


BROKEN = {
    "empty": ("", "empty-file"),
    "null": ("null", "empty-file"),
    "no YAML": ("items: [", "yaml-syntax"),
    "not text": ("\x00", "yaml-syntax"),
    "a list": ("[]", "wrong-type"),
    "another kind": (json.dumps(LIST | {"kind": "List"}), "wrong-type"),
    "another version": (json.dumps(LIST | {"apiVersion": "config.kubernetes.io/v9"}), ""),
    "no version": (json.dumps(LIST | {"apiVersion": {}}), "invalid-value"),
    "two lists": (f"{json.dumps(LIST)}\n---\n{json.dumps(LIST)}\n", "several-documents"),
    "items no list": (json.dumps(LIST | {"items": {"a": 1}}), "wrong-type"),
    "items text": (json.dumps(LIST | {"items": "text"}), "wrong-type"),
    "an item no mapping": (json.dumps(LIST | {"items": [config_map(), 7]}), "wrong-type"),
    "no functionConfig": (json.dumps(EMPTY), "missing-field"),
    "functionConfig text": (json.dumps(LIST | {"functionConfig": "x"}), "missing-field"),
    "no spec": (json.dumps(LIST | {"functionConfig": {"data": {}}}), "missing-field"),
    "spec a list": (json.dumps(LIST | {"functionConfig": {"spec": []}}), "wrong-type"),
    "spec text": (json.dumps(LIST | {"functionConfig": {"spec": "x"}}), "wrong-type"),
    "unknown field": (with_spec(usr={}), "unknown-field"),
    "a key twice": ('{"kind": "a", "kind": "b"}', "duplicate-key"),
    "too deep": ("[" * 200, "yaml-too-deep"),
    "a Python object": ("!!python/object:os.system {}", "wrong-type"),
    "items merged": (f"<<: {json.dumps({'items': [config_map()]})}\n"
                     + to_yaml([{k: v for k, v in LIST.items() if k != "items"}]), "yaml-alias"),
    "an anchor twice": (to_yaml([LIST]).replace("items: []", "items: [&a {}, &a {}]"), ""),
    "no such file": (with_spec(config="no.yaml"), "unreadable-file"),
    "no such variable": (with_spec(secrets={"token": {"env": "NO_SUCH"}}), "variable-not-allowed"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_broken_input_is_a_result(name: str) -> None:
    text, code = BROKEN[name]
    result = krm(text)
    assert isinstance(result.exception, SystemExit | None), result.exception
    if name == "an anchor twice" and result.exit_code == 0:
        return  # some versions of PyYAML take it
    answer = answered(result, 1)
    assert (answer["kind"], answer["apiVersion"]) == ("ResourceList", EMPTY["apiVersion"])
    codes = {each["tags"]["code"] for each in answer["results"]}
    assert code in codes or not code
    assert all(each["message"] and each["severity"] == "error" for each in answer["results"])
    assert len(result.stderr.splitlines()) == len(answer["results"])


def test_a_reference_needs_a_name() -> None:
    nameless = json.dumps(LIST | {"functionConfig": {"spec": {}}})
    for each in answered(krm(nameless), 1)["results"]:
        assert not {"resourceRef", "field"} & each.keys()  # a field has to be one of a reference


def test_the_core_is_a_function_of_text() -> None:
    text, findings = run(json.dumps(LIST), "a list", UserFiles().compile)
    assert not findings
    assert run(json.dumps(LIST).encode(), "a list", UserFiles().compile) == (text, findings)
    assert load(refuse(()), "refused")[0].data == EMPTY


def test_help_has_an_example() -> None:
    text = " ".join(CliRunner().invoke(app, ["krm", "--help"]).stdout.split())
    assert "For example: labbuilder krm" in text
    assert "Exits with 0" in text
