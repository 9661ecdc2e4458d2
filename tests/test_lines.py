"""Newline-delimited JSON is read as the strict reader reads it."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labbuilder.documents import lines, load
from labbuilder.documents.lines import load_line
from labbuilder.errors import LabBuilderError, Source

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.text()
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def outcome(read: Any, *arguments: Any) -> Any:
    try:
        found = read(*arguments)
    except LabBuilderError as error:
        return [(finding.code, finding.message, finding.path) for finding in error.findings]
    document = found[0] if isinstance(found, list) else found
    return json.dumps(document.data)


@settings(max_examples=500)
@given(value=values, ascii_only=st.booleans())
def test_a_line_is_read_as_the_strict_reader_reads_it(*, value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only).encode(errors="surrogatepass")
    assert outcome(load_line, text, "x", 1) == outcome(load, text, "x")


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 2}', '{"<<": {"a": 1}}', "1e999", "NaN", "-Infinity", "1e2", "-0", "-0.0",
        "123456789012345678901234567890", "9" * 200, '"\\ud83d\\ude00"', '"\\ud83d"', '"\x7f"',
        "[" * 99 + "]" * 99, "[" * 101 + "]" * 101, "[" * 5000 + "]" * 5000,
        "[" + "[]," * 200 + "[]]", '{"a": ' * 99 + "1" + "}" * 99, "{", "", "   ", "a: 1",
        "\ufeff{}",
        '"\x85"', "[" + "1," * 200_000 + "1]", '{"a":\t1}', "01", "+1", ".5", "[1,]", '"\ufffe"',
    ],
)  # fmt: skip
def test_a_line_that_tempts_is_read_as_the_strict_reader_reads_it(text: str) -> None:
    encoded = text.encode()
    assert outcome(load_line, encoded, "x", 1) == outcome(load, encoded, "x")


def test_a_place_in_a_line_is_one_in_the_file() -> None:
    document = load_line(b'{"user": {"uid": "4"}}\n', "users.ndjson", 17)
    assert document.source(("user", "uid")) == Source("users.ndjson", 17, 18)
    assert document.source(("user", "uid"), key=True) == Source("users.ndjson", 17, 11)
    assert document.source(("nowhere",)) == Source("users.ndjson", 17, 1)


def test_a_complaint_about_a_line_is_placed_in_the_file() -> None:
    with pytest.raises(LabBuilderError) as caught:
        load_line(b'{"user": 1, "user": 2}\n', "users.ndjson", 17)
    (finding,) = caught.value.findings
    assert finding.source == Source("users.ndjson", 17, 13)
    assert finding.code == "duplicate-key"


def test_a_line_is_one_document() -> None:
    with pytest.raises(LabBuilderError) as caught:
        load_line(b"--- {}\n--- {}\n", "users.ndjson", 1)
    assert [finding.code for finding in caught.value.findings] == ["several-documents"]


def test_a_line_is_parsed_once_more_for_all_its_places() -> None:
    text = json.dumps({"groups": [{"name": "x", "id": i} for i in range(1000)]}).encode()
    document = load_line(b"  " + text, "users.ndjson", 17)
    with patch.object(lines, "load", wraps=load) as parse:
        found = {document.source(("groups", i, "name")) for i in range(1000)}
        found |= {document.source(("groups", i, "id"), key=True) for i in range(1000)}
    assert parse.call_count == 1
    assert len(found) == 2000
    assert {source.line for source in found} == {17}
    assert document.source(()) == Source("users.ndjson", 17, 3)
