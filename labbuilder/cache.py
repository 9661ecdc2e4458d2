"""Caches of a bounded size, in entries and in characters."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, ParamSpec, TypeVar, cast

__all__ = ["BoundedCache", "cache_short"]

_MAX_SHORT = 4096  # characters of the arguments of a call

K = TypeVar("K")
V = TypeVar("V")
P = ParamSpec("P")


class BoundedCache(dict[K, V]):
    """A dict that removes its oldest entries when it has more than `max_entries`.

    It also does when the sizes of its keys add up to more than `max_size`.
    """

    def __init__(
        self, max_entries: int, max_size: int = 0, size: Callable[[K], int] = lambda _: 0
    ) -> None:
        super().__init__()
        self._max_entries = max_entries
        self._max_size = max_size
        self._size = size

    def __setitem__(self, key: K, value: V) -> None:
        super().__setitem__(key, value)
        if len(self) <= self._max_entries and not self._max_size:
            return
        keys = list(self)  # a copy, since another thread may be adding to them
        excess = sum(map(self._size, keys)) - self._max_size
        room = self._max_entries
        for i, oldest in enumerate(keys):
            if len(keys) - i <= room and excess <= 0:
                break
            excess -= self._size(oldest)
            self.pop(oldest, None)


def cache_short(max_entries: int) -> Callable[[Callable[P, V]], Callable[P, V]]:
    """Cache the results of a function of text.

    If a call has long text, the results of all calls before it are forgotten.
    """

    def decorate(function: Callable[P, V]) -> Callable[P, V]:
        @lru_cache(max_entries)
        @wraps(function)
        def remember(*arguments: Any) -> V:
            if sum(map(len, arguments)) > _MAX_SHORT:
                remember.cache_clear()
            return undecorated(*arguments)

        undecorated: Callable[..., V] = function
        return cast("Callable[P, V]", remember)

    return decorate
