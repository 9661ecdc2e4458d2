"""Findings as workflow commands, which GitHub shows as annotations."""

from __future__ import annotations

from collections.abc import Sequence

from labbuilder.errors import Finding
from labbuilder.escape import visible
from labbuilder.reports.context import Context, complaint

__all__ = ["report"]


def report(findings: Sequence[Finding], context: Context) -> str:
    """Write one workflow command per finding: ``::error file=lab.yaml,line=3,col=1,...``.

    The last one counts what was skipped, if anything was.
    """
    lines = [_command(finding) for finding in findings]
    if context.skipped:
        lines.append(f"::notice title=skipped::{context.skipping()}")
    return "".join(f"{line}\n" for line in lines)


def _command(finding: Finding) -> str:
    properties: dict[str, str | int] = {}
    if finding.source:
        source = finding.source
        properties = {"file": source.file, "line": source.line, "col": source.column}
    properties["title"] = finding.code
    listed = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{finding.severity} {listed}::{_data(complaint(finding))}"


def _data(text: str) -> str:
    text = visible(text, keep="\r\n").replace("%", "%25")
    return text.replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
