"""Plain input → models, with each error as a finding."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.alias_generators import to_camel, to_snake
from pydantic_core import ErrorDetails

from labbuilder.errors import MAX_FINDINGS, Finding, Findings, Path

__all__ = ["resolve", "validated"]

M = TypeVar("M", bound=BaseModel)

_MAX_FIELD_LENGTH = 100  # characters; a longer name is no field
_MAX_LISTED = 12  # fields in a hint
_MIN_SIMILARITY = 0.75  # of a field that may be meant
_UNION = "source"  # the one field whose `type` selects a model
_MAPPING = ("a mapping", "write keys and values")
_LIST = ("a list", 'write items after "- " or in brackets')
_TYPES = {
    "string": ("a string", "put the value in quotes"),
    "int": ("a whole number", "write digits without quotes"),
    "float": ("a number", "write a number without quotes"),
    "bool": ("true or false", "write true or false without quotes"),
    "dict": _MAPPING,
    "model": _MAPPING,
    "model_attributes": _MAPPING,
    "tuple": _LIST,
}
_SCALARS = ("string", "int", "float", "bool")


def validated(model: type[M], value: object, path: Path) -> tuple[M | None, list[Finding]]:
    """Make a model of an argument: a model, a mapping, or any object with its attributes.

    It returns the model and no findings, or None and all findings. A finding shows a value only if
    the model's own rules put it there.
    """
    if isinstance(value, model):
        return value, []
    if value is None:
        return None, [
            Finding("missing-field", "required field is missing", path, f"add {path[-1]}")
        ]
    if isinstance(value, Mapping):
        try:
            value = dict(value)
        except Exception:  # noqa: BLE001 (foreign code, whose words may be anything)
            return None, [Finding("unreadable-object", "can't be read", path, "pass a dict")]
    try:
        return model.model_validate(value), []
    except ValidationError as error:
        details = error.errors(include_url=False)
        findings = Findings(
            found
            for each in details[:MAX_FINDINGS]
            for found in _findings(model, value, path, each)
        )
        if len(details) > MAX_FINDINGS:
            findings.skip(Finding("too-many", "", path), len(details) - MAX_FINDINGS)
        return None, list(findings)
    except RecursionError:
        return None, [Finding("too-deep", "is nested too deeply", path, "reduce the nesting")]


def _findings(
    model: type[BaseModel], value: object, path: Path, error: ErrorDetails
) -> Iterator[Finding]:
    kind, loc = error["type"], error["loc"]
    if kind == "refused":
        for problem in error["ctx"]["problems"]:
            at = path + resolve(value, (*loc, *problem.at))
            about_key = problem.about_key or "[key]" in loc
            yield Finding(problem.code, problem.message, at, problem.hint, about_key=about_key)
        return
    at = path + resolve(value, loc)
    if kind == "missing":
        yield Finding("missing-field", "required field is missing", at, f"add {loc[-1]}")
    elif kind == "extra_forbidden":
        message, hint = _unknown(model, loc)
        yield Finding("unknown-field", message, at, hint, about_key=True)
    elif kind == "union_tag_not_found":
        yield Finding("missing-field", "required field is missing", (*at, "type"), "add type")
    elif kind == "union_tag_invalid":
        expected = error["ctx"]["expected_tags"]
        yield Finding("invalid-value", f"must be one of {expected}", (*at, "type"))
    elif kind in {"get_attribute_error", "mapping_type"} and "error" in error.get("ctx", {}):
        # It is from foreign code, and its message may contain anything.
        yield Finding("unreadable-attribute", "can't be read", at, "pass a mapping instead")
    elif (name := re.sub(r"_(type|parsing)$", "", kind)) in _TYPES:
        expected, hint = _TYPES[name]
        message = f"must be {expected}"
        if name in _SCALARS and (given := _describe(error["input"])):
            message, hint = f"{message}, not {given}", ""  # quotes wouldn't help
        yield Finding("wrong-type", message, at, hint)
    else:
        message = error["msg"].replace("Input should be", "must be")
        yield Finding("invalid-value", message, at)


def _describe(value: object) -> str:
    """Name the kind of a value that is no scalar, without showing it."""
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        return "a mapping"
    return "a list" if isinstance(value, list | tuple) else ""


def _unknown(model: type[BaseModel], loc: Path) -> tuple[str, str]:
    """Return the message and hint about an unknown field."""
    message = "unknown field"
    known = {field.lower(): field for field in _known_fields(model, loc)}
    given = str(loc[-1])
    if len(given) <= _MAX_FIELD_LENGTH:
        alias = _outside(given)
        if alias != given and alias in known.values():  # both spellings are there
            return f"is the same field as {alias}", "keep one of them"
        if close := difflib.get_close_matches(given.lower(), known, 1, _MIN_SIMILARITY):
            return message, f"did you mean {known[close[0]]}?"
    if len(known) > _MAX_LISTED:
        return message, "see labbuilder schema config"
    return message, f"use one of {', '.join(known.values())}"


def _known_fields(model: type[BaseModel], loc: Path) -> list[str]:
    """List the fields that are known where the last step is."""
    models = [model]
    for step in loc[:-1]:
        fields = [
            field
            for each in models
            for name, field in each.model_fields.items()
            if step in (name, field.alias)
        ]
        tagged = [each for each in models if step in _tags(each)]
        if fields:
            models = [each for field in fields for each in _models(field.annotation)]
        elif tagged:
            models = tagged
    return sorted(
        {field.alias or name for each in models for name, field in each.model_fields.items()}
    )


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def _tags(model: type[BaseModel]) -> tuple[Any, ...]:
    field = model.model_fields.get("type")
    return get_args(field.annotation) if field else ()


def resolve(value: object, loc: Path) -> Path:
    """Keep the steps of a pydantic location that are in the input, as it spells them."""
    steps: list[str | int] = []
    for i, step in enumerate(loc):
        if step == "[key]" or (i and loc[i - 1] == _UNION):
            continue  # pydantic's mark of a key, or its name of the union's member
        found = _down(value, step)
        if found:
            name, value = found
            steps.append(name)
        elif i == len(loc) - 1 and not isinstance(value, str | int | float):  # it is missing
            steps.append(_outside(step))
    return tuple(steps)


def _outside(step: str | int) -> str | int:
    """Spell a field's Python name as files do."""
    return to_camel(step) if isinstance(step, str) and "_" in step and step.islower() else step


def _down(value: object, step: str | int) -> tuple[str | int, object] | None:
    """Find how the input spells a step, and the value there."""
    names: tuple[str | int, ...] = (step,)
    if isinstance(step, str) and len(step) <= _MAX_FIELD_LENGTH:
        names = (step, to_snake(step))  # as files or Python spell it
    for name in names:
        if isinstance(value, Mapping):
            if name in value:
                return name, value[name]
        elif isinstance(value, list | tuple):
            if isinstance(name, int) and name < len(value):
                return name, value[name]
        elif isinstance(name, str) and value is not None:
            with suppress(Exception):  # foreign code
                return name, getattr(value, name)
    return None
