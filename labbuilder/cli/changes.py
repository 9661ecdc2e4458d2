"""How changes are written: a line each for people, one object for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import takewhile
from typing import Any

from labbuilder.diff.compare import Change
from labbuilder.diff.impact import Impact, worst
from labbuilder.quantity import MAX_BYTES, format_memory, parse_quantity
from labbuilder.reports.escape import visible

__all__ = ["as_json", "as_line", "counted", "json_change"]

_COLOURS = {
    Impact.NOTHING: "\033[32m",
    Impact.RESTART: "\033[33m",
    Impact.RECREATE: "\033[1;33m",
    Impact.DATA_AT_RISK: "\033[1;31m",
}
_PLAIN = "\033[0m"
_WIDE = 80  # characters of a value
_BEFORE = 20  # of them before the place where two values differ
_BYTES = ("memory", "storage", "sizeLimit")


def as_line(change: Change, *, colour: bool) -> str:
    """Write a change as a line, without its end.

    Parameters
    ----------
    change
        The change.
    colour
        Whether to colour the class.

    Returns
    -------
    str
        Such as ``Pod/vera-nb spec.containers[notebook].image: 'a' → 'b' (restart)``.
    """
    where = visible(f"{change.object} {change.path}".rstrip())
    impact = str(change.impact)
    if colour:
        impact = f"{_COLOURS[change.impact]}{impact}{_PLAIN}"
    return f"{where}: {_what(change)} ({impact})"


def json_change(change: Change) -> dict[str, Any]:
    """Give a change as JSON has it; what isn't there is null."""
    return {
        "object": change.object,
        "namespace": change.namespace or None,
        "path": change.path,
        "class": change.impact.value,
        "old": change.old,
        "new": change.new,
    }


def as_json(
    changes: Iterable[dict[str, Any]], classes: Counter[Impact], counts: Mapping[str, int]
) -> str:
    """Write a report as one JSON object.

    Parameters
    ----------
    changes
        The changes, as `json_change` gives them.
    classes
        How many there are of each class.
    counts
        What else the summary counts.

    Returns
    -------
    str
        The object, in ASCII.
    """
    report = {
        "changes": list(changes),
        "class": worst(classes).value,
        "summary": {**counts, **{each.value: classes[each] for each in Impact}},
    }
    return json.dumps(report, indent=2, allow_nan=False) + "\n"


def counted(classes: Counter[Impact]) -> str:
    """Count in words, the worst class first: ``1 recreate, 2 nothing``."""
    return ", ".join(f"{classes[each]:,} {each}" for each in reversed(Impact) if classes[each])


def _what(change: Change) -> str:
    if not change.path:
        namespace = visible(change.namespace)
        if change.old is None:
            return f"added to {namespace}" if namespace else "added"
        return f"removed from {namespace}" if namespace else "removed"
    if change.old == change.new and isinstance(change.old, bool) == isinstance(change.new, bool):
        return "changed"  # and may not be shown
    old, new = _texts(change)
    if change.old is None:
        return f"added {new}"
    return f"removed {old}" if change.new is None else f"{old} → {new}"


def _texts(change: Change) -> tuple[str, str]:
    """Write both values, long ones from shortly before the place where they differ."""
    if change.is_quantity:
        amounts = _amount(change.old, change.path), _amount(change.new, change.path)
        return amounts if amounts[0] != amounts[1] else (str(change.old), str(change.new))
    old, new = _text(change.old), _text(change.new)
    start = max(0, _common(old, new) - _BEFORE)
    if max(len(old), len(new)) <= _WIDE or change.old is None or change.new is None:
        start = 0
    return _quoted(change.old, old, start), _quoted(change.new, new, start)


def _common(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return visible(text)


def _quoted(value: Any, text: str, start: int) -> str:
    end = start + _WIDE
    shown = f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"
    return f"'{shown}'" if isinstance(value, str) else shown


def _amount(value: Any, path: str) -> str:
    """Write an amount for people, if it is one of bytes."""
    try:
        amount = parse_quantity(value)
    except ValueError:
        return visible(str(value)[:_WIDE])
    if path.rstrip('"]').endswith(_BYTES) and amount <= MAX_BYTES and amount == int(amount):
        return format_memory(int(amount))
    return str(value)
