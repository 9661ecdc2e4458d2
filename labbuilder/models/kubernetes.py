"""Fields that hold Kubernetes' own types: plain data in Kubernetes' spelling and one order.

`labbuilder.lab.scheduling` judges what they hold, by Kubernetes' schemas and the rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic.alias_generators import to_camel

from labbuilder.models.foreign import plain_model

__all__ = ["Affinity", "Toleration", "affinity_data", "toleration_data"]

_LABELS = "matchLabels"
_FIRST = (_LABELS, "requiredDuringSchedulingIgnoredDuringExecution")
"""Fields that come before their siblings, which are in alphabetical order."""


def affinity_data(value: Any) -> Any:
    """Spell an affinity, or a part of one, as Kubernetes does, without fields that are null.

    Keys may be Kubernetes' own or the same in snake_case.
    """
    value = plain_model(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list | tuple):
        return [affinity_data(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    fields = {_camel_case(key): item for key, item in value.items() if item is not None}
    # The keys of labels are no fields.
    return {
        key: dict(item) if key == _LABELS and isinstance(item, Mapping) else affinity_data(item)
        for key, item in sorted(
            fields.items(), key=lambda item: (item[0] not in _FIRST, str(item[0]))
        )
    }


def toleration_data(value: Any) -> Any:
    """Spell a toleration as Kubernetes does, with its operator."""
    found = affinity_data(value)
    if not isinstance(found, dict):
        return found
    return affinity_data(found | {"operator": found.get("operator") or "Equal"})


def _camel_case(key: Any) -> Any:
    return to_camel(key) if isinstance(key, str) and "_" in key else key


def _without_empty(value: Any) -> Any:
    """Remove lists and labels that are empty, which is as if they were absent."""
    if isinstance(value, list):
        return [_without_empty(item) for item in value]
    if not isinstance(value, dict):
        return value
    empty = [key for key, item in value.items() if item == [] or (key == _LABELS and not item)]
    return {key: _without_empty(item) for key, item in value.items() if key not in empty}


Affinity = Annotated[
    dict[str, Any], BeforeValidator(lambda value: _without_empty(affinity_data(value)))
]
"""Kubernetes' ``core/v1.Affinity``."""

Toleration = Annotated[dict[str, Any], BeforeValidator(toleration_data)]
"""Kubernetes' ``core/v1.Toleration``."""
