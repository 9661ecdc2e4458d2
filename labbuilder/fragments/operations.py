"""Filters, methods and operators whose results could grow or take long without a bound."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from typing import Any

from jinja2 import pass_environment, pass_eval_context
from jinja2.environment import Environment
from jinja2.exceptions import SecurityError
from jinja2.filters import do_join, do_replace, do_round, sync_do_sum
from jinja2.nodes import EvalContext

from labbuilder.fragments.budget import counted, spend, text_steps, weigh
from labbuilder.fragments.hole import Hole

__all__ = ["BOUNDED_FILTERS", "is_number", "looped", "prepay_method", "small"]

_MAX_BITS = 8192  # of a number
_MAX_PRECISION = 64  # digits to round to


def is_number(value: Any) -> bool:
    """Tell whether a value is a number; booleans count as such."""
    return isinstance(value, int | float)


def small(value: Any) -> Any:
    """Return a value; refuse a number of very many digits."""
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        raise SecurityError("the number is too large")
    return value


def looped(items: Any) -> Any:
    """Return what a loop goes through, for its steps."""
    if isinstance(items, Sized) and not isinstance(items, Hole):
        weigh(items if isinstance(items, str) else range(len(items)))
        return items
    return counted(items) if isinstance(items, Iterator) else items


def prepay_method(function: Any, arguments: tuple[Any, ...]) -> None:
    """Spend the steps of a call of a method, before it is made."""
    owner = getattr(function, "__self__", None)
    if isinstance(owner, str | dict | list | tuple | range):
        weigh((owner, arguments))
    if isinstance(owner, str) and function.__name__ == "replace":
        _prepay_replace(owner, *arguments[:2])


def _prepay_replace(text: Any, old: Any = "", new: Any = "") -> None:
    spend(text_steps(str(text).count(str(old)) * len(str(new))))


@pass_eval_context
def _replace(context: EvalContext, text: Any, old: Any, new: Any, count: Any = None) -> str:
    _prepay_replace(text, old, new)
    return do_replace(context, text, old, new, count)


@pass_eval_context
def _join(context: EvalContext, items: Iterable[Any], d: Any = "", attribute: Any = None) -> Any:
    found = list(items)
    spend(len(found) * (1 + text_steps(len(str(d)))))
    return do_join(context, found, d, attribute)


def _round(value: Any, precision: int = 0, method: Any = "common") -> Any:
    if abs(precision) > _MAX_PRECISION:
        raise SecurityError("the precision is too large")
    return do_round(value, precision, method)


@pass_environment
def _sum(
    environment: Environment, items: Iterable[Any], attribute: Any = None, start: Any = 0
) -> Any:
    if not is_number(start):
        raise SecurityError("sum can be used only with numbers")
    return sync_do_sum(environment, items, attribute, start)


BOUNDED_FILTERS: Mapping[str, Callable[..., Any]] = {
    "join": _join,
    "replace": _replace,
    "round": _round,
    "sum": _sum,
}
"""What stands in for some of Jinja's filters."""
