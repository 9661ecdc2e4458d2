"""A lab's shape: rendered once, with holes where labs differ, and filled for each of them.

Labs of one site and size, made by fragments that don't look into the labs' own values, are the
same but for these values. So the fragments are rendered once with holes in place of the values;
a lab then costs a copy of what they made, and the filling of the holes.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import fields
from operator import attrgetter
from types import CodeType, FunctionType
from typing import Any

from labbuilder.errors import Finding, LabBuilderError
from labbuilder.fragments import Fragments, Hole
from labbuilder.lab.catalog import CATALOG, Entry
from labbuilder.lab.facts import Facts, arrange
from labbuilder.lab.names import LabObjectNames
from labbuilder.lab.storage import Storage
from labbuilder.lab.values import Particulars
from labbuilder.models.size import LabSizeDefinition

__all__ = ["Plan", "Plans"]

_MOST = 256
"""Plans that are kept: pull secrets may be of any number of types."""

_NAMES = [f"names.{each.name}" for each in fields(LabObjectNames)]
_SINGLE = [name for name in Particulars._fields if name not in ("names", "claims")]
_get_values: Callable[[Particulars], tuple[Any, ...]] = attrgetter(*_NAMES, *_SINGLE)


class Plans:
    """Makes labs of one site, each shape by a plan of its own.

    Parameters
    ----------
    fragments
        What gives the objects their shape.
    storage
        The configuration, and what it decides about volumes.
    """

    def __init__(self, fragments: Fragments, storage: Storage) -> None:
        self._fragments = fragments
        self._storage = storage
        self._plans: dict[Any, Plan | None] = {}

    def make(
        self, size: LabSizeDefinition, pull_secret_type: str | None, own: Particulars
    ) -> tuple[dict[str, Any], Plan | None]:
        """Make the parts of a lab.

        Parameters
        ----------
        size
            The size that the user asked for.
        pull_secret_type
            The type of the Secret with which images are pulled, if there is one.
        own
            The lab's own values.

        Returns
        -------
        tuple
            The objects by the parts of `labbuilder.lab.objects.LabObjects`, and the plan that they
            are made by; None if a fragment looks into the values, and was rendered for this lab.

        Raises
        ------
        LabBuilderError
            If a fragment is wrong.
        """
        values = _values(own)
        shape = (size.size, pull_secret_type, *(value is None for value in values))
        if shape not in self._plans:
            if len(self._plans) >= _MOST:
                self._plans.clear()
            self._plans[shape] = self._plan(size, pull_secret_type, own)
        plan = self._plans[shape]
        if plan:
            return plan.fill(values), plan
        return self._render(arrange(self._storage, size, pull_secret_type, own)), None

    def _plan(
        self, size: LabSizeDefinition, pull_secret_type: str | None, own: Particulars
    ) -> Plan | None:
        try:
            return Plan(self._render(arrange(self._storage, size, pull_secret_type, _hollow(own))))
        except LabBuilderError:  # what is really wrong, if anything is, will be told of the lab
            return None

    def _render(self, facts: Facts) -> dict[str, Any]:
        # Secrets are for their manifests, which are given them, and for no other fragment.
        variables = {name: value for name, value in vars(facts).items() if name != "secrets"}
        return {entry.part: self._part(entry, facts, variables) for entry in CATALOG}

    def _part(self, entry: Entry, facts: Facts, variables: dict[str, Any]) -> Any:
        made = [
            self._fragments.render(entry.fragment, {**variables, **each})
            for each in entry.each(facts)
        ]
        if not all(isinstance(manifest, dict) for manifest in made):
            message = f"fragment {entry.fragment} makes no mapping"
            raise LabBuilderError([Finding("template-error", message, hint="mend the fragment")])
        if entry.many:
            return made
        return made[0] if made else None


class Plan:
    """Objects with holes, made ready to be filled.

    Parameters
    ----------
    parts
        Objects of JSON types and holes.
    """

    def __init__(self, parts: Any) -> None:
        self._parts = parts
        self._is_new = True
        self._fill: Callable[[Sequence[Any]], Any] | None = None

    def fill(self, values: Sequence[Any]) -> Any:
        """Make the objects of one lab.

        Parameters
        ----------
        values
            The lab's own values, in the order of the holes. They go into the objects as they are.

        Returns
        -------
        object
            The objects, which share nothing mutable with those of another call.
        """
        if self._is_new:  # a lab may be the only one
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
    return value.copy() if _is_again(node, used) else value


def _is_again(hole: Hole, used: set[int]) -> bool:
    """Tell whether a value that can be changed has been put somewhere already."""
    if hole.index in used:
        return hole.mutable
    used.add(hole.index)
    return False


def _function(parts: Any) -> Callable[[Sequence[Any]], Any]:
    """Write `_filled` for these parts as a function, which is faster than any way to copy them.

    It is made of a tree of literals: no text is ever taken for code.
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
    if not _is_again(node, used):
        return value
    return ast.Call(ast.Attribute(value, "copy", ast.Load()), [], [])


def _values(own: Particulars) -> tuple[Any, ...]:
    """List a lab's own values, in the order of the holes that `_hollow` makes."""
    return (*_get_values(own), *own.claims.values())


def _hollow(own: Particulars) -> Particulars:
    """Make the particulars of a shape: a hole for each value of a lab that is not None."""
    holes: list[Any] = [
        None if value is None else Hole(i, mutable=isinstance(value, dict | list))
        for i, value in enumerate(_values(own))
    ]
    names, single = holes[: len(_NAMES)], holes[len(_NAMES) :]
    return Particulars(
        names=LabObjectNames(*names),
        claims=dict(zip(own.claims, single[len(_SINGLE) :], strict=True)),
        **dict(zip(_SINGLE, single, strict=False)),
    )
