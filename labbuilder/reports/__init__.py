"""Findings as texts, for people and for programs.

A reporter is a pure function from a finished list of findings to a text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from labbuilder.errors import Finding
from labbuilder.reports import (
    github_report,
    json_report,
    junit_report,
    sarif_report,
    text_report,
)
from labbuilder.reports.context import Context, Subject

__all__ = ["REPORTERS", "Context", "Reporter", "Subject"]

Reporter = Callable[[Sequence[Finding], Context], str]
"""What makes a text of findings."""

REPORTERS: Mapping[str, Reporter] = {
    "text": text_report.report,
    "json": json_report.report,
    "github": github_report.report,
    "sarif": sarif_report.report,
    "junit": junit_report.report,
}
"""The reporters by the names of their formats."""
