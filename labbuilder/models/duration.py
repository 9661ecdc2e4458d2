"""Durations as people write them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator

from labbuilder.models.base import number_or_text, refused

__all__ = ["Duration"]

_UNITS = {
    "weeks": r"weeks|week|w",
    "days": r"days|day|d",
    "hours": r"hours|hour|hr|h",
    "minutes": r"minutes|minute|mins|min|m",
    "seconds": r"seconds|second|secs|sec|s",
}
_DURATION = re.compile(
    "".join(rf"(?:(?P<{name}>\d+)\s*(?:{unit})\s*)?" for name, unit in _UNITS.items()), re.ASCII
)
_PLAIN = re.sub(r"\?P<\w+>", "?:", _DURATION.pattern)  # as JSON Schema writes it


def _parse(value: Any) -> timedelta:
    try:
        found = _read(value.strip() if isinstance(value, str) else value)
    except (OverflowError, ValueError):  # beyond what a timedelta holds; nan
        found = timedelta()
    if found < timedelta(seconds=1):
        refused(
            "invalid-duration",
            "must be a duration of at least one second",
            'write seconds, or text such as "90m", "1h30m" or "3d"',
        )
    return found


def _read(value: Any) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return timedelta(seconds=value)
    if not isinstance(value, str):
        return timedelta()
    if re.fullmatch(r"\d+", value, re.ASCII):
        return timedelta(seconds=float(value))
    match = _DURATION.fullmatch(value)
    parts = match.groupdict(default="0") if match else {}
    return timedelta(**{name: float(number) for name, number in parts.items()})


Duration = Annotated[
    timedelta,
    BeforeValidator(_parse),
    number_or_text("number", 1, rf"^\s*(?:[0-9]+|(?=.*[0-9]){_PLAIN})\s*$"),
]
"""One second or more: a number of seconds, or text such as ``2h``, ``90m``, ``1h30m``, ``3d``."""
