"""What the README shows is what happens."""

import asyncio
import json
import logging
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from labs import ARGUMENTS
from typer.testing import CliRunner

from labbuilder.cli import app
from labbuilder.errors import Severity
from labbuilder.validation.rules import RULES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def render(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["render", *arguments])


def test_the_user_file_is_the_minimal_example() -> None:
    assert blocks("yaml")[0] in (ROOT / "examples/minimal.yaml").read_text(encoding="utf-8")


def test_the_excerpt_is_what_the_minimal_example_renders() -> None:
    result = render(str(ROOT / "examples/minimal.yaml"))
    assert result.exit_code == 0
    assert blocks("yaml")[1] in result.stdout


def bad_user() -> str:
    text = blocks("yaml")[0].replace("username: rosalind", "username: Rosalind")
    return text.replace("name: Rosalind Franklin\n  uid: 4242", 'uid: "4242"')


def lines_of_users() -> str:
    rest = yaml.safe_load(blocks("yaml")[0])
    del rest["user"]
    users = [("rosalind", 4242), ("vera", "4242"), ("henrietta", 4243)]
    return "".join(
        json.dumps({"user": {"username": name, "uid": uid, "gid": 4242}, **rest}) + "\n"
        for name, uid in users
    )


BAD_LAB = """\
apiVersion: v1
kind: Service
metadata:
  name: lab
  namespace: labs-rosalind
spec:
  ports:
  - port: 88888
  selector:
    nublado lsst io/user: rosalind
"""

RESOURCE_LIST = {
    "apiVersion": "config.kubernetes.io/v1",
    "kind": "ResourceList",
    "functionConfig": {
        "apiVersion": "labs.example.org/v1",
        "kind": "Lab",
        "metadata": {"name": "rosalind"},
        "spec": yaml.safe_load(bad_user())
        | {"user": {"username": "rosalind", "uid": "4242", "gid": 4242}},
    },
    "items": [],
}


def test_commands_print_what_is_shown(tmp_path: Path) -> None:
    """All of them, one after the other, in one folder."""
    for name, text in {
        "bad.yaml": bad_user(),
        "bad-lab.yaml": BAD_LAB,
        "users.ndjson": lines_of_users(),
        "list.yaml": json.dumps(RESOURCE_LIST),
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "COLUMNS": "80"}
    for block in blocks("console"):
        for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            done = subprocess.run(
                ["bash", "-c", f"({command}) 2>&1"],  # noqa: S607 (the reader's own)
                cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.stdout == shown, command


def test_the_library_call_runs(capsys: pytest.CaptureFixture[str]) -> None:
    code, _ = blocks("python")
    exec(compile(code, "README.md", "exec"), {"config": ARGUMENTS["config"]})  # noqa: S102 (ours)
    assert capsys.readouterr().out.splitlines()[-1] == "Pod rosalind-nb"


def test_the_controllers_calls_run(capsys: pytest.CaptureFixture[str]) -> None:
    _, code = blocks("python")

    class Discovery:
        async def build_nublado_dict(self) -> dict[str, Any]:
            return {}

    names: dict[str, Any] = {name: ARGUMENTS[name] for name in ("config", "image", "secrets")}
    names |= {"user": {**ARGUMENTS["user"], "username": "rosalind"}, "request": ARGUMENTS["lab"]}
    names |= {"discovery_client": Discovery(), "logger": logging.getLogger()}
    exec(compile(code, "README.md", "exec"), names)  # noqa: S102 (ours)
    asyncio.run(names["build_and_recover"]())
    assert capsys.readouterr().out.splitlines() == [
        "http://lab.labs-rosalind:8888/user/vera/",
        "running small 4294967296",
    ]


def test_the_fragment_extends_our_pod(tmp_path: Path) -> None:
    (fragment,) = [block for block in blocks("yaml") if "extends" in block]
    (tmp_path / "pod.yaml").write_text(fragment, encoding="utf-8")
    result = render(str(ROOT / "examples/minimal.yaml"), "--templates", str(tmp_path))
    assert result.exit_code == 0
    assert "priorityClassName: labs" in result.stdout


def test_every_option_of_render_is_in_the_table() -> None:
    options = set(re.findall(r"--[a-z-]+", CliRunner().invoke(app, ["render", "--help"]).stdout))
    table = README.partition("### Check manifests and users")[0]
    shown = set(re.findall(r"^\| `(-o|--[a-z-]+)", table, re.MULTILINE))
    assert shown | {"--help", "--kube-version", "--output"} == options | {"-o"}


def rows() -> list[str]:
    """Write the table of the rules as the README has it."""
    return [
        f"| `{each.code}` | {each.meaning}{'; a warning' * (each.severity is Severity.WARNING)} "
        f"| {each.stop} | {each.mirrors} |"
        for each in sorted(RULES.values(), key=lambda each: each.code)
    ]


def test_the_table_of_rules_is_that_of_the_rules() -> None:
    table = README.partition("<!-- rules -->\n")[2].partition("<!-- end of rules -->")[0]
    assert table.splitlines()[2:] == rows()


def test_every_code_that_a_test_expects_is_in_the_tables() -> None:
    text = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "tests/negative").glob("*.yaml")
    )
    expected = {line.split()[1] for line in re.findall(r"^# expect: (.*)$", text, re.MULTILINE)}
    shown = set(re.findall(r"`([a-z]+(?:-[a-z0-9]+)+)`", README))
    assert expected - shown - {""} == set()
