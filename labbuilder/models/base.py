"""What all input models share: frozen, closed, camelCase outside and snake_case inside."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, NoReturn

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from labbuilder import names
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
    "matching",
    "not_empty",
    "refuse",
    "refused",
]

_SURROGATE = re.compile("[\ud800-\udfff]")


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
    )


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why a value is refused.

    Attributes
    ----------
    code, message, hint
        As in `labbuilder.errors.Finding`.
    at
        Where below the validated value the trouble is.
    about_key
        Whether the trouble is a key of the input.
    """

    code: str
    message: str
    hint: str = ""
    at: Path = ()
    about_key: bool = False


def refuse(problems: Iterable[Problem]) -> None:
    """Raise what pydantic collects, if there is any problem."""
    found = list(problems)
    if found:
        raise PydanticCustomError("refused", "refused", {"problems": found})


def refused(code: str, message: str, hint: str = "") -> NoReturn:
    """Refuse a value for one reason."""
    raise PydanticCustomError("refused", "refused", {"problems": [Problem(code, message, hint)]})


def _text(value: str) -> str:
    if "\0" in value:
        refused("invalid-text", "holds a NUL character", "leave it out")
    if not value.isascii() and _SURROGATE.search(value):
        refused("invalid-text", "is not valid Unicode", "leave out lone surrogates")
    return value


def matching(test: Callable[[str], bool], code: str, what: str, hint: str) -> Callable[[str], str]:
    """Make a validator of a predicate; most values come again, lab after lab."""

    @lru_cache
    def validator(value: str) -> str:
        if not test(value):
            refused(code, f"{shown(value)} is not {what}", hint)
        return value

    return validator


def absolute_path(value: str) -> str:
    """Check that text is an absolute path that can be mounted on."""
    if not value.startswith("/") or ".." in value.split("/"):
        refused(
            "invalid-path",
            f"{shown(value)} is not an absolute path without `..`",
            "start it with / and leave out `..`",
        )
    if ":" in value or not value.isprintable():
        refused(
            "invalid-path",
            f"{shown(value)} holds `:` or an unprintable character",
            "no volume can be mounted there, and no home directory can have that name",
        )
    return value


def not_empty(value: Any) -> Any:
    """Check that a list has an item."""
    if not value:
        refused("empty-list", "must not be empty", "list at least one")
    return value


def _word(value: str) -> str:
    if not value or not value.isprintable() or any(c.isspace() for c in value):
        refused("invalid-text", "must be one word", "leave out spaces and control characters")
    return value


def _blank_is_none(value: Any) -> Any:
    return None if value == "" else value


NotBlank = BeforeValidator(_blank_is_none)
"""Reads an empty text, which is how Helm's values often say so, as nothing."""

Text = Annotated[str, AfterValidator(_text)]
"""Any text but NUL, which no process can be given."""

Word = Annotated[str, AfterValidator(_word)]
AbsolutePath = Annotated[str, AfterValidator(absolute_path)]

_ALNUM = "letters or digits at both ends, at most 63 characters"
DnsLabel = Annotated[
    str,
    AfterValidator(
        matching(
            names.is_dns_label,
            "invalid-name",
            "a DNS label",
            "use lower-case letters, digits and -, a letter or digit at both ends, "
            "at most 63 characters",
        )
    ),
]
DnsSubdomain = Annotated[
    str,
    AfterValidator(
        matching(
            names.is_dns_subdomain,
            "invalid-name",
            "a DNS subdomain",
            "use lower-case letters, digits, - and ., a letter or digit at both ends, "
            "at most 253 characters",
        )
    ),
]
LabelKey = Annotated[
    str,
    AfterValidator(
        matching(
            names.is_qualified_name,
            "invalid-label-key",
            "a label key",
            f"use letters, digits, -, _ and ., {_ALNUM}, after an optional DNS name and /",
        )
    ),
]
AnnotationKey = Annotated[
    str,
    AfterValidator(
        matching(
            lambda key: names.is_qualified_name(key.lower()),
            "invalid-annotation-key",
            "an annotation key",
            f"use letters, digits, -, _ and ., {_ALNUM}, after an optional DNS name and /",
        )
    ),
]
LabelValue = Annotated[
    str,
    AfterValidator(
        matching(
            names.is_label_value,
            "invalid-label-value",
            "a label value",
            f"use letters, digits, -, _ and ., {_ALNUM}",
        )
    ),
]
ConfigMapKey = Annotated[
    str,
    AfterValidator(
        matching(
            names.is_config_map_key,
            "invalid-key",
            "a key of a ConfigMap or Secret",
            "use letters, digits, -, _ and ., at most 253 characters, no leading ..",
        )
    ),
]
EnvVarName = Annotated[
    str,
    AfterValidator(
        matching(
            names.is_env_var_name,
            "invalid-env-name",
            "the name of an environment variable",
            "use letters, digits, -, _ and ., no digit first",
        )
    ),
]
