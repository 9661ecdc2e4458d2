"""What is shown can't trick its reader, and holds no secret."""

import asyncio
import json
import logging
import pickle
import re
import sys
import traceback
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from labs import ARGUMENTS, arguments
from typer.testing import CliRunner

from labbuilder import LabBuilderError, LabCompiler, LabSpecification, compile_lab
from labbuilder.adapter import LabBuilder, to_client_model
from labbuilder.cli import app
from labbuilder.cluster.clients import plain
from labbuilder.credentials import MASK, is_credential, mask_urls
from labbuilder.documents import load
from labbuilder.errors import Finding, shown
from labbuilder.escape import has_hidden, line, visible, visible_json, visible_yaml
from labbuilder.krm.resourcelist import read_resource_list, write_resource_list
from labbuilder.lab.arguments import read_inputs
from labbuilder.output import redact, to_json, to_line, to_yaml
from labbuilder.users.access import Access
from labbuilder.users.batches import Batch
from labbuilder.users.compile import UserFiles
from labbuilder.users.document import parse_user

HOSTILE = "a\n::error ::x\x1b[31m\x9b1m\u202e\u2028\u200b##[error]##vso[x]\u05d0\ud800"
FILE = HOSTILE.replace("\ud800", "")
SECRET = "hush-hush-hush-hush"  # noqa: S105 (planted)
USER: dict[str, Any] = {
    "user": {"username": "vera", "uid": 1928, "gid": 1928},
    "lab": {"env": {"A": "b"}},
    "site": {"baseUrl": "https://data.example.org"},
    "image": ARGUMENTS["image"],
    "secrets": {"token": "a"},
}
POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": FILE}, "spec": {FILE: 1}}


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write("user.yaml", USER)
    write("bad.yaml", {**USER, "user": {FILE: FILE}})
    write("pod.yaml", POD)


def write(name: str, data: Any) -> None:
    path = Path(name)
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(json.dumps(data), encoding="utf-8")


def run(*arguments: str, stdin: str | None = None) -> str:
    return "".join(streams(*arguments, stdin=stdin))


def streams(*arguments: str, stdin: str | None = None) -> tuple[str, str]:
    found = CliRunner().invoke(app, arguments, input=stdin)
    if found.exception and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found.stdout, found.stderr


def assert_harmless(text: str, *, is_github: bool = False) -> None:
    """Assert that neither a terminal nor the runner of a workflow can be tricked."""
    for char in text.replace("\n", "").replace("\t", ""):
        assert unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}, (char, text)
    assert not re.search(r"##\w*\[", text)
    for each in text.splitlines():
        assert is_github or not each.lstrip().startswith("::"), text


# Files, folders and objects

COMMANDS: list[list[str]] = [
    ["render", FILE],
    ["render", f"{FILE}/*.yaml"],
    ["render", "bad.yaml"],
    ["render", "user.yaml", "--config", FILE],
    ["render", "user.yaml", "--templates", FILE],
    ["render", "user.yaml", "--kubernetes-version", HOSTILE],
    ["render", "user.yaml", "--jobs", HOSTILE],
    ["render", "user.yaml", "-o", HOSTILE],
    ["render", "user.yaml", f"--{HOSTILE}"],
    ["render", "user.yaml", "--output-dir", f"user.yaml/{FILE}"],
    ["check", FILE],
    ["check", "user.yaml", "--config", FILE],
    ["diff", FILE, "user.yaml"],
    ["diff", "user.yaml", FILE],
    ["diff", "user.yaml", "pod.yaml"],
    ["diff", "user.yaml", "--against-config", FILE],
    ["init", FILE],
    ["names", HOSTILE],
    ["names", "vera", "--config", FILE],
    ["url", HOSTILE],
    ["url", "vera", "--prefix", HOSTILE],
    ["url", "vera", "--prefix", "/##[error]x"],
    ["state", FILE],
    ["state", "pod.yaml", "--username", HOSTILE],
    ["state", "pod.yaml", "--config", FILE],
    ["krm", "--config", FILE],
    [HOSTILE],
    ["schema", HOSTILE],
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_no_argument_tricks_a_terminal_or_a_workflow(arguments: list[str]) -> None:
    output = run(*arguments, stdin="{}")
    assert output
    assert_harmless(output)


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif", "junit"])
def test_no_file_or_object_tricks_a_report(form: str) -> None:
    for name in (f"{FILE}.yaml", "::error::b.yaml"):
        write(name, POD)
        write(f"user-{name}", {**USER, "user": {FILE: FILE}})
    names = [f"{FILE}.yaml", "::error::b.yaml", f"user-{FILE}.yaml", "pod.yaml"]
    output = run("check", *names, "-o", form)
    assert_harmless(output, is_github=form == "github")
    if form == "github":
        assert all(re.match("::(error|warning) file=", each) for each in output.splitlines())
        assert "file=a%0A%3A%3Aerror %3A%3Ax" in output
        assert "file=%3A%3Aerror%3A%3Ab.yaml" in output


@pytest.mark.parametrize("command", [["init"], ["render", "user.yaml", "--output-dir"]])
def test_no_folder_tricks_what_is_said_of_it(command: list[str]) -> None:
    assert_harmless(run(*command, FILE))
    write(f"{FILE}/lab-vera/{FILE}.yaml", {})
    assert_harmless(run(*command, FILE))


def test_no_name_in_a_folder_or_a_line_tricks_a_summary() -> None:
    write(f"folder/{FILE}.yaml", {**USER, "user": {"username": FILE}})
    write("folder/::error::x.yaml", {})
    write("users.ndjson", {**USER, "user": {"username": FILE}})
    for names in (["folder"], ["folder", "--keep-going"], ["users.ndjson", "folder"]):
        assert_harmless(run("render", *names))


def test_a_result_for_kustomize_is_one_visible_line() -> None:
    spec = {**USER, "user": {**USER["user"], FILE: 1}}
    head = {"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": []}
    lab = {"apiVersion": "a/v1", "kind": "Lab", "metadata": {"name": "::error::x"}, "spec": spec}
    output = run(
        "krm", "--config", "::error::x", stdin=json.dumps({**head, "functionConfig": lab})
    )
    assert_harmless(output)


# Data

HOSTILE_LINES = "first\n::error ::x\n  ::warning::y\nlast"


@pytest.mark.parametrize("text", [HOSTILE.replace("\ud800", ""), HOSTILE_LINES, "a##[error]b"])
@pytest.mark.parametrize("write_them", [to_yaml, to_json, to_line])
def test_no_value_tricks_who_prints_a_rendering(
    text: str, write_them: Callable[[Any], str]
) -> None:
    data = {"data": {"a": text, text: "b"}, "list": [text]}
    written = write_them([data])
    assert_harmless(written.replace("\u05d0", ""))
    (found,) = load(written, "a")
    assert data in (found.data, *found.data.get("items", ()))
    assert yaml.safe_load(written) == found.data


def test_an_item_that_is_passed_on_tricks_nobody() -> None:
    text = (
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n"
        "- {kind: A, metadata: {name: a}, plain: x\u202ey, quoted: '##[error]', n: 0644}\n"
        "- kind: B\n  metadata: {name: b}\n  block: |\n    a\n    ::error ::x\n"
    )
    written = write_resource_list(read_resource_list(text, "a"), (), ())
    assert_harmless(written)
    assert load(written, "b")[0].data == load(text, "a")[0].data
    assert "0644" in written


@given(st.text())
def test_escaping_keeps_data(text: str) -> None:
    assert json.loads(visible_json(json.dumps(text, ensure_ascii=False))) == text
    if not has_hidden(text):
        assert visible_yaml(text) == text


@given(st.text())
def test_what_is_visible_is_harmless(text: str) -> None:
    assert_harmless(line(text))
    assert visible(line(text)) == line(text)


def test_every_hidden_character_is_known() -> None:
    hidden = {"Cc", "Cf", "Zl", "Zp"}
    for char in map(chr, range(0x7F, sys.maxunicode + 1)):
        if unicodedata.category(char) in hidden:
            assert has_hidden(char), hex(ord(char))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("::error::x", r"\x3a:error::x"),
        ("  ::x", r"  \x3a:x"),
        ("a::x", "a::x"),
        ("##[error]x", r"\x23#[error]x"),
        ("a ##vso[task.x]y", r"a \x23#vso[task.x]y"),
        ("##teamcity[x]", r"\x23#teamcity[x]"),
        ("## title [x]", "## title [x]"),
        ("a\u3164b\ufe0f", r"a\u3164b\ufe0f"),
        ("é日本🧬", "é日本🧬"),
    ],
)
def test_a_line_is_no_command(text: str, expected: str) -> None:
    assert line(text) == expected


# Credentials

WORDS = {
    "TOKEN": True, "JUPYTERHUB_API_TOKEN": True, "api-token": True, "github.token": True,
    "accessToken": True, "ACCESS_TOKENS": True, "TOKEN_2": True, "OAUTH2TOKEN": True,
    "CLIENT_SECRET": True, "clientSecret": True, "Secrets": True, "PGPASSWORD": True,
    "db_passwd": True, "Passwords": True, "AWS_SECRET_ACCESS_KEY": True, "AWS_ACCESS_KEY_ID": True,
    "API_KEY": True, "APIKEY": True, "ApiKey": True, "apiKey": True, "api.keys": True,
    "PRIVATE_KEY": True, "ssh-privatekey": True, "GOOGLE_APPLICATION_CREDENTIALS": True,
    "credential": True, "TOKEN_FILE": True, "tOkEn": True, "XMLToken": True,
    "KEYCLOAK_URL": False, "TOKENIZERS_PARALLELISM": False, "SECRETARY": False,
    "secretaryName": False, "tokenizer": False, "PUBLIC_KEY": False, "KEY": False, "MONKEY": False,
    "API_URL": False, "PASS_THROUGH": False, "COMPASS": False, "JUPYTERHUB_USER": False, "": False,
}  # fmt: skip


@pytest.mark.parametrize(("name", "expected"), WORDS.items())
def test_a_credential_is_known_by_the_words_of_its_name(name: str, expected: bool) -> None:  # noqa: FBT001 (a table)
    assert is_credential(name) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://u:p@h/x", f"https://{MASK}@h/x"),
        ("https://ghp_x:x-oauth-basic@h https://ghp_y:@h", f"https://{MASK}@h https://{MASK}@h"),
        ("https://u:p/q@h/x", f"https://{MASK}@h/x"),
        ("postgres://u:p/q@r@h:5432/db", f"postgres://u:{MASK}@h:5432/db"),
        ("redis://:1234@h", f"redis://:{MASK}@h"),
        ("https://gho_x@github.com/a", f"https://{MASK}@github.com/a"),
        ("at http://a:80/ and https://u:p@h", f"at http://a:80/ and https://{MASK}@h"),
        (
            "https://h/?access_token=a&b=c&sig=d#e",
            f"https://h/?access_token={MASK}&b=c&sig={MASK}#e",
        ),
        ("https://h/?X-Amz-Signature=a", f"https://h/?X-Amz-Signature={MASK}"),
        ("host=h user=u password=p", f"host=h user=u password={MASK}"),
        ("--api-key=a", f"--api-key={MASK}"),
        ("https://h:8080/@x?y=a@b", "https://h:8080/@x?y=a@b"),
        ("http://[::1]:80/", "http://[::1]:80/"),
        ("ssh://git@h/a:b", "ssh://git@h/a:b"),
        ("http://$(HOST):$(PORT)/", "http://$(HOST):$(PORT)/"),
        ("r.example/a:t@sha256:5", "r.example/a:t@sha256:5"),
    ],
)
def test_credentials_in_urls_are_masked(text: str, expected: str) -> None:
    assert mask_urls(text) == expected
    assert mask_urls(expected) == expected


def test_a_message_quotes_no_password_of_a_url() -> None:
    assert SECRET not in shown(f"https://u:{SECRET}@h y")
    assert SECRET[:6] not in shown("x" * 70 + f"://u:{SECRET * 9}@h")
    for url in (f"https://u:{SECRET}@h x", f"u:{SECRET}@h", f"https:/u:{SECRET}@h"):
        with pytest.raises(LabBuilderError) as caught:
            compile_lab(**arguments(site={"base_url": url}, image=url))
        assert SECRET not in str(caught.value)


def test_redaction_knows_every_place_of_a_credential() -> None:
    container = {
        "env": [{"name": "A_TOKEN", "value": SECRET}, {"name": "B", "value": "b"}],
        "args": [f"--password={SECRET}"],
        "command": ["run", f"https://u:{SECRET}@h"],
        "livenessProbe": {"httpGet": {"httpHeaders": [{"name": "X-Api-Key", "value": SECRET}]}},
    }
    last = {"kubectl.kubernetes.io/last-applied-configuration": SECRET, "a/apiKey": SECRET}
    for manifest in (
        {"kind": "ConfigMap", "data": {"a.token": SECRET, "b": f"https://u:{SECRET}@h"}},
        {"kind": "ConfigMap", "binaryData": {"PRIVATE_KEY": SECRET}},
        {"kind": "Pod", "metadata": {"annotations": last}, "spec": {"containers": [container]}},
        {"kind": "Deployment", "spec": {"template": {"spec": {"initContainers": [container]}}}},
        {"kind": "secret", "data": {"a": SECRET}},
        {"kind": "Secret", "data": [SECRET], "metadata": {"annotations": last}},
    ):
        redacted = redact(manifest)
        assert SECRET not in str(redacted)
        assert SECRET in str(manifest)
        assert redact(redacted) == redacted
    kept = {"kind": "ConfigMap", "data": {"passwd": "root:x:0:0::/:/bin/sh", "group": "root:x:0:"}}
    assert redact(kept) == kept  # the names of files
    assert redact({"spec": container})["spec"]["env"][1]["value"] == "b"


def test_a_difference_shows_no_credential() -> None:
    data = {"A_KEY_TOKEN": SECRET, "URL": f"https://u:{SECRET}@h", "B": "b"}
    write("site.yaml", {**ARGUMENTS["config"], "env": data})
    render = ("render", "user.yaml", "--config", "site.yaml")
    Path("lab.yaml").write_text(streams(*render)[0], encoding="utf-8")
    Path("masked.yaml").write_text(streams(*render, "--redact-secrets")[0], encoding="utf-8")
    new = {"A_KEY_TOKEN": f"{SECRET}2", "URL": f"https://u:{SECRET}2@h", "B": "c"}
    write("site.yaml", {**ARGUMENTS["config"], "env": new})
    for form in ("text", "json"):
        output = run("diff", "user.yaml", "lab.yaml", "--config", "site.yaml", "-o", form)
        assert SECRET not in output
        assert output.count("data.URL") == 1
        masked = run("diff", "user.yaml", "masked.yaml", "--config", "site.yaml", "-o", form)
        assert "URL" not in masked
        assert SECRET not in masked


# Representations

REQUEST = arguments(
    lab={"env": {"JUPYTERHUB_SERVICE_PREFIX": "/user/vera/", "A": SECRET}},
    config={"env": {"B": SECRET}},
    site={"discovery": {"d": SECRET}},
)


def test_no_representation_shows_a_value() -> None:
    compiler = LabCompiler(REQUEST["config"])
    given = {name: value for name, value in REQUEST.items() if name != "config"}
    inputs, _ = read_inputs(compiler.config, **given)
    text = json.dumps({**USER, "lab": {"env": {"A": SECRET}}, "secrets": {"token": SECRET}})
    (document,) = load(text, "a")
    objects = [
        LabSpecification.model_validate(REQUEST["lab"]), inputs, compiler.config,
        compiler.compile(**given), document, parse_user(document, Access()),
        Batch("a", text.encode()), UserFiles().compile(document),
    ]  # fmt: skip
    for each in objects:
        assert SECRET not in f"{each!r} {each}"


# Exceptions


class Foreign:
    """An object of another library that can't be read."""

    def to_dict(self) -> None:
        raise KeyError(SECRET)


class Client:
    """A discovery client that fails."""

    async def build_nublado_dict(self) -> dict[str, Any]:
        raise ConnectionError(SECRET)


def builder() -> LabBuilder:
    return LabBuilder(
        config=ARGUMENTS["config"],
        base_url="https://data.example.org",
        discovery_client=Client(),
        logger=logging.getLogger(),
    )


def a_request() -> dict[str, Any]:
    return {
        **{name: ARGUMENTS[name] for name in ("user", "image")},
        "lab": {"env": {"A": SECRET}},
        "secrets": {"token": SECRET, "a/b": SECRET},
    }


CALLS: dict[str, Callable[[], Any]] = {
    "compile_lab": lambda: compile_lab(
        **{name: ARGUMENTS[name] for name in ("config", "site")}, **a_request()
    ),
    "compile": lambda: LabCompiler(ARGUMENTS["config"]).compile(
        site=ARGUMENTS["site"], **a_request()
    ),
    "a wrong argument": lambda: compile_lab(**a_request()),
    "a wrong configuration": lambda: LabCompiler({"env": {"A": SECRET}, "volumes": SECRET}),
    "discovery": lambda: asyncio.run(builder().build_lab(**a_request())),
    "a wrong argument of a coroutine": lambda: asyncio.run(
        builder().build_lab(**a_request(), more=SECRET)  # type: ignore[call-arg]
    ),
    "an internal URL": lambda: builder().build_internal_url("vera", {"A": SECRET}),
    "a foreign object": lambda: plain(Foreign()),
    "a client's model": lambda: to_client_model(
        {"kind": "Secret", "data": {"a": SECRET}}, object()
    ),
    "infinity": lambda: to_yaml([{"data": {"a": SECRET, "b": float("inf")}}]),
    "a user file": lambda: UserFiles().compile(
        load(json.dumps({**USER, "secrets": {"token": SECRET, "a/b": SECRET}, "lab": 5}), "a")[0]
    ),
    "YAML": lambda: load(f"a: {SECRET}\na: [", "a"),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_no_exception_keeps_a_value(call: Callable[[], Any]) -> None:
    with pytest.raises((LabBuilderError, TypeError)) as caught:
        call()
    error = caught.value
    found = traceback.TracebackException.from_exception(error, capture_locals=True)
    found.stack[:] = [frame for frame in found.stack if frame.filename != __file__]
    assert any("labbuilder" in frame.filename for frame in found.stack)  # the lines stay
    assert SECRET not in "".join(found.format())
    assert SECRET.encode() not in pickle.dumps(error)
    assert SECRET not in repr(error)
    assert (error.__cause__, error.__context__) == (None, None)


def test_a_finding_is_visible_wherever_it_is_from() -> None:
    finding = Finding(HOSTILE, HOSTILE, (HOSTILE,), HOSTILE, object=HOSTILE)
    assert_harmless(str(finding))
    assert_harmless(str(LabBuilderError([finding, Finding("a", "##[x]")])))


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif", "junit"])
def test_no_report_shows_the_password_of_a_url(form: str) -> None:
    url = f"https://u:{SECRET}@h/a b"
    source = {"name": "n", "nfs": {"server": url, "path": url}}
    container = {"name": "n", "image": url, "workingDir": url, "terminationMessagePolicy": url}
    spec = {"containers": [container], "volumes": [source], "nodeName": url, "hostname": url}
    metadata = {"name": url, "namespace": url, "labels": {"a": url, url: "b"}}
    write("pod.yaml", {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    Path("lines.yaml").write_text(yaml.safe_dump(json.loads(Path("pod.yaml").read_text())))
    output = run("check", "pod.yaml", "lines.yaml", "-o", form)
    assert output
    assert SECRET not in output
