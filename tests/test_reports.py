"""Reports tell people and programs everything that was found, whatever it holds."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator
from syrupy.assertion import SnapshotAssertion

from labbuilder.cli.options import ReportFormat
from labbuilder.documents import load
from labbuilder.errors import Finding, Severity, Source, format_path
from labbuilder.escape import cells, printable, visible
from labbuilder.reports import REPORTERS, Context, Subject
from labbuilder.reports.lines import SourceLines
from labbuilder.validation.rules import RULES

SARIF = json.loads(
    (Path(__file__).parent / "sarif/sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8")
)

HOSTILE = (
    "a\r\n::error::b\t\0\x1b[31m\u202e\u2066שלום\ud800\ufffe\"'<&>]]>%,: 🧬 日本 e\u0301\u2028"
)
LINES = {
    ("lab.yaml", 3): '  "\x1b]0;\u202e日本🧬 שלום": [bad]',
    ("lab.yaml", 4): "x" * 500 + " here " + "y" * 500,
}

ODD = [
    Finding("no-place", "there is no more to say"),
    Finding(
        "schema-wrong-type",
        "must be of type string, not array",
        ("spec", "containers", 0, 'od"d.key\n', ""),
        "put the value in quotes",
        object="Pod/vera-nb",
        source=Source("lab.yaml", 3, 19),
    ),
    Finding("hostile", HOSTILE, (HOSTILE,), HOSTILE, object=HOSTILE, source=Source(HOSTILE, 1, 1)),
    Finding(
        "missing-pull-secret",
        "there is no Secret 'pull'",
        severity=Severity.WARNING,
        object="Pod/vera-nb",
        source=Source("lab.yaml", 4, 502),
    ),
    Finding("duplicate-object", "stands twice", object="Service/lab"),
    Finding("yaml-syntax", "a colon, and a comma", source=Source("dir/a,b:c%20 d.yaml", 7, 1)),
    Finding("yaml-syntax", "absolute", source=Source("/tmp/ü.yaml", 1, 1)),  # noqa: S108 (a name)
]
CONTEXT = Context(
    subjects=[Subject("lab.yaml", "Namespace/vera"), Subject("lab.yaml", "Pod/vera-nb")],
    line=lambda source: LINES.get((source.file, source.line)),
    version="1.2.3",
    codes=RULES,
)

FINDINGS = st.lists(
    st.builds(
        Finding,
        st.sampled_from(["invalid-name", "yaml-syntax"]),
        st.text(),
        st.tuples(st.text() | st.integers(0, 9)),
        st.text(),
        st.sampled_from(Severity),
        st.text(),
        st.none() | st.builds(Source, st.text(), st.integers(1, 3), st.integers(1, 9)),
    )
)


def report(form: str, findings: Sequence[Finding] = ODD, context: Context = CONTEXT) -> str:
    return REPORTERS[form](findings, context)


def shown(text: str, line: int, column: int, **more: Any) -> str:
    """Give what is shown below a complaint about a place in a manifest."""
    finding = Finding("odd", "is odd", source=Source("a", line, column), **more)
    lines = SourceLines({"a": text}, {"a": load(text, "a")})
    return report("text", [finding], Context(line=lines)).partition("\n")[2]


def test_the_command_knows_every_format() -> None:
    assert [each.value for each in ReportFormat] == list(REPORTERS)


@pytest.mark.parametrize("form", REPORTERS)
def test_the_odd_ones_look_like_this(form: str, snapshot: SnapshotAssertion) -> None:
    assert report(form) == snapshot


@pytest.mark.parametrize("form", REPORTERS)
def test_every_report_can_be_written_and_ends_its_last_line(form: str) -> None:
    text = report(form)
    text.encode()
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    report(form, []).encode()


@pytest.mark.parametrize("form", REPORTERS)
def test_no_report_holds_what_steers_a_terminal(form: str) -> None:
    assert not re.search("[\0-\x08\x0b-\x1f\x7f]", report(form))


@given(FINDINGS)
def test_no_text_breaks_a_report(findings: list[Finding]) -> None:
    for form in REPORTERS:
        report(form, findings).encode()
    assert len(report("text", findings, Context()).splitlines()) == len(findings)
    assert len(report("github", findings).splitlines()) == len(findings)
    assert len(json.loads(report("json", findings))["findings"]) == len(findings)
    Draft4Validator(SARIF).validate(json.loads(report("sarif", findings)))
    ET.fromstring(report("junit", findings))  # noqa: S314 (our own)


# Text


def test_a_finding_is_a_line_as_it_is_anywhere_else() -> None:
    plain = [finding for finding in ODD if finding.code != "hostile"]
    assert report("text", plain, Context()).splitlines() == [str(each) for each in plain]


def test_the_line_of_the_input_stands_below_with_a_caret() -> None:
    assert shown("kind: Pod\nspec:\n  hostname: 5\n", 3, 13) == (
        "  3 |   hostname: 5\n    |             ^\n"
    )
    assert report("text", ODD[1:2]).splitlines()[1:] == [
        r'  3 |   "\x1b]0;\u202e日本🧬 \u05e9\u05dc\u05d5\u05dd": [bad]',
        "    |                                                  ^",
    ]


def test_of_a_long_line_only_the_surroundings_are_shown() -> None:
    _, line, caret = report("text", ODD[3:4]).splitlines()
    assert len(line) < 140
    assert line[caret.index("^") :].startswith("here yyy")
    assert line.startswith("  4 | …xxx")
    assert line.endswith("yyy…")


def test_a_place_beyond_its_line_shows_nothing() -> None:
    text = "kind: Pod\nspec: 5\n"
    assert shown(text, 2, 8).endswith("^\n")
    assert shown(text, 2, 9) == shown(text, 9, 1) == ""


def test_colour_is_for_terminals_that_are_known_to_be_ones() -> None:
    assert "\033" not in report("text")
    coloured = report("text", context=Context(colour=True, line=CONTEXT.line))
    assert "\033[1;31merror\033[0m: must be of type string" in coloured
    assert "\033[1;33mwarning\033[0m: there is no Secret 'pull'" in coloured
    assert "\033[1;31m^\033[0m" in coloured
    assert re.sub("\033\\[[0-9;]*m", "", coloured) == report("text")


@pytest.mark.parametrize(
    ("path", "named"),
    [
        (("secrets", "token"), ""),
        (("pullSecret", "data"), ""),
        (("items", 0, "stringData", "a"), ""),
        (("data",), "ConfigMap/a"),
        (("metadata",), "Secret/a"),
    ],
)
def test_a_finding_about_a_secret_shows_no_line_whoever_gives_it(
    path: tuple[str | int, ...], named: str
) -> None:
    finding = Finding("odd", "is odd", path, object=named, source=Source("a", 1, 1))
    text = report("text", [finding], Context(line=lambda _source: "hunter2"))
    assert text == f"{finding}\n"


@pytest.mark.parametrize(
    "text",
    [
        "kind: Secret\nmetadata: {name: x}\nhunter2: x\n",
        "kind: Secret\nstrngData: {\n  a: hunter2}\n",
        "kind: Secert\nstrngData:\n  a: hunter2\n",
        "# hunter2\n",
        "a: hunter2\n",
        "- hunter2\n",
        "kind: Pod\nspec: {env: [{name: A, value: hunter2}], hostname: 5}\n",
        "kind: Pod\nspec:\n  env:\n  - TOKEN=hunter2\n  image: 5\n",
        "kind: Pod\nspec:\n  env:\n  - value: |\n      a\n      hunter2\n\n  hostname: 5\n",
        'kind: Pod\nspec: {args: ["a\n  hunter2"], hostname: 5}\n',
        "kind: Pod\nspec: {command: &a [hunter2], hostname: *a}\n",
        "kind: Pod\nbase: &a\n  - hunter2\ndata: *a\n",
        "kind: Pod\n<<: {data: {a: hunter2}}\ndata: 5\n",
        "kind: Pod\ndata: a  # b\n# hunter2\n",
        "kind: Pod\n---\nkind: Secret\n# hunter2\n---\nkind: Pod\n",
        '{"kind": "List", "items": [{"kind": "Secret", "a": "hunter2"}, {"kind": "Pod"}]}',
        '{"kind": "Pod", "metadata": {"annotations":\n{"last-applied": "hunter2"}}, "a": 1}',
        'kind: Secret\r\ndata: {a: "\r  hunter2"}\r\n---\rkind: Pod\r',
    ],
)
def test_a_line_that_may_hold_a_secret_is_not_shown(text: str) -> None:
    for line in range(1, 12):
        for column in range(1, 60):
            assert "hunter2" not in shown(text, line, column)


def test_what_stands_beside_a_secret_is_shown() -> None:
    text = (
        "# several\nkind: List\nitems:\n- kind: Secret\n  data:\n    a: hunter2\n\n"
        "- kind: Pod\n  spec:\n    env: []\n    hostname: 5\n"
    )
    lines = SourceLines({"a": text}, {"a": load(text, "a")})
    known = [i for i in range(1, 20) if lines(Source("a", i, 1))]
    assert known == [1, 8, 9, 11]
    assert lines(Source("other", 1, 1)) is None


def test_a_file_that_is_no_yaml_shows_no_line() -> None:
    lines = SourceLines({"a": b"kind: Pod\n\xff"}, {})
    assert lines(Source("a", 1, 1)) is None


def test_lines_are_counted_as_yaml_counts_them() -> None:
    text = "\ufeffkind: Pod\r\nspec:\rhostname: 5\n".encode()
    (document,) = load(text, "a")
    lines = SourceLines({"a": text}, {"a": [document]})
    assert lines(document.source(("hostname",))) == "hostname: 5"


def test_a_finding_whose_cause_is_a_secret_shows_no_line() -> None:
    place = Source("a", 1, 1)
    finding = Finding("odd", "is odd", ("spec",), cause=("secrets", "a"), source=place)
    text = report("text", [finding], Context(line=lambda _source: "hunter2"))
    assert text == f"{finding}\n"


def test_what_cannot_be_seen_is_escaped() -> None:
    assert printable("a\nb\u202e", keep="\n") == "a\nb\\u202e"
    assert visible("a\t\0\u200bש") == r"a\t\x00\u200b\u05e9"
    assert cells("aé日🧬e\u0301") == 7


# JSON


def test_json_has_every_part_of_a_finding() -> None:
    parsed = json.loads(report("json"))
    assert parsed["summary"] == {"errors": 6, "warnings": 1, "skipped": 0}
    for given_, said in zip(ODD, parsed["findings"], strict=True):
        source = given_.source
        assert said == {
            "code": given_.code,
            "severity": given_.severity.value,
            "object": given_.object,
            "path": format_path(given_.path),
            "cause": format_path(given_.cause),
            "message": given_.message,
            "hint": given_.hint,
            "file": source and source.file,
            "line": source and source.line,
            "column": source and source.column,
        }
    assert json.loads(report("json", []))["findings"] == []


# GitHub


def test_github_gets_a_command_a_line_with_its_escapes() -> None:
    lines = report("github").splitlines()
    assert len(lines) == len(ODD)
    assert lines[0] == "::error title=no-place::there is no more to say"
    assert lines[3] == (
        "::warning file=lab.yaml,line=4,col=502,title=missing-pull-secret::"
        "Pod/vera-nb: there is no Secret 'pull'"
    )
    assert lines[5].startswith("::error file=dir/a%2Cb%3Ac%2520 d.yaml,line=7,col=1,title=")
    assert lines[5].endswith("::a colon, and a comma")
    assert "a%0D%0A::error::b" in lines[2]


def test_the_cause_is_told_where_there_is_no_place() -> None:
    finding = Finding("odd", "is odd", ("spec",), object="Pod/a", cause=("lab", "env"))
    assert report("github", [finding]) == "::error title=odd::lab.env: Pod/a: spec: is odd\n"


# SARIF


@pytest.mark.parametrize("findings", [ODD, []])
def test_sarif_is_what_its_schema_says(findings: list[Finding]) -> None:
    Draft4Validator.check_schema(SARIF)
    Draft4Validator(SARIF).validate(json.loads(report("sarif", findings)))


def test_sarif_names_rules_and_places() -> None:
    (run,) = json.loads(report("sarif"))["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("labbuilder", "1.2.3")
    rules = [rule["id"] for rule in driver["rules"]]
    assert len(rules) == len(set(rules))
    for given_, result in zip(ODD, run["results"], strict=True):
        assert rules[result["ruleIndex"]] == result["ruleId"] == given_.code
        assert result["level"] == given_.severity
    known = next(rule for rule in driver["rules"] if rule["id"] == "missing-pull-secret")
    assert known["shortDescription"]["text"] == RULES["missing-pull-secret"].meaning
    places = [result.get("locations", [{}])[0] for result in run["results"]]
    assert places[0] == {}
    assert places[1]["physicalLocation"]["region"] == {"startLine": 3, "startColumn": 19}
    files = [place["physicalLocation"]["artifactLocation"]["uri"] for place in places[5:]]
    assert files == ["dir/a%2Cb%3Ac%2520%20d.yaml", "file:///tmp/%C3%BC.yaml"]
    assert places[4]["logicalLocations"] == [{"fullyQualifiedName": "Service/lab"}]


# JUnit


def test_junit_has_a_case_for_each_object_and_for_files_with_findings() -> None:
    (suite,) = ET.fromstring(report("junit"))  # noqa: S314 (our own)
    cases = {(case.get("classname"), case.get("name")): case for case in suite}
    counts = [suite.get(key) for key in ("tests", "failures", "errors")]
    assert counts == [str(len(cases)), "6", "0"]
    assert len(cases["lab.yaml", "Namespace/vera"]) == 0
    failure, output = cases["lab.yaml", "Pod/vera-nb"]
    assert (failure.tag, failure.get("type")) == ("failure", "schema-wrong-type")
    assert failure.text == str(ODD[1])
    assert (output.tag, output.text) == ("system-out", str(ODD[3]))
    assert cases["labbuilder", "labbuilder"][0].get("type") == "no-place"
    assert cases["labbuilder", "Service/lab"][0].get("type") == "duplicate-object"
