"""Texts without the secrets that they contain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet

from labbuilder.manifest import MASK

__all__ = ["concealer"]

_FEW = 16
_MAX_START = 8  # characters by which one of many secrets is looked up


def concealer(secrets: Iterable[str]) -> Callable[[str], str]:
    """Return a function that replaces every secret in a text by `MASK`.

    Its time doesn't grow with the number of secrets. An empty secret is in no text.
    """
    known = {secret for secret in secrets if secret}
    if len(known) > _FEW:
        return _Many(known)
    longest_first = sorted(known, key=lambda each: (-len(each), each))
    return lambda text: _replaced(text, longest_first)


def _replaced(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text


class _Many:
    """Finds secrets by how they start, the longest first."""

    def __init__(self, secrets: AbstractSet[str]) -> None:
        self._secrets = secrets
        self._start = min(_MAX_START, *map(len, secrets))
        lengths: defaultdict[str, set[int]] = defaultdict(set)
        for secret in secrets:
            lengths[secret[: self._start]].add(len(secret))
        self._lengths = {start: sorted(each, reverse=True) for start, each in lengths.items()}

    def __call__(self, text: str) -> str:
        pieces: list[str] = []
        shown = 0
        for i in range(len(text) - self._start + 1):
            if i < shown or (found := self._lengths.get(text[i : i + self._start])) is None:
                continue
            length = next((n for n in found if text[i : i + n] in self._secrets), 0)
            if length:
                pieces += (text[shown:i], MASK)
                shown = i + length
        return "".join([*pieces, text[shown:]])
