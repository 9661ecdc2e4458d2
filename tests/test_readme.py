"""What the READMEs show is what happens."""

import asyncio
import logging
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from labs import ARGUMENTS
from readmes import CONSOLE, MAKE, READMES, blocks, with_output
from references import ROOT
from typer.testing import CliRunner

from labbuilder.cli import app
from labbuilder.data import DEFAULT_SITE
from labbuilder.names import is_username

TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in READMES}


def render(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["render", *arguments])


@pytest.mark.parametrize("name", [name for name in TEXTS if CONSOLE.search(TEXTS[name])])
def test_commands_print_what_is_shown(name: str, tmp_path: Path) -> None:
    """All of a README, one after the other, in one folder."""
    assert with_output(TEXTS[name], tmp_path) == TEXTS[name], f"run {MAKE}"


def test_the_user_file_is_the_minimal_example() -> None:
    example = (ROOT / "examples/minimal.yaml").read_text(encoding="utf-8")
    assert blocks(TEXTS["README.md"], "yaml")[0] in example


def test_the_excerpt_is_what_the_minimal_example_renders() -> None:
    result = render(str(ROOT / "examples/minimal.yaml"))
    assert result.exit_code == 0
    assert blocks(TEXTS["README.md"], "yaml")[1] in result.stdout


def test_the_user_file_with_every_part_compiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    user, _ = blocks(TEXTS["schemas/README.md"], "yaml")
    Path("user.yaml").write_text(user, encoding="utf-8")
    site = ARGUMENTS["config"] | {"pullSecret": "registry"}
    Path("site.yaml").write_text(yaml.safe_dump(site), encoding="utf-8")
    for name in ("discovery.json", "config.json"):
        Path(name).write_text("{}", encoding="utf-8")
    result = render("user.yaml")
    assert result.exit_code == 0
    assert "error" not in result.stderr
    known = TEXTS["schemas/README.md"].partition("#### Site")[0]
    assert set(re.findall(r"^\| `(\w+)`", known, re.MULTILINE)) == yaml.safe_load(user).keys()


def test_the_configuration_compiles(tmp_path: Path) -> None:
    _, site = blocks(TEXTS["schemas/README.md"], "yaml")
    (tmp_path / "site.yaml").write_text(site, encoding="utf-8")
    user = str(ROOT / "examples/minimal.yaml")
    result = render(user, "--config", str(tmp_path / "site.yaml"))
    assert result.exit_code == 0
    assert "namespace: labs-rosalind" in result.stdout


def test_the_built_in_site_is_as_described() -> None:
    site = yaml.safe_load(DEFAULT_SITE)
    sizes = {each["size"]: each["resources"]["limits"] for each in site["sizes"]}
    numbers = {
        size: f"{limits['cpu']}, {limits['memory'].removesuffix('Gi')}"
        for size, limits in sizes.items()
    }
    assert (site["namespacePrefix"], site["defaultSize"]) == ("lab", "small")
    assert numbers == {"small": "1, 4", "medium": "2, 8", "large": "4, 16"}
    assert site["volumes"][0]["source"]["resources"]["requests"]["storage"] == "10Gi"


@pytest.mark.parametrize(
    ("username", "valid"),
    [*((name, True) for name in ("ab", "1a", "x-ray")),
     *((name, False) for name in ("a", "a1", "a-b", "42"))],
)  # fmt: skip
def test_usernames_are_as_described(username: str, *, valid: bool) -> None:
    assert f"`{username}`" in TEXTS["schemas/README.md"]
    assert is_username(username) is valid


def execute(name: str, code: str, names: dict[str, Any]) -> None:
    exec(compile(code, name, "exec"), names)  # noqa: S102 (ours)


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("README.md", "Service/lab', 'Pod/rosalind-nb']"),
        ("examples/README.md", "pod-security-waiver"),
    ],
)
def test_the_library_call_runs(name: str, last: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _ = blocks(TEXTS[name], "python")
    execute(name, code, {"config": ARGUMENTS["config"]})
    assert capsys.readouterr().out.splitlines()[-1].endswith(last)


class Discovery:
    async def build_nublado_dict(self) -> dict[str, Any]:
        return {}


def controllers_names() -> dict[str, Any]:
    names: dict[str, Any] = {name: ARGUMENTS[name] for name in ("config", "image", "secrets")}
    names |= {"client": Discovery(), "url": "https://data.example.org"}
    names |= {"user": {**ARGUMENTS["user"], "username": "rosalind"}, "request": ARGUMENTS["lab"]}
    return names | {"discovery_client": Discovery(), "logger": logging.getLogger()}


def test_the_controllers_calls_run(capsys: pytest.CaptureFixture[str]) -> None:
    _, short = blocks(TEXTS["README.md"], "python")
    execute("README.md", short, controllers_names())
    _, code = blocks(TEXTS["examples/README.md"], "python")
    names = controllers_names()
    execute("examples/README.md", code, names)
    asyncio.run(names["build_and_recover"]())
    assert capsys.readouterr().out.splitlines() == [
        "http://lab.labs-rosalind:8888/user/vera/",
        "running small 4294967296",
    ]


def test_the_generator_is_the_example() -> None:
    (shown,) = blocks(TEXTS["examples/README.md"], "yaml")
    assert shown in (ROOT / "examples/kustomize/rosalind.yaml").read_text(encoding="utf-8")


def pod_with(fragment: str, folder: Path) -> dict[str, Any]:
    (folder / "pod.yaml").write_text(fragment, encoding="utf-8")
    result = render(str(ROOT / "examples/observatory.yaml"), "--templates", str(folder))
    assert result.exit_code == 0
    spec: dict[str, Any] = list(yaml.safe_load_all(result.stdout))[-1]["spec"]
    return spec


def test_the_fragment_extends_our_pod(tmp_path: Path) -> None:
    fragment, _ = blocks(TEXTS["templates/README.md"], "yaml")
    assert pod_with(fragment, tmp_path)["priorityClassName"] == "labs"


def test_the_fragment_adds_items_to_lists(tmp_path: Path) -> None:
    plain = pod_with('{% extends "labbuilder/pod.yaml" %}', tmp_path)
    _, fragment = blocks(TEXTS["templates/README.md"], "yaml")
    pod = pod_with(fragment, tmp_path)
    for name, count in (("tolerations", 2), ("volumes", 10)):
        assert len(plain[name]) >= count
        assert pod[name][:-1] == plain[name]
    assert pod["volumes"][-1]["name"] == "shared"


def test_a_key_of_a_fragment_replaces_the_whole_value(tmp_path: Path) -> None:
    fragment, _ = blocks(TEXTS["templates/README.md"], "yaml")
    added = "  securityContext: {fsGroup: 1}\n  restartPolicy: null\n"
    for place in ("  priorityClassName: labs\n", "{{ super() }}\n"):
        pod = pod_with(fragment.replace(place, place + added), tmp_path)
        assert pod["securityContext"] == {"fsGroup": 1}
        assert "restartPolicy" not in pod


def test_a_fragment_can_call_methods_of_text(tmp_path: Path) -> None:
    fragment, _ = blocks(TEXTS["templates/README.md"], "yaml")
    called = fragment.replace("labs", "{{ names.username.upper().lower() }}")
    assert pod_with(called, tmp_path)["priorityClassName"] == "henrietta"


def test_every_example_is_in_the_table() -> None:
    shown = set(re.findall(r"\]\(([\w./-]+)\)", TEXTS["examples/README.md"]))
    here = {path.name for path in (ROOT / "examples").iterdir()} - {"README.md", "__pycache__"}
    assert here - shown == set()
