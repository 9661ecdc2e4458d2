"""The command ``diff``: what it says, where, and how it exits."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from labbuilder.cli import app
from labbuilder.data import DEFAULT_SITE

EXAMPLES = Path(__file__).parent.parent / "examples"
MINIMAL = (EXAMPLES / "minimal.yaml").read_text(encoding="utf-8")


def run(*arguments: str, stdin: str | bytes | None = None) -> Any:
    return CliRunner().invoke(app, ["diff", *arguments], input=stdin)


def render(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["render", *arguments])
    assert result.exit_code == 0, result.stderr
    return result.stdout


def write(name: str, text: str, *edits: tuple[str, str]) -> str:
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    Path(name).write_text(text, encoding="utf-8")
    return name


def report(result: Any, status: int = 1) -> dict[str, Any]:
    assert (result.exit_code, result.stderr) == (status, "")
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write("user.yaml", MINIMAL)
    write("site.yaml", DEFAULT_SITE)
    write("lab.yaml", render("user.yaml"))


def test_what_was_rendered_is_the_same_in_any_form() -> None:
    write("list.json", render("user.yaml", "-o", "json"))
    write("lab.ndjson", render("user.yaml", "-o", "ndjson"))
    render("user.yaml", "--output-dir", "lab")
    manifests = list(yaml.safe_load_all(render("user.yaml")))
    texts = [yaml.safe_dump(each, default_flow_style=True) for each in manifests]
    write("other.yaml", "".join(f"---\n{text}" for text in texts))
    for stored in ("lab.yaml", "list.json", "lab.ndjson", "lab", "other.yaml"):
        result = run("user.yaml", stored)
        assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    result = run("user.yaml", "-", stdin=render("user.yaml"))
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert run("-", "lab.yaml", stdin=MINIMAL).exit_code == 0


def test_a_change_is_a_line_with_its_class() -> None:
    write("site.yaml", DEFAULT_SITE, ("4Gi", "6Gi"), ("storage: 10Gi", "storage: 5Gi"))
    result = run("user.yaml", "lab.yaml", "--config", "site.yaml")
    assert (result.exit_code, result.stderr) == (1, "")
    lines = result.stdout.splitlines()
    assert (
        "PersistentVolumeClaim/rosalind-nb-pvc-home spec.resources.requests.storage: "
        "10Gi → 5Gi (data at risk)"
    ) in lines
    assert (
        "Pod/rosalind-nb spec.containers[notebook].resources.limits.memory: 4Gi → 6Gi (recreate)"
    ) in lines
    assert (
        "ConfigMap/rosalind-nb-env data.MEM_LIMIT: '4294967296' → '6442450944' (recreate)"
    ) in lines
    assert lines[-1] == "6 changes, for the lab: data at risk (1 data at risk, 5 recreate)"


def test_objects_are_added_and_removed() -> None:
    write(
        "more.yaml",
        MINIMAL.replace("gid: 4242", "gid: 4242\n  quota: {notebook: {cpu: 4, memory: 16}}"),
    )
    result = run("more.yaml", "lab.yaml")
    assert result.stdout.splitlines() == [
        "ResourceQuota/rosalind-nb: added to lab-rosalind (nothing)",
        "1 change, for the lab: nothing (1 nothing)",
    ]
    write("lab.yaml", render("more.yaml"))
    assert run("user.yaml", "lab.yaml").stdout.splitlines()[0] == (
        "ResourceQuota/rosalind-nb: removed from lab-rosalind (nothing)"
    )


def test_json_has_every_change() -> None:
    edited = write("lab.yaml", render("user.yaml"), ("app: jupyterhub", "app: hub"))
    policy, rest = (
        "spec.ingress[0].from[1].podSelector.matchLabels.app",
        "NetworkPolicy/rosalind-nb",
    )
    assert report(run("user.yaml", edited, "-o", "json")) == {
        "changes": [
            {
                "object": rest, "namespace": "lab-rosalind", "path": policy,
                "class": "nothing", "old": "hub", "new": "jupyterhub",
            }
        ],
        "class": "nothing",
        "summary": {
            "changes": 1, "hidden": 0,
            "nothing": 1, "restart": 0, "recreate": 0, "data at risk": 0,
        },
    }  # fmt: skip
    write("lab.yaml", render("user.yaml"))
    same = report(run("user.yaml", "lab.yaml", "-o", "json"), status=0)
    assert (same["changes"], same["class"]) == ([], "nothing")


def test_a_secret_is_named_and_never_shown() -> None:
    write("user.yaml", MINIMAL, ("token: not-a-real-token", "token: another\n  more: a-new-one"))
    for form in ("text", "json"):
        result = run("user.yaml", "lab.yaml", "-o", form)
        assert result.exit_code == 1
        for hidden in ("bm90LWEt", "YW5vdGhl", "YS1uZXct", "another", "a-new-one"):
            assert hidden not in result.output
    lines = run("user.yaml", "lab.yaml").stdout.splitlines()
    assert lines[:2] == [
        "Secret/rosalind-nb data.token: changed (recreate)",
        "Secret/rosalind-nb data.more: added '**********' (recreate)",
    ]


def test_hidden_values_come_with_a_note() -> None:
    write("lab.yaml", render("user.yaml", "--redact-secrets"))
    result = run("user.yaml", "lab.yaml")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "lab.yaml: 1 value is masked there and assumed unchanged\n"


def test_long_texts_are_shown_where_they_differ() -> None:
    write("user.yaml", MINIMAL, ("e3b5d7f\n", "e3b5d70\n"))
    assert (
        "Pod/rosalind-nb spec.containers[notebook].image: "
        "'…c9e1b3d5f7a9c1e3b5d7f' → '…c9e1b3d5f7a9c1e3b5d70' (restart)"
    ) in run("user.yaml", "lab.yaml").stdout.splitlines()


def test_amounts_are_written_for_people_if_they_differ_then() -> None:
    for stored, shown in (
        ("4294967297", "4294967297 → 4294967296"),
        ('"lots"', "lots → 4Gi"),
        ('"1e99"', "1e99 → 4Gi"),
    ):
        old = render("user.yaml")
        before, limit, after = old.partition('      limits:\n        cpu: "1.0"\n        memory: ')
        assert limit
        _, _, rest = after.partition("\n")
        write("lab.yaml", f"{before}{limit}{stored}\n{rest}")
        assert (
            f"resources.limits.memory: {shown} (recreate)" in run("user.yaml", "lab.yaml").stdout
        )


def test_text_can_not_trick_a_terminal() -> None:
    key = ("app: jupyterhub", '"a\\e[2J\\nb": "\\u202e"')
    result = run("user.yaml", write("lab.yaml", render("user.yaml"), key))
    assert result.exit_code == 1
    assert all(line.isprintable() for line in result.stdout.splitlines())
    assert "removed '\\u202e' (nothing)" in result.stdout


def test_warnings_go_to_standard_error() -> None:
    write("user.yaml", MINIMAL, ("  baseUrl: https://data.example.org\n", "  discovery: {}\n"))
    result = run("user.yaml", "lab.yaml")
    assert result.exit_code == 1
    assert result.stderr.startswith("user.yaml:4:3: site.baseUrl: warning:")
    assert "EXTERNAL_INSTANCE_URL" in result.stdout


def test_all_trouble_is_told_at_once() -> None:
    write("user.yaml", MINIMAL, ("uid: 4242", "uid: 0"))
    write(
        "lab.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: [1]}\n---\n[]\n---\nkind: {}\n---\n"
        "apiVersion: v1\nkind: List\nitems:\n- a\n- {kind: A, metadata: {name: b}}\n"
        "- {kind: A, metadata: {name: b}}\n- {apiVersion: v1, kind: List, items: 1}\n",
    )
    result = run("user.yaml", "lab.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    places = [" ".join(line.split(" ")[:2]) for line in result.stderr.splitlines()]
    assert places == [
        "user.yaml:8:8: user.uid:",
        "lab.yaml:3:18: metadata.name:",
        "lab.yaml:5:1: error:",
        "lab.yaml:7:7: kind:",
        "lab.yaml:7:1: metadata.name:",
        "lab.yaml:12:3: items[0]:",
        "lab.yaml:14:3: items[2]:",
        "lab.yaml:15:39: items[3].items:",
    ]


@pytest.mark.parametrize(
    ("user", "lab", "said"),
    [
        ("absent.yaml", "lab.yaml", "'absent.yaml' can't be read"),
        ("user.yaml", "absent.yaml", "'absent.yaml' can't be read"),
        ("user.yaml", "empty.yaml", "empty.yaml contains no manifest"),
        ("empty.yaml", "lab.yaml", "empty.yaml contains no user"),
        ("user.yaml", "broken.yaml", "broken.yaml:2:"),
        ("two.yaml", "lab.yaml", "two.yaml:"),
    ],
)
def test_what_can_not_be_told_is_trouble(user: str, lab: str, said: str) -> None:
    write("empty.yaml", "# nothing\n")
    write("broken.yaml", "a: [")
    write("two.yaml", f"{MINIMAL}---\n{MINIMAL}")
    result = run(user, lab)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_the_lab_of_another_user_is_not_compared() -> None:
    people("mallory")
    others = render("users/mallory.yaml")
    unlabelled = "".join(
        line for line in others.splitlines(keepends=True) if "nublado.lsst.io/user:" not in line
    )
    for stored, code in ((others, "other-user"), (unlabelled, "other-namespace")):
        write("lab.yaml", stored)
        result = run("user.yaml", "lab.yaml")
        assert (result.exit_code, result.stdout) == (2, "")
        (line,) = result.stderr.splitlines()  # a lab is reported once, not each of its objects
        assert line.startswith("lab.yaml:")
        assert line.endswith(f"[{code}]")


def test_a_lab_of_another_prefix_is_compared() -> None:
    write("site.yaml", DEFAULT_SITE, ("namespacePrefix: lab", "namespacePrefix: labs"))
    result = run("user.yaml", "lab.yaml", "--config", "site.yaml")
    assert (result.exit_code, result.stderr) == (1, "")
    assert "added to labs-rosalind" in result.stdout


def test_a_manifest_is_no_user_and_gets_one_finding() -> None:
    result = run("lab.yaml", "user.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    found = [line for line in result.stderr.splitlines() if line.startswith("lab.yaml:")]
    assert len(found) == Path("lab.yaml").read_text(encoding="utf-8").count("apiVersion: ")
    message = "error: is a Kubernetes manifest (Namespace), not a user file; name a user file"
    assert found[0] == f"lab.yaml:1:1: {message} [wrong-type]"


def test_arguments_that_make_no_sense_are_told() -> None:
    for arguments in (["user.yaml"], ["user.yaml", "lab.yaml", "lab.yaml"], ["-", "-"], []):
        result = run(*arguments)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "Usage:" in result.stderr
    assert run("user.yaml", "lab.yaml", "--kubernetes-version", "1.2").exit_code == 2


def people(*names: str, size: str = "small") -> None:
    Path("users").mkdir(exist_ok=True)
    for name in names:
        text = MINIMAL.replace("rosalind", name).replace("Rosalind", name.title())
        write(
            f"users/{name}.yaml",
            f"{text}config: ../site.yaml\nlab: {{options: {{size: {size}}}}}\n",
        )


def test_two_configurations_are_compared_over_many_users() -> None:
    people("ada", "bo", "cleo")
    people("dora", size="large")
    write(
        "old.yaml",
        DEFAULT_SITE,
        ("limits: {cpu: 1, memory: 4Gi}", "limits: {cpu: 1, memory: 3Gi}"),
    )
    result = run("--against-config", "old.yaml", "users")
    assert (result.exit_code, result.stderr) == (1, "")
    lines = result.stdout.splitlines()
    assert (
        "3 labs: Pod/USERNAME-nb spec.containers[notebook].resources.limits.memory: "
        "3Gi → 4Gi (recreate)"
    ) in lines
    assert lines[-1] == "3 of 4 labs change: 3 recreate"
    found = report(run("--against-config", "old.yaml", "users", "-o", "json"))
    assert found["class"] == "recreate"
    assert found["summary"] == {
        "labs": 4, "changed": 3, "nothing": 0, "restart": 0, "recreate": 3, "data at risk": 0,
    }  # fmt: skip
    assert {each["labs"] for each in found["changes"]} == {3}
    assert all(
        list(each)[:4] == ["labs", "object", "namespace", "path"] for each in found["changes"]
    )


def test_the_other_configuration_may_be_given_as_well() -> None:
    people("ada")
    write("new.yaml", DEFAULT_SITE, ("namespacePrefix: lab", "namespacePrefix: labs"))
    result = run("users", "--against-config", "site.yaml", "--config", "new.yaml")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0] == "1 lab: Namespace/lab-USERNAME: removed (data at risk)"
    same = run("users", "--against-config", "site.yaml")
    assert (same.exit_code, same.stdout, same.stderr) == (0, "", "")


def test_users_that_do_not_compile_are_told_once_and_the_others_compared() -> None:
    people("ada", "bo")
    write("users/bo.yaml", Path("users/bo.yaml").read_text(), ("uid: 4242", "uid: 0"))
    write("users/broken.yaml", "a: [")
    write("old.yaml", DEFAULT_SITE, ("storage: 10Gi", "storage: 11Gi"))
    result = run("--against-config", "old.yaml", "users")
    assert result.exit_code == 2
    assert result.stdout.splitlines()[-1] == "1 of 1 labs change: 1 data at risk"
    said = result.stderr.splitlines()
    assert [line.partition(" ")[0] for line in said] == [
        "users/bo.yaml:8:8:", "users/broken.yaml:2:1:", "2",
    ]  # fmt: skip
    assert said[-1] == "2 of 3 labs couldn't be compared"
    write("users/none.yaml", "# nobody\n")
    assert run("--against-config", "old.yaml", "users/none.yaml").exit_code == 2


def test_colour_is_for_terminals_that_want_it() -> None:
    write("lab.yaml", render("user.yaml"), ("app: jupyterhub", "app: hub"))
    code = "from labbuilder.cli import main; main()"
    command = [sys.executable, "-c", code, "diff", "user.yaml", "lab.yaml"]
    for environment, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        ours, theirs = pty.openpty()
        inherited = {key: each for key, each in os.environ.items() if key != "NO_COLOR"}
        done = subprocess.run(
            command,
            stdout=theirs,
            stderr=subprocess.PIPE,
            env=inherited | environment,
            check=False,
        )
        os.close(theirs)
        shown = os.read(ours, 10_000).decode()
        os.close(ours)
        assert done.returncode == 1, done.stderr
        assert ("\033[32mnothing\033[0m" in shown) is coloured


def test_warnings_of_many_labs_are_left_to_render() -> None:
    people("ada")
    text = Path("users/ada.yaml").read_text(encoding="utf-8")
    write("users/ada.yaml", text, ("  baseUrl: https://data.example.org\n", "  discovery: {}\n"))
    result = run("users", "--against-config", "site.yaml")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")


def test_the_help_has_an_example_of_each_use() -> None:
    text = run("--help").stdout
    assert "labbuilder diff user.yaml lab.yaml" in text
    assert "labbuilder diff --against-config old-site.yaml" in text
