"""An output folder: whose files are replaced, who may read them, and what is refused."""

from __future__ import annotations

import json
import os
import stat
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from labbuilder.cli import app
from labbuilder.output.ledger import Ledger

OUT = Path("out")
LAB = OUT / "lab-rosalind"
POD = LAB / "09-pod-rosalind-nb.yaml"
USER = {
    "site": {"baseUrl": "https://data.example.org"},
    "user": {"username": "rosalind", "uid": 4242, "gid": 4242},
    "image": f"registry.example/lab:w_2026_47@sha256:{'5f3d8f2a' * 8}",
    "secrets": {"token": "not-a-real-token"},
}


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, [*arguments])


def render(*arguments: str) -> Any:
    return run("render", "user.yaml", "--output-dir", "out", *arguments)


def write_user(**changes: Any) -> None:
    Path("user.yaml").write_text(yaml.safe_dump(USER | changes), encoding="utf-8")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_user()
    return tmp_path


@pytest.fixture
def older() -> dict[str, bytes]:
    assert render().exit_code == 0
    return contents()


def contents() -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in OUT.rglob("*") if path.is_file()}


def permissions() -> dict[str, int]:
    return {path.name[3:]: stat.S_IMODE(path.stat().st_mode) for path in LAB.iterdir()}


@pytest.mark.parametrize("more", [[], ["-o", "json"], ["--redact-secrets"]])
def test_files_with_secrets_are_for_their_owner(more: list[str]) -> None:
    old = os.umask(0o022)
    try:
        for _ in range(2):
            assert render(*more).exit_code == 0
            private = {name for name, mode in permissions().items() if mode == 0o600}
            stems = {name.partition(".")[0] for name in private}
            assert stems == {"configmap-rosalind-nb-env", "secret-rosalind-nb"}
            assert set(permissions().values()) == {0o600, 0o644}
            for path in LAB.iterdir():  # as an earlier version has left them
                path.chmod(0o666)
    finally:
        os.umask(old)


def test_no_file_is_open_to_others_at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: dict[str, int] = {}
    real = os.open

    def spy(path: Any, flags: int, mode: int = 0o777, **options: Any) -> int:
        opened[str(path)] = mode
        assert flags & (os.O_NOFOLLOW | os.O_EXCL)  # neither follows a link
        assert str(path) == ".labbuilder" or not flags & os.O_CREAT or flags & os.O_EXCL
        return real(path, flags, mode, **options)

    monkeypatch.setattr(os, "open", spy)
    assert render().exit_code == 0
    assert opened["05-secret-rosalind-nb.yaml"] == 0o600
    assert opened["02-configmap-rosalind-nb-env.yaml"] == 0o600


def test_the_same_rendering_is_the_same_bytes(older: dict[str, bytes]) -> None:
    assert render().exit_code == 0
    assert contents() == older
    listed = [json.loads(line) for line in older["out/.labbuilder"].splitlines()]
    assert listed == [
        {"rendering": "whole"},
        {"folder": "lab-rosalind", "files": sorted(path.name for path in LAB.iterdir())},
    ]


def test_what_labbuilder_wrote_for_the_same_lab_is_replaced(older: dict[str, bytes]) -> None:
    assert render("-o", "json").exit_code == 0
    assert {path.suffix for path in LAB.iterdir()} == {".json"}
    Path("other.yaml").write_text(
        yaml.safe_dump(USER | {"user": {"username": "vera", "uid": 2, "gid": 2}}),
        encoding="utf-8",
    )
    assert run("render", "other.yaml", "--output-dir", "out").exit_code == 0
    assert {path.name for path in OUT.iterdir()} == {".labbuilder", "lab-rosalind", "lab-vera"}
    assert render().exit_code == 0
    assert {path.name: path.read_bytes() for path in LAB.iterdir()} == {
        Path(name).name: text for name, text in older.items() if name != "out/.labbuilder"
    }


@pytest.mark.parametrize("name", ["99-pod-other.yaml", "kustomization.yml", "a.json"])
def test_what_others_wrote_is_left_and_named(older: dict[str, bytes], name: str) -> None:
    (LAB / name).touch()
    (LAB / "notes.txt").touch()
    write_user(secrets={"token": "another"})
    result = render()
    assert result.exit_code == 2
    assert result.stderr == f"{LAB / name}: isn't part of this rendering; move or remove it\n"
    assert older.items() <= contents().items()


def test_a_folder_of_others_gets_no_bookkeeping_file() -> None:
    LAB.mkdir(parents=True)
    (LAB / "other.yaml").touch()
    assert render().exit_code == 2
    assert list(contents()) == [str(LAB / "other.yaml")]


def in_the_way(path: Path, kind: str, target: Path) -> None:
    if path.is_dir():
        path.rename("aside")
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "FIFO":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(target.absolute())


@pytest.mark.parametrize("kind", ["link", "FIFO", "folder"])
@pytest.mark.parametrize("name", [POD, LAB / "05-secret-rosalind-nb.yaml", OUT / ".labbuilder"])
@pytest.mark.usefixtures("older")
def test_nothing_is_written_through_what_is_no_file(name: Path, kind: str) -> None:
    Path("victim").write_text("mine", encoding="utf-8")
    in_the_way(name, kind, Path("victim"))
    result = render()
    assert result.exit_code == 2
    assert result.stderr.startswith(f"{name}: is not a ")
    assert Path("victim").read_text(encoding="utf-8") == "mine"
    assert name.is_symlink() or not name.is_file()


@pytest.mark.parametrize("name", [OUT, LAB, OUT / ".labbuilder.new", Path(".out.labbuilder")])
def test_nothing_is_written_through_a_link_to_a_folder(name: Path) -> None:
    if name.parent == OUT:
        assert render().exit_code == 0
    Path("victim").mkdir()
    Path("victim/file").touch()
    in_the_way(name, "link", Path("victim"))
    result = render()
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert [path.name for path in Path("victim").iterdir()] == ["file"]
    assert name.is_symlink()


def test_a_link_is_named_with_the_folder_that_it_leads_to(folder: Path) -> None:
    OUT.symlink_to("elsewhere")
    expected = f"out: is a symbolic link; name the folder instead: {folder / 'elsewhere'}\n"
    assert render().stderr == expected


@pytest.mark.parametrize(
    "line",
    [
        {"folder": "..", "files": ["user.yaml"]},
        {"folder": "/etc", "files": ["user.yaml"]},
        {"folder": "lab-rosalind", "files": ["../../user.yaml"]},
        {"folder": "lab-rosalind", "files": [], "stale": ["../../user.yaml"]},
        {"folder": "lab-rosalind", "files": ["notes.txt"]},
        {"folder": ["lab-rosalind"], "files": []},
        [],
    ],
)
@pytest.mark.parametrize("state", ["whole", "replacing"])
@pytest.mark.usefixtures("older")
def test_a_bookkeeping_file_cannot_lead_out_of_the_folder(line: Any, state: str) -> None:
    text = f"{json.dumps({'rendering': state})}\n{json.dumps(line)}\n"
    (OUT / ".labbuilder").write_text(text, encoding="utf-8")
    (OUT / ".labbuilder.new").mkdir()
    result = render()
    message = "is not a bookkeeping file of labbuilder's; remove it"
    assert (result.exit_code, result.stderr) == (2, f"out/.labbuilder: {message}\n")
    assert Path("user.yaml").exists()


def test_a_run_at_the_same_time_is_told_who_is_writing(older: dict[str, bytes]) -> None:
    with closing(Ledger(OUT)) as ledger:
        ledger.save(ledger.entries.values(), held=True)
        result = render()
    assert result.exit_code == 2
    assert result.stderr.startswith(f"out: another run (pid '{os.getpid()}', host '")
    assert result.stderr.endswith("') is writing there; wait until it has ended\n")
    assert render().exit_code == 0  # nobody holds the lock any more
    assert contents() == older


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "out"],
        ["check", str(LAB)],
        ["check", str(POD)],
        ["check", "out/**/*.yaml"],
        ["diff", "user.yaml", "out"],
    ],
)
def test_an_unfinished_rendering_is_refused_until_it_is_finished(
    older: dict[str, bytes], arguments: list[str]
) -> None:
    with closing(Ledger(OUT)) as ledger:
        ledger.save(ledger.entries.values(), held=False, is_unfinished=True)
    (OUT / ".labbuilder.new").mkdir()
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ")
    assert "is a rendering that a run hasn't finished" in line
    assert line.endswith("; run labbuilder render --output-dir again [unfinished-rendering]")
    assert render().exit_code == 0
    assert contents() == older
    assert run(*arguments).exit_code == 0


@pytest.mark.usefixtures("older")
def test_a_journal_without_its_files_is_not_taken_for_finished() -> None:
    with closing(Ledger(OUT)) as ledger:
        ledger.save(ledger.entries.values(), held=False, is_unfinished=True)
    message = "can't be finished, since .labbuilder.new is missing; remove it, and render again"
    result = render()
    assert (result.exit_code, result.stderr) == (2, f"out: {message}\n")
    assert run("check", "out").exit_code == 2


@pytest.mark.parametrize("name", [".labbuilder", "09-pod-rosalind-nb.yaml"])
def test_a_run_that_fails_makes_no_folder(
    monkeypatch: pytest.MonkeyPatch, folder: Path, name: str
) -> None:
    real = os.open

    def full(path: Any, flags: int, *arguments: Any, **options: Any) -> Any:
        if flags & os.O_CREAT and path == name:
            raise OSError(28, "No space left on device")
        return real(path, flags, *arguments, **options)

    monkeypatch.setattr(os, "open", full)
    result = run("render", "user.yaml", "--output-dir", "some/new/out")
    message = "some/new/out: the labs can't be written: No space left on device\n"
    assert (result.exit_code, result.stderr) == (2, message)
    assert [path.name for path in folder.iterdir()] == ["user.yaml"]
