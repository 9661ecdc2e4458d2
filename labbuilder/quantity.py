"""Amounts of CPU, memory and storage: as sites write them and as Kubernetes reads them."""

from __future__ import annotations

import re
from decimal import Context, Decimal

__all__ = [
    "MAX_BYTES",
    "format_binary",
    "format_memory",
    "is_storage",
    "parse_cpu",
    "parse_memory",
    "parse_quantity",
    "parse_signed_quantity",
]

MAX_BYTES = 2**63 - 1
"""The largest quantity that Kubernetes keeps."""

_MAX_CPU = 10**9
_MAX_EXACT_LENGTH = 7  # characters of an exact amount that is still readable
_BINARY = "KMGTPE"

_UNITS = {
    "": 1,
    **{f"{letter}i": 1024**power for power, letter in enumerate("kmgtpe", 1)},
    **{letter: 1000**power for power, letter in enumerate("kmgtpe", 1)},
}
_CPU = re.compile(r"([0-9]{1,12})m|[0-9]{1,12}(?:\.[0-9]{1,3})?", re.ASCII)
_MEMORY = re.compile(
    r"([0-9]{1,20}(?:\.[0-9]{1,20})?)([kmgtpe]i?)(b?)|[0-9]{1,20}", re.IGNORECASE | re.ASCII
)
_QUANTITY = re.compile(
    r"([+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40}))"
    r"(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?[0-9]{1,3}))?",
    re.ASCII,
)
_SUFFIXES = {
    **{suffix: Decimal(_UNITS[suffix.lower()]) for suffix in ["k", "M", "G", "T", "P", "E"]},
    **{f"{letter}i": Decimal(_UNITS[f"{letter.lower()}i"]) for letter in "KMGTPE"},
    **{suffix: Decimal(10) ** (-3 * power) for power, suffix in enumerate("mun", 1)},
}
_EXACT = Context(prec=1200)  # digits; more than the longest number with a suffix or an exponent
_STORAGE = re.compile(r"[0-9]{1,20}(?:\.[0-9]{1,20})?(?:[KMGTPE]i|[kMGTPE])?", re.ASCII)


def parse_cpu(value: str | float) -> float:
    """Parse cores with at most three decimal places, or whole millicores such as ``500m``.

    It raises ValueError for anything else, with a message about the value.
    """
    match = _CPU.fullmatch(_text(value))
    if not match:
        raise ValueError("is not a valid CPU quantity")
    cores = Decimal(match[1]) / 1000 if match[1] else Decimal(match[0])
    if cores > _MAX_CPU:
        raise ValueError("is more CPU than Kubernetes supports")
    return float(cores)


def parse_memory(value: str | int) -> int:
    """Parse bytes, or a number with a binary or decimal suffix, as whole bytes, rounded down.

    Suffixes are in any letter case, and may end with a ``B``. A bare ``m`` is refused: in
    Kubernetes it means a thousandth of a byte, elsewhere a megabyte. It raises ValueError for what
    it refuses.
    """
    match = _MEMORY.fullmatch(_text(value))
    if not match:
        raise ValueError("is not a valid memory quantity")
    if match[2] == "m" and not match[3]:
        raise ValueError('ends with "m", which means thousandths of a byte in Kubernetes')
    amount = Decimal(match[1]) * _UNITS[match[2].lower()] if match[1] else Decimal(match[0])
    if amount > MAX_BYTES:
        raise ValueError("is more memory than Kubernetes supports")
    return int(amount)


def parse_quantity(value: object) -> Decimal:
    """Parse a quantity in any form that Kubernetes accepts, exactly.

    An API server rewrites what it stores: ``9.0`` becomes ``9``, ``0.25`` becomes ``250m``. It
    raises ValueError for anything else, and for what is negative.
    """
    amount = parse_signed_quantity(value)
    if amount < 0:
        raise ValueError("is negative")
    return amount


def parse_signed_quantity(value: object) -> Decimal:
    """Parse a quantity as `parse_quantity` does, or a negative one."""
    readable = isinstance(value, str | int | float | Decimal) and not isinstance(value, bool)
    match = _QUANTITY.fullmatch(_text(value)) if readable else None
    if not match:
        raise ValueError("is not a valid quantity")
    number, suffix, exponent = match.groups()
    amount = Decimal(f"{number}e{exponent or 0}")
    if suffix:
        amount = _EXACT.multiply(amount, _SUFFIXES[suffix])
    return amount or Decimal(0)


def format_memory(amount: int) -> str:
    """Format bytes in the shortest exact form with at most two decimal places: ``1.5Gi``.

    If even that is long, it is the amount in the largest binary unit, rounded to two places.
    """
    exact, rounded = [], ""
    for suffix in [f"{letter}i" for letter in "EPTGMK"] + list("EPTGMk"):
        number = Decimal(amount) / _UNITS[suffix.lower()]
        if number < 1:
            continue
        text = f"{round(number, 2).normalize():f}{suffix}"
        rounded = rounded or text
        if number == round(number, 2):
            exact.append(text)
    short = [text for text in exact if len(text) <= _MAX_EXACT_LENGTH]
    return min(short, key=len) if short else rounded or str(amount)


def format_binary(amount: int) -> str:
    """Format bytes as ``CONTAINER_SIZE`` shows them: ``3Gi``, ``2.79397Gi``, ``1023``.

    It is the amount in the largest binary unit that isn't above it, in six significant digits.
    """
    power = min((max(amount, 1).bit_length() - 1) // 10, len(_BINARY))
    unit = f"{_BINARY[power - 1]}i" if power else ""
    return f"{amount / 1024**power:g}{unit}"


def _text(value: object) -> str:
    try:
        return str(value)
    except ValueError:  # Python formats no number of thousands of digits
        return ""


def is_storage(value: object) -> bool:
    """Return whether this is an amount of storage that Kubernetes accepts, greater than zero."""
    text = _text(value)
    return bool(_STORAGE.fullmatch(text)) and any(c in "123456789" for c in text)
