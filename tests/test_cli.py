import io
import json
import os
import pty
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.core import TyperGroup
from typer.testing import CliRunner

from labbuilder.cli import app
from labbuilder.validation.schemas import NEWEST, VERSIONS

EXAMPLES = Path(__file__).parent.parent / "examples"
MINIMAL = (EXAMPLES / "minimal.yaml").read_text(encoding="utf-8")
COMMAND = [sys.executable, "-c", "from labbuilder.cli import main; main()"]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("user.yaml").write_text(MINIMAL, encoding="utf-8")


def render(*arguments: str, stdin: str | None = None) -> Any:
    return CliRunner().invoke(app, ["render", *arguments], input=stdin)


def manifests(result: Any) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.stderr
    return list(yaml.safe_load_all(result.stdout))


def secret_data(result: Any) -> dict[str, str]:
    (secret,) = [each for each in manifests(result) if each["kind"] == "Secret"]
    data = secret["data"]
    assert isinstance(data, dict)
    return data


def write(name: str, *edits: tuple[str, str], add: str = "") -> str:
    text = MINIMAL
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    Path(name).write_text(text + add, encoding="utf-8")
    return name


def test_standard_output_is_manifests_and_standard_error_is_empty() -> None:
    result = render("user.yaml")
    assert [each["kind"] for each in manifests(result)] == [
        "Namespace",
        "ConfigMap",
        "ConfigMap",
        "ConfigMap",
        "Secret",
        "PersistentVolumeClaim",
        "NetworkPolicy",
        "Service",
        "Pod",
    ]
    assert result.stderr == ""


def test_warnings_go_to_standard_error() -> None:
    file = write("warned.yaml", ("  baseUrl: https://data.example.org\n", "  discovery: {}\n"))
    result = render(file)
    assert len(manifests(result)) == 9
    assert result.stderr.startswith("warned.yaml:4:3: site.baseUrl: warning:")


def test_standard_input_is_read_once_named() -> None:
    assert render("-", stdin=MINIMAL).stdout == render("user.yaml").stdout
    result = render("-", stdin="user: [")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("<stdin>:")


def test_files_and_documents_are_rendered_one_after_the_other() -> None:
    second = MINIMAL.replace("rosalind", "maria")
    Path("two.yaml").write_text(f"---\n{MINIMAL}---\n{second}---\n", encoding="utf-8")
    Path("maria.yaml").write_text(second, encoding="utf-8")
    both = render("two.yaml")
    namespaces = [m["metadata"]["name"] for m in manifests(both) if m["kind"] == "Namespace"]
    assert namespaces == ["lab-rosalind", "lab-maria"]
    assert render("user.yaml", "maria.yaml").stdout == both.stdout


def test_complaints_of_all_files_come_at_once_and_nothing_is_written() -> None:
    first = write("first.yaml", ("uid: 4242", "uid: 0"), ("username: rosalind", "username: vera"))
    second = write("second.yaml", ("username: rosalind", "username: Rosalind"))
    Path("empty.yaml").write_text("# nobody\n", encoding="utf-8")
    for more in ([], ["--output-dir", "out"]):
        result = render(first, "user.yaml", second, "absent.yaml", "empty.yaml", *more)
        assert (result.exit_code, result.stdout) == (2, "")
        places = [line.partition(" ")[0] for line in result.stderr.splitlines()]
        assert places[:2] == ["first.yaml:8:8:", "second.yaml:6:13:"]
        assert "'absent.yaml' can't be read: No such file or directory" in result.stderr
        assert "\nempty.yaml:1:1: error: the file has no user [empty-file]\n" in result.stderr
        assert not Path("out").exists()


def test_a_manifest_is_no_user() -> None:
    Path("lab.yaml").write_text("apiVersion: v1\nkind: Pod\nspec: {}\n", encoding="utf-8")
    result = render("lab.yaml")
    message = "is a Kubernetes manifest (Pod), not a user file; name a user file"
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"lab.yaml:1:1: error: {message} [wrong-type]\n"


def test_json_is_a_list() -> None:
    result = render("user.yaml", "-o", "json")
    parsed = json.loads(result.stdout)
    assert (parsed["apiVersion"], parsed["kind"]) == ("v1", "List")
    assert parsed["items"] == manifests(render("user.yaml"))


def test_an_output_folder_has_a_file_an_object_in_apply_order() -> None:
    result = render("user.yaml", "--output-dir", "out/labs")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    files = sorted(Path("out/labs/lab-rosalind").iterdir())
    assert files[0].name == "01-namespace-lab-rosalind.yaml"
    found = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in files]
    assert found == manifests(render("user.yaml"))
    Path("file").touch()
    result = render("user.yaml", "--output-dir", "file")
    assert result.exit_code == 2
    assert result.stderr == "'file' is a file, not a folder; name another folder\n"


def test_redacted_secrets_are_shown_as_asterisks() -> None:
    result = render("user.yaml", "--redact-secrets")
    assert secret_data(result) == {"token": "**********"}


def test_secrets_come_from_text_variables_files_and_base64(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SOME_SECRET", "from a variable")
    Path("folder").mkdir()
    Path("folder/secret").write_bytes(b"\xff\x00")
    write(
        "folder/user.yaml",
        ("token: not-a-real-token", "token: plain\n  v: {env: SOME_SECRET}\n  f: {file: secret}"),
        add="  b: {base64: Zg==}\n",
    )
    assert secret_data(render("folder/user.yaml", "--allow-env", "SOME_SECRET")) == {
        "token": "cGxhaW4=",
        "v": "ZnJvbSBhIHZhcmlhYmxl",
        "f": "/wA=",
        "b": "Zg==",
    }


def test_a_pull_secret_may_come_from_a_file() -> None:
    Path("docker.json").write_text('{"auths":{"r":{}}}', encoding="utf-8")
    write("pull.yaml", add="pullSecret: {data: {.dockerconfigjson: {file: docker.json}}}\n")
    pull = [m for m in manifests(render("pull.yaml")) if m["metadata"]["name"] == "pull-secret"]
    assert pull[0]["data"] == {".dockerconfigjson": "eyJhdXRocyI6eyJyIjp7fX19"}


def test_a_named_configuration_is_the_only_one() -> None:
    Path("site.yaml").write_text(
        "namespacePrefix: other\nvolumes: [{name: home, source: {type: emptyDir}}]\n"
        "sizes: [{size: tiny, resources: {limits: {cpu: 1, memory: 1Gi}, "
        "requests: {cpu: 1, memory: 1Gi}}}]\n",
        encoding="utf-8",
    )
    result = render("user.yaml", "--config", "site.yaml")
    assert manifests(result)[0]["metadata"]["name"] == "other-rosalind"
    assert render("user.yaml", "--config", "absent.yaml").exit_code == 2


def test_a_configuration_stands_beside_the_file_that_names_it() -> None:
    result = render(str(EXAMPLES / "observatory.yaml"), "--allow-files", str(EXAMPLES))
    assert manifests(result)[0]["metadata"]["name"] == "scope-labs-henrietta"


def test_a_fragment_of_the_sites_own_replaces_ours() -> None:
    Path("own").mkdir()
    Path("own/service.yaml").write_text(
        'apiVersion: v1\nkind: Service\nmetadata: {{ fragment("metadata", name="lab") }}\n'
        "spec:\n  clusterIP: None\n  selector: {{ selector }}\n",
        encoding="utf-8",
    )
    found = manifests(render("user.yaml", "--templates", "own"))
    (service,) = [each for each in found if each["kind"] == "Service"]
    assert service["spec"]["clusterIP"] == "None"
    assert found[:-2] == manifests(render("user.yaml"))[:-2]


def test_an_undefined_name_in_a_fragment_is_an_error_with_its_file_and_line() -> None:
    Path("own").mkdir()
    Path("own/service.yaml").write_text(
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ nmae }}\n", encoding="utf-8"
    )
    result = render("user.yaml", "--templates", "own")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("own/service.yaml:4:1: error: 'nmae' is undefined")


def test_an_empty_name_of_the_folder_of_fragments_is_refused() -> None:
    """It is not the current folder, whose fragments would count as labbuilder's own."""
    Path("service.yaml").write_text(
        "apiVersion: v1\nkind: Service\n"
        'metadata: {{ fragment("metadata", name=names.username) }}\n'
        "spec: {ports: [{port: 8888}], selector: {{ selector }}}\n",
        encoding="utf-8",
    )
    name = "username: rosalind"
    both = (
        MINIMAL.replace(name, "username: vera") + "---\n" + MINIMAL.replace(name, "username: 1a")
    )
    Path("both.yaml").write_text(both, encoding="utf-8")
    message = "the folder of fragments has an empty name; name a folder, or omit it"
    for command in ("render", "check"):
        result = CliRunner().invoke(app, [command, "both.yaml", "--templates", ""])
        assert result.exit_code == (2 if command == "render" else 1)
        assert f"error: {message} [unreadable-templates]" in result.stdout + result.stderr
    for templates in (".", "./"):  # in the oldest version names of Services begin with a letter
        result = render("both.yaml", "--templates", templates, "--kube-version", VERSIONS[0])
        assert (result.exit_code, result.stdout) == (2, "")
        assert "Service/1a: metadata.name: error:" in result.stderr


def test_trouble_with_options_is_told_in_one_line() -> None:
    for arguments in (
        ["--templates", "absent"],
        ["--templates", ""],
        ["--kubernetes-version", "1.2"],
        ["--config", "absent.yaml"],
    ):
        result = render("user.yaml", *arguments)
        assert (result.exit_code, result.stdout) == (2, "")
        assert len(result.stderr.splitlines()) == 1
    for arguments in (["--nonsense"], ["-o", "xml"], []):
        result = render(*arguments)
        assert (result.exit_code, result.stdout) == (2, "")


@pytest.mark.parametrize("version", [NEWEST, f"v{NEWEST}", f"{NEWEST}.2"])
def test_a_kubernetes_version_may_be_written_in_several_ways(version: str) -> None:
    expected = manifests(render("user.yaml"))
    assert manifests(render("user.yaml", "--kubernetes-version", version)) == expected
    assert manifests(render("user.yaml", "--kube-version", version)) == expected


def test_the_command_says_its_version() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert result.stdout.startswith("labbuilder 0.")


def test_no_complaint_shows_a_secret() -> None:
    secret = "hunter2"  # noqa: S105 (nobody's)
    for value in (f"{{vault: {secret}}}", f"!{secret}", f"*{secret}", f"&{secret}", f"[{secret}]"):
        result = render(write("user.yaml", ("not-a-real-token", value)))
        assert result.exit_code == 2
        assert secret not in result.stderr


def test_a_reader_that_has_enough_gets_no_traceback() -> None:
    process = subprocess.Popen(
        [*COMMAND, "render", *["user.yaml"] * 20],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "COLUMNS": "80"},
    )
    assert process.stdout
    assert process.stderr
    process.stdout.read(1)
    process.stdout.close()
    with process.stderr as stderr:
        assert stderr.read() == b""
    process.wait()


def test_standard_output_that_knows_no_unicode_gets_utf_8() -> None:
    write("user.yaml", ("Rosalind Franklin", "Ровзалинда 🧬"))
    result = subprocess.run(
        [*COMMAND, "render", "user.yaml"],
        capture_output=True,
        check=True,
        env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"},
    )
    text = io.TextIOWrapper(io.BytesIO(result.stdout), encoding="utf-8").read()
    pod = list(yaml.safe_load_all(text))[-1]
    assert pod["metadata"]["annotations"]["nublado.lsst.io/user-name"] == "Ровзалинда 🧬"


def test_a_users_file_is_read_in_both_spellings() -> None:
    result = render(write("snake.yaml", ("baseUrl", "base_url")))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == render("user.yaml").stdout


def test_an_empty_discovery_document_is_not_json() -> None:
    Path("discovery.json").touch()
    file = write("user.yaml", ("site:\n", "site:\n  discovery: discovery.json\n"))
    result = render(file)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("user.yaml:4:14: site.discovery: error:")
    assert result.stderr.endswith("[invalid-json]\n")


def test_a_configuration_that_an_option_names_is_not_looked_for_in_the_users_file() -> None:
    result = render("user.yaml", "--config", "absent.yaml")
    assert result.stderr.startswith("error: 'absent.yaml' can't be read")
    assert "relative to the file" not in result.stderr


def test_leftovers_of_an_earlier_run_are_refused() -> None:
    assert render("user.yaml", "--output-dir", "out").exit_code == 0
    assert render("user.yaml", "--output-dir", "out").exit_code == 0
    leftover = Path("out/lab-rosalind/99-pod-other.yaml")
    leftover.touch()
    result = render("user.yaml", "--output-dir", "out")
    assert result.exit_code == 2
    assert result.stderr == f"{leftover}: isn't part of this rendering; move or remove it\n"


def test_a_secrets_file_is_for_its_owner_only() -> None:
    render("user.yaml", "--output-dir", "out")
    (secret,) = Path("out/lab-rosalind").glob("*-secret-*")
    assert secret.stat().st_mode & 0o077 == 0


def test_a_full_disk_is_told_in_one_line() -> None:
    with Path("/dev/full").open("wb") as full:
        command = [*COMMAND, "render", "user.yaml"]
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert result.returncode == 2
    assert result.stderr == b"the labs can't be written: No space left on device\n"


def test_closed_standard_output_is_told_in_one_line() -> None:
    command = f"{shlex.join([*COMMAND, 'render', 'user.yaml'])} >&-"
    result = subprocess.run(command, shell=True, stderr=subprocess.PIPE, check=False)  # noqa: S602 (to close it)
    assert result.returncode == 2
    assert result.stderr == b"the labs can't be written: standard output is closed\n"


def check(*arguments: str, stdin: str | None = None) -> Any:
    return CliRunner().invoke(app, ["check", *arguments], input=stdin)


NOTHING = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\n"
WRONG = f"{NOTHING}dta: {{}}\n"
WRONG_KEY = NOTHING.replace("name: a", "name: c") + "data: {a/b: c}\n"
WARNED = """\
apiVersion: v1
kind: Namespace
metadata: {name: b}
---
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: b}
spec:
  imagePullSecrets: [{name: missing}]
  containers:
  - name: c
    image: registry.example/lab
    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
"""
COMPLAINT = (
    "<stdin>:4:1: ConfigMap/a: dta: error: field 'dta' is not defined; did you mean data? "
    "[schema-unknown-field]\n  4 | dta: {}\n    | ^\n"
)


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_check_passes_what_render_writes(form: str) -> None:
    lab = render("user.yaml", "-o", form).stdout
    result = check("-", stdin=lab)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    Path("lab").write_text(lab, encoding="utf-8")
    assert check("lab", "--kubernetes-version", "all").exit_code == 0


def test_errors_in_what_is_checked_go_to_standard_output() -> None:
    result = check("-", stdin=WRONG)
    assert (result.exit_code, result.stdout, result.stderr) == (1, COMPLAINT, "")


def test_warnings_alone_are_no_failure() -> None:
    result = check("-", stdin=WARNED)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("<stdin>:9:29: Pod/p: spec.imagePullSecrets[0].name: warning:")


@pytest.mark.parametrize("text", ["", "a: ]", "5", "{}"])
def test_what_holds_no_manifest_is_an_error_with_a_place(text: str) -> None:
    result = check("-", stdin=text)
    assert (result.exit_code, result.stderr) == (1, "")
    assert result.stdout.startswith("<stdin>:1:")


def test_files_are_checked_once_and_together() -> None:
    Path("a.yaml").write_text(WRONG_KEY, encoding="utf-8")
    Path("b.yaml").write_text(NOTHING, encoding="utf-8")
    result = check("b.yaml", "a.yaml", "a.yaml", "-", "-", "-o", "json", stdin=WARNED)
    found = json.loads(result.stdout)
    assert found["summary"] == {"errors": 1, "warnings": 1, "skipped": 0}
    assert [each["file"] for each in found["findings"]] == ["a.yaml", "<stdin>"]
    assert check("b.yaml", "b.yaml").exit_code == 0


def test_json_says_what_text_says() -> None:
    result = check("-", "-o", "json", stdin=WRONG)
    assert (result.exit_code, result.stderr) == (1, "")
    assert json.loads(result.stdout) == {
        "findings": [
            {
                "code": "schema-unknown-field",
                "severity": "error",
                "object": "ConfigMap/a",
                "path": "dta",
                "cause": "",
                "message": "field 'dta' is not defined",
                "hint": "did you mean data?",
                "file": "<stdin>",
                "line": 4,
                "column": 1,
            }
        ],
        "summary": {"errors": 1, "warnings": 0, "skipped": 0},
    }
    assert json.loads(check("-", "-o", "json", stdin=NOTHING).stdout)["findings"] == []


@pytest.mark.parametrize(
    ("form", "start"),
    [
        (
            "github",
            "::error file=<stdin>,line=4,col=1,title=schema-unknown-field::ConfigMap/a: dta",
        ),
        ("sarif", '{\n  "$schema":'),
        ("junit", "<?xml version="),
        ("text", COMPLAINT),
    ],
)
def test_a_report_has_the_format_that_is_asked_for(form: str, start: str) -> None:
    result = check("-", "--output", form, stdin=WRONG)
    assert (result.exit_code, result.stderr) == (1, "")
    assert result.stdout.startswith(start)


def test_what_passed_is_a_test_case_too() -> None:
    result = check("-", "-o", "junit", stdin=NOTHING)
    assert '<testcase classname="&lt;stdin&gt;" name="ConfigMap/a" />' in result.stdout


def test_files_that_cannot_be_read_are_all_named_and_nothing_is_checked() -> None:
    Path("a.yaml").write_text(WRONG, encoding="utf-8")
    Path("empty").mkdir()
    result = check("absent.yaml", "a.yaml", "empty")
    assert (result.exit_code, result.stdout) == (2, "")
    first, second = result.stderr.splitlines()
    assert "'absent.yaml' can't be read: No such file or directory" in first
    assert "'empty' contains no YAML or JSON file" in second


def test_checks_trouble_with_options_is_told() -> None:
    result = check("-", "--kubernetes-version", NEWEST, "--kube-version", "1.2", stdin=NOTHING)
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    for arguments in (["--nonsense"], ["-", "-o", "xml"], []):
        result = check(*arguments)
        assert (result.exit_code, result.stdout) == (2, "")


def test_several_versions_may_be_asked_for() -> None:
    for versions in (list(VERSIONS[:2]), ["all"]):
        options = [word for each in versions for word in ("--kubernetes-version", each)]
        result = check("-", *options, stdin=WRONG)
        assert (result.exit_code, result.stdout) == (1, COMPLAINT)


def test_check_shows_no_secret() -> None:
    for kind in ("Secret", "Secrett", "Pod"):
        for value in ("data: {a: hunter2}", "data: {a: hunter2", "strngData: {a: !hunter2}"):
            text = f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: a}}\n{value}\n"
            for form in ("text", "json", "github", "sarif", "junit"):
                result = check("-", "-o", form, stdin=text)
                assert result.exit_code == 1
                assert "hunter2" not in result.output


def on_a_terminal(**environment: str) -> bytes:
    Path("a.yaml").write_text(WRONG, encoding="utf-8")
    ours, theirs = pty.openpty()
    known = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    command = [*COMMAND, "check", "a.yaml"]
    subprocess.run(command, stdout=theirs, check=False, env={**known, **environment})
    os.close(theirs)
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        return terminal.read(4096)


def test_a_terminal_gets_colour_unless_told_otherwise() -> None:
    assert b"\033[1;31merror\033[0m" in on_a_terminal()
    assert b"\033[1;31merror\033[0m" in on_a_terminal(NO_COLOR="")
    assert b"\033" not in on_a_terminal(NO_COLOR="1")


@pytest.mark.parametrize(
    ("redirections", "trouble"),
    [
        ("> /dev/full", b"the report can't be written: No space left on device\n"),
        (">&-", b"the report can't be written: standard output is closed\n"),
        ("<&-", b"error: standard input is closed [unreadable-file]\n"),
    ],
)
def test_what_check_reads_and_writes_may_be_closed(redirections: str, trouble: bytes) -> None:
    command = f"{shlex.join([*COMMAND, 'check', '-'])} {redirections}"
    result = subprocess.run(command, shell=True, input=WRONG.encode(), stderr=-1, check=False)  # noqa: S602 (to close them)
    assert result.returncode == 2
    assert result.stderr == trouble


def test_a_file_whose_name_is_no_unicode_is_reported() -> None:
    Path(os.fsdecode(b"\xff.yaml")).write_text(WRONG, encoding="utf-8")
    for form in ("text", "json", "github", "sarif", "junit"):
        command = [*COMMAND, "check", "-o", form, os.fsdecode(b"\xff.yaml")]
        result = subprocess.run(command, capture_output=True, check=False)
        assert (result.returncode, result.stderr) == (1, b"")
        assert b"schema-unknown-field" in result.stdout


@pytest.mark.parametrize(
    "command", app.registered_commands, ids=lambda each: each.callback.__name__
)
def test_help_has_an_example(command: Any) -> None:
    name = command.name or command.callback.__name__
    result = CliRunner().invoke(app, [name, "--help"])
    assert result.exit_code == 0
    assert f"For example: labbuilder {name}" in " ".join(result.stdout.split())


def test_help_has_a_short_summary_of_every_command() -> None:
    text = CliRunner().invoke(app, ["-h"]).stdout.partition("Commands:\n")[2]
    summaries = dict(line.split(maxsplit=1) for line in text.splitlines())
    names = [each.callback.__name__ for each in app.registered_commands if each.callback]
    assert list(summaries) == names
    assert all(len(line) < 60 for line in text.splitlines())
    for summary in summaries.values():
        assert 3 <= len(summary.split()) <= 8
        assert summary.endswith(".")
        assert "..." not in summary


def test_every_option_has_a_help_text() -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    for name, command in group.commands.items():
        for parameter in command.params:
            text = getattr(parameter, "help", None)
            assert text, (name, parameter.name)
            assert text[0].isupper(), text


@pytest.mark.parametrize(
    ("shell", "variables"),
    [
        ("bash", {"COMP_WORDS": "labbuilder re", "COMP_CWORD": "1"}),
        ("zsh", {"_TYPER_COMPLETE_ARGS": "labbuilder re"}),
        ("fish", {"_TYPER_COMPLETE_ARGS": "labbuilder re",
                  "_TYPER_COMPLETE_FISH_ACTION": "get-args"}),
    ],
)  # fmt: skip
def test_shells_complete_commands(shell: str, variables: dict[str, str]) -> None:
    command = Path(sys.executable).parent / "labbuilder"
    if not command.exists():
        pytest.skip("the command isn't installed beside this Python")
    environment = {**os.environ, **variables, "_LABBUILDER_COMPLETE": f"complete_{shell}"}
    done = subprocess.run([command], env=environment, capture_output=True, text=True, check=True)
    assert "render" in done.stdout
    assert "check" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        *(
            ([*command, "--config", ""], "--config is empty; name a file or remove the option")
            for command in (
                ["render", "user.yaml"],
                ["check", "user.yaml"],
                ["diff", "user.yaml", "user.yaml"],
                ["state", "user.yaml"],
                ["names", "vera"],
                ["url", "vera"],
            )
        ),
        (
            ["diff", "--against-config=", "user.yaml"],
            "--against-config is empty; name a file or remove the option",
        ),
        (
            ["render", "user.yaml", "--output-dir", ""],
            "--output-dir is empty; name a folder or remove the option",
        ),
        *(([command, ""], "a file name is empty") for command in ("render", "check", "state")),
        (["diff", "user.yaml", ""], "a file name is empty"),
        (["init", ""], "a folder name is empty"),
    ],
)
def test_an_empty_name_is_not_the_folder(arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(app, arguments)
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"{said}\n")
