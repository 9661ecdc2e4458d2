"""Changes as text: one line each for people, one JSON object for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from labbuilder.diff.compare import Change
from labbuilder.diff.groups import common_length
from labbuilder.diff.impact import Impact, worst
from labbuilder.escape import line, visible, visible_json
from labbuilder.quantity import MAX_BYTES, format_memory, parse_quantity

__all__ = ["as_json", "as_line", "counted", "json_change"]

_COLOURS = {
    Impact.NOTHING: "\033[32m",
    Impact.RESTART: "\033[33m",
    Impact.RECREATE: "\033[1;33m",
    Impact.DATA_AT_RISK: "\033[1;31m",
}
_RESET = "\033[0m"
_MAX_SHOWN = 80  # characters of a value
_CONTEXT = 20  # of them before the place where two values differ
_BYTE_FIELDS = ("memory", "storage", "sizeLimit")


def as_line(change: Change, *, colour: bool) -> str:
    """Return a line such as ``Pod/vera-nb spec.restartPolicy: 'a' → 'b' (recreate)``."""
    where = line(f"{change.object} {change.path}".rstrip())
    impact = str(change.impact)
    if colour:
        impact = f"{_COLOURS[change.impact]}{impact}{_RESET}"
    return f"{where}: {_describe(change)} ({impact})"


def json_change(change: Change) -> dict[str, Any]:
    """Return a change in JSON's types; what is absent is null."""
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
    """Return a report as one JSON object, with `counts` in its summary."""
    report = {
        "changes": list(changes),
        "class": worst(classes).value,
        "summary": {**counts, **{each.value: classes[each] for each in Impact}},
    }
    return visible_json(json.dumps(report, indent=2, allow_nan=False)) + "\n"


def counted(classes: Counter[Impact]) -> str:
    """Return the counts as text, the worst class first: ``1 recreate, 2 nothing``."""
    return ", ".join(f"{classes[each]:,} {each}" for each in reversed(Impact) if classes[each])


def _describe(change: Change) -> str:
    if not change.path:
        namespace = visible(change.namespace)
        if change.old is None:
            return f"added to {namespace}" if namespace else "added"
        return f"removed from {namespace}" if namespace else "removed"
    if change.old == change.new and isinstance(change.old, bool) == isinstance(change.new, bool):
        return "changed"  # a secret, which is masked
    old, new = _texts(change)
    if change.old is None:
        return f"added {new}"
    return f"removed {old}" if change.new is None else f"{old} → {new}"


def _texts(change: Change) -> tuple[str, str]:
    """Return both values, long ones from shortly before the place where they differ."""
    if change.is_quantity:
        amounts = _amount(change.old, change.path), _amount(change.new, change.path)
        return amounts if amounts[0] != amounts[1] else (str(change.old), str(change.new))
    old, new = _text(change.old), _text(change.new)
    start = max(0, common_length(old, new) - _CONTEXT)
    if max(len(old), len(new)) <= _MAX_SHOWN or change.old is None or change.new is None:
        start = 0
    return _quoted(change.old, old, start), _quoted(change.new, new, start)


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return visible(text)


def _quoted(value: Any, text: str, start: int) -> str:
    end = start + _MAX_SHOWN
    shown = f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"
    return f"'{shown}'" if isinstance(value, str) else shown


def _amount(value: Any, path: str) -> str:
    """Format an amount of bytes for people; other amounts stay as they are."""
    try:
        amount = parse_quantity(value)
    except ValueError:
        return visible(str(value)[:_MAX_SHOWN])
    if path.rstrip('"]').endswith(_BYTE_FIELDS) and amount <= MAX_BYTES and amount == int(amount):
        return format_memory(int(amount))
    return str(value)
