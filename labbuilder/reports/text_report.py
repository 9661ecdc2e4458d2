"""Findings for people: one line each, and the line of the user's text below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labbuilder.errors import Finding, Severity
from labbuilder.escape import cells, visible
from labbuilder.reports.context import Context

__all__ = ["report"]

_COLOURS = {Severity.ERROR: "\033[1;31m", Severity.WARNING: "\033[1;33m"}
_PLAIN = "\033[0m"

# How many characters of a long line are shown before and after the place.
_BEFORE, _AFTER = 60, 60


def report(findings: Sequence[Finding], context: Context) -> str:
    """Write a line per finding, and below it the line of the input with a caret if it is known.

    The last line counts what was skipped, if anything was.
    Characters that could trick a terminal are escaped.
    """
    lines = [line for finding in findings for line in _lines(finding, context)]
    if context.skipped:
        lines.append(context.skipping())
    return "".join(f"{line}\n" for line in lines)


def _lines(finding: Finding, context: Context) -> Iterator[str]:
    colour = _COLOURS[finding.severity] if context.colour else ""
    before, said, after = visible(str(finding)).rpartition(
        f"{finding.severity}: {visible(finding.message)}"
    )
    yield before + _coloured(finding.severity, colour) + said[len(finding.severity) :] + after
    source = finding.source
    line = context.line(source) if source and not _about_secret(finding) else None
    if not source or line is None or source.column > len(line) + 1:
        return
    shown, column = _window(line, source.column)
    number = str(source.line)
    caret = _coloured("^", colour)
    yield f"  {number} | {visible(shown)}".rstrip()
    yield f"  {' ' * len(number)} | {' ' * cells(visible(shown[:column]))}{caret}"


def _about_secret(finding: Finding) -> bool:
    """Tell whether a finding may be about a secret, wherever the lines come from."""
    keys = {str(step).lower() for step in (*finding.path, *finding.cause)}
    secret = "secret" in finding.object.partition("/")[0].lower()
    return secret or bool(keys & {"secrets", "pullsecret", "data", "stringdata"})


def _window(line: str, column: int) -> tuple[str, int]:
    """Cut a long line to the text around a column, and return where that column then is."""
    start = max(0, column - 1 - _BEFORE)
    end = column - 1 + _AFTER
    shown = line[start:end]
    if end < len(line):
        shown += "…"
    if start:
        shown = f"…{shown}"
    return shown, column - 1 - start + (1 if start else 0)


def _coloured(text: str, colour: str) -> str:
    return f"{colour}{text}{_PLAIN}" if colour else text
