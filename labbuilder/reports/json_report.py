"""Findings as JSON, for programs.

The report is one object. ``findings`` is a list of objects, each with ``code``, ``severity``
(``error`` or ``warning``), ``object`` (``Kind/name`` or empty), ``path`` (such as
``spec.containers[0].env``), ``cause`` (the path of the input that causes it, or empty),
``message``, ``hint``, ``file``, ``line`` and ``column``; the last three are null if the place
isn't known. ``summary`` counts ``errors`` and ``warnings``, also those that are not listed, and
objects that were ``skipped``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from labbuilder.errors import Finding, Severity, format_path
from labbuilder.escape import visible_json
from labbuilder.reports.context import Context

__all__ = ["report"]


def report(findings: Sequence[Finding], context: Context) -> str:
    """Write the object that is described above, in ASCII."""
    counts = dict.fromkeys(Severity, 0)
    for finding in findings:
        counts[finding.severity] += finding.count
    data = {
        "findings": [_finding(finding) for finding in findings],
        "summary": {
            "errors": counts[Severity.ERROR],
            "warnings": counts[Severity.WARNING],
            "skipped": len(context.skipped),
        },
    }
    return visible_json(json.dumps(data, indent=2)) + "\n"


def _finding(finding: Finding) -> dict[str, Any]:
    source = finding.source
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "object": finding.object,
        "path": format_path(finding.path),
        "cause": format_path(finding.cause),
        "message": finding.message,
        "hint": finding.hint,
        "file": source.file if source else None,
        "line": source.line if source else None,
        "column": source.column if source else None,
    }
