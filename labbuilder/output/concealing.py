"""Texts without the secrets that they contain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from labbuilder.manifest import MASK

__all__ = ["concealer"]

_FEW = 16
_MAX_START = 8  # characters by which one of many secrets is looked up


def concealer(secrets: Iterable[str]) -> Callable[[str], str]:
    """Return a function that replaces every secret in a text by `MASK`.

    Its time doesn't grow with the number of secrets. An empty secret is in no text.
    """
    known = sorted(filter(None, set(secrets)), key=lambda each: (-len(each), each))
    return _Many(known) if len(known) > _FEW else lambda text: _replaced(text, known)


def _replaced(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text


class _Many:
    """Finds secrets by how they start; the longest first, as they are given."""

    def __init__(self, secrets: list[str]) -> None:
        self._secrets = set(secrets)
        self._start = min(_MAX_START, len(secrets[-1]))
        lengths: defaultdict[str, dict[int, None]] = defaultdict(dict)
        for secret in secrets:
            lengths[secret[: self._start]][len(secret)] = None
        self._lengths = dict(lengths)

    def __call__(self, text: str) -> str:
        pieces: list[str] = []
        shown = i = 0
        for i in range(len(text) - self._start + 1):
            if i < shown or (found := self._lengths.get(text[i : i + self._start])) is None:
                continue
            length = next((n for n in found if text[i : i + n] in self._secrets), 0)
            if length:
                pieces += (text[shown:i], MASK)
                shown = i + length
        return "".join([*pieces, text[shown:]])
