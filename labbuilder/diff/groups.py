"""Groups the changes of many labs: equal changes are counted."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b
from itertools import takewhile
from typing import Any

from labbuilder.diff.compare import Change
from labbuilder.diff.impact import Impact, worst

__all__ = ["Person", "Rollout", "common_length"]

_MIN_DIGITS = 4  # shorter numbers mean many other things
_PASSWD = re.compile(r"^(USERNAME:x):[^:\n]+:[^:\n]+:[^:\n]*:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Person:
    """The identity of a lab's user, which placeholders stand for."""

    username: str
    uid: int
    gid: int


MAX_GROUPS = 10_000
"""Changes that are kept; the labs' other changes are counted."""


class Rollout:
    """Counts changes that differ only by the user.

    Attributes
    ----------
    labs
        The labs that are compared.
    classes
        The labs that change, by their changes' worst class.
    more
        Changes of labs that are not in `groups`, because there are very many.
    """

    def __init__(self) -> None:
        self.labs = 0
        self.more = 0
        self.classes: Counter[Impact] = Counter()
        self._changes: dict[bytes, Change] = {}
        self._counts: Counter[bytes] = Counter()

    def add(self, person: Person, changes: Iterable[Change]) -> None:
        """Count the changes of a lab, with ``USERNAME``, ``UID`` and ``GID`` for its user."""
        anonymous = _Anonymizer(person)
        alike = {_digest(each): each for each in map(anonymous.change, changes)}
        self.labs += 1
        if alike:
            self.classes[worst(each.impact for each in alike.values())] += 1
        for key, change in alike.items():
            if key in self._changes or len(self._changes) < MAX_GROUPS:
                self._changes.setdefault(key, change)
                self._counts[key] += 1
            else:
                self.more += 1

    @property
    def changed(self) -> int:
        """The number of labs that change."""
        return self.classes.total()

    def groups(self) -> Iterator[tuple[int, Change]]:
        """Yield each change after the number of its labs: worst class, then most labs first."""

        def order(item: tuple[bytes, Change]) -> tuple[int, int]:
            key, change = item
            return -change.impact.rank, -self._counts[key]

        for key, change in sorted(self._changes.items(), key=order):
            yield self._counts[key], change


def _digest(change: Change) -> bytes:
    return blake2b(json.dumps(asdict(change)).encode(), digest_size=16).digest()


class _Anonymizer:
    """Replaces a user's identity by placeholders."""

    def __init__(self, person: Person) -> None:
        self._username = person.username
        # If both numbers are the same, as for most users, it is called UID.
        numbers = {str(person.gid): "GID", str(person.uid): "UID"}
        self._words = {text: word for text, word in numbers.items() if len(text) >= _MIN_DIGITS}
        self._words[person.username] = "USERNAME"
        found = "|".join(re.escape(text) for text in self._words)
        self._pattern = re.compile(rf"(?<![A-Za-z0-9])(?:{found})(?![A-Za-z0-9])")

    def change(self, change: Change) -> Change:
        old, new = change.old, change.new
        if not change.path:
            old, new = _kind(old), _kind(new)
        if isinstance(old, str) and isinstance(new, str):
            old, new = _differing_lines(old, new)
        if not change.is_quantity:
            old, new = self._value(old), self._value(new)
        return replace(
            change,
            name=self._name(change.name),
            namespace=self._name(change.namespace),
            path=self._text(change.path),
            old=old,
            new=new,
        )

    def _name(self, name: str) -> str:
        """Replace the username at the start or the end of an object's name."""
        user = re.escape(self._username)
        return re.sub(rf"^{user}(?=-nb)|(?<=-){user}$", "USERNAME", name)

    def _text(self, text: str) -> str:
        text = self._pattern.sub(lambda match: self._words[match[0]], text)
        return _PASSWD.sub(r"\1:UID:GID:NAME:", text)

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict):
            return {self._text(key): self._value(each) for key, each in value.items()}
        return [self._value(each) for each in value] if isinstance(value, list) else value


def _kind(manifest: Any) -> Any:
    """Keep the fields of a whole object that are the same for all users."""
    return manifest and {key: manifest.get(key) for key in ("apiVersion", "kind")}


def _differing_lines(old: str, new: str) -> tuple[str, str]:
    """Remove the common lines at the start and the end of two texts, such as ``passwd``."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    start = common_length(before, after)
    before, after = before[start:], after[start:]
    end = common_length(before[::-1], after[::-1])
    return "".join(before[: len(before) - end]), "".join(after[: len(after) - end])


def common_length(one: Iterable[str], other: Iterable[str]) -> int:
    """Count the lines or characters with which both texts start."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
