"""Findings are bounded: the first are kept and shown, and the others are counted."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import Any
from unittest.mock import patch
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from labbuilder import Finding, LabBuilderError
from labbuilder.cli import app
from labbuilder.cli.actions.progress import Progress
from labbuilder.diff import groups
from labbuilder.diff.compare import Change
from labbuilder.diff.impact import Impact
from labbuilder.errors import MAX_FINDINGS, MAX_SHOWN, Findings, Severity, Source, bounded
from labbuilder.models import LabConfig
from labbuilder.models.complaints import validated
from labbuilder.reports import REPORTERS, Context
from labbuilder.validation import rules, schemas
from labbuilder.validation.files import MAX_OBJECTS, Checked, check_texts, merged


def finding(number: int, severity: Severity = Severity.ERROR) -> Finding:
    return Finding("x", f"problem {number}", severity=severity, source=Source("a", number, 1))


def warning(number: int) -> Finding:
    return finding(number, Severity.WARNING)


def test_the_first_errors_and_the_first_warnings_are_kept() -> None:
    given = [*map(warning, range(1, 6)), *map(finding, range(6, 9))]
    found = bounded(given, 2)
    assert [str(each) for each in found] == [
        "a:1:1: warning: problem 1 [x]",
        "a:2:1: warning: problem 2 [x]",
        "a:6:1: error: problem 6 [x]",
        "a:7:1: error: problem 7 [x]",
        "a:3:1: warning: 3 more warnings; fix the others first [too-many]",
        "a:8:1: error: 1 more error; fix the others first [too-many]",
    ]
    assert sum(each.count for each in found) == len(given)


def test_what_is_bounded_twice_counts_the_same() -> None:
    found = bounded(map(finding, range(100)), 10)
    assert bounded(found, 10) == found
    assert bounded(bounded(found, 5), 10)[-1].count == 95
    assert bounded(found, 1000) == found


def test_few_findings_stay_as_they_are() -> None:
    assert bounded([finding(1), warning(2)]) == [finding(1), warning(2)]
    assert not Findings()
    assert Findings([warning(1)])


def test_an_error_holds_a_bounded_number_of_findings() -> None:
    error = LabBuilderError(map(finding, range(5000)))
    assert len(error.findings) == MAX_FINDINGS + 1
    assert error.findings[-1].message == "4,000 more errors"
    for same in (copy.copy(error), pickle.loads(pickle.dumps(error))):  # noqa: S301 (our own)
        assert same.findings == error.findings


def test_thousands_of_complaints_about_an_argument_are_counted() -> None:
    _, found = validated(LabConfig, {f"k{i}": 1 for i in range(5000)}, ("config",))
    assert len(found) == MAX_FINDINGS + 1
    assert sum(each.count for each in found) >= 5000


def test_thousands_of_complaints_about_a_manifest_are_counted() -> None:
    pod: dict[str, Any] = {"apiVersion": "v1", "kind": "Pod", "spec": {}}
    with patch.object(schemas, "_did_you_mean", return_value="") as search:
        found = schemas.check(pod | {f"k{i}": 1 for i in range(5000)}, schemas.NEWEST)
    assert len(found) == MAX_FINDINGS + 1
    assert sum(each.count for each in found) >= 5000
    assert search.call_count <= MAX_FINDINGS


def test_thousands_of_complaints_by_rules_are_counted() -> None:
    data = {f"k {i}": "x" for i in range(5000)}
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": data}
    (found,) = rules.check([manifest])
    assert len(found) == MAX_FINDINGS + 1
    assert sum(each.count for each in found) == 5000


def test_a_file_of_very_many_findings_keeps_the_first() -> None:
    number = MAX_SHOWN + 500
    found = check_texts({"a.yaml": "---\n{}\n" * number}).findings
    assert len(found) == MAX_SHOWN + 1
    assert found[-1].message == "500 more errors"
    assert sum(each.count for each in found) == number


def test_users_among_many_documents_are_told_apart_in_one_pass() -> None:
    # Comparing each document with all users took a time that grew with the square.
    text = "--- {user: {username: x}}\n" * 3000
    found = check_texts({"a.yaml": text}, judge_user=lambda _document, _version: ())
    assert found.findings == []
    assert found.objects == [("a.yaml", "User/x")]


@pytest.mark.parametrize("suffix", ["ndjson", "yaml"])
def test_a_report_counts_all_findings(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    number = MAX_SHOWN + 500
    name = f"many.{suffix}"
    one = "{}\n" if suffix == "ndjson" else "---\n{}\n"
    Path(name).write_text(one * number)
    result = CliRunner().invoke(app, ["check", name, "-o", "json"])
    report = json.loads(result.stdout)
    assert result.exit_code == 1
    assert len(report["findings"]) == MAX_SHOWN + 1
    assert report["findings"][-1]["message"] == "500 more errors"
    assert report["findings"][-1]["line"] == (MAX_SHOWN + 1) * one.count("\n")
    assert report["summary"] == {"errors": number, "warnings": 0, "skipped": 0}


def test_a_warning_counts_although_it_is_not_shown() -> None:
    found = merged([Checked([*map(warning, range(MAX_SHOWN + 5)), finding(7)], (), {})], ["a"])
    assert len(found.findings) == MAX_SHOWN + 2
    assert sum(each.severity is Severity.ERROR for each in found.findings) == 1


@pytest.mark.parametrize("form", REPORTERS)
def test_every_report_ends_with_the_number_of_the_others(form: str) -> None:
    report = REPORTERS[form](bounded(map(finding, range(1, 3000)), 5), Context())
    assert report.count("problem") >= 5
    assert report.count("2,994 more errors") >= 1
    if form == "junit":
        assert ET.fromstring(report).find("testsuite") is not None  # noqa: S314 (our own)


def test_long_keys_are_kept_only_as_far_as_they_are_shown() -> None:
    long = Finding("x", "y", ("k" * 1_000_000, 3), cause=("c" * 1_000_000,))
    short = long.compact()
    assert str(short) == str(long)
    assert sum(map(len, map(str, (*short.path, *short.cause)))) < 1000
    assert short.compact() is short


def test_very_many_objects_are_counted() -> None:
    each = Checked((), [("a", f"Pod/{i}") for i in range(1000)], {})
    parts = [
        Checked((), [("a", f"Pod/{k}-{name}") for _, name in each.objects], {}) for k in range(102)
    ]
    objects = merged(parts, ["a"]).objects
    assert len(objects) == MAX_OBJECTS + 1
    assert objects[-1] == ("", "2,000 more objects")


def test_a_command_shows_the_first_findings_and_remembers_no_more(
    capsys: pytest.CaptureFixture[str],
) -> None:
    progress = Progress(None)
    for i in range(MAX_SHOWN + 500):
        progress.report([warning(i), warning(0)])
    progress.report([finding(1)])
    progress.finish()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == MAX_SHOWN + 2
    assert lines[-2:] == [
        "a:1:1: error: problem 1 [x]",
        "warning: 500 more warnings; fix the others first",
    ]
    assert len(progress._reported) == MAX_SHOWN + 1  # noqa: SLF001 (its size is what matters)


def test_a_comparison_keeps_a_bounded_number_of_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "MAX_GROUPS", 10)
    rollout = groups.Rollout()
    for i in range(25):
        change = Change("Pod", "ns", "x", f"spec.{i % 20}", i, i + 1, Impact.NOTHING)
        rollout.add(groups.Person(f"user{i}", 10_000 + i, 10_000 + i), [change])
    assert (rollout.labs, rollout.changed) == (25, 25)
    assert len(list(rollout.groups())) == 10
    assert rollout.more + sum(labs for labs, _ in rollout.groups()) == 25
