"""From the parser's events to data and positions, without recursion and within bounds."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NoReturn

import yaml

from labbuilder.documents.nodes import Mapping, Mark, Node, Sequence, Slot
from labbuilder.documents.text import resolve
from labbuilder.errors import Finding, LabBuilderError, Path, Source, shown

__all__ = ["Rank", "TreeBuilder"]

Rank = Callable[[int, int], int]
"""Gives the rank of a line and column of a text, counted from 1."""

_MAX_DEPTH = 100
_MAX_FINDINGS = 1_000
_CHARACTERS = 100  # of text that count as a value when an alias repeats it
_MAX_EXPANDED = 100_000  # nodes that the aliases of a text stand for, all in all

_SURROGATE = re.compile("[\ud800-\udfff]")
_TAG = "tag:yaml.org,2002:"
_TYPED = {f"{_TAG}int": int, f"{_TAG}float": float, f"{_TAG}bool": bool, f"{_TAG}null": type(None)}


class TreeBuilder:
    """Builds documents out of YAML events.

    Parameters
    ----------
    file
        What to call the text in findings.
    max_values
        How many values the text may hold.
    rank
        Decides between two values of one key: the lower rank wins. None if that is an error.

    Attributes
    ----------
    documents
        Data and positions of each document so far.
    findings
        What is wrong so far.
    """

    def __init__(self, file: str, max_values: int, rank: Rank | None = None) -> None:
        self.documents: list[tuple[Any, Mark]] = []
        self.findings: list[Finding] = []
        self._file = file
        self._max_values = max_values
        self._rank = rank
        self._stack: list[Sequence | Mapping] = []
        self._anchors: dict[str, Node] = {}
        self._nodes = 0
        self._expanded = 0

    def take(self, event: yaml.Event) -> None:
        """Take the next event.

        Parameters
        ----------
        event
            What the parser read.

        Raises
        ------
        LabBuilderError
            If the text is too deep or too large to go on.
        """
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._start(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._end()
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._anchors = {}

    def _mark(self, event: yaml.NodeEvent) -> Mark:
        start = event.start_mark
        mark = Mark(start.line + 1, start.column + 1) if start else Mark(1, 1)
        self._nodes += 1
        if self._nodes > self._max_values:
            problem = f"the text holds more than {self._max_values:,} values"
            self._stop("yaml-too-large", problem, mark)
        return mark

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        size = 1 + len(event.value) // _CHARACTERS
        node = Node(event.value, self._mark(event), size)
        parent = self._stack[-1] if self._stack else None
        plain = not event.style
        if event.anchor:
            self._anchors[event.anchor] = node
        if event.style == '"' and _SURROGATE.search(event.value):  # libyaml refuses it itself
            hint = "write the character itself"
            self._complain("yaml-syntax", "an escape names no character", node.mark, hint)
        merges = plain and event.tag is None and event.value == "<<"
        if merges and isinstance(parent, Mapping) and parent.slot is Slot.KEY:
            self._merge_key(parent, node.mark)
        else:
            self._resolve(node, event.tag, plain=plain)
            self._place(node)

    def _resolve(self, node: Node, tag: str | None, *, plain: bool) -> None:
        if tag in {"!", f"{_TAG}str"} or (tag is None and not plain):
            return
        if tag is not None and not (tag in _TYPED and plain):
            self._unsupported_tag(node)
            return
        try:
            node.data = resolve(node.data)
        except OverflowError:
            hint = "put it in quotes if it is no number"
            self._complain("yaml-number-too-large", "a number is too large", node.mark, hint)
            node.broken = True
        else:
            if tag is not None and type(node.data) is not _TYPED[tag]:
                self._unsupported_tag(node)

    def _unsupported_tag(self, node: Node) -> None:
        problem = "a value starts with '!', which makes it a tag that is not supported here"
        self._complain("unsupported-tag", problem, node.mark, "put the value in quotes")
        node.broken = True

    def _start(self, event: yaml.CollectionStartEvent) -> None:
        mark = self._mark(event)
        if len(self._stack) >= _MAX_DEPTH:
            self._stop_deep(mark)
        node: Sequence | Mapping
        if isinstance(event, yaml.MappingStartEvent):
            node = Mapping({}, mark, height=1, open=True)
            tags = {None, "!", f"{_TAG}map"}
        else:
            node = Sequence([], mark, height=1, open=True)
            tags = {None, "!", f"{_TAG}seq"}
        mark.children = node.marks
        if event.tag not in tags:
            self._unsupported_tag(node)
        if event.anchor:
            self._anchors[event.anchor] = node
        self._stack.append(node)

    def _end(self) -> None:
        node = self._stack.pop()
        node.open = False
        if isinstance(node, Mapping) and node.merged:
            self._expand(sum(len(merged) for merged, _ in node.merged), node.mark)
            node.merge()
        self._place(node)

    def _alias(self, event: yaml.AliasEvent) -> None:
        mark = self._mark(event)
        target = self._anchors.get(event.anchor or "")
        if target is None or target.open:
            if target is None:
                problem = "an alias names no anchor above it in this document"
            else:
                problem = "an alias names a value that it is part of"
            hint = "put a value that starts with '*' in quotes"
            self._complain("yaml-alias", problem, mark, hint)
            self._place(Node(None, mark, broken=True))
            return
        self._expand(target.size, mark)
        if len(self._stack) + target.height > _MAX_DEPTH:
            self._stop_deep(mark)
        # A mark of its own, for the key that it may get; below it they are shared.
        there = Mark(target.mark.line, target.mark.column, children=target.mark.children)
        self._place(Node(target.data, there, target.size, target.height, broken=target.broken))

    def _expand(self, size: int, mark: Mark) -> None:
        self._expanded += size
        if self._expanded > _MAX_EXPANDED:
            problem = f"aliases and merges stand for more than {_MAX_EXPANDED:,} values"
            self._stop("yaml-too-large", problem, mark)

    def _place(self, node: Node) -> None:
        """Put a complete value where it belongs."""
        if not self._stack:
            self.documents.append((node.data, node.mark))
            return
        parent = self._stack[-1]
        parent.size += node.size
        parent.height = max(parent.height, node.height + 1)
        if isinstance(parent, Sequence):
            parent.data.append(node.data)
            parent.marks.append(node.mark)
        elif parent.slot is Slot.KEY:
            self._key(parent, node)
        else:
            self._value(parent, node)

    def _key(self, parent: Mapping, node: Node) -> None:
        parent.slot = Slot.IGNORED
        if node.broken:
            return
        if not isinstance(node.data, str):
            kind = "a list or a mapping" if isinstance(node.data, list | dict) else "not text"
            hint = "put the key in quotes"
            self._complain("yaml-key-not-text", f"a key is {kind}", node.mark, hint)
            return
        first = parent.marks.get(node.data)
        lead = self._lead(first, node.mark) if first else 1
        if lead > 0:
            parent.slot, parent.key_mark = node.data, node.mark
        elif first and lead == 0:
            self._duplicate(node.data, first.key_line, node.mark)

    def _lead(self, first: Mark, second: Mark) -> int:
        """Compare two values of a key: positive if the second wins, 0 if neither does."""
        if not self._rank:
            return 0
        return self._rank(first.key_line, first.key_column) - self._rank(
            second.line, second.column
        )

    def _duplicate(self, key: str, first: int, mark: Mark) -> None:
        problem = f"the key {shown(key)} is here a second time; the first is in line {first}"
        self._complain("duplicate-key", problem, mark, "keep one of them")

    def _merge_key(self, parent: Mapping, mark: Mark) -> None:
        if parent.merge_mark:
            self._duplicate("<<", parent.merge_mark.line, mark)
            parent.slot = Slot.IGNORED
        else:
            parent.slot, parent.merge_mark = Slot.MERGE, mark

    def _value(self, parent: Mapping, node: Node) -> None:
        slot, parent.slot = parent.slot, Slot.KEY
        if slot is Slot.MERGE and not node.broken:
            items = [(node.data, node.mark)]
            if isinstance(node.data, list) and isinstance(node.mark.children, list):
                items = list(zip(node.data, node.mark.children, strict=True))
            if all(isinstance(data, dict) for data, _ in items):
                parent.merged = items
            else:
                problem = "'<<' takes a mapping or a list of mappings"
                self._complain("yaml-merge", problem, node.mark, 'write "<<" for a key')
        elif isinstance(slot, str) and parent.key_mark:
            node.mark.key_line, node.mark.key_column = parent.key_mark.line, parent.key_mark.column
            parent.data[slot], parent.marks[slot] = node.data, node.mark

    def _path(self) -> Path:
        path: list[str | int] = []
        for node in self._stack:
            if isinstance(node, Sequence):
                path.append(len(node.data))
            elif isinstance(node.slot, str):
                path.append(node.slot)
            else:
                break
        return tuple(path)

    def _complain(self, code: str, problem: str, mark: Mark, hint: str = "") -> None:
        source = Source(self._file, mark.line, mark.column)
        self.findings.append(Finding(code, problem, self._path(), hint, source=source))
        if len(self.findings) >= _MAX_FINDINGS:
            raise LabBuilderError(self.findings)

    def _stop(self, code: str, problem: str, mark: Mark) -> NoReturn:
        self._complain(code, problem, mark)
        raise LabBuilderError(self.findings)

    def _stop_deep(self, mark: Mark) -> NoReturn:
        self._stop("yaml-too-deep", f"values are nested deeper than {_MAX_DEPTH} levels", mark)
