"""Findings as text, for people and for programs."""

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
"""A pure function that writes findings as text, given what else is known about them."""

REPORTERS: Mapping[str, Reporter] = {
    "text": text_report.report,
    "json": json_report.report,
    "github": github_report.report,
    "sarif": sarif_report.report,
    "junit": junit_report.report,
}
"""The reporters by the name of their format."""
