"""Goes through a manifest by the types of its schema, so that a check stands once for a type.

What has nothing to be checked below it is left out of the plan, which is made once for a kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from labbuilder.errors import Path
from labbuilder.validation.rules.combinators import DUPLICATE, different
from labbuilder.validation.rules.rule import Check, Complaint

__all__ = ["Node", "Tables", "plan", "visit"]

_DEFAULTS = {"protocol": "TCP"}
_NOT_OURS = {"status", "managedFields"}  # the API server's


@dataclass(frozen=True, slots=True)
class Tables:
    """The checks.

    Attributes
    ----------
    types
        By the name of a type, such as ``Container``.
    fields
        By a field of a type, such as ``Container.name``.
    """

    types: Mapping[str, Sequence[Check]]
    fields: Mapping[str, Sequence[Check]]


@dataclass(slots=True)
class Node:
    """What is to be done with a value of one type."""

    checks: list[Check] = field(default_factory=list)
    fields: dict[str, Node] = field(default_factory=dict)
    items: Node | None = None
    values: Node | None = None
    keys: tuple[str, ...] = ()


def plan(kind: str, schema: Mapping[str, Any], types: Mapping[str, Any], tables: Tables) -> Node:
    """Make the plan of a kind.

    Parameters
    ----------
    kind
        Such as ``Pod``.
    schema
        Its schema.
    types
        The schemas that it refers to, by their full names.
    tables
        The checks.

    Returns
    -------
    Node
        What `visit` takes.
    """
    return _node(schema, kind, types, tables, {}) or Node()


def visit(node: Node, value: Any, path: Path = ()) -> Iterator[tuple[Path, Complaint]]:
    """Check a value that the schema accepts, and everything in it.

    Parameters
    ----------
    node
        The plan.
    value
        A manifest, or a part of one.
    path
        Where the part stands.

    Yields
    ------
    tuple
        The place of each complaint, and the complaint.
    """
    for check in node.checks:
        for complaint in check(value):
            yield path + complaint.at, complaint
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


def _duplicates(
    keys: tuple[str, ...], items: list[Any], path: Path
) -> Iterator[tuple[Path, Complaint]]:
    seen: dict[tuple[Any, ...], int] = {}
    for i, item in enumerate(items):
        identity = tuple(item.get(key) or _DEFAULTS.get(key) for key in keys)
        if identity in seen:
            message = f"has the same {' and '.join(keys)} as item {seen[identity]}"
            yield (*path, i, keys[0]), Complaint(DUPLICATE, message, "keep one of the two")
        seen.setdefault(identity, i)


def _node(
    schema: Mapping[str, Any],
    name: str,
    types: Mapping[str, Any],
    tables: Tables,
    known: dict[str, Node | None],
) -> Node | None:
    reference = schema.get("$ref")
    if reference:
        full = reference.rpartition("/")[2]
        if full not in known:
            known[full] = None  # a type within itself is looked at once
            short = full.rpartition(".")[2]
            known[full] = _node(types[full], short, types, tables, known)
        return known[full]
    node = Node(checks=list(tables.types.get(name, ())))
    for key, part in schema.get("properties", {}).items():
        below = None if key in _NOT_OURS else _node(part, "", types, tables, known)
        checks = tables.fields.get(f"{name}.{key}")
        if checks:
            below = below or Node()
            below = replace(below, checks=[*below.checks, *checks])
        if below:
            node.fields[key] = below
    if isinstance(schema.get("items"), Mapping):
        node.items = _node(schema["items"], "", types, tables, known)
        node.keys = tuple(schema.get("x-kubernetes-list-map-keys", ()))
        if schema.get("x-kubernetes-list-type") == "set":
            node.checks.append(different)
    if isinstance(schema.get("additionalProperties"), Mapping):
        node.values = _node(schema["additionalProperties"], "", types, tables, known)
    empty = not (node.checks or node.fields or node.items or node.values or node.keys)
    return None if empty else node
