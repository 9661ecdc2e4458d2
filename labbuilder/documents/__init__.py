"""Strict YAML: text to JSON-like data, with the place in the text of every value.

Plain scalars mean what YAML 1.2's core schema says: ``no``, ``on``, ``12:30:45``
and ``1_000`` are text. The data is built from the parser's events without
recursion, so that depth, aliases and duplicate keys are bounded and have a place.
No message quotes a value, nor a tag, an anchor or an alias: an unquoted password
that starts with ``!``, ``&`` or ``*`` is one of those.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from labbuilder.documents.nodes import Mark
from labbuilder.documents.text import decode, syntax_finding
from labbuilder.documents.tree import TreeBuilder
from labbuilder.errors import Finding, LabBuilderError, Path, Source

__all__ = ["MAX_FILE_VALUES", "MAX_VALUES", "Document", "Mark", "load"]

MAX_VALUES = 100_000
"""For files that people write."""

MAX_FILE_VALUES = 2_000_000
"""For files of manifests, which may hold thousands of labs."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NESTING = "maximum nesting depth"  # libyaml's limit, since 0.2.6; ours is lower


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a YAML text.

    Attributes
    ----------
    data
        Its content, of JSON's types only. An alias shares what it names.
    file
        The file as the user named it.
    mark
        Positions, a tree parallel to the data.
    """

    data: Any
    file: str
    mark: Mark

    def source(self, path: Path, *, key: bool = False) -> Source:
        """Say where the text gives a value.

        Parameters
        ----------
        path
            Steps from the root of the document.
        key
            Ask for the place of the value's key instead, if it has one.

        Returns
        -------
        Source
            Its place; for a path that isn't there, that of the nearest ancestor that is.
        """
        mark = self.mark
        for step in path:
            if (below := mark.child(step)) is None:
                break
            mark = below
        if key and mark.key_line:
            return Source(self.file, mark.key_line, mark.key_column)
        return Source(self.file, mark.line, mark.column)


def load(text: str | bytes, file: str, most: int = MAX_VALUES) -> list[Document]:
    """Read all documents of a YAML (or JSON) text.

    Parameters
    ----------
    text
        The text; bytes are UTF-8.
    file
        What to call it in findings and sources.
    most
        How many values it may hold, all in all.

    Returns
    -------
    list of Document
        At least one: an empty text is one document of None.

    Raises
    ------
    LabBuilderError
        With everything that is wrong, up to the first error of syntax.
    """
    builder = _read(decode(text, file), file, most)
    if builder.findings:
        raise LabBuilderError(builder.findings)
    documents = builder.documents or [(None, Mark(1, 1))]
    return [Document(data, file, mark) for data, mark in documents]


def _read(text: str, file: str, most: int) -> TreeBuilder:
    builder = TreeBuilder(file, most)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        if mark and _NESTING in str(getattr(error, "problem", None)):
            # It looks 1,000 levels ahead, and keeps the events of those that it has seen.
            _read(text[: mark.index], file, most)
        builder.findings.append(_explain(error, text, file))
    except (ValueError, OverflowError):
        # PyYAML without libyaml does not check the escapes that name a character.
        problem = "an escape names no character"
        builder.findings.append(Finding("yaml-syntax", problem, source=Source(file, 1, 1)))
    return builder


def _explain(error: yaml.YAMLError, text: str, file: str) -> Finding:
    mark = getattr(error, "problem_mark", None)
    block = getattr(error, "context_mark", None)
    source = Source(file, mark.line + 1, mark.column + 1) if mark else Source(file, 1, 1)
    tab = mark and text[mark.index : mark.index + 1] == "\t"
    problem = "tab character" if tab else getattr(error, "problem", None)
    return syntax_finding(problem, source, block.line + 1 if block else None)
