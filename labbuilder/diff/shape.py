"""How two values of a field are compared, by Kubernetes' schemas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from labbuilder.errors import Item
from labbuilder.validation import schemas

__all__ = ["Shape", "shape"]

_DEFAULTS = {"protocol": "TCP"}
_OPERATORS = {"Equal": "=", "Exists": ""}
_ORDERED = {"Container.env", "PodSpec.initContainers"}
"""Lists of named items whose order matters: an item may use, or wait for, those before it."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The schema of a value, with its reference resolved; empty if there is none."""

    schema: Mapping[str, Any] = field(default_factory=dict)
    types: Mapping[str, Any] = field(default_factory=dict)  # that it refers to, by full name
    type: str = ""  # the short name, for example ``Quantity``
    field: str = ""  # that holds the value, for example ``PodSpec.tolerations``

    @property
    def is_quantity(self) -> bool:
        """Whether values are quantities, which can be written in several ways."""
        return self.type == "Quantity"

    @property
    def is_ordered(self) -> bool:
        """Whether the order of named items matters."""
        return self.field in _ORDERED

    def child(self, key: str) -> Shape:
        """Return the shape of a key's value."""
        known = self.schema.get("properties", {})
        below = known.get(key) or self.schema.get("additionalProperties")
        return self._below(below, f"{self.type}.{key}")

    def item(self) -> Shape:
        """Return the shape of a list's items."""
        return self._below(self.schema.get("items"), "")

    def names(self, items: Sequence[Any]) -> list[Item] | None:
        """Name the items of a list by the fields that identify them; None if their index does."""
        keys = self.schema.get("x-kubernetes-list-map-keys", ())
        if self.schema.get("x-kubernetes-list-type") == "set":
            found = [item if isinstance(item, str) else None for item in items]
        elif not all(isinstance(item, Mapping) for item in items):
            return None
        elif self.field == "PodSpec.tolerations":
            found = [_toleration(item) for item in items]
        elif keys:
            found = [_name(item, keys) for item in items]
        else:
            return None
        names = [Item(name) for name in found if name is not None]
        return names if len(set(names)) == len(items) else None

    def _below(self, schema: Any, name: str) -> Shape:
        if not isinstance(schema, Mapping):
            return Shape()
        full = schema.get("$ref", "").rpartition("/")[2]
        return Shape(self.types.get(full, schema), self.types, full.rpartition(".")[2], name)


def shape(kind: str) -> Shape:
    """Return the shape of a kind's manifests by the newest schemas; empty if there is none.

    The kind is written as by `labbuilder.manifest.kind_of`.
    """
    try:
        schema, types = schemas.definition(schemas.NEWEST, kind)
    except KeyError:
        return Shape()
    return Shape(schema, types, kind.rpartition("/")[2])


def _name(item: Mapping[str, Any], keys: Sequence[str]) -> str | None:
    values = [item.get(key, _DEFAULTS.get(key)) for key in keys]
    if not all(isinstance(value, str | int) for value in values):
        return None
    return "/".join(map(str, values))


def _toleration(item: Mapping[str, Any]) -> str:
    """Name a toleration as a taint is written; only its seconds can be updated."""
    operator = item.get("operator", "Equal")
    sign = _OPERATORS.get(operator, f" {operator} ") if isinstance(operator, str) else "?"
    return f"{item.get('key', '')}{sign}{item.get('value', '')}:{item.get('effect', '')}"
