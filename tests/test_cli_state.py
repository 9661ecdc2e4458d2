import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from labs import ARGUMENTS
from typer.testing import CliRunner

from labbuilder import compile_lab
from labbuilder.cli import app
from labbuilder.output import to_json, to_yaml

KINDS = ["ConfigMap", "ResourceQuota", "Pod"]


@pytest.fixture(autouse=True)
def _beside_a_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("site.yaml").write_text(yaml.safe_dump(ARGUMENTS["config"]), encoding="utf-8")


def state(*arguments: str, stdin: str | None = None) -> Any:
    return CliRunner().invoke(app, ["state", *arguments], input=stdin)


def objects(username: str = "vera", phase: str = "Running", **options: Any) -> list[Any]:
    """Give what a cluster has of a lab and kubectl is asked for, in kubectl's order."""
    arguments = copy.deepcopy(ARGUMENTS)
    arguments["user"] |= {"username": username, "quota": {"notebook": {"cpu": 4, "memory": 16}}}
    arguments["lab"]["options"] = options
    lab = copy.deepcopy(compile_lab(**arguments).manifests())
    kept = [each for kind in KINDS for each in lab if each["kind"] == kind]
    kept[-1]["status"] = {"phase": phase}
    return kept


def write(name: str, manifests: list[Any]) -> str:
    Path(name).write_text(to_yaml(manifests), encoding="utf-8")
    return name


def one(manifests: list[Any], kind: str, name: str) -> Any:
    (found,) = [
        each for each in manifests if (each["kind"], each["metadata"]["name"]) == (kind, name)
    ]
    return found


def codes(result: Any) -> list[str]:
    return [line.rpartition("[")[2].rstrip("]") for line in result.stderr.splitlines()]


def test_the_state_is_what_the_lab_was_built_for() -> None:
    file = write("objects.yaml", objects(size="large", enable_debug=True))
    result = state(file, "--config", "site.yaml")
    assert (result.exit_code, result.stderr) == (0, "")
    found = yaml.safe_load(result.stdout)
    user = ARGUMENTS["user"]
    assert found["user"] == {
        key: user[key] for key in ("username", "name", "uid", "gid", "groups")
    }
    assert found["options"] == {
        "size": "large",
        "enable_debug": True,
        "reset_user_env": False,
        "image": ARGUMENTS["image"],
    }
    assert found["status"] == "running"
    assert found["internal_url"] == "http://lab.labs-vera:8888/user/vera/"
    assert found["resources"]["limits"] == {"cpu": 4.0, "memory": 16 * 1024**3}
    assert found["quota"] == {"cpu": 4.0, "memory": 16 * 1024**3}


def test_lists_documents_files_and_standard_input_say_the_same() -> None:
    lab = objects()
    expected = state(write("documents.yaml", lab), "--config", "site.yaml").stdout
    Path("list.json").write_text(to_json(lab), encoding="utf-8")
    items = {"apiVersion": "v1", "items": lab, "kind": "List", "metadata": {"resourceVersion": ""}}
    Path("list.yaml").write_text(yaml.safe_dump(items), encoding="utf-8")
    parts = [write(f"{i}.yaml", [each]) for i, each in enumerate(lab)]
    for files in (["list.json"], ["list.yaml"], parts):
        assert state(*files, "--config", "site.yaml").stdout == expected
    text = Path("list.yaml").read_text(encoding="utf-8")
    assert state("-", "--config", "site.yaml", stdin=text).stdout == expected


def test_each_lab_is_a_document_or_an_item() -> None:
    file = write("objects.yaml", [*objects(), *objects("maria", "Pending")])
    result = state(file, "--config", "site.yaml")
    found = list(yaml.safe_load_all(result.stdout))
    assert [(each["user"]["username"], each["status"]) for each in found] == [
        ("vera", "running"),
        ("maria", "pending"),
    ]
    result = state(file, "--config", "site.yaml", "-o", "json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, found)
    result = state(file, "--username", "maria", "-o", "json")
    assert [each["user"]["username"] for each in json.loads(result.stdout)] == ["maria"]


def test_without_a_configuration_the_namespace_tells_the_prefix() -> None:
    result = state(write("objects.yaml", objects(size="large")))
    assert (result.exit_code, result.stderr) == (0, "")
    found = yaml.safe_load(result.stdout)
    assert found["internal_url"] == "http://lab.labs-vera:8888/user/vera/"


def test_another_namespace_than_the_configuration_makes_is_not_the_users() -> None:
    Path("other.yaml").write_text(
        yaml.safe_dump({**ARGUMENTS["config"], "namespacePrefix": "other"}), encoding="utf-8"
    )
    result = state(write("objects.yaml", objects()), "--config", "other.yaml")
    assert (result.exit_code, result.stdout) == (1, "")
    assert codes(result) == 3 * ["other-namespace"]
    assert ": metadata.namespace: error: must be other-vera, as the configuration makes it" in (
        result.stderr
    )


def test_hostile_namespaces_reach_no_url() -> None:
    lab = objects()
    for each in lab:
        each["metadata"]["namespace"] = "evil.example/\n-vera"
    result = state(write("objects.yaml", lab))
    assert (result.exit_code, result.stdout) == (1, "")
    assert codes(result) == 3 * ["other-namespace"]


@pytest.mark.parametrize("namespace", ["lab-mallory", "vera", "-vera", "a--vera", "labs-vera-x"])
@pytest.mark.parametrize("options", [[], ["--config", "site.yaml"]], ids=["no site", "site"])
def test_objects_in_anothers_namespace_are_not_the_users(
    namespace: str, options: list[str]
) -> None:
    lab = objects()
    for each in lab:
        each["metadata"]["namespace"] = namespace
        each["metadata"].pop("labels")
    result = state(write("objects.yaml", lab), *options)
    assert (result.exit_code, result.stdout) == (1, "")
    assert codes(result) == 3 * ["other-namespace"]
    assert all(line.startswith("objects.yaml:") for line in result.stderr.splitlines())


def test_a_label_of_another_user_is_found_in_its_line() -> None:
    lab = objects()
    lab[-1]["metadata"]["labels"]["nublado.lsst.io/user"] = "mallory"
    file = write("objects.yaml", lab)
    result = state(file)
    assert (result.exit_code, result.stdout) == (1, "")
    assert codes(result) == ["other-user"]
    lines = Path(file).read_text(encoding="utf-8").splitlines()
    line = 1 + lines.index("    nublado.lsst.io/user: mallory")
    assert result.stderr.startswith(f"{file}:{line}:27: Pod/vera-nb: ")


def test_a_namespace_that_is_too_long_is_told() -> None:
    username = "v" * 60
    lab = objects()
    for each in lab:
        metadata = each["metadata"]
        metadata["name"] = metadata["name"].replace("vera", username)
        metadata.pop("labels")
        metadata.pop("namespace")
    result = state(write("objects.yaml", lab), "--config", "site.yaml")
    assert (result.exit_code, result.stdout, codes(result)) == (1, "", ["invalid-name"])


def test_planted_objects_give_complaints_and_no_state() -> None:
    lab = objects()
    metadata = lab[-1]["metadata"]
    groups = [{"name": "admins\nroot:x:0:", "id": 0}]
    metadata["annotations"]["nublado.lsst.io/user-groups"] = json.dumps(groups)
    result = state(write("objects.yaml", lab))
    assert (result.exit_code, result.stdout) == (1, "")
    assert sorted(codes(result)) == ["invalid-group", "invalid-id"]
    assert "admins" not in result.stderr


def test_a_pod_that_is_being_deleted_is_terminating() -> None:
    lab = objects()
    lab[-1]["metadata"]["deletionTimestamp"] = "2026-11-26T04:00:00Z"
    assert yaml.safe_load(state(write("objects.yaml", lab)).stdout)["status"] == "terminating"


def test_objects_of_others_do_not_matter() -> None:
    others = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kube-root-ca.crt"}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "hub"}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "Not A User-nb"}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": ["a"], "labels": "b"}},
        {"apiVersion": "v1", "kind": ["Pod"], "metadata": None},
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "vera-nb"}},
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": "maria-nb",
                "namespace": "labs-vera",
                "labels": {"nublado.lsst.io/category": "fileserver"},
            },
        },
        {"apiVersion": "v1", "kind": "List", "items": []},
    ]
    Path("objects.yaml").write_text(yaml.safe_dump_all([*others, *objects()]), encoding="utf-8")
    result = state("objects.yaml", "-o", "json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert [each["user"]["username"] for each in json.loads(result.stdout)] == ["vera"]


def test_a_user_without_quota_has_none() -> None:
    lab = [each for each in objects() if each["kind"] != "ResourceQuota"]
    result = state(write("objects.yaml", lab))
    assert result.exit_code == 0
    assert yaml.safe_load(result.stdout)["quota"] is None


def test_what_is_missing_or_unreadable_is_told_with_its_place_and_no_value() -> None:
    lab = objects()
    env = one(lab, "ConfigMap", "vera-nb-env")["data"]
    env["CPU_LIMIT"] = "hunter2"
    del env["JUPYTER_IMAGE_SPEC"]
    del lab[-1]["status"]
    file = write("objects.yaml", lab)
    result = state(file, "--config", "site.yaml")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "hunter2" not in result.stderr
    line = 1 + Path(file).read_text(encoding="utf-8").splitlines().index("  CPU_LIMIT: hunter2")
    assert f"{file}:{line}:14: ConfigMap/vera-nb-env: data.CPU_LIMIT: error:" in result.stderr
    assert sorted(codes(result)) == ["invalid-quantity", "missing-field", "missing-field"]


@pytest.mark.parametrize(("kind", "name"), [("Pod", "vera-nb"), ("ConfigMap", "vera-nb-env")])
def test_a_missing_object_is_named(kind: str, name: str) -> None:
    lab = objects()
    lab.remove(one(lab, kind, name))
    result = state(write("objects.yaml", lab))
    assert (result.exit_code, result.stdout) == (1, "")
    assert codes(result) == ["missing-object"]
    assert f"the lab's {kind} {name} is missing" in result.stderr


def test_what_can_be_recreated_is_written_beside_what_cannot() -> None:
    lab = objects()
    del lab[-1]["status"]
    file = write("objects.yaml", [*lab, *objects("maria")])
    result = state(file, "-o", "json")
    assert result.exit_code == 1
    assert [each["user"]["username"] for each in json.loads(result.stdout)] == ["maria"]
    assert codes(result) == ["missing-field"]


def test_an_object_that_is_there_twice_is_told() -> None:
    lab = objects()
    first, second = write("a.yaml", lab), write("b.yaml", lab[-1:])
    result = state(first, second)
    assert (result.exit_code, result.stdout) == (1, "")
    assert codes(result) == ["duplicate-object"]
    assert result.stderr.startswith("b.yaml:1:1: Pod/vera-nb: error:")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: [", "yaml-syntax"),
        ("- a\n", "wrong-type"),
        ("apiVersion: v1\nkind: List\nitems: 1\n", "wrong-type"),
        ("apiVersion: v1\nkind: List\nitems: [1]\n", "wrong-type"),
    ],
)
def test_a_file_that_holds_no_objects_is_refused(text: str, code: str) -> None:
    Path("bad.yaml").write_text(text, encoding="utf-8")
    result = state(write("objects.yaml", objects()), "bad.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert codes(result) == [code]
    assert result.stderr.startswith("bad.yaml:")


def test_no_lab_is_trouble() -> None:
    file = write("objects.yaml", objects())
    assert state("-", stdin="").exit_code == 2
    result = state(file, "--username", "x\ny")
    assert (result.exit_code, result.stdout, codes(result)) == (2, "", ["invalid-username"])
    for arguments, said in (
        ([file, "--username", "maria"], "no lab of user 'maria' in the input\n"),
        (["-"], "no lab in the input\n"),
    ):
        result = state(*arguments, stdin="kind: Pod\n")
        assert (result.exit_code, result.stdout, result.stderr) == (2, "", said)
    result = state(file, "absent.yaml")
    assert (result.exit_code, result.stdout, codes(result)) == (2, "", ["unreadable-file"])


def test_help_has_an_example_and_the_exit_codes() -> None:
    text = " ".join(state("--help").stdout.split())
    assert "For example: labbuilder state objects.yaml" in text
    assert "labbuilder state" in text
    assert "Exits with 0" in text
