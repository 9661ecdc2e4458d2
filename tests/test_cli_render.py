"""Many labs at the prompt: folders, globs, newline-delimited JSON, processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from labbuilder.cli import app
from labbuilder.cli.actions.progress import Progress
from labbuilder.data import DEFAULT_SITE

DIGEST = "5f3d8f2a" * 8
COMMAND = [sys.executable, "-c", "from labbuilder.cli import main; main()"]
DEFAULT = yaml.safe_load(DEFAULT_SITE)
NAMES = [f"astronomer-{i}" for i in range(60)]


def user(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "site": {"baseUrl": "https://data.example.org"},
        "user": {"username": name, "uid": 4242, "gid": 4242, **changes},
        "image": f"registry.example/lab:w_2026_47@sha256:{DIGEST}",
        "secrets": {"token": "not-a-real-token"},
    }


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("users").mkdir()
    for name in ("ada", "vera"):
        Path(f"users/{name}.yaml").write_text(yaml.safe_dump(user(name)), encoding="utf-8")
    write_lines("users.ndjson", *map(user, NAMES))
    return tmp_path


def write_lines(name: str, *users: Any) -> None:
    Path(name).write_text("".join(f"{json.dumps(each)}\n" for each in users), encoding="utf-8")


def render(*arguments: str, stdin: str | None = None) -> Any:
    return CliRunner().invoke(app, ["render", *arguments], input=stdin)


def namespaces(stdout: str) -> list[str]:
    lists = [json.loads(line) for line in stdout.splitlines()]
    return [each["items"][0]["metadata"]["name"] for each in lists]


def test_a_line_of_output_is_the_lab_of_a_line_of_input() -> None:
    result = render("users.ndjson", "-o", "ndjson")
    assert (result.exit_code, result.stderr) == (0, "")
    assert namespaces(result.stdout) == [f"lab-{name}" for name in NAMES]
    first = json.loads(result.stdout.splitlines()[0])
    Path("one.yaml").write_text(yaml.safe_dump(user(NAMES[0])), encoding="utf-8")
    assert first == json.loads(render("one.yaml", "-o", "json").stdout)


def test_standard_input_may_be_newline_delimited_json() -> None:
    text = Path("users.ndjson").read_text(encoding="utf-8")
    expected = render("users.ndjson", "-o", "ndjson").stdout
    assert render("-", "-o", "ndjson", stdin=text).stdout == expected
    one = text.splitlines(keepends=True)[0]
    assert render("-", "-o", "ndjson", stdin=one).stdout == expected.splitlines(keepends=True)[0]


@pytest.mark.parametrize("form", ["yaml", "json", "ndjson"])
def test_several_processes_write_what_one_writes(form: str) -> None:
    alone = render("users", "users.ndjson", "-o", form)
    together = render("users", "users.ndjson", "-o", form, "--jobs", "2")
    assert (together.exit_code, together.stdout) == (0, alone.stdout)
    kept_going = render("users", "users.ndjson", "-o", form, "--keep-going")
    assert (kept_going.exit_code, kept_going.stdout) == (0, alone.stdout)


def test_folders_and_globs_are_rendered_file_by_file() -> None:
    expected = render("users/ada.yaml", "users/vera.yaml").stdout
    assert render("users").stdout == expected
    assert render("users/*.yaml").stdout == expected


def test_no_user_is_no_lab() -> None:
    Path("none.ndjson").touch()
    assert render("none.ndjson").stdout == ""
    assert json.loads(render("none.ndjson", "-o", "json").stdout)["items"] == []
    assert render("none.ndjson", "-o", "ndjson").stdout == ""


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_one_bad_user_stops_the_others_unless_told_to_keep_going(jobs: str) -> None:
    write_lines("users.ndjson", user("ada"), user("Vera"), {"user": 1}, user("rosalind"))
    for more, expected in ([], []), (["--keep-going"], ["lab-ada", "lab-rosalind"]):
        result = render("users.ndjson", "-o", "ndjson", "--jobs", jobs, *more)
        assert (result.exit_code, namespaces(result.stdout)) == (2, expected)
        lines = result.stderr.splitlines()
        assert lines[0].startswith("users.ndjson:2:72: user.username: error: 'Vera'")
        assert lines[-1] == "2 of 4 labs failed: Vera (users.ndjson:2), users.ndjson:3"


def test_an_output_folder_gets_the_good_labs_if_told_to_keep_going() -> None:
    write_lines("users.ndjson", user("ada"), user("Vera"))
    assert render("users.ndjson", "--output-dir", "out").exit_code == 2
    assert not Path("out").exists()
    assert render("users.ndjson", "--output-dir", "out", "--keep-going").exit_code == 2
    assert sorted(path.name for path in Path("out").iterdir()) == [".labbuilder", "lab-ada"]


@pytest.mark.parametrize("more", [["--output-dir", "out"], ["--jobs", "2"], ["-o", "ndjson"]])
def test_two_labs_in_one_namespace_are_refused(more: list[str]) -> None:
    site = {**DEFAULT, "namespacePrefix": "lab-ada"}
    text = yaml.safe_dump({"config": site, **user("lovelace")})
    Path("users/other.yaml").write_text(text, encoding="utf-8")
    Path("users/third.yaml").write_text(yaml.safe_dump(user("ada-lovelace")), encoding="utf-8")
    result = render("users", *more)
    assert (result.exit_code, result.stdout) == (2, "")
    taken = "namespace lab-ada-lovelace is already that of the user at users/other.yaml"
    assert result.stderr.startswith("users/third.yaml:")
    assert taken in result.stderr
    assert not Path("out").exists()


def test_a_summary_names_some_of_very_many() -> None:
    write_lines("users.ndjson", *(user(name.upper()) for name in NAMES))
    last = render("users.ndjson").stderr.splitlines()[-1]
    assert last.startswith("60 of 60 labs failed: ASTRONOMER-0 (users.ndjson:1), ")
    assert last.endswith(" and 40 more")


def test_a_warning_about_the_site_is_told_once() -> None:
    amounts = {"cpu": 1, "memory": "1Gi"}
    site = {
        "namespacePrefix": "lab",
        "sizes": [{"size": "tiny", "resources": {"limits": amounts, "requests": amounts}}],
        "volumes": [{"name": "data", "source": {"type": "hostPath", "path": "/data"}}],
        "volumeMounts": [{"containerPath": "/home", "volumeName": "data"}],
        "homeVolumeName": "data",
    }
    Path("base.yaml").write_text(yaml.safe_dump(site), encoding="utf-8")
    result = render("users.ndjson", "--config", "base.yaml")
    assert result.exit_code == 0
    (line,) = result.stderr.splitlines()
    assert line.startswith("base.yaml:")
    assert line.endswith("[pod-security-waiver]")


def test_output_comes_lab_by_lab_if_told_to_keep_going() -> None:
    """So that a reader of a pipe needn't wait for the last one."""
    command = [*COMMAND, "render", "-", "-o", "ndjson", "--keep-going"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin
        assert process.stdout
        # More than a batch, and more than is buffered.
        process.stdin.write(Path("users.ndjson").read_bytes())
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["kind"] == "List"
        process.stdin.close()
        process.stdout.read()
    assert process.returncode == 0


def hear_interrupts() -> None:
    """Undo what a shell does to what it starts in the background, these tests perhaps."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def running(command: str) -> subprocess.Popen[bytes]:
    """Start a command that waits for its input, and give it some."""
    process = subprocess.Popen(
        [*COMMAND, command, "-", "--jobs", "2"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=hear_interrupts,  # noqa: PLW1509 (there is one thread)
    )
    assert process.stdin
    write_lines("many.ndjson", *(user(f"{name}-{i}") for name in NAMES for i in range(20)))
    process.stdin.write(Path("many.ndjson").read_bytes())
    process.stdin.flush()
    return process


def children(process: subprocess.Popen[bytes]) -> list[int]:
    file = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not file.exists():
        pytest.skip("this system doesn't list a process's children")
    while not (found := file.read_text(encoding="utf-8").split()):
        assert process.poll() is None
    return [int(number) for number in found]


@pytest.mark.parametrize("command", ["render", "check"])
def test_an_interrupted_run_ends_without_a_traceback(command: str) -> None:
    process = running(command)
    children(process)
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode != 0
    assert b"Traceback" not in stderr


@pytest.mark.parametrize("command", ["render", "check"])
def test_a_run_whose_process_is_killed_says_so(command: str) -> None:
    process = running(command)
    os.kill(children(process)[0], signal.SIGKILL)
    stdout, stderr = process.communicate(timeout=30)
    what = {"render": "the labs", "check": "the report"}[command]
    trouble = f"{what} can't be written: a worker process was killed\n"
    assert (process.returncode, stdout, stderr.decode()) == (2, b"", trouble)


def test_a_bar_is_for_terminals_and_for_long_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("labbuilder.cli.actions.progress.SHOW_PROGRESS_AFTER_S", 0)
    Progress(100).advance(50)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    progress = Progress(100)
    progress.advance(50)
    progress.write("a line")
    stdout, stderr = capsys.readouterr()
    assert not stdout
    assert "50%" in stderr
    assert stderr.endswith("\r\x1b[Ka line\n")
    monkeypatch.setattr("labbuilder.cli.actions.progress.SHOW_PROGRESS_AFTER_S", 1000)
    Progress(100).advance(50)
    assert capsys.readouterr() == ("", "")


def test_as_many_processes_as_asked_for() -> None:
    assert render("users", "--jobs", "0").exit_code == 2
    assert render("users", "--jobs", "two").exit_code == 2
