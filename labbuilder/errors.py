"""Findings, and the exception that carries them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

__all__ = [
    "Finding", "Item", "LabBuilderError", "Path", "Severity", "Source", "format_path", "listed",
    "shown",
]  # fmt: skip

_MAX_KEY_LENGTH = 300  # characters of a key in a path; Kubernetes' own have up to 317
_MAX_LISTED = 20  # names in a hint
_ITEM = re.compile(rf"[\w./:=@+-]{{1,{_MAX_KEY_LENGTH}}}", re.ASCII)

Path = tuple[str | int, ...]
"""Steps from the root of a document: keys of mappings and indices of lists."""


class Item(str):
    """A step of a path to an item of a list, by its name rather than its index."""

    __slots__ = ()


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

    def about(self, name: str) -> Finding:
        """Copy this for another object, in half the time of `dataclasses.replace`."""
        return Finding(
            self.code, self.message, self.path, self.hint, self.severity, name, self.source,
            self.cause, self.about_key,
        )  # fmt: skip

    def placed(self, source: Source, cause: Path) -> Finding:
        """Copy this with a place and a cause, as fast as `about`."""
        return Finding(
            self.code, self.message, self.path, self.hint, self.severity, self.object, source,
            cause, self.about_key,
        )  # fmt: skip

    def __str__(self) -> str:
        where = [str(self.source)] if self.source else [format_path(self.cause)]
        where += [part for part in (self.object, format_path(self.path)) if part]
        hint = f"; {self.hint}" if self.hint else ""
        return (
            f"{': '.join([*filter(None, where), self.severity, self.message])}{hint} [{self.code}]"
        )


class LabBuilderError(Exception):
    """An error with all its findings.

    Parameters
    ----------
    findings
        The findings, at least one of them an error.

    Attributes
    ----------
    findings
        The same, as a tuple.
    """

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings: Sequence[Finding] = tuple(findings)
        super().__init__(self.findings)  # copies are made of these

    def __str__(self) -> str:
        return "\n".join(map(str, self.findings))


def shown(value: object) -> str:
    """Quote a value for a message, in ASCII and cut if it is long."""
    limit = 80
    try:
        text = str(value)
    except ValueError:  # Python formats no number of thousands of digits
        return "a very long number"
    return ascii(text if len(text) <= limit else f"{text[:limit]}...")


def listed(names: Iterable[str]) -> str:
    """List names in a hint: ``a, b``; of many only the first, and an ellipsis."""
    first = list(islice(names, _MAX_LISTED + 1))
    return ", ".join([*first[:_MAX_LISTED], *(["..."] if len(first) > _MAX_LISTED else [])])


def format_path(path: Path) -> str:
    """Format a path as ``kubectl`` does: ``spec.containers[0].env``, ``env[DEBUG].value``.

    Parameters
    ----------
    path
        Steps from the root of a document.

    Returns
    -------
    str
        The path. A key that isn't a plain word is in brackets and quotes, and cut if it is long.
    """
    text = ""
    for step in path:
        if isinstance(step, int) or (isinstance(step, Item) and _ITEM.fullmatch(step)):
            text += f"[{step}]"
        elif (
            len(step) <= _MAX_KEY_LENGTH
            and not isinstance(step, Item)
            and step.isascii()
            and step.replace("-", "").replace("_", "").isalnum()
        ):
            text += f".{step}" if text else step
        else:
            long = len(step) > _MAX_KEY_LENGTH
            text += f"[{json.dumps(f'{step[:_MAX_KEY_LENGTH]}...' if long else step)}]"
    return text
