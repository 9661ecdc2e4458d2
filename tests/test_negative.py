"""Each file of `negative/` is wrong in one way, and says in its first lines what is to be said."""

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from labbuilder.errors import Finding, LabBuilderError, Severity, format_path
from labbuilder.users.access import Access
from labbuilder.users.compile import UserFiles, read_documents

NEGATIVE = Path(__file__).parent / "negative"
CASES = sorted(path.name for path in NEGATIVE.glob("*.yaml"))
EXPECT = "# expect: "

# What there is to do follows from these messages alone.
WITHOUT_HINT = {"invalid-value"}


def complaints(file: str) -> list[Finding]:
    users = UserFiles(access=Access(allow_env=["LABBUILDER_TEST_*"]))
    findings: list[Finding] = []
    try:
        for document in read_documents(file):
            try:
                users.compile(document)
            except LabBuilderError as error:
                findings += error.findings
    except LabBuilderError as error:
        findings += error.findings
    return [finding for finding in findings if finding.severity is Severity.ERROR]


@pytest.mark.parametrize("case", CASES)
def test_everything_that_is_wrong_is_said_with_its_place(
    case: str, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion
) -> None:
    monkeypatch.chdir(NEGATIVE)
    found = complaints(case)
    lines = Path(case).read_text(encoding="utf-8").splitlines()
    expected = [line.removeprefix(EXPECT) for line in lines if line.startswith(EXPECT)]
    said = [f"{each.source} {each.code} {format_path(each.path)}".rstrip() for each in found]
    assert said == expected
    assert expected
    for finding in found:
        assert finding.hint or finding.code in WITHOUT_HINT
    assert "\n".join(map(str, found)) == snapshot


def test_no_complaint_about_a_secret_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(NEGATIVE)
    for case in CASES:
        for finding in complaints(case):
            for secret in ("not-a-real-token", "not base64!"):
                assert secret not in str(finding)
