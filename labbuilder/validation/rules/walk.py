"""Walks a manifest along its schema and applies the checks of each type and field.

The plan of a walk is made once for a kind, without the branches that have no checks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from labbuilder.errors import Path
from labbuilder.validation.rules.combinators import DUPLICATE, distinct, placed
from labbuilder.validation.rules.rule import Check, Complaints

__all__ = ["Node", "plan", "visit"]

_DEFAULTS = {"protocol": "TCP"}
_SERVER_FIELDS = {"status", "managedFields"}  # which nobody else writes


@dataclass(slots=True)
class Node:
    """The checks of one value, and of the values in it."""

    checks: list[Check] = field(default_factory=list)
    fields: dict[str, Node] = field(default_factory=dict)
    items: Node | None = None
    values: Node | None = None
    keys: tuple[str, ...] = ()


def plan(
    kind: str,
    schema: Mapping[str, Any],
    types: Mapping[str, Any],
    checks: Mapping[str, Sequence[Check]],
    *,
    with_keys: bool = True,
) -> Node:
    """Make the plan of a kind such as ``Pod`` for `visit`.

    `types` are the schemas that its schema refers to, by their full names; `checks` are by types
    and fields. `with_keys` adds that the items of lists differ where the schema says so.
    """
    return _Planner(types, checks, with_keys=with_keys).node(schema, kind) or Node()


def visit(node: Node, value: Any, path: Path = ()) -> Complaints:
    """Check a value that the schema accepts, and everything in it.

    It may be a part of a manifest, at this path; paths of complaints are those from the manifest.
    """
    for check in node.checks:
        yield from placed(check(value), path)
    for key, child in _children(node, value):
        yield from visit(child, value[key], (*path, key))
    if node.keys:
        yield from _duplicates(node.keys, value, path)


def _children(node: Node, value: Any) -> Iterator[tuple[str | int, Node]]:
    if node.fields:
        yield from ((key, node.fields[key]) for key in value if key in node.fields)
    elif node.values:
        yield from ((key, node.values) for key in value)
    elif node.items:
        yield from ((i, node.items) for i in range(len(value)))


def _duplicates(keys: tuple[str, ...], items: list[Any], path: Path) -> Complaints:
    seen: dict[tuple[Any, ...], int] = {}
    for i, item in enumerate(items):
        identity = tuple(item.get(key) or _DEFAULTS.get(key) for key in keys)
        if identity in seen:
            message = f"has the same {' and '.join(keys)} as item {seen[identity]}"
            yield DUPLICATE.complaint(message, "remove one of them", (*path, i, keys[0]))
        seen.setdefault(identity, i)


class _Planner:
    def __init__(
        self,
        types: Mapping[str, Any],
        checks: Mapping[str, Sequence[Check]],
        *,
        with_keys: bool,
    ) -> None:
        self._with_keys = with_keys
        self._types = types
        self._checks = checks
        self._known: dict[str, Node | None] = {}

    def node(self, schema: Mapping[str, Any], name: str = "") -> Node | None:
        """Plan the values of a schema, or None if they have no checks."""
        reference = schema.get("$ref")
        if reference:
            full = reference.rpartition("/")[2]
            if full not in self._known:
                self._known[full] = None  # a type that contains itself is checked once
                self._known[full] = self.node(self._types[full], full.rpartition(".")[2])
            return self._known[full]
        node = Node(checks=list(self._checks.get(name, ())))
        for key, part in schema.get("properties", {}).items():
            below = None if key in _SERVER_FIELDS else self.node(part)
            checks = self._checks.get(f"{name}.{key}")
            if checks:
                below = below or Node()
                below = replace(below, checks=[*below.checks, *checks])
            if below:
                node.fields[key] = below
        if isinstance(schema.get("items"), Mapping):
            node.items = self.node(schema["items"])
            if self._with_keys:
                node.keys = tuple(schema.get("x-kubernetes-list-map-keys", ()))
            if self._with_keys and schema.get("x-kubernetes-list-type") == "set":
                node.checks.append(distinct)
        if isinstance(schema.get("additionalProperties"), Mapping):
            node.values = self.node(schema["additionalProperties"])
        empty = not (node.checks or node.fields or node.items or node.values or node.keys)
        return None if empty else node
