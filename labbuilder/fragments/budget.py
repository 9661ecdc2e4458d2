"""The budget of a render: how many steps a fragment may take.

Each part of a fragment that runs costs steps, and so does each value that it handles, by its size.
Their number is the same on every machine, unlike a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

__all__ = ["MAX_STEPS", "BudgetError", "budget", "counted", "spend", "text_steps", "weigh"]

MAX_STEPS = 500_000
"""Steps of a render, with the fragments that it uses."""

_ITEMS_PER_STEP = 4
_CHARACTERS_PER_STEP = 20

_left: ContextVar[list[int] | None] = ContextVar("left", default=None)


class BudgetError(Exception):
    """A fragment takes more steps than a render has."""


@contextmanager
def budget() -> Iterator[None]:
    """Give all that is rendered within a budget of its own."""
    token = _left.set([MAX_STEPS])
    try:
        yield
    finally:
        _left.reset(token)


def spend(steps: int) -> None:
    """Take steps from the budget; raise `BudgetError` if it is used up."""
    left = _left.get()
    if left is not None:
        left[0] -= steps
        if left[0] < 0:
            message = f"takes more than {MAX_STEPS:,} steps: it loops or repeats text too often"
            raise BudgetError(message)


def text_steps(characters: int) -> int:
    """Return how many steps it takes to handle text of a length."""
    return characters // _CHARACTERS_PER_STEP


def weigh(value: Any, *, text: bool = True) -> None:
    """Spend what it takes to handle a value and its parts; or without `text`, to copy it."""
    if isinstance(value, str):
        if text:
            spend(text_steps(len(value)))
    elif isinstance(value, dict | list | tuple):
        spend(1 + len(value) // _ITEMS_PER_STEP)
        for item in value.values() if isinstance(value, dict) else value:
            if isinstance(item, str | dict | list | tuple):
                weigh(item, text=text)
    elif isinstance(value, range):
        spend(1 + len(value) // _ITEMS_PER_STEP)


def counted(items: Iterable[Any]) -> Iterator[Any]:
    """Yield items, each for a step."""
    for item in items:
        spend(1)
        yield item
