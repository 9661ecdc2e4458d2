"""One user, one lab: the same user in two files, documents or lines is an error."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from labbuilder.cli import app
from labbuilder.documents import load
from labbuilder.errors import Source
from labbuilder.users.duplicates import KnownUsers, find_users


def user(username: str, **changes: Any) -> dict[str, Any]:
    return {
        "site": {"baseUrl": "https://data.example.org"},
        "user": {"username": username, "uid": 4242, "gid": 4242, **changes},
        "image": f"registry.example/lab:w_2026_47@sha256:{'5f3d8f2a' * 8}",
        "secrets": {"token": "not-a-real-token"},
    }


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("users").mkdir()


def write(name: str, *users: Any) -> None:
    if name.endswith(".ndjson"):
        text = "".join(f"{json.dumps(each)}\n" for each in users)
    else:
        text = yaml.safe_dump_all(users, sort_keys=False)
    Path(name).write_text(text, encoding="utf-8")


def two_files() -> tuple[str, str]:
    write("users/a.yaml", user("ada"))
    write("users/b.yaml", user("vera"))
    write("users/zz.yaml", user("ada", uid=666))
    return "users/a.yaml:4:13", "users/zz.yaml:4:13"


def two_documents() -> tuple[str, str]:
    write("users/a.yaml", user("ada"), user("vera"), user("ada"))
    return "users/a.yaml:4:13", "users/a.yaml:24:13"


def two_lines() -> tuple[str, str]:
    others = [user(f"user-{i}a") for i in range(100)]  # more than a batch has
    write("users/a.ndjson", user("vera"), user("ada"), *others, user("ada"))
    return "users/a.ndjson:2:1", "users/a.ndjson:103:1"


def a_line_and_a_file() -> tuple[str, str]:
    write("users/a.ndjson", user("ada"))
    write("users/b.yaml", user("ada"))
    return "users/a.ndjson:1:1", "users/b.yaml:4:13"


def one_with_a_mistake() -> tuple[str, str]:
    write("users/a.yaml", user("ada", uid=0))
    write("users/b.yaml", user("ada"))
    return "users/a.yaml:4:13", "users/b.yaml:4:13"


def one_that_waits_for_the_others() -> tuple[str, str]:
    """It says "kind", as manifests do, which `check` looks at together."""
    write("users/a.yaml", user("ada", name="One of a kind"))
    write("users/b.yaml", user("ada"))
    return "users/a.yaml:4:13", "users/b.yaml:4:13"


PAIRS: list[Callable[[], tuple[str, str]]] = [
    two_files,
    two_documents,
    two_lines,
    a_line_and_a_file,
    one_with_a_mistake,
    one_that_waits_for_the_others,
]


def run(*arguments: str, stdin: str | None = None) -> Any:
    return CliRunner().invoke(app, arguments, input=stdin)


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize(
    ("command", "failed"),
    [
        (["render"], 2),
        (["render", "-o", "ndjson"], 2),
        (["render", "--output-dir", "out"], 2),
        (["check"], 1),
        (["check", "--kube-version", "all"], 1),
    ],
)
def test_both_places_are_named_and_nothing_is_written(
    command: list[str], failed: int, pair: Any, jobs: str
) -> None:
    first, second = pair()
    result = run(*command, "users", "--jobs", jobs)
    assert result.exit_code == failed
    printed = (result.stdout + result.stderr).splitlines()
    lines = [line for line in printed if "[duplicate-user]" in line]
    said = f"user.username: error: {_defined_at(first)}; remove one of the two [duplicate-user]"
    assert lines == [f"{second}: {said}"]
    assert "kind:" not in result.stdout
    assert not Path("out").exists()


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_the_first_is_kept_if_told_to_keep_going(jobs: str) -> None:
    two_files()
    result = run("render", "users", "-o", "ndjson", "--keep-going", "--jobs", jobs)
    assert result.exit_code == 2
    labs = [json.loads(line)["items"] for line in result.stdout.splitlines()]
    assert [lab[0]["metadata"]["name"] for lab in labs] == ["lab-ada", "lab-vera"]
    assert "666" not in result.stdout
    assert result.stderr.splitlines()[-1] == "1 of 3 labs failed: ada (users/zz.yaml:1)"


def test_a_file_that_is_named_twice_has_one_user() -> None:
    write("users/a.yaml", user("ada"))
    for command in ("render", "check"):
        result = run(command, "users", "users/a.yaml", "users/*.yaml", "./users/a.yaml")
        assert (result.exit_code, result.stderr) == (0, "")


def test_standard_input_and_a_file_of_that_name_are_two() -> None:
    write("a.yaml", user("ada"))
    text = Path("a.yaml").read_text(encoding="utf-8")
    for command in ("render", "check"):
        result = run(command, "-", "a.yaml", stdin=text)
        assert "user ada is already defined at <stdin>:4:13" in result.stdout + result.stderr


@pytest.mark.parametrize("form", ["json", "github", "sarif", "junit"])
def test_every_report_has_it(form: str) -> None:
    two_files()
    result = run("check", "users", "-o", form)
    assert result.exit_code == 1
    assert "user ada is already defined at users/a.yaml:4:13" in result.stdout


def test_what_is_no_username_and_no_user_is_not_compared() -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "user": {"username": "ada"}}
    others: list[Any] = [{"user": 5}, {"user": {"username": []}}, pod, [], 5]
    for data in (user("Ada"), user("a" * 64), *others):
        assert find_users(load(json.dumps(data), "a.yaml")) == ()


def test_places_are_in_the_order_of_the_files_whenever_users_come() -> None:
    known = KnownUsers()
    for file in "abc":
        known.expect(file)
    assert known.add([("ada", Source("b", 7, 3)), ("vera", Source("a", 1, 1))]) == []
    (found,) = known.add([("ada", Source("a", 9, 2))])
    assert (found.source, found.message) == (Source("b", 7, 3), _defined_at("a:9:2"))
    (found,) = known.add([("ada", Source("c", 1, 1))])
    assert (found.source, found.message) == (Source("c", 1, 1), _defined_at("a:9:2"))


def _defined_at(place: str) -> str:
    return f"user ada is already defined at {place}"
