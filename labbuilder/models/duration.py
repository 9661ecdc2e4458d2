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
    if isinstance(value, timedelta):
        found = value
    elif isinstance(value, str):
        found = _from_text(value.strip())
    elif isinstance(value, int | float) and not isinstance(value, bool):
        found = _seconds(value)
    else:
        found = timedelta()
    if found < timedelta(seconds=1):
        refused(
            "invalid-duration",
            "must be a duration of at least one second",
            'write seconds, or text such as "90m", "1h30m" or "3d"',
        )
    return found


def _from_text(text: str) -> timedelta:
    if re.fullmatch(r"\d+", text, re.ASCII):
        return _seconds(float(text))
    match = _DURATION.fullmatch(text)
    parts = match.groupdict(default="0") if match else {}
    try:
        return timedelta(**{name: float(number) for name, number in parts.items()})
    except OverflowError:
        return timedelta()


def _seconds(number: float) -> timedelta:
    try:
        return timedelta(seconds=number)
    except (OverflowError, ValueError):  # beyond what a timedelta holds; nan
        return timedelta()


Duration = Annotated[
    timedelta,
    BeforeValidator(_parse),
    number_or_text("number", 1, rf"^\s*(?:[0-9]+|(?=.*[0-9]){_PLAIN})\s*$"),
]
"""One second or more: a number of seconds, or text such as ``2h``, ``90m``, ``1h30m``, ``3d``."""
