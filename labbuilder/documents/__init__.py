"""Strict YAML: text to JSON-like data, with the place in the text of every value.

Plain scalars are read by YAML 1.2's core schema, in which ``no``, ``on``, ``12:30:45`` and
``1_000`` are text, or as kubectl reads them (`labbuilder.documents.go_yaml`). The data is built
from the parser's events without recursion, so that depth and aliases are bounded, and duplicate
keys are found with their places. No message quotes a value, a tag, an anchor or an alias: an
unquoted password that starts with ``!``, ``&`` or ``*`` is one of those.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from labbuilder.documents.nodes import Mark, Rank, no_rank
from labbuilder.documents.text import decode, syntax_finding
from labbuilder.documents.tree import TreeBuilder
from labbuilder.errors import Finding, LabBuilderError, Path, Source
from labbuilder.sealed import sealed

__all__ = [
    "MAX_FILE_VALUES",
    "MAX_VALUES",
    "Document",
    "Mark",
    "Rank",
    "load",
    "load_manifests",
    "no_rank",
]

MAX_VALUES = 100_000
"""For files that people write."""

MAX_FILE_VALUES = 2_000_000
"""For files of manifests, which may hold thousands of labs."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NESTING = "maximum nesting depth"  # libyaml's own limit, since 0.2.6; ours is lower


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a YAML text."""

    data: Any = field(repr=False)  # of JSON types only; an alias shares its anchor's value
    file: str  # as the user named it
    mark: Mark  # the places of its values, as a tree parallel to the data
    refused: Sequence[Finding] = ()  # what kubectl refuses of it, if it was read as kubectl reads

    def source(self, path: Path, *, key: bool = False) -> Source:
        """Find the place of a value, or of its nearest ancestor if there is no such value.

        With `key`, it is the place of the value's key instead, if it has one.
        """
        mark, _ = self._find(path)
        if key and mark.key_line:
            return Source(self.file, mark.key_line, mark.key_column)
        return Source(self.file, mark.line, mark.column)

    def written(self, path: Path) -> str:
        """Return the text of a scalar if kubectl reads it otherwise than YAML 1.2 does."""
        mark, found = self._find(path)
        return mark.text if found else ""

    def _find(self, path: Path) -> tuple[Mark, bool]:
        mark = self.mark
        for step in path:
            if (below := mark.child(step)) is None:
                return mark, False
            mark = below
        return mark, True


@sealed
def load(
    text: str | bytes,
    file: str,
    max_values: int = MAX_VALUES,
    *,
    rank: Rank = no_rank,
    as_kubectl: bool = False,
) -> list[Document]:
    """Read all documents of a YAML (or JSON) text; an empty text is one document of None.

    Bytes are UTF-8. All documents together may hold at most `max_values`. If a mapping has a key
    twice, the one whose place `rank` ranks lower wins; it is an error if their ranks are equal, as
    all are by default. Manifests are read `as_kubectl` reads them; what it refuses beyond that is
    in the documents. It raises `LabBuilderError` with every error, up to the first syntax error.
    """
    decoded = decode(text, file, as_kubectl=as_kubectl)
    builder = TreeBuilder(file, max_values, rank, as_kubectl=as_kubectl, text=decoded)
    _read(decoded, file, builder)
    if builder.findings:
        raise LabBuilderError(builder.findings)
    documents = builder.documents or [(None, Mark(1, 1), ())]
    return [Document(data, file, mark, refused) for data, mark, refused in documents]


def load_manifests(
    text: str | bytes, file: str, max_values: int = MAX_FILE_VALUES
) -> list[Document]:
    """Read all documents of a text as kubectl does.

    It raises `LabBuilderError` as `load` does, and for what kubectl refuses.
    """
    documents = load(text, file, max_values, as_kubectl=True)
    refused = [finding for document in documents for finding in document.refused]
    if refused:
        raise LabBuilderError(refused)
    return documents


def _read(text: str, file: str, builder: TreeBuilder) -> None:
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        if mark and _NESTING in str(getattr(error, "problem", None)):
            # libyaml looks 1,000 levels ahead, and keeps back the events of what it has read.
            _read(text[: mark.index], file, TreeBuilder(file, builder.max_values, no_rank))
        builder.findings.add(_explain(error, text, file))
    except (ValueError, OverflowError):
        # PyYAML without libyaml doesn't check escapes.
        problem = "invalid character in an escape"
        builder.findings.add(Finding("yaml-syntax", problem, source=Source(file, 1, 1)))


def _explain(error: yaml.YAMLError, text: str, file: str) -> Finding:
    mark = getattr(error, "problem_mark", None)
    block = getattr(error, "context_mark", None)
    source = Source(file, mark.line + 1, mark.column + 1) if mark else Source(file, 1, 1)
    tab = mark and text[mark.index : mark.index + 1] == "\t"
    problem = "tab character" if tab else getattr(error, "problem", None)
    return syntax_finding(problem, source, block.line + 1 if block else None)
