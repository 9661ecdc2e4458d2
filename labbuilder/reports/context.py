"""What reporters know besides the findings, and what several of them write."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from labbuilder.errors import Finding, Severity, Source, format_path

__all__ = ["Context", "Explanation", "Subject", "complaint"]


class Subject(NamedTuple):
    """Something that was checked: an object, or a file if the object is empty.

    The file is as the user named it, and empty for what is not from a file.
    """

    file: str
    object: str = ""


class Explanation(Protocol):
    """What is known of a finding's code; `labbuilder.validation.rules.Rule` is one."""

    @property
    def meaning(self) -> str:
        """What the code stands for, in a few words."""

    @property
    def severity(self) -> Severity:
        """The severity of its findings, unless they say otherwise."""


def _no_line(_source: Source) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What reporters know besides the findings.

    `line` returns the line of the user's text at a place; None if it is unknown or may hold a
    secret.
    """

    subjects: Sequence[Subject] = ()  # all that was checked, with and without findings
    line: Callable[[Source], str | None] = _no_line
    colour: bool = False
    version: str = ""  # labbuilder's own
    codes: Mapping[str, Explanation] = field(default_factory=dict)
    skipped: Sequence[Subject] = ()  # what was not checked, as the user asked

    def skipping(self) -> str:
        """Say how much was skipped, for people; empty if nothing was."""
        count = len(self.skipped)
        return f"{count:,} object{'' if count == 1 else 's'} skipped" if count else ""


def complaint(finding: Finding) -> str:
    """Write a finding without its severity, code and place in a file.

    For example ``Pod/vera-nb: spec.hostname: must be of type string, not integer; put it ...``.
    """
    cause = "" if finding.source else format_path(finding.cause)
    where = (part for part in (cause, finding.object, format_path(finding.path)) if part)
    hint = f"; {finding.hint}" if finding.hint else ""
    return f"{': '.join([*where, finding.message])}{hint}"
