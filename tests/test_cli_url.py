from pathlib import Path
from typing import Any

import pytest
import yaml
from labs import ARGUMENTS
from typer.testing import CliRunner

from labbuilder import compile_lab
from labbuilder.cli import app


@pytest.fixture(autouse=True)
def _beside_a_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("site.yaml").write_text(yaml.safe_dump(ARGUMENTS["config"]), encoding="utf-8")


def url(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["url", *arguments])


def test_the_url_is_that_of_the_labs_service() -> None:
    lab = compile_lab(**ARGUMENTS)
    service = lab.service["metadata"]
    (port,) = lab.service["spec"]["ports"]
    expected = f"http://{service['name']}.{service['namespace']}:{port['port']}/user/vera/\n"
    result = url("vera", "--config", "site.yaml")
    assert (result.exit_code, result.stdout, result.stderr) == (0, expected, "")


def test_without_a_configuration_it_is_that_of_the_small_site() -> None:
    assert url("vera").stdout == "http://lab.lab-vera:8888/user/vera/\n"


def test_the_prefix_may_be_given() -> None:
    assert url("vera", "--prefix", "/nb/user/vera/").stdout.endswith(":8888/nb/user/vera/\n")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["Vera"], "invalid-username"),
        (["a" * 63], "name-too-long"),
        (["vera", "--prefix", "@example.org/"], "invalid-prefix"),
        (["vera", "--prefix", ""], "invalid-prefix"),
        (["vera", "--config", "absent.yaml"], "unreadable-file"),
    ],
)
def test_bad_input_is_refused_in_a_line(arguments: list[str], code: str) -> None:
    result = url(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line.endswith(f"[{code}]")


def test_complaints_come_all_at_once() -> None:
    result = url("Vera", "--prefix", "x")
    assert [line.rpartition("[")[2] for line in result.stderr.splitlines()] == [
        "invalid-username]",
        "invalid-prefix]",
    ]


def test_one_user_at_a_time() -> None:
    for arguments in ([], ["vera", "maria"]):
        result = url(*arguments)
        assert (result.exit_code, result.stdout) == (2, "")


def test_help_has_an_example_and_the_exit_codes() -> None:
    text = " ".join(url("--help").stdout.split())
    assert "For example: labbuilder url rosalind" in text
    assert "Exits with 0" in text
