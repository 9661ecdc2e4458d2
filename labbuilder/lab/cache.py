"""A bounded cache."""

from __future__ import annotations

from typing import TypeVar

__all__ = ["BoundedCache"]

K = TypeVar("K")
V = TypeVar("V")


class BoundedCache(dict[K, V]):
    """A dict that removes its oldest entries when it has more than `max_entries`."""

    def __init__(self, max_entries: int) -> None:
        super().__init__()
        self._max_entries = max_entries

    def __setitem__(self, key: K, value: V) -> None:
        super().__setitem__(key, value)
        if len(self) > self._max_entries:
            # A copy of the keys, which another thread may be adding to.
            for oldest in list(self)[: len(self) - self._max_entries]:
                self.pop(oldest, None)
