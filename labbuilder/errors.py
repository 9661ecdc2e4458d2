"""Findings, and the exception that carries them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import islice

from labbuilder.credentials import mask_urls
from labbuilder.escape import line
from labbuilder.path import Item, Path, cut_path, format_path

__all__ = [
    "MAX_FINDINGS", "MAX_SHOWN", "Finding", "Findings", "Item", "LabBuilderError", "Path",
    "Severity", "Source", "bounded", "format_path", "listed", "shown",
]  # fmt: skip

MAX_FINDINGS = 1_000
"""Errors about one input, and warnings likewise, that are kept; the others are counted."""

MAX_SHOWN = 10_000
"""Errors, and warnings likewise, that a command shows; the others are counted."""

_MAX_LISTED = 20  # names in a hint


class Severity(StrEnum):
    """The severity of a finding."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Source:
    """A place in a file.

    Attributes
    ----------
    file
        Name of the file as the user gave it.
    line, column
        Line and column, counted from 1.
    """

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem, for the person who can fix it.

    Attributes
    ----------
    code
        Stable kebab-case name of this kind of problem.
    message
        What is wrong, without the value of any secret.
    path
        Path in the document or the object.
    hint
        What to do about it.
    severity
        An error stops the compilation, a warning does not.
    object
        ``Kind/name`` of the manifest; empty for input.
    source
        Place in the user's file, if the input is from a file.
    cause
        Path of the input that causes it, from the name of the compiler's argument; for findings
        about a manifest.
    about_key
        Whether the key at the path is wrong, rather than the value.
    count
        How many findings this one stands for; more than 1 if these are not kept.
    """

    code: str
    message: str
    path: Path = ()
    hint: str = ""
    severity: Severity = Severity.ERROR
    object: str = ""
    source: Source | None = None
    cause: Path = ()
    about_key: bool = field(default=False, compare=False, repr=False)
    count: int = field(default=1, repr=False)

    def about(self, name: str) -> Finding:
        """Copy this for another object, in half the time of `dataclasses.replace`."""
        return Finding(
            self.code, self.message, self.path, self.hint, self.severity, name, self.source,
            self.cause, self.about_key, self.count,
        )  # fmt: skip

    def placed(self, source: Source, cause: Path) -> Finding:
        """Copy this with a place and a cause, as fast as `about`."""
        return Finding(
            self.code, self.message, self.path, self.hint, self.severity, self.object, source,
            cause, self.about_key, self.count,
        )  # fmt: skip

    def compact(self) -> Finding:
        """Copy this without the part of its keys that `format_path` doesn't show."""
        path, cause = cut_path(self.path), cut_path(self.cause)
        if path == self.path and cause == self.cause:
            return self
        return replace(self, path=path, cause=cause)

    def __str__(self) -> str:
        where = [str(self.source)] if self.source else [format_path(self.cause)]
        where += [part for part in (self.object, format_path(self.path)) if part]
        hint = f"; {self.hint}" if self.hint else ""
        text = ": ".join([*filter(None, where), self.severity, self.message])
        return line(f"{text}{hint} [{self.code}]")


class Findings:
    """Findings, of which the first errors and the first warnings are kept and the rest counted.

    Attributes
    ----------
    kept
        Those that are kept.
    """

    def __init__(self, findings: Iterable[Finding] = (), most: int = MAX_FINDINGS) -> None:
        self.kept: list[Finding] = []
        self._room = dict.fromkeys(Severity, most)
        self._more: dict[Severity, Finding] = {}  # the first that is not kept
        self._counts: Counter[Severity] = Counter()
        self.extend(findings)

    def add(self, finding: Finding) -> bool:
        """Add a finding; return whether it is kept."""
        severity = finding.severity
        if self._room[severity]:
            self._room[severity] -= 1
            self.kept.append(finding)
            return True
        self.skip(finding, finding.count)
        return False

    def skip(self, first: Finding, count: int) -> None:
        """Count findings that are like the first, and keep none."""
        self._more.setdefault(first.severity, first)
        self._counts[first.severity] += count

    def extend(self, findings: Iterable[Finding]) -> None:
        """Add findings."""
        for finding in findings:
            self.add(finding)

    def more(self) -> Iterator[Finding]:
        """Yield a finding that counts the errors that are not kept, and one for the warnings."""
        for severity, first in self._more.items():
            count = self._counts[severity]
            message = f"{count:,} more {severity}{'s' if count > 1 else ''}"
            hint = "fix the others first"
            yield replace(first, code="too-many", message=message, hint=hint, count=count)

    def __iter__(self) -> Iterator[Finding]:
        yield from self.kept
        yield from self.more()

    def __bool__(self) -> bool:
        return bool(self.kept)


def bounded(findings: Iterable[Finding], most: int = MAX_FINDINGS) -> list[Finding]:
    """Keep the first errors and the first warnings; a last finding counts the others of each.

    It is at the place of the first that it counts.
    """
    return list(Findings(findings, most))


class LabBuilderError(Exception):
    """An error with its findings.

    Parameters
    ----------
    findings
        The findings, at least one of them an error.

    Attributes
    ----------
    findings
        The same, as a tuple; beyond 1,000 errors or 1,000 warnings, the last one of these tells
        how many there are.
    """

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings: Sequence[Finding] = tuple(bounded(findings))
        super().__init__(self.findings)  # copies are made of these

    def __str__(self) -> str:
        return "\n".join(map(str, self.findings))


def shown(value: object) -> str:
    """Quote a value for a message, in ASCII, cut if it is long, and without a URL's password."""
    limit = 80
    try:
        text = mask_urls(str(value))
    except ValueError:  # Python formats no number of thousands of digits
        return "a very long number"
    return ascii(text if len(text) <= limit else f"{text[:limit]}...")


def listed(names: Iterable[str]) -> str:
    """List names in a hint: ``a, b``; of many only the first, and an ellipsis."""
    first = list(islice(names, _MAX_LISTED + 1))
    return ", ".join([*first[:_MAX_LISTED], *(["..."] if len(first) > _MAX_LISTED else [])])
