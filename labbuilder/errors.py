"""What can be wrong, as data: findings, and the exceptions that carry them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = [
    "Finding", "Item", "LabBuilderError", "Path", "Severity", "Source", "format_path", "shown",
]  # fmt: skip

_LONGEST = 300  # characters of a key that are said back: one of Kubernetes' has up to 317
_ITEM = re.compile(rf"[\w./:=@+-]{{1,{_LONGEST}}}", re.ASCII)

Path = tuple[str | int, ...]
"""Steps from the root of a document: keys of mappings and indices of lists."""


class Item(str):
    """A step of a path to an item of a list, by its name rather than its index."""

    __slots__ = ()


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Source:
    """A place in a file.

    Attributes
    ----------
    file
        The file as the user named it.
    line, column
        Counted from 1.
    """

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One complaint, for the person who must act.

    Attributes
    ----------
    code
        A stable kebab-case name of the kind of trouble.
    message
        What is wrong. Never holds a secret's value.
    path
        Where in the document or the object it is wrong.
    hint
        What to write instead.
    severity
        An error stops the compilation, a warning does not.
    object
        ``Kind/name`` of the manifest that is wrong; empty for trouble in the input.
    source
        Where the user's own text says it, if a text is where it came from.
    cause
        What decides it among the compiler's arguments, for trouble that shows in a manifest:
        the path from the argument's name.
    about_key
        Whether it is the key at the path that is wrong, rather than the value.
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
        """Say the same of another object; `dataclasses.replace` takes twice as long."""
        return Finding(
            self.code, self.message, self.path, self.hint, self.severity, name, self.source,
            self.cause, self.about_key,
        )  # fmt: skip

    def placed(self, source: Source, cause: Path) -> Finding:
        """Say where the user's text has what decides it; as fast as `about`."""
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
    """Input that does not compile.

    Parameters
    ----------
    findings
        Everything that is wrong with it, at least one error among them.

    Attributes
    ----------
    findings
        The same, as a tuple.
    """

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings: Sequence[Finding] = tuple(findings)
        super().__init__(self.findings)  # what it is made of again when it is copied

    def __str__(self) -> str:
        return "\n".join(map(str, self.findings))


def shown(value: object) -> str:
    """Quote a piece of input for a message, in ASCII and not at any length."""
    limit = 80
    try:
        text = str(value)
    except ValueError:  # Python writes no number of thousands of digits
        return "a number as long as that"
    return ascii(text if len(text) <= limit else f"{text[:limit]}...")


def format_path(path: Path) -> str:
    """Write a path the way ``kubectl`` does: ``spec.containers[0].env``, ``env[DEBUG].value``.

    Parameters
    ----------
    path
        Steps from the root of a document.

    Returns
    -------
    str
        The path; a key that is no plain word stands in brackets and quotes, and is cut if long.
    """
    text = ""
    for step in path:
        if isinstance(step, int) or (isinstance(step, Item) and _ITEM.fullmatch(step)):
            text += f"[{step}]"
        elif (
            len(step) <= _LONGEST
            and not isinstance(step, Item)
            and step.isascii()
            and step.replace("-", "").replace("_", "").isalnum()
        ):
            text += f".{step}" if text else step
        else:
            text += f"[{json.dumps(step if len(step) <= _LONGEST else f'{step[:_LONGEST]}...')}]"
    return text
