"""Objects and mappings of other programs → what our models read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from labbuilder.errors import Finding, LabBuilderError, Path
from labbuilder.models.base import Model
from labbuilder.models.complaints import resolve

__all__ = ["plain_model", "without_unknown"]

M = TypeVar("M", bound=BaseModel)


def plain_model(value: Any) -> Any:
    """Convert another library's pydantic model to plain data, with the names that files have.

    Fields that are None are omitted, and durations stay as they are. Anything but such a model is
    returned as it is.
    """
    if not isinstance(value, BaseModel) or isinstance(value, Model):
        return value
    try:
        return _plain(value.model_dump(by_alias=True, exclude_none=True))
    except Exception as error:  # noqa: BLE001 (foreign code, whose words may be anything)
        message = f"{type(value).__name__} can't be serialized: {type(error).__name__}"
        finding = Finding("unreadable-object", message, hint="pass a mapping instead")
        raise LabBuilderError([finding]) from None


def without_unknown(model: type[M], value: Any) -> tuple[Any, list[Path]]:
    """Return a model of a value, or the value if it isn't valid, without keys that are unknown.

    The paths of these keys are returned as well.
    """
    if isinstance(value, Mapping):
        value = dict(value)
    try:
        return model.model_validate(value), []
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False, include_context=False)
        unknown = [each["loc"] for each in details if each["type"] == "extra_forbidden"]
        paths = [path for location in unknown if (path := resolve(value, location))]
        return _without(value, paths), paths
    except RecursionError:
        return value, []


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _without(value: Any, paths: list[Path]) -> Any:
    removed = {path[0] for path in paths if len(path) == 1}
    below: defaultdict[str | int, list[Path]] = defaultdict(list)
    for path in paths:
        below[path[0]].append(path[1:])
    if isinstance(value, Mapping):
        items = {key: item for key, item in value.items() if key not in removed}
        return {key: _without(v, below[key]) if key in below else v for key, v in items.items()}
    if isinstance(value, list | tuple):
        return [_without(item, below[i]) if i in below else item for i, item in enumerate(value)]
    return value
