"""Parts of a YAML document: places, and values that are not yet in their parents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

__all__ = ["Mapping", "Mark", "Node", "Rank", "Sequence", "Slot", "no_rank"]

Rank = Callable[[int, int], int]
"""Returns the rank of a line and column, counted from 1."""


def no_rank(_line: int, _column: int) -> int:
    """Rank all places equally."""
    return 0


@dataclass(slots=True)
class Mark:
    """The place of a value in its text, counted from 1, and the places of its parts."""

    line: int
    column: int
    key_line: int = 0  # of its key; 0 if it is not a value of a mapping
    key_column: int = 0
    children: dict[str, Mark] | list[Mark] | None = None  # None for a scalar
    text: str = field(default="", repr=False)  # of a scalar that kubectl reads otherwise

    def child(self, step: str | int) -> Mark | None:
        """Return the mark one step down, or None if there is no such part."""
        if isinstance(self.children, dict):
            return self.children.get(step) if isinstance(step, str) else None
        if isinstance(self.children, list) and isinstance(step, int):
            return self.children[step] if 0 <= step < len(self.children) else None
        return None


@dataclass(slots=True)
class Node:
    """A value that is not yet in its parent; size and height include expanded aliases."""

    data: Any = field(repr=False)
    mark: Mark
    size: int = 1
    height: int = 0
    open: bool = False  # its end has not been read
    broken: bool = False  # it has a finding


@dataclass(slots=True)
class Sequence(Node):
    """A list, and the marks of its items."""

    marks: list[Mark] = field(default_factory=list)


class Slot(Enum):
    """What a mapping expects next, unless it is the value of a key."""

    KEY = auto()
    IGNORED = auto()  # the value of a key that is dropped
    MERGE = auto()  # the value of "<<"


@dataclass(slots=True)
class Mapping(Node):
    """A mapping, the marks of its values, and the state of reading it."""

    marks: dict[str, Mark] = field(default_factory=dict)
    slot: str | Slot = Slot.KEY
    key_mark: Mark | None = None
    merge_mark: Mark | None = None
    merged: list[tuple[dict[str, Any], Mark]] = field(default_factory=list, repr=False)

    def merge(self) -> None:
        """Add the merged mappings' keys; the mapping's own win, then the first one's."""
        data: dict[str, Any] = {}
        marks: dict[str, Mark] = {}
        for merged, mark in self.merged:
            for key, value in merged.items():
                if key not in data and (at := mark.child(key)):
                    data[key], marks[key] = value, at
        self.data = data | self.data
        self.marks = self.mark.children = marks | self.marks
