import json
import re
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from labbuilder.cli import app
from labbuilder.documents import load

FILES = {"site.yaml", "users/rosalind.yaml", "site.schema.json", "user.schema.json"}


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, [*arguments])


def written(folder: str = "labs") -> set[str]:
    paths = Path(folder).rglob("*")
    return {path.relative_to(folder).as_posix() for path in paths if path.is_file()}


def test_what_is_written_renders_and_has_no_finding() -> None:
    result = run("init", "labs")
    assert (result.exit_code, result.stderr) == (0, "")
    assert written() == FILES
    assert result.stdout.splitlines() == [
        "wrote labs/site.yaml",
        "wrote labs/users/rosalind.yaml",
        "wrote labs/site.schema.json",
        "wrote labs/user.schema.json",
        "now try: labbuilder render labs/users/rosalind.yaml",
    ]
    rendered = run("render", "labs/users/rosalind.yaml")
    assert (rendered.exit_code, rendered.stderr) == (0, "")
    Path("lab.yaml").write_text(rendered.stdout, encoding="utf-8")
    checked = run("check", "lab.yaml", "-o", "json")
    assert (checked.exit_code, json.loads(checked.stdout)["findings"]) == (0, [])


def test_the_schemas_beside_them_are_those_of_the_command_and_fit() -> None:
    run("init", "labs")
    for kind, name in (("config", "site"), ("user", "user")):
        text = Path(f"labs/{name}.schema.json").read_text(encoding="utf-8")
        assert text == run("schema", kind).stdout
    for file, schema in (("site", "site"), ("users/rosalind", "../user")):
        path = Path(f"labs/{file}.yaml")
        text = path.read_text(encoding="utf-8")
        modeline = f"# yaml-language-server: $schema={schema}.schema.json"
        assert text.splitlines()[0] == modeline
        found = json.loads((path.parent / f"{schema}.schema.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator(found).validate(load(text, "file")[0].data)


def test_what_is_commented_out_may_be_used() -> None:
    run("init", "labs")
    for path in map(Path, ("labs/site.yaml", "labs/users/rosalind.yaml")):
        text = path.read_text(encoding="utf-8")
        used = re.sub(r"^( *)#(?=[^ \n])", r"\1", text, flags=re.MULTILINE)
        assert used != text
        path.write_text(used, encoding="utf-8")
    Path("labs/users/discovery.json").write_text("{}", encoding="utf-8")
    user = Path("labs/users/rosalind.yaml")
    user.write_text(
        user.read_text(encoding="utf-8") + "  archive-password: not-real\n", encoding="utf-8"
    )
    result = run("render", str(user))
    assert result.exit_code == 0, result.stderr
    # standardInithome runs a container as root, and nobody gives the pull secret.
    warned = [line.rpartition(" ")[2] for line in result.stderr.splitlines()]
    assert sorted(warned) == ["[missing-pull-secret]", "[pod-security-waiver]"]


def test_each_field_of_the_starter_files_has_a_comment_above_its_block() -> None:
    run("init", "labs")
    blocks = Path("labs/site.yaml").read_text(encoding="utf-8").split("\n\n")
    assert all(block.startswith("#") for block in blocks)


def test_files_that_are_there_are_kept() -> None:
    run("init", "labs")
    shutil.rmtree("labs/users")
    Path("labs/user.schema.json").unlink()
    Path("labs/site.yaml").write_text("mine", encoding="utf-8")
    result = run("init", "labs")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines() == [
        "labs/site.yaml: already exists; use --force to overwrite it",
        "labs/site.schema.json: already exists; use --force to overwrite it",
    ]
    assert written() == {"site.yaml", "site.schema.json"}
    assert Path("labs/site.yaml").read_text(encoding="utf-8") == "mine"
    assert run("init", "labs", "--force").exit_code == 0
    assert run("render", "labs/users/rosalind.yaml").exit_code == 0


def test_a_link_to_nowhere_is_there_too() -> None:
    Path("labs").mkdir()
    Path("labs/site.yaml").symlink_to("elsewhere")
    assert run("init", "labs").exit_code == 2
    assert not Path("labs/elsewhere").exists()


def test_what_cannot_be_written_is_told_in_a_line() -> None:
    Path("file").touch()
    Path("labs/site.yaml").mkdir(parents=True)
    for arguments, said in (
        (["file"], "'file' is a file, not a folder; name another folder\n"),
        (["file/a/b"], "'file' is a file, not a folder; name another folder\n"),
        (
            ["labs", "--force"],
            "labs/site.yaml: the files can't be written: Is a directory\n",
        ),
    ):
        result = run("init", *arguments)
        assert (result.exit_code, result.stdout, result.stderr) == (2, "", said)


def test_the_next_command_can_be_copied() -> None:
    result = run("init", "my labs")
    assert "labbuilder render 'my labs/users/rosalind.yaml'\n" in result.stdout


def test_help_has_an_example_and_the_exit_codes() -> None:
    text = " ".join(run("init", "--help").stdout.split())
    assert "For example: labbuilder init labs" in text
    assert "Exits with 0" in text


@pytest.mark.parametrize("name", ["site.yaml", "users"])
def test_nothing_is_written_through_a_link(tmp_path: Path, name: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/kept").touch()
    Path("labs").mkdir()
    Path("labs", name).symlink_to(
        tmp_path / ("elsewhere" if name == "users" else "elsewhere/kept")
    )
    result = CliRunner().invoke(app, ["init", "labs", "--force"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"labs/{name}: is a symbolic link; remove it\n"
    assert (tmp_path / "elsewhere/kept").read_text(encoding="utf-8") == ""
    assert len(list((tmp_path / "elsewhere").iterdir())) == 1
