"""User files are judged by what they compile to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from labbuilder.cli import app
from labbuilder.users.batches import Batch
from labbuilder.users.check import is_independent
from labbuilder.validation import schemas

OLDEST = schemas.VERSIONS[0]
AMOUNTS = {"cpu": 1, "memory": "1Gi"}
SITE = {
    "namespacePrefix": "lab",
    "sizes": [{"size": "tiny", "resources": {"limits": AMOUNTS, "requests": AMOUNTS}}],
    "volumes": [{"name": "home", "source": {"type": "hostPath", "path": "/data"}}],
    "volumeMounts": [{"containerPath": "/home", "volumeName": "home"}],
}


def user(name: str = "rosalind", **changes: Any) -> dict[str, Any]:
    return {
        "site": {"baseUrl": "https://data.example.org"},
        "user": {"username": name, "uid": 4242, "gid": 4242},
        "image": f"registry.example/lab:w_2026_47@sha256:{'5f3d8f2a' * 8}",
        "secrets": {"token": "not-a-real-token"},
        **changes,
    }


def write(name: str, *documents: Any) -> str:
    Path(name).write_text(yaml.safe_dump_all(documents), encoding="utf-8")
    return name


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write("site.yaml", SITE)
    write("user.yaml", user())


def check(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["check", *arguments])


def test_a_user_whose_lab_is_well_says_nothing_and_prints_no_lab() -> None:
    result = check("user.yaml")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize("versions", [[schemas.NEWEST], [OLDEST, schemas.NEWEST], ["all"]])
def test_what_holds_for_every_version_is_said_once(versions: list[str]) -> None:
    options = [part for version in versions for part in ("--kubernetes-version", version)]
    write("bad.yaml", user("Rosalind", config="site.yaml"), user(config="site.yaml"))
    result = check("bad.yaml", *options, "-o", "json")
    assert (result.exit_code, result.stderr) == (1, "")
    found = json.loads(result.stdout)["findings"]
    assert [(each["code"], each["severity"]) for each in found] == [
        ("pod-security-waiver", "warning"),
        ("invalid-username", "error"),
    ]
    assert not any("(Kubernetes" in each["message"] for each in found)


def test_what_one_version_says_is_said_with_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    def only_old(manifest: Any, version: str) -> Any:
        return original({**manifest, "new": 1}, version) if version == OLDEST else []

    original = schemas.check
    monkeypatch.setattr(schemas, "check", only_old)
    versions = [part for each in (OLDEST, schemas.NEWEST) for part in ("--kube-version", each)]
    result = check("user.yaml", *versions)
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert all(f"(Kubernetes {OLDEST})" in line for line in lines if "new" in line)


def test_users_and_manifests_may_stand_in_one_file() -> None:
    pod = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "A", "namespace": "b"}}
    write("mixed.yaml", user("Vera"), pod)
    result = check("mixed.yaml", "-o", "json")
    codes = [each["code"] for each in json.loads(result.stdout)["findings"]]
    assert (result.exit_code, codes) == (1, ["invalid-username", "invalid-name"])


def test_a_report_names_every_user() -> None:
    write("more.yaml", user("ada"), user("Vera"))
    result = check("user.yaml", "more.yaml", "-o", "junit")
    assert result.exit_code == 1
    for name in ("User/rosalind", "User/ada", "User/Vera"):
        assert f'name="{name}"' in result.stdout


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_each_line_is_checked_for_itself(jobs: str) -> None:
    users = [user("ada"), user("Vera"), {"kind": "Pod"}, user("eve"), 5]
    Path("users.ndjson").write_text("\n".join(map(json.dumps, users)) + "\n{", encoding="utf-8")
    result = check("users.ndjson", "-o", "json", "--jobs", jobs)
    found = json.loads(result.stdout)["findings"]
    places = {each["line"]: each["code"] for each in found}
    assert sorted(places) == [2, 3, 5, 6]
    assert (places[2], places[5], places[6]) == ("invalid-username", "wrong-type", "yaml-syntax")


def test_rendered_lines_pass() -> None:
    rendered = CliRunner().invoke(app, ["render", "user.yaml", "-o", "ndjson"]).stdout
    Path("labs.ndjson").write_text(rendered * 3, encoding="utf-8")
    result = check("labs.ndjson")
    assert (result.exit_code, result.stdout) == (0, "")


def test_a_folder_of_users_is_checked_with_a_configuration() -> None:
    Path("users").mkdir()
    write("users/ada.yaml", user("ada"))
    write("users/vera.yaml", user("Vera"))
    result = check("users", "--config", "site.yaml", "--jobs", "2")
    assert result.exit_code == 1
    assert "users/vera.yaml:" in result.stdout
    assert "Vera" in result.stdout
    assert check("users", "--config", "absent.yaml").exit_code == 1


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        (b"user: {}", True), (b"kind: Pod\nuser: {}", False), (b"", False),
        (b"apiVersion: v1", False), (b"a: 1", False),
    ],
)  # fmt: skip
def test_what_stands_alone(text: bytes, alone: bool) -> None:  # noqa: FBT001 (pytest's)
    assert is_independent(Batch("x", text)) is alone
    assert is_independent(Batch("x", text, 1))
