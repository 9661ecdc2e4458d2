"""The base of the input models, and the types of their fields.

Models are frozen and take no unknown keys; keys are camelCase in files and snake_case in Python.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Generic, NoReturn, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, WithJsonSchema
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from labbuilder import names
from labbuilder.cache import cache_short
from labbuilder.errors import Path, shown

__all__ = [
    "AbsolutePath",
    "AnnotationKey",
    "ConfigMapKey",
    "DnsLabel",
    "DnsSubdomain",
    "EnvVarName",
    "LabelKey",
    "LabelValue",
    "Model",
    "NotBlank",
    "Problem",
    "Text",
    "Word",
    "absolute_path",
    "computed_once",
    "matching",
    "not_empty",
    "number_or_text",
    "refuse",
    "refused",
]

Result = TypeVar("Result")

_SURROGATE = re.compile("[\ud800-\udfff]")


class computed_once(Generic[Result]):  # noqa: N801 (a decorator)
    """`functools.cached_property` without the lock that it has in Python 3.11.

    A process that is forked while another thread holds the lock would wait for ever.
    """

    def __init__(self, compute: Callable[[Any], Result]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, _owner: type | None = None) -> Result:
        value = instance.__dict__[self._name] = self._compute(instance)
        return value


class Model(BaseModel):
    """Base of the input models."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        extra="forbid",
        frozen=True,
        from_attributes=True,
        defer_build=True,
        hide_input_in_errors=True,
        ignored_types=(computed_once,),
    )


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason to refuse a value, as in `labbuilder.errors.Finding`."""

    code: str
    message: str
    hint: str = ""
    at: Path = ()  # below the validated value
    about_key: bool = False


def refuse(problems: Iterable[Problem]) -> None:
    """Raise an error that pydantic collects, if there are any problems."""
    found = list(problems)
    if found:
        raise PydanticCustomError("refused", "refused", {"problems": found})


def refused(code: str, message: str, hint: str = "", at: Path = ()) -> NoReturn:
    """Refuse a value for one reason."""
    problems = [Problem(code, message, hint, at)]
    raise PydanticCustomError("refused", "refused", {"problems": problems})


def _text(value: str) -> str:
    if "\0" in value:
        refused("invalid-text", "must not contain a NUL character", "remove it")
    if not value.isascii() and _SURROGATE.search(value):
        refused("invalid-text", "is not valid Unicode", "remove lone surrogates")
    return value


def _word(value: str) -> str:
    if not value:
        refused("invalid-text", "must not be empty", "write a value")
    if not value.isprintable() or any(c.isspace() for c in value):
        refused("invalid-text", "must not contain spaces or control characters", "remove them")
    return value


def absolute_path(value: str) -> str:
    """Check that text is an absolute path at which something can be mounted."""
    if not value.startswith("/") or ".." in value.split("/"):
        refused(
            "invalid-path",
            f'{shown(value)} is not an absolute path without ".."',
            'start it with "/" and remove ".."',
        )
    if ":" in value or not value.isprintable():
        refused(
            "invalid-path",
            f'{shown(value)} contains ":" or an unprintable character',
            "use another path: nothing can be mounted there",
        )
    return value


def not_empty(value: Any) -> Any:
    """Check that a list has an item."""
    if not value:
        refused("empty-list", "must not be empty", "add at least one item")
    return value


def matching(test: Callable[[str], bool], code: str, what: str, hint: str) -> AfterValidator:
    """Make a validator of a predicate. Values repeat from lab to lab, so results are cached."""

    @cache_short(128)
    def validator(value: str) -> str:
        if not test(value):
            refused(code, f"{shown(value)} is not a valid {what}", hint)
        return value

    return AfterValidator(validator)


def number_or_text(kind: str, minimum: int, pattern: str) -> WithJsonSchema:
    """Describe a field that reads a number of a kind or text of a pattern."""
    number = {"type": kind, "minimum": minimum}
    return WithJsonSchema({"anyOf": [number, {"type": "string", "pattern": pattern}]})


NotBlank = BeforeValidator(lambda value: None if value == "" else value)
"""Reads empty text, which is how Helm's values often write it, as None."""

Text = Annotated[str, AfterValidator(_text)]
"""Any text without NUL, which no process can be given."""

Word = Annotated[str, AfterValidator(_word)]
AbsolutePath = Annotated[str, AfterValidator(absolute_path)]

_ENDS = "a letter or digit at both ends, at most {} characters"
_DNS = f"use lowercase letters, digits{{}}, {_ENDS}"
_NAME = f'use letters, digits, "-", "_" and ".", {_ENDS.format(63)}'
_QUALIFIED = f"{_NAME}, after an optional DNS name and a slash"
_KEY = 'use letters, digits, "-", "_" and ".", at most 253 characters, no leading ".."'
_VARIABLE = 'use letters, digits, "-", "_" and ".", no leading digit'


# fmt: off
DnsLabel = Annotated[str, matching(
    names.is_dns_label, "invalid-name", "DNS label", _DNS.format(' and "-"', 63))]
DnsSubdomain = Annotated[str, matching(
    names.is_dns_subdomain, "invalid-name", "DNS subdomain", _DNS.format(', "-" and "."', 253))]
LabelKey = Annotated[str, matching(
    names.is_qualified_name, "invalid-label-key", "label key", _QUALIFIED)]
LabelValue = Annotated[str, matching(
    names.is_label_value, "invalid-label-value", "label value", _NAME)]
AnnotationKey = Annotated[str, matching(
    lambda text: names.is_qualified_name(text.lower()),
    "invalid-annotation-key", "annotation key", _QUALIFIED)]
ConfigMapKey = Annotated[str, matching(
    names.is_config_map_key, "invalid-key", "key of a ConfigMap or Secret", _KEY)]
EnvVarName = Annotated[str, matching(
    names.is_env_var_name, "invalid-env-name", "name of an environment variable", _VARIABLE)]
# fmt: on
