"""Builds data and places from the parser's events, without recursion and within limits."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence as Sequence_
from typing import Any, NoReturn

import yaml

from labbuilder.documents import go_yaml
from labbuilder.documents.go_yaml import TAG
from labbuilder.documents.nodes import Mapping, Mark, Node, Rank, Sequence, Slot
from labbuilder.documents.text import BREAKS, is_json, resolve
from labbuilder.errors import Finding, Findings, LabBuilderError, Path, Source, shown

__all__ = ["TreeBuilder"]

_MAX_DEPTH = 100
_MAX_EXPANDED = 100_000  # values that all aliases of a text expand to
_CHARACTERS_PER_VALUE = 100  # text that an alias repeats counts by its length

_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPES = re.compile(r"\\.", re.DOTALL)
_LINE = re.compile(".*")
_TYPED = {f"{TAG}int": int, f"{TAG}float": float, f"{TAG}bool": bool, f"{TAG}null": type(None)}


class TreeBuilder:
    """Builds documents from YAML events, within the limits of `labbuilder.documents.load`."""

    def __init__(
        self, file: str, max_values: int, rank: Rank, *, as_kubectl: bool = False, text: str = ""
    ) -> None:
        self.documents: list[tuple[Any, Mark, Sequence_[Finding]]] = []
        self._as_kubectl = as_kubectl
        self._text = text if as_kubectl and "\\/" in text and not is_json(text) else ""
        self._whole = text
        self._breaks = [each.start() for each in BREAKS.finditer(text)] if as_kubectl else []
        self._foreign: list[Finding] = []  # what kubectl refuses of this document
        self.findings = Findings()
        self._file = file
        self.max_values = max_values
        self._rank = rank
        self._stack: list[Sequence | Mapping] = []
        self._anchors: dict[str, Node] = {}
        self._nodes = 0
        self._expanded = 0

    def take(self, event: yaml.Event) -> None:
        """Take the next event; raise the findings if the text is too deep or too large."""
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
            self._foreign = []
            if self._as_kubectl:
                self._start_document(event)

    def _start_document(self, event: yaml.DocumentStartEvent) -> None:
        """Mirror ``YAMLReader``, which cuts a text into documents before any is parsed."""
        if event.version or event.tags:
            hint = "remove the lines that start with '%'"
            self._refuse("kubectl takes no directives", event, hint)
        if event.explicit and event.end_mark:
            line = _LINE.match(self._whole, event.end_mark.index)
            rest = line[0].strip() if line else ""
            if rest and not rest.startswith("#"):
                hint = "start the document on the next line"
                self._refuse("kubectl takes only a comment behind '---'", event, hint)

    def _mark(self, event: yaml.NodeEvent) -> Mark:
        mark = Mark(*self._position(event))
        self._nodes += 1
        if self._nodes > self.max_values:
            self._stop("yaml-too-large", f"has more than {self.max_values:,} values", mark)
        return mark

    def _position(self, event: yaml.Event) -> tuple[int, int]:
        """Return line and column as an editor counts them."""
        mark = event.start_mark
        if not mark:
            return 1, 1
        odd = bisect_left(self._breaks, mark.index)
        if not odd:
            return mark.line + 1, mark.column + 1
        line_start = self._whole.rfind("\n", 0, mark.index) + 1
        return mark.line + 1 - odd, mark.index - line_start + 1

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        size = 1 + len(event.value) // _CHARACTERS_PER_VALUE
        node = Node(event.value, self._mark(event), size)
        parent = self._stack[-1] if self._stack else None
        plain = not event.style
        if event.anchor:
            self._anchors[event.anchor] = node
        if event.style == '"' and _SURROGATE.search(event.value):  # which libyaml refuses
            hint = "write the character itself"
            self._report("yaml-syntax", "invalid character in an escape", node.mark, hint)
        if self._text and event.style == '"' and self._has_slash(event):
            hint = r"write / without a backslash, which is JSON's only"
            self._refuse("unknown escape in double quotes", event, hint)
        merges = plain and event.tag is None and event.value == "<<"
        if merges and isinstance(parent, Mapping) and parent.slot is Slot.KEY:
            self._merge_key(parent, node.mark)
        else:
            is_key = isinstance(parent, Mapping) and parent.slot is Slot.KEY
            if self._as_kubectl and is_key and plain and event.tag is None:
                node.data = go_yaml.resolve_key(event.value)
            else:
                self._resolve(node, event.tag, plain=plain)
            self._place(node)

    def _has_slash(self, event: yaml.ScalarEvent) -> bool:
        start, end = event.start_mark, event.end_mark
        written = self._text[start.index : end.index] if start and end else ""
        return any(found[0] == r"\/" for found in _ESCAPES.finditer(written))

    def _refuse(self, problem: str, event: yaml.Event, hint: str) -> None:
        """Report what kubectl refuses, which is fine for others."""
        source = Source(self._file, *self._position(event))
        self._foreign.append(Finding("yaml-syntax", problem, hint=hint, source=source))

    def _resolve(self, node: Node, tag: str | None, *, plain: bool) -> None:
        if tag in {"!", f"{TAG}str"} or (tag is None and not plain):
            return
        if tag is not None and self._as_kubectl:
            try:
                node.data = go_yaml.resolve_tagged(tag, node.data)
            except ValueError:
                self._unsupported_tag(node)
            return
        if tag is not None and not (tag in _TYPED and plain):
            self._unsupported_tag(node)
            return
        try:
            if self._as_kubectl:
                self._resolve_as_kubectl(node)
            else:
                node.data = resolve(node.data)
        except OverflowError:
            hint = "put it in quotes if it is text"
            self._report("yaml-number-too-large", "the number is too large", node.mark, hint)
            node.broken = True
        else:
            if tag is not None and type(node.data) is not _TYPED[tag]:
                self._unsupported_tag(node)

    def _resolve_as_kubectl(self, node: Node) -> None:
        text, node.data = node.data, go_yaml.resolve(node.data)
        if isinstance(node.data, int | float):
            plain = resolve(text)
            if plain != node.data or isinstance(plain, bool) is not isinstance(node.data, bool):
                node.mark.text = text

    def _unsupported_tag(self, node: Node) -> None:
        problem = "unsupported tag: the value starts with '!'"
        self._report("unsupported-tag", problem, node.mark, "put the value in quotes")
        node.broken = True

    def _start(self, event: yaml.CollectionStartEvent) -> None:
        mark = self._mark(event)
        if len(self._stack) >= _MAX_DEPTH:
            self._stop_deep(mark)
        node: Sequence | Mapping
        if isinstance(event, yaml.MappingStartEvent):
            node = Mapping({}, mark, height=1, open=True)
            tags = {None, "!", f"{TAG}map"}
        else:
            node = Sequence([], mark, height=1, open=True)
            tags = {None, "!", f"{TAG}seq"}
        mark.children = node.marks
        if event.tag not in tags and not self._as_kubectl:
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
            problem = "an alias refers to a value that contains it"
            if target is None:
                problem = "an alias refers to an anchor that is not defined above it"
            hint = "put a value that starts with '*' in quotes"
            self._report("yaml-alias", problem, mark, hint)
            self._place(Node(None, mark, broken=True))
            return
        self._expand(target.size, mark)
        if len(self._stack) + target.height > _MAX_DEPTH:
            self._stop_deep(mark)
        # The mark is its own, since it may get a key; the marks below are shared.
        there = Mark(target.mark.line, target.mark.column, children=target.mark.children)
        self._place(Node(target.data, there, target.size, target.height, broken=target.broken))

    def _expand(self, size: int, mark: Mark) -> None:
        self._expanded += size
        if self._expanded > _MAX_EXPANDED:
            problem = f"aliases and merges expand to more than {_MAX_EXPANDED:,} values"
            self._stop("yaml-too-large", problem, mark)

    def _place(self, node: Node) -> None:
        """Put a complete value into its parent."""
        if not self._stack:
            self.documents.append((node.data, node.mark, tuple(self._foreign)))
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
            is_scalar = not isinstance(node.data, list | dict)
            problem = (
                "a key must be a string" if is_scalar else "a key can't be a list or a mapping"
            )
            self._report("yaml-key-not-text", problem, node.mark, "put the key in quotes")
            return
        first = parent.marks.get(node.data)
        rank = self._rank(node.mark.line, node.mark.column) if first else 0
        first_rank = self._rank(first.key_line, first.key_column) if first else 1
        if rank < first_rank:
            parent.slot, parent.key_mark = node.data, node.mark
        elif first and rank == first_rank:
            self._duplicate(node.data, first.key_line, node.mark)

    def _duplicate(self, key: str, first: int, mark: Mark) -> None:
        problem = f"key {shown(key)} is duplicated; it is first defined on line {first}"
        self._report("duplicate-key", problem, mark, "keep one of them")

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
                problem = "the value of '<<' must be a mapping or a list of mappings"
                self._report(
                    "yaml-merge", problem, node.mark, 'quote it as "<<" if it is an ordinary key'
                )
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

    def _report(self, code: str, problem: str, mark: Mark, hint: str = "") -> None:
        source = Source(self._file, mark.line, mark.column)
        self.findings.add(Finding(code, problem, self._path(), hint, source=source))

    def _stop(self, code: str, problem: str, mark: Mark) -> NoReturn:
        self._report(code, problem, mark)
        raise LabBuilderError(self.findings)

    def _stop_deep(self, mark: Mark) -> NoReturn:
        self._stop("yaml-too-deep", f"is nested deeper than {_MAX_DEPTH} levels", mark)
