"""YAML is read strictly, and what is wrong with it has a place."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from labbuilder import documents
from labbuilder.documents import Document, load
from labbuilder.errors import Finding, LabBuilderError

# fmt: off
PIECES = [
    "a", "b", ": ", "- ", "? ", "\n", "\n  ", " ", "\t", "&a ", "*a ", "!x ", "!!int ", "<<",
    "1", "~",
    "[", "]", "{", "}", ", ", "'", '"', "|\n", ">\n", "---\n", "...\n", "#", "%YAML 1.1\n",
    "0x", "\\u", "\\UFFFFFFFF", "\ufeff", "\x00", "\ud800", "\x85", "\u2028",
]
WRONG = [
    "@x", "a: hunter2: b", "'hunter2", "k: [hunter2", "[1,\n- hunter2", "- a\nb: hunter2",
    "k: 1\n- hunter2",
    "a: 'x' hunter2", "*", "a: &", '"\\q hunter2"', "hunter2\nb: 1", "%FOO\nhunter2",
    "a: !hunter2!y z",
    "a: 1\n...\nhunter2", "a: >hunter2", "a: |hunter2", "%YAML 3.0\n--- a", "a: - hunter2",
    '"\n---\n"',
    "a: {b: 1\nhunter2: 2", "\thunter2", "a:\n- 1\n 2: x", "a: hunter2\nhunter2\nb: 1",
    '"\\U00hunter2"',
    "{a: 1]", "]", "&a &b hunter2", "!!hunter2", "a: *hunter2", "a: &hunter2 1\nb: *hunter3",
]
# fmt: on
YAMLISH = st.lists(st.sampled_from(PIECES) | st.text(max_size=3)).map("".join)


@pytest.fixture(params=[True, False], ids=["libyaml", "pure"])
def either_parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not request.param:
        monkeypatch.setattr(documents, "_LOADER", yaml.SafeLoader)


def outcome(text: str | bytes) -> list[Document] | LabBuilderError:
    try:
        return load(text, "f")
    except LabBuilderError as error:
        return error


def read(text: str | bytes) -> Any:
    (document,) = load(text, "f")
    return document.data


def findings(text: str | bytes) -> list[Finding]:
    with pytest.raises(LabBuilderError) as caught:
        load(text, "f")
    assert all(finding.source for finding in caught.value.findings)
    return list(caught.value.findings)


def codes(text: str | bytes) -> list[tuple[str, int, int]]:
    return [(f.code, f.source.line, f.source.column) for f in findings(text) if f.source]


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.text(st.characters()), st.binary(), YAMLISH))
@example("a: \ud800")
@example("a: " + "9" * 5000)
@example("a: 1e999")
@example('a: "\\UFFFFFFFF"')
@example('a: "\\uD800"')
def test_load_raises_nothing_but_lab_builder_errors(text: str | bytes) -> None:
    for parser in (yaml.CSafeLoader, yaml.SafeLoader):
        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.setattr(documents, "_LOADER", parser)
            result = outcome(text)
        if isinstance(result, LabBuilderError):
            assert result.findings
            assert all(finding.source for finding in result.findings)
        else:
            json.dumps([document.data for document in result], ensure_ascii=False).encode()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text("ab:é 1", max_size=5),
        lambda inner: st.lists(inner) | st.dictionaries(st.text("ab", max_size=5), inner),
    )
)
def test_json_is_yaml(data: Any) -> None:
    assert read(json.dumps(data, ensure_ascii=False)) == data
    assert read(json.dumps(data, indent=1, ensure_ascii=False).encode()) == data


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((word, word) for word in ("no", "on", "Yes", "y", "tRUE", "nULL", "0b1", "1e", "0O7")),
        *(
            (word, word)
            for word in ("12:30:45", "1_000", "2001-12-14", "-0x1f", "=", "\u0661", ".", "+")
        ),
        *((word, None) for word in ("", "~", "null", "Null", "NULL", "!!null ~")),
        *((word, True) for word in ("true", "True", "TRUE", "!!bool true")),
        *((word, 31) for word in ("31", "+31", "0x1F", "0o37", "031", "!!int 31")),
        *((word, 1.5) for word in ("1.5", "+1.5", "15e-1", ".15E1", "!!float 1.5")),
        *((word, "12") for word in ("'12'", '"12"', "! 12", "!!str 12", "|-\n 12", ">-\n 12")),
        *((word, [1]) for word in ("[1]", "- 1", "!!seq [1]", "! [1]")),
        (".inf", float("inf")),
        ("-.INF", float("-inf")),
        ("!!map {a: }", {"a": None}),
        ("&a x: *a", {"x": "x"}),
        ('"<<": 1', {"<<": 1}),
        ("- <<", ["<<"]),
        ("# nothing", None),
    ],
)
def test_plain_scalars_mean_what_yaml_1_2_says(text: str, value: Any, either_parser: None) -> None:
    assert (read(text), type(read(text))) == (value, type(value))


def test_not_a_number_is_a_float() -> None:
    assert str(read(".NaN")) == "nan"


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("a: 1\nb:\n  c: !hunter2 x", "unsupported-tag", 3, 6),
        ("a: !!binary aGk=", "unsupported-tag", 1, 4),
        ("a: !!int hunter2", "unsupported-tag", 1, 4),
        ("a: !!int '12'", "unsupported-tag", 1, 4),
        ("a: !!set {x}", "unsupported-tag", 1, 4),
        ("a: !!map [x]", "unsupported-tag", 1, 4),
        ("a: !!python/object:os.system x", "unsupported-tag", 1, 4),
        ("a: 1\n1: 2", "yaml-key-not-text", 2, 1),
        ("true: 2", "yaml-key-not-text", 1, 1),
        ("? [a]\n: 2", "yaml-key-not-text", 1, 3),
        ("~: 2", "yaml-key-not-text", 1, 1),
        ("a: 1\nb: 2\n'a': 3", "duplicate-key", 3, 1),
        ("<<: {}\n<<: {}", "duplicate-key", 2, 1),
        ("a: *hunter2", "yaml-alias", 1, 4),
        ("<<: *hunter2", "yaml-alias", 1, 5),
        ("a: &a [1, *a]", "yaml-alias", 1, 11),
        ("a: &a 1\n---\nb: *a", "yaml-alias", 3, 4),
        ("<<: 1", "yaml-merge", 1, 5),
        ("<<: [1]", "yaml-merge", 1, 5),
        ("a: 0x" + "f" * 200, "yaml-number-too-large", 1, 4),
        ("a: 1e999", "yaml-number-too-large", 1, 4),
        ("a: 1\n\tb: 2", "yaml-syntax", 2, 1),
        ("a: hunter2: c", "yaml-syntax", 1, 11),
        ("a: @hunter2", "yaml-syntax", 1, 4),
        ("a: 1\n---\nb: 'x\n", "yaml-syntax", 4, 1),
        ("a: [1\n", "yaml-syntax", 2, 1),
        ("b: 1\n- a", "yaml-syntax", 2, 1),
        ("é: x\x07", "yaml-syntax", 1, 5),
        ("a: 1\nb: \x00", "yaml-syntax", 2, 4),
        ("a: b\u2028c: d", "yaml-syntax", 1, 5),
        ("a: \ud800", "yaml-syntax", 1, 4),
        ("é: \xe9".encode("latin-1"), "yaml-syntax", 1, 1),
        ("é: ".encode() + b"\xff", "yaml-syntax", 1, 4),
        ("a: 1".encode("utf-16"), "yaml-syntax", 1, 1),
        ("a: 1".encode("utf-16-be"), "yaml-syntax", 1, 1),
    ],
)
def test_what_is_wrong_has_a_place(text: str | bytes, code: str, line: int, column: int) -> None:
    assert codes(text) == [(code, line, column)]
    assert "hunter2" not in str(findings(text)[0])


@pytest.mark.parametrize("text", WRONG)
def test_messages_are_in_plain_words_and_do_not_quote_the_text(
    text: str, either_parser: None
) -> None:
    for finding in findings(text):
        assert "hunter" not in str(finding)
        assert "not valid YAML" not in finding.message
        assert finding.hint


def test_all_findings_come_at_once_up_to_an_error_of_syntax() -> None:
    text = "a: !x 1\na: 2\n1: 2\nb: [*c, {d: 1, d: 2}]\n---\ne: !y\nf: '"
    assert [code for code, _, _ in codes(text)] == [
        "unsupported-tag",
        "duplicate-key",
        "yaml-key-not-text",
        "yaml-alias",
        "duplicate-key",
        "unsupported-tag",
        "yaml-syntax",
    ]
    nested = findings(text)[4]
    assert nested.path == ("b", 1)
    assert "'d'" in nested.message
    assert "line 4" in nested.message


def test_tabs_are_called_tabs() -> None:
    assert "a tab" in findings("a:\n\t- b")[0].message


def test_an_error_of_syntax_names_the_line_where_the_block_begins() -> None:
    assert "begins on line 2" in findings("a: 1\nb: [1,\n  2\n")[0].message


def test_documents_are_kept_with_their_lines() -> None:
    loaded = load("\ufeff# x\n---\n---\na: 1\n--- # y\nb:\n- c\n", "f")
    assert [document.data for document in loaded] == [None, {"a": 1}, {"b": ["c"]}]
    assert str(loaded[2].source(("b", 0))) == "f:7:3"
    assert [document.data for document in load("", "f")] == [None]


def test_source_finds_values_keys_and_the_nearest_ancestor() -> None:
    (document,) = load("a:\n  b: [x, {c: 1}]\n  d:\n", "f")
    assert str(document.source(())) == "f:1:1"
    assert str(document.source((), key=True)) == "f:1:1"
    assert str(document.source(("a", "b"))) == "f:2:6"
    assert str(document.source(("a", "b"), key=True)) == "f:2:3"
    assert str(document.source(("a", "b", 1, "c"))) == "f:2:14"
    assert str(document.source(("a", "b", 7, "c"))) == "f:2:6"
    assert str(document.source(("a", "b", "x"))) == "f:2:6"
    assert str(document.source(("a", 0), key=True)) == "f:1:1"
    assert str(document.source(("a", "d", "e"), key=True)) == "f:3:3"


def test_an_alias_has_its_own_key_and_its_anchors_place() -> None:
    (document,) = load("a: &x\n  b: 1\nc: *x\n", "f")
    assert document.data == {"a": {"b": 1}, "c": {"b": 1}}
    assert str(document.source(("c",))) == "f:1:4"
    assert str(document.source(("c",), key=True)) == "f:3:1"
    assert str(document.source(("a",), key=True)) == "f:1:1"
    assert str(document.source(("c", "b"))) == "f:2:6"


def test_of_two_values_of_a_key_the_lower_rank_wins() -> None:
    text = "a: 1\nb: {x: 1, x: 2}\na: 3\n"
    (first,) = load(text, "f", rank=lambda line, column: line * 100 + column)
    (last,) = load(text, "f", rank=lambda line, column: -line * 100 - column)
    assert first.data == {"a": 1, "b": {"x": 1}}
    assert last.data == {"a": 3, "b": {"x": 2}}
    assert list(last.data) == ["a", "b"]
    assert str(first.source(("a",))) == "f:1:4"
    assert str(last.source(("a",), key=True)) == "f:3:1"
    with pytest.raises(LabBuilderError, match=r"f:2:11: .*'x' is duplicated.*line 2"):
        load(text, "f", rank=lambda line, _column: line)


def test_merged_keys_give_way_and_keep_their_place() -> None:
    text = "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  c: 3\n  <<: [*x, *y]\n  d: 3\n"
    (document,) = load(text, "f")
    assert document.data["z"] == {"a": 1, "b": 1, "c": 3, "d": 3}
    assert document.data["x"] == {"a": 1, "b": 1}
    assert document.data == yaml.safe_load(text)
    assert str(document.source(("z", "b"))) == "f:1:17"
    assert str(document.source(("z", "c"))) == "f:4:6"


BOMB = "a0: &a0 [x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 40)
)
MERGES = "a0: &a0 {k: x, l: x}\n" + "".join(
    f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 9)}]}}\n" for i in range(1, 40)
)
TOWER = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 200))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param(BOMB, "yaml-too-large", id="aliases"),
        pytest.param(MERGES, "yaml-too-large", id="merges"),
        pytest.param(TOWER, "yaml-too-deep", id="aliases in aliases"),
        pytest.param("[" * 100_000, "yaml-too-deep", id="brackets"),
        pytest.param("{a: " * 100_000, "yaml-too-deep", id="braces"),
        pytest.param("- " * 100_000, "yaml-too-deep", id="dashes"),
    ],
)
def test_bombs_end_within_a_second(text: str, code: str) -> None:
    start = time.process_time()
    assert findings(text)[-1].code == code
    assert time.process_time() - start < 1


def test_a_hundred_levels_are_fine() -> None:
    assert len(load("[" * 100 + "]" * 100, "f")) == 1
    assert findings("[" * 101 + "]" * 101)[0].code == "yaml-too-deep"


def test_the_number_of_values_is_bounded() -> None:
    (document,) = load("[1, 2]", "a.yaml", max_values=3)
    assert document.data == [1, 2]
    with pytest.raises(LabBuilderError, match="yaml-too-large"):
        load("[1, 2, 3]", "a.yaml", max_values=3)


def test_the_number_of_complaints_is_bounded() -> None:
    found = findings("[" + "!x 1, " * 5000 + "]")
    assert len(found) == 1001
    assert (found[-1].code, found[-1].message, found[-1].count) == (
        "too-many", "4,000 more errors", 4000,
    )  # fmt: skip


def test_text_that_aliases_repeat_counts_by_its_length() -> None:
    text = "a: &a " + "x" * 100_000 + "\nb: [" + "*a, " * 101 + "]\n"
    assert [code for code, _, _ in codes(text)] == ["yaml-too-large"]


def test_directives_are_bounded() -> None:
    text = "".join(f"%TAG !{i}! x\n" for i in range(1000)) + "--- a"
    assert [code for code, _, _ in codes(text)] == ["yaml-syntax"]


@pytest.mark.parametrize("value", ["😀", "a😀\\ud83d\\ude00b", "\\😀\\\\", "\U0010ffff\U00010000"])
def test_json_may_escape_characters_in_halves(value: str) -> None:
    for text in (json.dumps({"a": value}), json.dumps([value], indent=2)):
        (document,) = load(text, "a.json")
        assert document.data == json.loads(text)


def test_a_half_of_a_character_is_none() -> None:
    with pytest.raises(LabBuilderError, match="yaml-syntax"):
        load('{"a": "\\ud83d"}', "a.json")


def test_what_looks_like_halves_in_yaml_is_text() -> None:
    (document,) = load(r"a: \ud83d\ude00", "a.yaml")
    assert document.data == {"a": r"\ud83d\ude00"}
