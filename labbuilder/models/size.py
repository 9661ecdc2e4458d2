"""Lab sizes and their resources."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema, model_validator

from labbuilder import quantity
from labbuilder.errors import shown
from labbuilder.models.base import Model, Problem, computed_once, number_or_text, refuse, refused

__all__ = [
    "SIZE_SCHEMA",
    "ConfigurableSize",
    "LabResources",
    "LabSize",
    "LabSizeDefinition",
    "Memory",
    "ResourceQuantity",
]


class LabSize(StrEnum):
    """The names of sizes."""

    FINE = "fine"
    DIMINUTIVE = "diminutive"
    TINY = "tiny"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"
    HUGE = "huge"
    GARGANTUAN = "gargantuan"
    COLOSSAL = "colossal"
    CUSTOM = "custom"


def _parsed(parse: Callable[[Any], float], code: str, hint: str) -> BeforeValidator:
    """Make a validator of a parser that raises ValueError."""

    def validator(value: Any) -> float:
        try:
            return parse(value)
        except ValueError as error:
            refused(code, f"{shown(value)} {error}", hint)

    return BeforeValidator(validator)


def _size(value: Any) -> Any:
    value = getattr(value, "value", value)
    value = value.lower() if isinstance(value, str) else value
    if value not in (*_SIZES, LabSize.CUSTOM):
        refused("invalid-value", f"must be one of {', '.join(_SIZES)}")
    return value


def _configurable(value: LabSize) -> LabSize:
    if value is LabSize.CUSTOM:
        message = "can't be chosen: it describes running labs that have no configured size"
        refused("invalid-size", message, "use another size")
    return value


Cpu = Annotated[
    float,
    _parsed(
        quantity.parse_cpu,
        "invalid-cpu",
        "use cores with at most three decimal places (0.25) or millicores (250m)",
    ),
    number_or_text("number", 0, r"^(?:[0-9]{1,12}m|[0-9]{1,12}(?:\.[0-9]{1,3})?)$"),
]
"""Cores."""

Memory = Annotated[
    int,
    _parsed(
        quantity.parse_memory,
        "invalid-memory",
        "use whole bytes, or a number with Ki, Mi, Gi, Ti or k, M, G, T (1.5Gi)",
    ),
    number_or_text(
        "integer", 0, r"^[0-9]+((\.[0-9]+)?([kKMgGtTpPeE]|[kKmMgGtTpPeE]([iI]|[iI]?[bB])))?$"
    ),
]
"""Bytes."""

_SIZES = [size.value for size in LabSize if size is not LabSize.CUSTOM]
_ANY_CASE = "|".join("".join(f"[{c}{c.upper()}]" for c in size) for size in _SIZES)
SIZE_SCHEMA = {"type": "string", "anyOf": [{"enum": _SIZES}, {"pattern": f"^(?:{_ANY_CASE})$"}]}
"""A size in JSON Schema; editors offer what is enumerated."""

ConfigurableSize = Annotated[
    LabSize, BeforeValidator(_size), AfterValidator(_configurable), WithJsonSchema(SIZE_SCHEMA)
]
"""A size that a site can configure and a user can choose, in any letter case."""


class ResourceQuantity(Model):
    """An amount of CPU and memory."""

    cpu: Cpu
    """Cores with at most three decimal places (`0.25`), or millicores (`250m`)."""
    memory: Memory
    """Bytes, or text with a binary or decimal suffix (`1.5Gi`, `250M`, `3GB`)."""


class LabResources(Model):
    """The resources of a lab."""

    limits: ResourceQuantity
    """The most that the lab can use."""
    requests: ResourceQuantity
    """What the lab is guaranteed; not more than its limits."""

    @model_validator(mode="after")
    def _requests_fit(self) -> LabResources:
        refuse(self._problems())
        return self

    def _problems(self) -> Iterator[Problem]:
        for name in ("cpu", "memory"):
            limit, request = getattr(self.limits, name), getattr(self.requests, name)
            if not limit:
                message, hint = "must be greater than zero", f"set the {name} limit"
                yield Problem("invalid-resources", message, hint, ("limits", name))
            elif request > limit:
                message = "must not be greater than the limit"
                hint = "lower the request or raise the limit"
                yield Problem("invalid-resources", message, hint, ("requests", name))


class LabSizeDefinition(Model):
    """A size and its resources."""

    size: ConfigurableSize
    """Name of the size, in any letter case."""
    resources: LabResources
    """Resources of a lab of this size."""

    @computed_once
    def description(self) -> str:
        """The size as JupyterHub's form shows it: ``Small (1.0 CPU, 3Gi RAM)``."""
        limits = self.resources.limits
        memory = quantity.format_binary(limits.memory)
        return f"{self.size.value.title()} ({limits.cpu} CPU, {memory} RAM)"

    @computed_once
    def environment(self) -> Mapping[str, str]:
        """The variables that describe its size to a lab."""
        limits, requests = self.resources.limits, self.resources.requests
        return {
            "CONTAINER_SIZE": self.description,
            "CPU_GUARANTEE": str(requests.cpu),
            "CPU_LIMIT": str(limits.cpu),
            "MEM_GUARANTEE": str(requests.memory),
            "MEM_LIMIT": str(limits.memory),
        }
