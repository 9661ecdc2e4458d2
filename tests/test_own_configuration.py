"""Whose configuration a lab has: the operator's, or one of the user file's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from labbuilder.cli import app
from labbuilder.data import DEFAULT_SITE

SITE = yaml.safe_load(DEFAULT_SITE)
USER = {
    "site": {
        "baseUrl": "https://data.example.org",
        "controllerImage": {"repository": "registry.example/controller", "tag": "1"},
    },
    "user": {"username": "rosalind", "uid": 4242, "gid": 4242},
    "image": f"registry.example/lab:w_2026_47@sha256:{'5f3d8f2a' * 8}",
    "secrets": {"token": "not-a-real-token"},
}
COMMANDS = {
    ("render", "own.yaml"): 2,
    ("render", "own.yaml", "--keep-going", "--jobs", "2"): 2,
    ("check", "own.yaml"): 1,
    ("check", "own.yaml", "--jobs", "2", "--kube-version", "all"): 1,
    ("diff", "own.yaml", "lab.yaml"): 2,
    ("krm",): 1,
}
"""Every command that compiles users, and how it exits if that fails."""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write("site.yaml", SITE)
    write("user.yaml", USER)
    Path("lab.yaml").write_text(run("render", "user.yaml").stdout, encoding="utf-8")


def write(name: str, data: Any) -> None:
    Path(name).write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")


def run(*command: str, spec: Any = None) -> Any:
    listed = {"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList"}
    text = json.dumps({**listed, "functionConfig": {"spec": spec}})
    return CliRunner().invoke(app, command, input=text)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("own", "said"),
    [
        (SITE, "can't be combined with --config; remove it, or remove --config"),
        ({}, "can't be combined with --config; remove it, or remove --config"),
        ("absent.yaml", "is not the configuration that --config names; remove it"),
        ("../site.yaml", "is not the configuration that --config names; remove it"),
        ("/etc/passwd", "is not the configuration that --config names; remove it"),
        ("", "is not the configuration that --config names; remove it"),
        (None, "must be a path or a mapping"),
        (5, "must be a path or a mapping"),
        ([], "must be a path or a mapping"),
    ],
)
def test_next_to_the_operators_there_is_no_other(
    command: tuple[str, ...], own: Any, said: str
) -> None:
    spec = {"config": own, **USER}
    write("own.yaml", spec)
    result = run(*command, "--config", "site.yaml", spec=spec)
    assert result.exit_code == COMMANDS[command]
    assert f"config: error: {said}" in result.stdout + result.stderr
    if command[0] != "krm":
        assert "own.yaml:1:" in result.stdout + result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_the_same_one_may_be_named(command: tuple[str, ...]) -> None:
    Path("link.yaml").symlink_to("site.yaml")
    for same in ("site.yaml", "./site.yaml", "link.yaml", str(Path("site.yaml").absolute())):
        write("own.yaml", {"config": same, **USER})
        result = run(*command, "--config", "site.yaml", spec={"config": same, **USER})
        assert (result.exit_code, result.stderr) == (0, "")


def test_an_empty_configuration_is_not_the_built_in_site() -> None:
    write("own.yaml", {"config": None, **USER})
    result = run("render", "own.yaml")
    assert result.stderr.startswith("own.yaml:1:9: config: error: must be a path or a mapping")


@pytest.mark.parametrize("new", [[], ["--config", "site.yaml"]])
def test_any_is_compared_with_another(new: list[str]) -> None:
    for own in (SITE, "absent.yaml", None):
        write("own.yaml", {"config": own, **USER})
        result = run("diff", "own.yaml", "--against-config", "site.yaml", *new)
        if new or own == SITE:
            assert (result.exit_code, result.stdout + result.stderr) == (0, "")
        else:
            assert result.exit_code == 2  # as of the new labs


def volume(**source: str) -> dict[str, Any]:
    return {"volumes": [{"name": "home", "source": source}]}


def init_container(**fields: Any) -> dict[str, Any]:
    image = {"repository": "registry.example/x", "tag": "1"}
    return {"initContainers": [{"name": "own", "image": image, **fields}]}


WAIVERS = {
    "a privileged container": init_container(privileged=True),
    "the standard container": {"standardInithome": True},
    "a folder of the node": volume(type="hostPath", path="/"),
    "NFS": volume(type="nfs", server="nfs.example", serverPath="/"),
}


@pytest.mark.parametrize("what", WAIVERS)
def test_a_waiver_needs_a_configuration_in_a_file(what: str) -> None:
    site = {**SITE, **WAIVERS[what]}
    write("site.yaml", site)
    rendered = run("render", "user.yaml", "--config", "site.yaml")
    assert (rendered.exit_code, "[pod-security-waiver]" in rendered.stderr) == (0, True)
    write("own.yaml", {"config": site, **USER})
    for command, failed in COMMANDS.items():
        result = run(*command, spec={"config": site, **USER})
        assert result.exit_code == failed
        printed = result.stdout + result.stderr
        assert "; put the configuration into a file and name it with --config" in printed
        assert "[pod-security-waiver]" in printed
        if command[0] == "render":
            assert result.stdout == ""
            assert all(line.startswith("own.yaml:") for line in result.stderr.splitlines())


def test_a_configuration_without_waivers_may_be_inline() -> None:
    write("own.yaml", {"config": {**SITE, **init_container()}, **USER})
    result = run("render", "own.yaml")
    assert (result.exit_code, result.stderr) == (0, "")


def test_what_the_operator_names_must_be_a_mapping() -> None:
    for text in ("- a\n", "text\n", "5\n"):
        Path("site.yaml").write_text(text, encoding="utf-8")
        (line,) = run("render", "user.yaml", "--config", "site.yaml").stderr.splitlines()
        assert line.startswith("site.yaml:1:1: error: must be a mapping")
