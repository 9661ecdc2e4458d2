"""What is told while a command is at work: complaints, and on a terminal how far it is."""

from __future__ import annotations

import sys
import time
from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from labbuilder.errors import Finding

__all__ = ["Teller"]

_ERASE = "\r\x1b[K"
_SOON = 2.0  # seconds, after which one wonders


class Teller:
    """Writes to standard error: each complaint once, and a bar if it is a terminal.

    Parameters
    ----------
    total
        How much there is to do, in bytes; None if that isn't known: then there is no bar.
        The bar comes up with the third second.
    """

    def __init__(self, total: int | None) -> None:
        self._total = total if sys.stderr and sys.stderr.isatty() else None
        self._start = time.monotonic()
        self._done = 0
        self._bar: Any = None
        self._said: set[int] = set()

    def advance(self, done: int) -> None:
        """Show that `done` more bytes are done."""
        self._done += done
        if self._bar:
            self._bar.update(done)
        elif self._total and time.monotonic() - self._start > _SOON:
            self._bar = typer.progressbar(length=self._total, file=sys.stderr)
            self._bar.update(self._done)

    def say(self, findings: Iterable[Finding]) -> None:
        """Write complaints, a line each, but those that were written before.

        A warning that only names another lab's object is one about the site.
        """
        for finding in findings:
            warning = finding.severity == "warning"
            known = hash(_about_the_site(finding) if warning else finding)
            if known not in self._said:  # hashes, for of the texts there may be many
                self._said.add(known)
                self.tell(str(finding))

    def tell(self, text: str) -> None:
        """Write a line; the next step brings the bar back."""
        typer.echo(f"{_ERASE if self._bar else ''}{text}", err=True)


def _about_the_site(finding: Finding) -> Hashable:
    return (
        finding.code, finding.message, finding.hint, finding.path, finding.source, finding.cause
    )  # fmt: skip
