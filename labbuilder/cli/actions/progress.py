"""What a command writes to standard error while it works: findings and a progress bar."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from typing import Any

import typer

from labbuilder.cli.streams import say
from labbuilder.errors import MAX_SHOWN, Finding, Findings, Severity

__all__ = ["Progress"]

SHOW_PROGRESS_AFTER_S = 2.0
_ERASE_LINE = "\r\x1b[K"


class Progress:
    """Writes each finding once, and a progress bar if standard error is a terminal.

    `total` is how many bytes there are to process; None, if unknown, shows no bar.
    """

    def __init__(self, total: int | None) -> None:
        self._total = total if sys.stderr and sys.stderr.isatty() else None
        self._start = time.monotonic()
        self._done = 0
        self._bar: Any = None
        self._reported: set[int] = set()
        self._findings = Findings(most=MAX_SHOWN)

    def advance(self, done: int) -> None:
        """Count `done` more bytes as processed."""
        self._done += done
        if self._bar:
            self._bar.update(done)
        elif self._total and time.monotonic() - self._start > SHOW_PROGRESS_AFTER_S:
            self._bar = typer.progressbar(length=self._total, file=sys.stderr)
            self._bar.update(self._done)

    def report(self, findings: Iterable[Finding]) -> None:
        """Write findings, one per line, except those that were written before.

        Warnings that differ only in the object that they name are about the site: one is written.
        Of very many findings, the first are written; `finish` counts the others.
        """
        for finding in findings:
            is_warning = finding.severity is Severity.WARNING
            key = hash(finding.about("") if is_warning else finding)
            if key not in self._reported and self._findings.add(finding.compact()):
                self._reported.add(key)  # a hash, since the texts may be long
                self.write(str(finding))

    def finish(self) -> None:
        """Write how many findings there were beyond those that are written."""
        for finding in self._findings.more():
            self.write(f"{finding.severity}: {finding.message}; {finding.hint}")

    def write(self, line: str) -> None:
        """Write a line; the next step shows the bar again."""
        if self._bar:
            typer.echo(_ERASE_LINE, err=True, nl=False)
        say(line)
