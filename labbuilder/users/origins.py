"""Where the compiler's arguments stand in files, so that findings can point there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from labbuilder.documents import Document
from labbuilder.errors import Finding, Path

__all__ = ["Origin", "place"]


@dataclass(frozen=True, slots=True)
class Origin:
    """The place of an argument: a path in a document."""

    document: Document
    path: Path = ()


def place(findings: Iterable[Finding], origins: Mapping[str, Origin]) -> list[Finding]:
    """Add places in files to findings about arguments.

    Those that have a place keep it. The origins are those of the compiler's arguments, by name.
    """
    return [_place(finding, origins) for finding in findings]


def _place(finding: Finding, origins: Mapping[str, Origin]) -> Finding:
    argument = finding.cause if finding.object else finding.path
    origin = origins.get(str(argument[0])) if argument else None
    if not origin or finding.source:
        return finding
    path = origin.path + argument[1:]
    source = origin.document.source(path, key=finding.about_key)
    if finding.object:
        return finding.placed(source, path)
    return replace(finding, path=path, source=source)
