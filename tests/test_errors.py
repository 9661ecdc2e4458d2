import copy
import pickle
from typing import Any

import pytest

from labbuilder.errors import Finding, LabBuilderError, Path, Severity, Source, format_path


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("spec",), "spec"),
        (("spec", "containers", 0, "env"), "spec.containers[0].env"),
        ((0, 1, "a"), "[0][1].a"),
        (("base_url", "a-b"), "base_url.a-b"),
        (("data", "a.b"), 'data["a.b"]'),
        (("files", "/etc/motd", "x"), 'files["/etc/motd"].x'),
        (("a", ""), 'a[""]'),
        (("a b",), '["a b"]'),
        (("a", 'q"\n'), 'a["q\\"\\n"]'),
        (("a", "é"), 'a["\\u00e9"]'),
    ],
)
def test_paths_are_written_as_kubectl_does(path: Path, text: str) -> None:
    assert format_path(path) == text


SOURCE = Source("lab.yaml", 3, 7)


@pytest.mark.parametrize(
    ("finding", "text"),
    [
        (Finding("bad", "is bad"), "error: is bad [bad]"),
        (Finding("bad", "is bad", hint="fix it"), "error: is bad; fix it [bad]"),
        (Finding("bad", "is bad", ("a", 0)), "a[0]: error: is bad [bad]"),
        (
            Finding("odd", "is odd", severity=Severity.WARNING, object="Pod/x"),
            "Pod/x: warning: is odd [odd]",
        ),
        (
            Finding("bad", "is bad", ("a",), "fix it", Severity.ERROR, "Pod/x", SOURCE),
            "lab.yaml:3:7: Pod/x: a: error: is bad; fix it [bad]",
        ),
    ],
)
def test_findings_are_one_line_from_place_to_code(finding: Finding, text: str) -> None:
    assert str(finding) == text


def test_an_error_carries_its_findings_and_tells_each_in_a_line() -> None:
    findings = [Finding("a", "is bad"), Finding("b", "is worse")]
    error = LabBuilderError(iter(findings))
    assert error.findings == tuple(findings)
    assert str(error) == "error: is bad [a]\nerror: is worse [b]"


@pytest.mark.parametrize("copied", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])  # noqa: S301
def test_an_error_can_be_copied_and_pickled(copied: Any) -> None:
    error = LabBuilderError([Finding("a", "is bad", ("x",), source=SOURCE)])
    assert copied(error).findings == error.findings
    assert str(copied(error)) == str(error)
