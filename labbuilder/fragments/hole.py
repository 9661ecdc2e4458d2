"""Values that aren't known yet, for rendering what is the same whatever they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

__all__ = ["Hole", "HoleError", "refuse_holes"]


class HoleError(Exception):
    """A fragment looks into a value that isn't known yet."""


class Hole:
    """The place of a value that isn't known yet: it can be put somewhere, whole, and no more.

    Parameters
    ----------
    index
        Which value it is.
    mutable
        Whether it will be a mapping or a list.
    """

    __slots__ = ("index", "mutable")

    def __init__(self, index: int, *, mutable: bool = False) -> None:
        self.index = index
        self.mutable = mutable

    def _refuse(self, *_: object) -> NoReturn:
        raise HoleError("a fragment looks into a value")

    __bool__ = __len__ = __iter__ = __contains__ = __getitem__ = __call__ = _refuse
    __hash__ = __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __str__ = __repr__ = __format__ = __int__ = __float__ = __index__ = _refuse
    __getattr__ = _refuse


def refuse_holes(values: Iterable[Any]) -> None:
    """Refuse holes where the type of a value matters.

    Raises
    ------
    HoleError
        If one of the values is a hole.
    """
    for value in values:
        if isinstance(value, Hole):
            raise HoleError("a fragment looks into a value")
