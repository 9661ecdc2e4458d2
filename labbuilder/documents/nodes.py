"""What a YAML document is made of: positions, and values on their way to their places."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

__all__ = ["Mapping", "Mark", "Node", "Sequence", "Slot"]


@dataclass(slots=True)
class Mark:
    """Where a value stands in its text, and where its parts do.

    Attributes
    ----------
    line, column
        Where the value starts, counted from 1.
    key_line, key_column
        Where its key starts; 0 if it is no value of a mapping.
    children
        The marks of its values or items; None for a scalar.
    """

    line: int
    column: int
    key_line: int = 0
    key_column: int = 0
    children: dict[str, Mark] | list[Mark] | None = None

    def child(self, step: str | int) -> Mark | None:
        """Return the mark one step down, or None where there is nothing."""
        if isinstance(self.children, dict):
            return self.children.get(step) if isinstance(step, str) else None
        if isinstance(self.children, list) and isinstance(step, int):
            return self.children[step] if 0 <= step < len(self.children) else None
        return None


@dataclass(slots=True)
class Node:
    """A value on its way to its place; ``size`` and ``height`` count aliases expanded."""

    data: Any
    mark: Mark
    size: int = 1
    height: int = 0
    open: bool = False  # its end is still to come
    broken: bool = False  # a finding tells of it


@dataclass(slots=True)
class Sequence(Node):
    """A list, and the marks of its items."""

    marks: list[Mark] = field(default_factory=list)


class Slot(Enum):
    """What a mapping waits for next, unless it is the value of a key."""

    KEY = auto()
    IGNORED = auto()  # the value of a key that a finding tells of
    MERGE = auto()  # the value of "<<"


@dataclass(slots=True)
class Mapping(Node):
    """A mapping, the marks of its values, and how far it is."""

    marks: dict[str, Mark] = field(default_factory=dict)
    slot: str | Slot = Slot.KEY
    key_mark: Mark | None = None
    merge_mark: Mark | None = None
    merged: list[tuple[dict[str, Any], Mark]] = field(default_factory=list)

    def merge(self) -> None:
        """Take in what was merged.

        A key of the mapping's own wins, then the mapping that was merged first.
        """
        data: dict[str, Any] = {}
        marks: dict[str, Mark] = {}
        for merged, mark in self.merged:
            for key, value in merged.items():
                if key not in data and (at := mark.child(key)):
                    data[key], marks[key] = value, at
        self.data = data | self.data
        self.marks = self.mark.children = marks | self.marks
