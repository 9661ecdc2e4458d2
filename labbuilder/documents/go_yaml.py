"""Plain scalars as kubectl reads them: by go-yaml, whose YAML is 1.1, and then as JSON.

``no`` is false there, ``0644`` is 420 and ``1_000`` is a thousand. It mirrors ``resolve`` of
go.yaml.in/yaml/v2, and ``convertToJSONableObject`` of sigs.k8s.io/yaml for keys.
"""

from __future__ import annotations

import base64
import math
import re
import struct
from decimal import Decimal

__all__ = ["TAG", "resolve", "resolve_key", "resolve_tagged"]

TAG = "tag:yaml.org,2002:"
"""How the tags of YAML's own types begin."""

Scalar = str | int | float | bool | None

_TYPES = {"bool": bool, "int": int, "float": float, "null": type(None)}
_MAX_INT = 2**63
_MAX_UNSIGNED = 2**64
_MAX_PLAIN = 10**21  # of floats that JSON of Go has without an exponent
_MAX_INT_DIGITS = 70  # of a number in 64 bits, with a sign and a prefix
_PLAIN_EXPONENTS = range(-4, 6)  # of floats that Go formats without them

_WORDS: dict[str, bool | float | None] = {
    **{
        form: value
        for value, words in ((True, "y yes true on"), (False, "n no false off"))
        for word in words.split()
        for form in (word, word.capitalize(), word.upper())
    },
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **{sign + word: math.inf for sign in ("", "+") for word in (".inf", ".Inf", ".INF")},
    **{"-" + word: -math.inf for word in (".inf", ".Inf", ".INF")},
}
_INT = re.compile(
    r"[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|(?P<octal>0[0-7]+)|0|[1-9][0-9]*)"
)
_SIGNED_BITS = re.compile(r"0b([-+][01]+)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_TIMESTAMP = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}"
    r"(?:[Tt]\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)|"
    r" \d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?)?"
)
_FRACTION = re.compile(r"\.[0-9](?:_?[0-9])*(?:[eE][-+]?[0-9](?:_?[0-9])*)?")


def resolve(text: str) -> Scalar:
    """Return the value of an unquoted scalar, as it is in the JSON that an API server gets."""
    return _as_json(_resolve(text))


def resolve_tagged(tag: str, text: str) -> Scalar:
    """Return the value of a scalar with a tag such as ``tag:yaml.org,2002:int``.

    A tag that YAML doesn't have says nothing. It raises ValueError if the text is of another type.
    """
    kind = tag.removeprefix(TAG)
    if kind == "binary":
        return base64.b64decode(re.sub(r"[\r\n]", "", text), validate=True).decode(
            errors="replace"
        )
    if kind == "timestamp" and _TIMESTAMP.fullmatch(text):
        return text
    if kind not in {*_TYPES, "timestamp"}:
        return text
    value = _resolve(text)
    if kind == "float" and type(value) is int:
        value = float(value)
    if type(value) is not _TYPES.get(kind):
        raise ValueError("is of another type")
    return _as_json(value)


def resolve_key(text: str) -> str | None:
    """Return the text that an unquoted scalar is as a key, or None if it can't be one."""
    value = _resolve(text)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return _float_key(value)
    if isinstance(value, int):
        return str(value) if value < _MAX_INT else None
    return value


def _as_json(value: Scalar) -> Scalar:
    """Return a number without a point if it has none in JSON, where Go writes few digits."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _MAX_PLAIN:
        return int(Decimal(repr(value)))
    return value


def _resolve(text: str) -> Scalar:
    if text in _WORDS:
        return _WORDS[text]
    if text[0] == ".":
        return _float(text.replace("_", "")) if _FRACTION.fullmatch(text) else text
    if text[0] not in "+-0123456789":
        return text
    plain = text.replace("_", "")
    number = _int(plain)
    if number is not None:
        return number
    value = _float(plain)
    return text if isinstance(value, str) else value


def _int(text: str) -> int | None:
    if len(text) > _MAX_INT_DIGITS:
        return None
    if bits := _SIGNED_BITS.fullmatch(text):
        number = int(bits[1], 2)
    elif found := _INT.fullmatch(text):
        number = int(text, 8 if found["octal"] else 0)
    else:
        return None
    fits = -_MAX_INT <= number < (_MAX_UNSIGNED if text[0].isdigit() else _MAX_INT)
    return number if fits else None


def _float(text: str) -> float | str:
    """Read a float; what is too large for one stays text."""
    if not _FLOAT.fullmatch(text):
        return text
    value = float(text)
    return text if math.isinf(value) else value


def _float_key(value: float) -> str:
    """Format a float as Go does with the fewest digits that make the same 32-bit float."""
    if math.isnan(value):
        return ".nan"
    try:
        single = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        single = math.copysign(math.inf, value)
    if math.isinf(single):
        return "-.inf" if single < 0 else ".inf"
    texts = (f"{single:.{digits}e}" for digits in range(9))
    shortest = next(
        text for text in texts if struct.unpack("f", struct.pack("f", float(text)))[0] == single
    )
    mantissa, _, exponent = shortest.partition("e")
    if int(exponent) in _PLAIN_EXPONENTS:
        return f"{Decimal(shortest).normalize():f}"
    return f"{mantissa}e{int(exponent):+03d}"
