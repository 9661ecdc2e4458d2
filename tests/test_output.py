"""What labbuilder writes, every reader of YAML reads back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

import pytest
import ruamel.yaml
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from labbuilder.documents import load
from labbuilder.errors import LabBuilderError
from labbuilder.escape import visible_json
from labbuilder.output import redact, to_files, to_json, to_line, to_yaml
from labbuilder.output import text as writer

Manifest = dict[str, Any]

# The unusual is as likely as the usual: what readers take for something else, and line ends.
# fmt: off
TRAPS = st.sampled_from([
    "y", "N", "yes", "no", "on", "Off", "true", "null", "~", "None", "NaN", ".inf", "-.INF",
    ".nan", "=", "<<",
    "1e3", "1E3", "e3", "0x1f", "0o17", "017", "0b1", "1_000", "12:30:45", "2001-12-14", "+1",
    "1.", ".5",
    "", " ", "-", "--", "---", "...", "?", ":", "#", "!x", "&x", "*x", "@x", "%", "`", "[", "{",
    "}", "]", ",",
    "|", ">", "'x'", '"', "/", "a: b", "a #b", "a:", "- a", "x" * 130, "x" * 2000, "\ufeffa\nb",
    "😀\nb", "\x00",
    "\n", "a\n", "a\nb", "a\nb\n", "a\n\n", "\na", " a\nb", "a \nb", "\ta\nb", "a\tb\nc",
    "a\r\nb", "a\x85b",
    "a\u2028b\n", "--- \na", "---\na\n", "...\na\n", "%a\n", "#a\nb", "  \n \n", "a\n \nb",
    "\xa0\n",
])
# fmt: on
TEXT = st.one_of(TRAPS, st.text(st.characters(exclude_categories=["Cs"])), st.text("a \n\t:#-é"))
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXT
)
KEYS = st.from_regex(r"[a-z0-9][A-Za-z0-9./_-]{0,62}", fullmatch=True)


def objects(keys: st.SearchStrategy[str]) -> st.SearchStrategy[list[Manifest]]:
    return st.lists(st.dictionaries(keys, data(keys), max_size=5), max_size=3)


def data(keys: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=12,
    )


def manifest(kind: str, name: str, namespace: str | None = None, **rest: Any) -> Manifest:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **rest}


def ruamel_reads(text: str, version: tuple[int, int]) -> list[Any]:
    reader = ruamel.yaml.YAML(typ="safe", pure=True)
    reader.version = version
    return list(reader.load_all(text))


def pure_yaml(manifests: list[Manifest], monkeypatch: pytest.MonkeyPatch) -> str:
    class Dumper(yaml.SafeDumper):
        ignore_aliases = cast(Any, writer._Dumper.ignore_aliases)  # noqa: SLF001

    Dumper.add_representer(str, cast(Any, writer._Dumper.text))  # noqa: SLF001
    with monkeypatch.context() as patch:
        patch.setattr(writer, "_Dumper", Dumper)
        return to_yaml(manifests)


@settings(max_examples=300, deadline=None)
@given(objects(TEXT))
def test_what_to_yaml_writes_every_reader_reads_back(manifests: list[Manifest]) -> None:
    text = to_yaml(manifests)
    assert list(yaml.safe_load_all(text)) == manifests
    assert ruamel_reads(text, (1, 1)) == manifests
    assert ruamel_reads(text, (1, 2)) == manifests
    if manifests:
        assert [document.data for document in load(text, "-")] == manifests


@settings(max_examples=300, deadline=None)
@given(objects(KEYS))
def test_yaml_is_the_same_with_and_without_libyaml(manifests: list[Manifest]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        pure = pure_yaml(manifests, monkeypatch)
    assert to_yaml(manifests) == pure


@settings(deadline=None)
@given(objects(TEXT))
def test_what_to_json_writes_json_reads_back(manifests: list[Manifest]) -> None:
    listed = {"apiVersion": "v1", "kind": "List", "items": manifests}
    assert json.loads(to_json(manifests)) == listed


@settings(max_examples=500)
@given(objects(KEYS))
def test_a_line_is_what_json_would_write(manifests: list[Manifest]) -> None:
    line = to_line(manifests)
    assert line.endswith("\n")
    assert line.count("\n") == 1
    assert json.loads(line) == json.loads(to_json(manifests))


@settings(max_examples=500)
@given(st.lists(st.dictionaries(KEYS, TEXT | st.integers() | st.none(), max_size=5), max_size=3))
def test_a_line_has_the_bytes_that_json_would_write(manifests: list[Manifest]) -> None:
    """But for fractions: json writes 1e+16 where the line has 1e16; and for hidden characters."""
    content = json.loads(to_json(manifests))
    expected = visible_json(json.dumps(content, ensure_ascii=False, separators=(",", ":")))
    assert to_line(manifests) == f"{expected}\n"


@pytest.mark.parametrize("text", ["NaN", "-Infinity", "Infinity and NaN"])
def test_a_line_has_words_that_look_like_numbers_that_json_does_not_know(text: str) -> None:
    assert json.loads(to_line([{"data": text}]))["items"] == [{"data": text}]


def test_a_line_may_be_nested_deeply() -> None:
    deep: Any = "bottom"
    for _ in range(400):
        deep = {"a": deep}
    assert json.loads(to_line([deep]))["items"] == [deep]


@given(data(TEXT))
def test_redact_leaves_what_is_no_secret_as_it_is(value: Any) -> None:
    before = manifest("ConfigMap", "c", data=value)
    assert redact(before) == before


@given(st.dictionaries(TEXT, TEXT))
def test_redact_keeps_keys_and_no_value(values: dict[str, str]) -> None:
    secret = manifest("Secret", "s", data=values, stringData=values)
    redacted = redact(secret)
    assert secret["data"] is values
    for field in ("data", "stringData"):
        assert redacted[field] == dict.fromkeys(values, "**********")


def test_redact_masks_data_of_the_wrong_type_too() -> None:
    assert redact(manifest("Secret", "s", data="hunter2"))["data"] == "**********"


def test_yaml_looks_like_what_people_write() -> None:
    config = {"a.sh": "#!/bin/sh\nset -e\n", "b": "no", "c": "x: y", "d": [{"e": 1, "f": []}]}
    pod = {"data": config, "metadata": {"name": "n"}, "kind": "Pod", "apiVersion": "v1"}
    assert to_yaml([pod, manifest("Pod", "http://x:1/a b")]) == (
        'apiVersion: v1\nkind: Pod\nmetadata:\n  name: "n"\ndata:\n  a.sh: |\n'
        '    #!/bin/sh\n    set -e\n  b: "no"\n  c: "x: y"\n  d:\n  - e: 1\n    f: []\n'
        "---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: http://x:1/a b\n"
    )


def test_nothing_is_written_for_nothing() -> None:
    assert to_yaml([]) == ""
    assert to_files([], "yaml") == {}


def test_a_value_that_is_there_twice_gets_no_anchor() -> None:
    shared = {"a": ["b"]}
    assert to_yaml([{"x": shared, "z": shared}]) == "x:\n  a:\n  - b\nz:\n  a:\n  - b\n"


@pytest.mark.parametrize("write", [to_json, to_line])
@pytest.mark.parametrize("number", [float("inf"), float("-inf"), float("nan")])
def test_a_number_that_json_does_not_know_is_a_finding(
    number: float, write: Callable[[list[Manifest]], str]
) -> None:
    with pytest.raises(LabBuilderError) as caught:
        write([manifest("Pod", "p", spec={"a": [number]})])
    (finding,) = caught.value.findings
    assert (finding.code, finding.path) == ("number-not-finite", ("spec", "a", 0))
    assert finding.object == "Pod/p"


def test_files_are_named_so_that_kubectl_keeps_the_order() -> None:
    manifests = [
        manifest("Namespace", "lab-a"),
        manifest("ClusterRole", "viewer.x"),
        manifest("Secret", "s", "lab-a"),
        manifest("Pod", "p", "lab-a"),
    ]
    files = to_files(manifests, "yaml")
    assert list(files) == [
        "lab-a/01-namespace-lab-a.yaml",
        "01-clusterrole-viewer.x.yaml",
        "lab-a/02-secret-s.yaml",
        "lab-a/03-pod-p.yaml",
    ]
    assert list(files.values()) == [to_yaml([each]) for each in manifests]
    assert json.loads(to_files(manifests, "json")["lab-a/03-pod-p.json"]) == manifests[3]


def test_numbers_get_as_wide_as_the_order_needs() -> None:
    files = list(to_files([manifest("Pod", f"p{i}", "x") for i in range(100)], "json"))
    assert files[0] == "x/001-pod-p0.json"
    assert files == sorted(files)


@pytest.mark.parametrize(
    "bad",
    [
        manifest("Pod", "../p"),
        manifest("Pod", "a..b"),
        manifest("Pod", "P"),
        manifest("Pod", "p\n"),
        manifest("Pod", "a" * 253),
        manifest("Pod", "p", ".."),
        manifest("Pod", "p", "a/b"),
        manifest("Namespace", "a.b"),
        manifest("../Pod", "p"),
        {"kind": "Pod"},
        {"kind": "Pod", "metadata": ["p"]},
        {"metadata": {"name": "p"}},
        {},
    ],
)
def test_names_that_lead_elsewhere_are_findings(bad: Manifest) -> None:
    with pytest.raises(LabBuilderError) as caught:
        to_files([bad], "yaml")
    assert {finding.code for finding in caught.value.findings} == {"unfit-file-name"}


def test_an_object_in_two_versions_is_a_finding() -> None:
    old, new = manifest("Pod", "p", "x"), manifest("Pod", "p", "x", spec={})
    old["apiVersion"], new["apiVersion"] = "example.org/v1", "example.org/v2"
    with pytest.raises(LabBuilderError, match="Pod/p: error: is duplicated in the namespace x"):
        to_files([old, new], "yaml")


def test_an_object_that_is_there_twice_is_a_finding() -> None:
    with pytest.raises(LabBuilderError, match="in the namespace x"):
        to_files([manifest("Pod", "p", "x"), manifest("Pod", "p", "y")] * 2, "yaml")
