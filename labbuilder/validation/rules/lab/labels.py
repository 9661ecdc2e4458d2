"""Label selectors, and objects found by their labels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from labbuilder.validation.rules.rule import Object

__all__ = ["Labelled", "Labels", "Requirement", "matches", "requirements"]

Labels = Mapping[str, str]


@dataclass(slots=True)
class Requirement:
    """What a selector requires of the label of one key."""

    values: set[str] | None = None  # of which it must have one; None if it may have any
    excluded: set[str] = field(default_factory=set)
    exists: bool = False
    is_absent: bool = False
    named: dict[str, None] = field(default_factory=dict)  # all values in expressions, in order

    def restrict(self, values: Iterable[str]) -> None:
        """Require one of some values."""
        self.values = set(values) if self.values is None else self.values.intersection(values)
        self.exists = True

    def accepts(self, value: str | None) -> bool:
        """Return whether a label may have a value; None stands for no label."""
        if value is None:
            return not self.exists
        possible = self.values is None or value in self.values
        return possible and value not in self.excluded and not self.is_absent


def requirements(selector: Object) -> dict[str, Requirement] | None:
    """Collect what a LabelSelector requires, by key, as ``LabelSelectorAsSelector`` does.

    It is None if nothing can match, because an operator is unknown. An empty selector requires
    nothing.
    """
    found: defaultdict[str, Requirement] = defaultdict(Requirement)
    for key, value in selector.get("matchLabels", {}).items():
        found[key].restrict([value])
    for each in selector.get("matchExpressions", ()):
        required, values = found[each["key"]], each.get("values", ())
        required.named.update(dict.fromkeys(values))
        match each["operator"]:
            case "In":
                required.restrict(values)
            case "NotIn":
                required.excluded.update(values)
            case "Exists":
                required.exists = True
            case "DoesNotExist":
                required.is_absent = True
            case _:
                return None
    return found


def matches(selector: Object, labels: Labels) -> bool:
    """Return whether a LabelSelector selects labels."""
    required = requirements(selector)
    return required is not None and all(
        each.accepts(labels.get(key)) for key, each in required.items()
    )


class Labelled:
    """Objects by their labels, so that a selector needn't be compared with each of them."""

    def __init__(self, objects: Sequence[Labels]) -> None:
        by_key = defaultdict[str, set[int]](set)
        by_label = defaultdict[tuple[str, str], set[int]](set)
        for i, labels in enumerate(objects):
            for key, value in labels.items():
                by_key[key].add(i)
                by_label[key, value].add(i)
        self._by_key = {key: frozenset(found) for key, found in by_key.items()}
        self._by_label = {label: frozenset(found) for label, found in by_label.items()}
        self._all = frozenset(range(len(objects)))

    def select(self, selector: Object) -> frozenset[int]:
        """Return the indices of the objects that a LabelSelector selects."""
        required = requirements(selector)
        if required is None:
            return frozenset()
        kept = [self._all]
        dropped: list[frozenset[int]] = []
        for key, each in required.items():
            if each.exists and each.is_absent:
                return frozenset()
            if each.values is not None:
                kept.append(self._with(key, each.values - each.excluded))
                continue
            if each.exists or each.is_absent:
                (kept if each.exists else dropped).append(self._by_key.get(key, frozenset()))
            if not each.is_absent:
                dropped.append(self._with(key, each.excluded))
        least, *others = sorted(kept, key=len)
        found = least.intersection(*others) if others[:-1] else least  # the last is all of them
        return found.difference(*dropped) if any(dropped) else found

    def _with(self, key: str, values: Iterable[str]) -> frozenset[int]:
        """Return the indices of the objects whose label of a key has one of some values."""
        found = [
            each for value in values if (each := self._by_label.get((key, value))) is not None
        ]
        return found[0] if len(found) == 1 else frozenset().union(*found)
