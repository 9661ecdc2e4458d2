"""Holes: placeholders for values that differ between labs, for rendering what they share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

__all__ = ["Hole", "HoleError", "refuse_holes"]


class HoleError(Exception):
    """A fragment inspects a hole."""


class Hole:
    """A placeholder for the value of an index: it can be printed as a whole, and nothing else.

    It is mutable if the value is a mapping or a list.
    """

    __slots__ = ("index", "mutable")

    def __init__(self, index: int, *, mutable: bool = False) -> None:
        self.index = index
        self.mutable = mutable

    def _refuse(self, *_: object) -> NoReturn:
        raise HoleError("a fragment inspects a value")

    __bool__ = __len__ = __iter__ = __contains__ = __getitem__ = __call__ = _refuse
    __hash__ = __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __str__ = __repr__ = __format__ = __int__ = __float__ = __index__ = _refuse
    __getattr__ = _refuse


def refuse_holes(values: Iterable[Any]) -> None:
    """Refuse holes where the values themselves matter, by a `HoleError`."""
    for value in values:
        if isinstance(value, Hole):
            raise HoleError("a fragment inspects a value")
