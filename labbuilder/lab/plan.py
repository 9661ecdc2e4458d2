"""A shortcut: manifests that are rendered once for a shape and filled in for each lab.

Labs of one site and size differ only in their values, unless a fragment reads these. So the
manifests are rendered once with placeholders for the values; each lab is a copy of the result with
its values filled in.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Sequence
from dataclasses import fields
from itertools import count
from operator import attrgetter
from types import CodeType, FunctionType
from typing import Any

from labbuilder.cache import BoundedCache
from labbuilder.errors import LabBuilderError
from labbuilder.fragments import Hole
from labbuilder.lab.manifests import Parts
from labbuilder.lab.names import LabObjectNames
from labbuilder.lab.values import LabValues
from labbuilder.models.size import LabSizeDefinition

__all__ = ["MAX_CACHED_PLANS", "Plan", "Plans", "Render"]

MAX_CACHED_PLANS = 256
"""The number of types of pull secrets, of which each makes a shape, is not bounded."""

_MAX_TYPE_LENGTH = 300  # characters of a pull secret's type

Render = Callable[[LabSizeDefinition, str | None, LabValues], Parts]
"""Renders the manifests of a lab, given its size, the type of its pull secret and its values."""

_NAMES = [f"names.{each.name}" for each in fields(LabObjectNames)]
_SINGLE = [name for name in LabValues._fields if name not in ("names", "claims")]
_get_values: Callable[[LabValues], tuple[Any, ...]] = attrgetter(*_NAMES, *_SINGLE)


class Plans:
    """The plans of one site, made with the plain way to render manifests."""

    def __init__(self, render: Render) -> None:
        self._render = render
        self._plans: BoundedCache[Hashable, Plan | None] = BoundedCache(MAX_CACHED_PLANS)

    def render(
        self, size: LabSizeDefinition, pull_secret_type: str | None, values: LabValues
    ) -> tuple[Parts, Plan | None]:
        """Return the manifests of a lab, and their plan.

        There is no plan if a fragment reads the values. Raises `LabBuilderError` if a fragment is
        wrong.
        """
        if pull_secret_type and len(pull_secret_type) > _MAX_TYPE_LENGTH:
            return self._render(size, pull_secret_type, values), None
        flat = _flatten(values)
        shape = (size.size, pull_secret_type, *(value is None for value in flat))
        try:
            plan = self._plans[shape]
        except KeyError:
            plan = self._plans[shape] = self._plan(size, pull_secret_type, values)
        if plan:
            return plan.fill(flat), plan
        return self._render(size, pull_secret_type, values), None

    def _plan(
        self, size: LabSizeDefinition, pull_secret_type: str | None, values: LabValues
    ) -> Plan | None:
        try:
            return Plan(self._render(size, pull_secret_type, _placeholders(values)))
        except LabBuilderError:  # an error that is not about placeholders shows without them, too
            return None


_numbers = count()


class Plan:
    """Manifests of JSON types and placeholders, ready to be filled in.

    Attributes
    ----------
    number
        What no other plan of the process has.
    """

    def __init__(self, parts: Any) -> None:
        self.number = next(_numbers)
        self._parts = parts
        self._is_new = True
        self._fill: Callable[[Sequence[Any]], Any] | None = None

    def fill(self, values: Sequence[Any]) -> Any:
        """Make the manifests of one lab, which share nothing mutable with those of another call.

        The values are in the order of the placeholders. The manifests hold them as they are.
        """
        if self._is_new:  # there may be no other lab
            self._is_new = False
            return _filled(self._parts, values, set())
        if not self._fill:
            self._fill = _function(self._parts)
        return self._fill(values)


def _filled(node: Any, values: Sequence[Any], used: set[int]) -> Any:
    if isinstance(node, dict):
        return {key: _filled(item, values, used) for key, item in node.items()}
    if isinstance(node, list):
        return [_filled(item, values, used) for item in node]
    if not isinstance(node, Hole):
        return node
    value = values[node.index]
    return value.copy() if _needs_copy(node, used) else value


def _needs_copy(hole: Hole, used: set[int]) -> bool:
    """Return whether the value is mutable and already used at another place."""
    if hole.index in used:
        return hole.mutable
    used.add(hole.index)
    return False


def _function(parts: Any) -> Callable[[Sequence[Any]], Any]:
    """Write `_filled` for these parts as a function, the fastest way to copy them.

    It is built from a tree of literals, so that no text is ever executed.
    """
    arguments = ast.arguments([], [ast.arg("values")], kwonlyargs=[], kw_defaults=[], defaults=[])
    tree = ast.Expression(ast.Lambda(arguments, _literal(parts, set())))
    constants = compile(ast.fix_missing_locations(tree), "<plan>", "eval").co_consts
    (code,) = (each for each in constants if isinstance(each, CodeType))
    return FunctionType(code, {})


def _literal(node: Any, used: set[int]) -> ast.expr:
    if isinstance(node, dict):
        keys = [ast.Constant(key) for key in node]
        return ast.Dict([*keys], [_literal(item, used) for item in node.values()])
    if isinstance(node, list):
        return ast.List([_literal(item, used) for item in node], ast.Load())
    if not isinstance(node, Hole):
        return ast.Constant(node)
    values = ast.Name("values", ast.Load())
    value = ast.Subscript(values, ast.Constant(node.index), ast.Load())
    if not _needs_copy(node, used):
        return value
    return ast.Call(ast.Attribute(value, "copy", ast.Load()), [], [])


def _flatten(values: LabValues) -> tuple[Any, ...]:
    """List the values in the order of the placeholders."""
    return (*_get_values(values), *values.claims.values())


def _placeholders(values: LabValues) -> LabValues:
    """Replace each value that is not None by a placeholder."""
    holes: list[Any] = [
        None if value is None else Hole(i, mutable=isinstance(value, dict | list))
        for i, value in enumerate(_flatten(values))
    ]
    names, single = holes[: len(_NAMES)], holes[len(_NAMES) :]
    return LabValues(
        names=LabObjectNames(*names),
        claims=dict(zip(values.claims, single[len(_SINGLE) :], strict=True)),
        **dict(zip(_SINGLE, single, strict=False)),
    )
