"""What user files may read of the machine that compiles them."""

from __future__ import annotations

import base64
import json
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from labbuilder.cli import app
from labbuilder.data import DEFAULT_SITE
from labbuilder.documents import load
from labbuilder.errors import Finding, LabBuilderError, shown
from labbuilder.users.access import MAX_NAMED_FILE_BYTES, Access
from labbuilder.users.compile import UserFiles

SECRET = "planted-secret-text"  # noqa: S105 (no password)
USER = {
    "site": {"baseUrl": "https://data.example.org"},
    "user": {"username": "rosalind", "uid": 4242, "gid": 4242},
    "image": f"registry.example/lab:w_2026_47@sha256:{'5f3d8f2a' * 8}",
    "secrets": {"token": "not-a-real-token"},
}
NOT_ALLOWED = {"file-not-allowed"}


@pytest.fixture(autouse=True)
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder, next to one with files that are none of its business."""
    folder, outside = tmp_path / "site", tmp_path / "outside"
    (folder / "users").mkdir(parents=True)
    outside.mkdir()
    (outside / "secret").write_text(SECRET, encoding="utf-8")
    (outside / "discovery.json").write_text(json.dumps({"key": SECRET}), encoding="utf-8")
    (outside / "site.yaml").write_text(DEFAULT_SITE, encoding="utf-8")
    monkeypatch.chdir(folder)
    return outside


def secret(**form: str) -> dict[str, Any]:
    return {**USER, "secrets": {"token": form}}


def discovery(path: str) -> dict[str, Any]:
    return {**USER, "site": {"baseUrl": "https://data.example.org", "discovery": path}}


def pull_secret(path: str) -> dict[str, Any]:
    return {**USER, "pullSecret": {"data": {"a": {"file": path}}}}


def configured(path: str) -> dict[str, Any]:
    return {**USER, "config": path}


def findings(user: Any, **options: Any) -> list[Finding]:
    (document,) = load(yaml.safe_dump(user), "users/a.yaml")
    try:
        UserFiles(**options).compile(document)
    except LabBuilderError as error:
        return [each for each in error.findings if each.severity == "error"]
    return []


def codes(user: Any, **options: Any) -> set[str]:
    return {each.code for each in findings(user, **options)}


def token(user: Any, **options: Any) -> str:
    (document,) = load(yaml.safe_dump(user), "users/a.yaml")
    data = UserFiles(**options).compile(document).secrets[0]["data"]
    return base64.b64decode(data["token"]).decode()


WAYS = [
    lambda path: secret(file=path),
    pull_secret,
    discovery,
    configured,
]


def suggested(folder: str) -> str:
    return shown(folder) if len(folder) <= 80 else "DIR"  # a part would be of no use


@pytest.mark.parametrize("ask", WAYS)
@pytest.mark.parametrize("name", ["secret", "absent", "", "discovery.json", "site.yaml"])
def test_what_is_outside_is_refused_in_the_same_words_whether_it_exists(
    ask: Any, name: str, outside: Path
) -> None:
    Path("users/link").symlink_to(outside / name)
    said = set()
    for path in (str(outside / name), f"../../outside/{name}", "link", f"../users/../link/{name}"):
        if path.startswith("../users"):
            Path("link").symlink_to(outside)
        for each in findings(ask(path)):
            assert each.code == "file-not-allowed"
            assert (
                each.message
                == "must be below the working directory, with links resolved, and not in .git"
            )
            said.add(each.hint)
    folder = os.path.dirname(os.path.normpath(f"{outside}/{name}"))  # noqa: PTH120 (no links)
    assert said == {
        f"allow its folder with --allow-files {each}, or move it"  # nothing but what is asked for
        for each in ("DIR", suggested(folder), suggested(os.path.relpath(folder)))
    }


@pytest.mark.parametrize("ask", WAYS)
@pytest.mark.parametrize("way", ["allowed", "trusted"])
def test_the_operator_may_allow_a_folder_or_all(ask: Any, way: str, outside: Path) -> None:
    access = Access(trusted=True) if way == "trusted" else Access(allow_files=[str(outside)])
    for name in ("secret", "discovery.json", "site.yaml"):
        assert "file-not-allowed" not in codes(ask(str(outside / name)), access=access)
    assert token(secret(file="../../outside/secret"), access=access) == SECRET


def test_a_link_may_lead_to_an_allowed_folder_and_from_an_alias_of_one(outside: Path) -> None:
    Path("alias").symlink_to(outside)
    access = Access(allow_files=["alias"])
    assert token(secret(file=str(outside / "secret")), access=access) == SECRET
    assert token(secret(file="../alias/secret"), access=access) == SECRET
    assert codes(secret(file="../alias/../secret"), access=access) == NOT_ALLOWED


def test_what_is_below_the_folder_is_read_through_links_and_upwards() -> None:
    Path("..data").mkdir()  # as Kubernetes mounts a ConfigMap
    Path("..data/key").write_text("mine", encoding="utf-8")
    Path("key").symlink_to("..data/key")
    for path in ("../key", "../users/../key", str(Path("key").absolute())):
        assert token(secret(file=path)) == "mine"


@pytest.mark.parametrize("folder", ["/", "trusted"])
@pytest.mark.parametrize(
    "path", ["/proc/self/environ", "/dev/stdin", "/dev/zero", "/sys/kernel/notes", "/dev/fd/0"]
)
def test_what_the_kernel_makes_up_is_never_read(path: str, folder: str) -> None:
    access = Access(trusted=True) if folder == "trusted" else Access("/")
    up = "../" * 30 + path.lstrip("/")
    Path("users/link").symlink_to(path)
    for each in (path, up, "link"):
        assert codes(secret(file=each), access=access) <= {"file-not-allowed", "unreadable-file"}
        assert codes(secret(file=each), access=access)


@pytest.fixture
def special() -> Iterator[list[str]]:
    """Make a FIFO, a socket, a folder and a loop of links, on none of which anything may wait."""
    os.mkfifo("fifo")
    Path("loop").symlink_to("loop")
    Path("folder").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        yield ["fifo", "socket", "folder", "loop"]


@pytest.mark.parametrize("trusted", [False, True])
@pytest.mark.parametrize("ask", WAYS)
def test_only_regular_files_are_read(ask: Any, special: list[str], *, trusted: bool) -> None:
    for name in special:
        found = findings(ask(f"../{name}"), access=Access(trusted=trusted))
        assert [each.code for each in found] == ["unreadable-file"], name


def test_files_are_read_up_to_a_bound() -> None:
    Path("large").write_bytes(b"x" * (MAX_NAMED_FILE_BYTES + 1))
    for ask in WAYS:
        (found,) = findings(ask("../large"))
        assert found.message.endswith("large' is larger than 4 MiB")


def test_the_history_of_a_clone_may_hold_its_credentials() -> None:
    Path(".git").mkdir()
    Path(".git/config").write_text(SECRET, encoding="utf-8")
    assert codes(secret(file="../.git/config")) == NOT_ALLOWED
    assert token(secret(file="../.git/config"), access=Access(allow_files=[".git"])) == SECRET


@pytest.mark.parametrize("path", ["a\0b", "\ud800", "x" * 5000, "a/" * 3000])
def test_no_path_breaks_anything(path: str) -> None:
    (document,) = load(yaml.safe_dump(secret(file="PATH")), "a.yaml")
    document.data["secrets"]["token"]["file"] = path
    with pytest.raises(LabBuilderError) as error:
        UserFiles().compile(document)
    assert {each.code for each in error.value.findings} <= {"file-not-allowed", "unreadable-file"}


def test_a_chain_of_links_ends() -> None:
    for i in range(2000):
        Path(f"link{i}").symlink_to(f"link{i + 1}")
    assert codes(secret(file="../link0")) <= {"file-not-allowed", "unreadable-file"}


@pytest.mark.parametrize(
    ("allowed", "name", "may"),
    [
        ([], "LAB_TOKEN", False),
        (["LAB_TOKEN"], "LAB_TOKEN", True),
        (["LAB_*"], "LAB_TOKEN", True),
        (["lab_*"], "LAB_TOKEN", False),
        (["LAB_?"], "LAB_TOKEN", False),
        (["LAB_TOKEN"], "HOME", False),
        (["*"], "HOME", True),
    ],
)
def test_variables_are_those_that_are_allowed(
    allowed: list[str],
    name: str,
    may: bool,  # noqa: FBT001 (a table's column)
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = set()
    for value in (SECRET, None):
        monkeypatch.delenv(name, raising=False)
        if value:
            monkeypatch.setenv(name, value)
        found = findings(secret(env=name), access=Access(allow_env=allowed))
        said |= {(each.code, each.message, each.hint) for each in found}
    if may:
        assert {code for code, *_ in said} == {"missing-variable"}
    else:
        refusal = "environment variable may not be read", "allow it with --allow-env NAME"
        assert said == {("variable-not-allowed", *refusal)}


def run(command: str, *arguments: str, stdin: str | None = None) -> Any:
    return CliRunner().invoke(app, [command, *arguments], input=stdin)


def test_every_command_that_reads_users_has_the_options(
    outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_TOKEN", SECRET)
    user = {**USER, "secrets": {"token": {"env": "LAB_TOKEN"}}}
    user["pullSecret"] = {"type": "Opaque", "data": {"a": {"file": str(outside / "secret")}}}
    Path("user.yaml").write_text(yaml.safe_dump(user), encoding="utf-8")
    rendered = run("render", "user.yaml", "--trusted").stdout
    Path("lab.yaml").write_text(rendered, encoding="utf-8")
    function = {"apiVersion": "v1", "kind": "Lab", "metadata": {"name": "a"}, "spec": user}
    listed = {"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList"}
    stdin = json.dumps({**listed, "functionConfig": function})
    config = ["--against-config", str(outside / "site.yaml")]
    for command, failed in (
        (["render", "user.yaml"], 2),
        (["check", "user.yaml"], 1),
        (["check", "user.yaml", "--jobs", "2"], 1),
        (["diff", "user.yaml", "lab.yaml"], 2),
        (["diff", "user.yaml", *config], 2),
        (["krm"], 1),
    ):
        result = run(*command, stdin=stdin)
        assert result.exit_code == failed
        assert SECRET not in result.stdout + result.stderr
        assert "[file-not-allowed]" in result.stdout + result.stderr
        assert "[variable-not-allowed]" in result.stdout + result.stderr
        for options in (["--trusted"], ["--allow-files", str(outside), "--allow-env", "LAB_*"]):
            allowed = run(*command, *options, stdin=stdin)
            assert allowed.exit_code == 0, allowed.output


@pytest.mark.parametrize("command", ["render", "check", "diff"])
@pytest.mark.parametrize(
    ("option", "said"),
    [
        (["--allow-files", "absent"], "--allow-files: 'absent' is not a folder; name another\n"),
        (["--allow-files", "a.yaml"], "--allow-files: 'a.yaml' is not a folder; name another\n"),
        (["--allow-files", ""], "--allow-files is empty; name a folder or remove the option\n"),
        (["--allow-env", ""], "--allow-env is empty; name a variable or remove the option\n"),
    ],
)  # fmt: skip
def test_an_option_that_allows_nothing_is_an_error(
    command: str, option: list[str], said: str
) -> None:
    Path("a.yaml").write_text(yaml.safe_dump(USER), encoding="utf-8")
    result = run(command, "a.yaml", *option)
    assert (result.exit_code, result.stderr) == (2, said)


def test_what_the_operator_names_is_not_confined(outside: Path) -> None:
    file = outside / "user.yaml"
    file.write_text(yaml.safe_dump(USER), encoding="utf-8")
    assert run("check", str(file), "--config", str(outside / "site.yaml")).exit_code == 0
    file.write_text(yaml.safe_dump({**USER, "config": "site.yaml"}), encoding="utf-8")
    assert "[file-not-allowed]" in run("check", str(file)).stdout
    assert run("check", str(file), "--allow-files", str(outside)).exit_code == 0


def test_a_working_directory_that_is_gone_has_no_files(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    os.chdir(gone)
    gone.rmdir()
    assert codes(secret(file=str(tmp_path / "outside" / "secret"))) == NOT_ALLOWED


NOT_CONFIGURATIONS = {
    "text": SECRET,
    "password file": f"root:$6${SECRET}:20228:0:99999:7::\ndaemon:*:1::\n",
    "lines that parse": f"{SECRET}: 1\nother: {SECRET}\n",
    "list": f"- {SECRET}\n",
    "credentials": json.dumps({"client_email": "ci@example.org", "private_key": SECRET}),
    "manifest": f"apiVersion: v1\nkind: Secret\nstringData: {{a: {SECRET}}}\n",
    "several": f"a: {SECRET}\n---\nb: {SECRET}\n",
    "duplicate keys": f"{SECRET}: 1\n{SECRET}: 2\n",
    "user file": yaml.safe_dump({**USER, "lab": {"env": {SECRET: "a"}}}),
    "broken": f"a: [{SECRET}\nb: }}",
    "key": f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n",
    "tags": f"!{SECRET} a\n",
    "not UTF-8": f"{SECRET}: \udcff\n",
    "sections": f"[core]\n\t{SECRET} = 1\n",
    "nothing": "",
    "empty section": f"lab:\n{SECRET}: 1\n",
}  # fmt: skip


@pytest.mark.parametrize("kind", NOT_CONFIGURATIONS)
def test_a_file_that_is_no_configuration_is_said_to_be_none_without_a_word_of_it(
    kind: str,
) -> None:
    text = NOT_CONFIGURATIONS[kind]
    Path("named").write_bytes(text.encode(errors="surrogateescape"))
    (found,) = findings(configured("../named"))
    assert found.code == "not-a-configuration"
    assert found.message == "'users/../named' is not a site's configuration"
    assert str(found.source).startswith("users/a.yaml:1:")
    Path("user.yaml").write_text(yaml.safe_dump(configured("named")), encoding="utf-8")
    for command in ("render", "check"):
        result = run(command, "user.yaml")
        assert SECRET not in result.stdout + result.stderr


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("namespacePrefix: lab\nsize: []\n", "users/../named:2:1"),
        ("lab:\n  namespace_prefix: lab\n  size: []\n", "users/../named:3:3"),
        ("sizes: [\n", "users/../named:2:1"),
        ("namespacePrefix: lab\nnamespacePrefix: lab\n", "users/../named:2:1"),
    ],
)
def test_a_configuration_with_a_mistake_has_its_own_findings(text: str, place: str) -> None:
    Path("named").write_text(text, encoding="utf-8")
    assert place in {str(each.source) for each in findings(configured("../named"))}


def test_a_discovery_document_that_is_none_is_not_quoted() -> None:
    for text in (SECRET, f'{{"a": "\\{SECRET}"}}', f'{{"a": "{SECRET}\n"}}', f"[{SECRET}]"):
        Path("document").write_text(text, encoding="utf-8")
        (found,) = findings(discovery("../document"))
        assert found.code == "invalid-json"
        problem = found.message.rpartition("document': ")[2]
        assert problem in {"Expecting value", "Invalid \\escape", "Invalid control character at"}


@pytest.mark.skipif(sys.platform != "linux", reason="/proc has the names of descriptors")
def test_process_substitution_works_for_files_that_the_operator_names() -> None:
    read, write = os.pipe()
    os.write(write, yaml.safe_dump(USER).encode())
    os.close(write)
    try:
        assert run("check", f"/dev/fd/{read}").exit_code == 0
    finally:
        os.close(read)
