"""Finds the differences between two sets of manifests, by object and field."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, NamedTuple

from labbuilder.credentials import mask_urls
from labbuilder.diff.impact import Impact, fields_of, of_object
from labbuilder.diff.shape import Shape, shape
from labbuilder.errors import Path, format_path
from labbuilder.manifest import MASK, Manifest, identity, kind_of
from labbuilder.names import LAST_APPLIED_ANNOTATION
from labbuilder.output import redact
from labbuilder.output.concealing import concealer
from labbuilder.output.text import too_deep
from labbuilder.quantity import parse_quantity

__all__ = ["Change", "Difference", "compare"]

_SERVER_FIELDS = {
    "creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation",
    "managedFields", "resourceVersion", "selfLink", "uid",
}  # fmt: skip
"""Metadata that only the API server sets."""

_MIN_SECRET_LENGTH = 8  # shorter secrets would be found in any text


@dataclass(frozen=True, slots=True)
class Change:
    """A field or a whole object that differs.

    The namespace is empty if the object is cluster-scoped, the path if the object itself differs.
    The values are of JSON types, and None if there is none; secrets' values are `MASK`, even where
    they differ.
    """

    kind: str
    name: str
    namespace: str
    path: str
    old: Any
    new: Any
    impact: Impact
    is_quantity: bool = False

    @property
    def object(self) -> str:
        """The object's ``Kind/name``."""
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True, slots=True)
class Difference:
    """The differences between two sets of manifests."""

    changes: tuple[Change, ...]  # in the order of the old manifests, followed by the added objects
    hidden: int = 0  # how many values could not be compared, because the old ones are masked


class _Hidden(NamedTuple):
    """A secret's value."""

    value: Any

    def __repr__(self) -> str:
        return MASK


class _Field(NamedTuple):
    path: Path
    old: Any
    new: Any
    is_quantity: bool = False


def compare(old: Iterable[Manifest], new: Iterable[Manifest]) -> Difference:
    """Compare two sets of manifests by value; they have kind and name, and no duplicates.

    Fields that only a server sets are ignored, and a secret's value that is masked in the old ones
    is assumed to be unchanged. It raises `LabBuilderError` for one that contains itself.
    """
    try:
        return _compare(old, new)
    except RecursionError:
        raise too_deep({}) from None


def _compare(old: Iterable[Manifest], new: Iterable[Manifest]) -> Difference:
    before = {identity(manifest): _prepared(manifest) for manifest in old}
    after = {identity(manifest): _prepared(manifest) for manifest in new}
    conceal = concealer(_secrets([*before.values(), *after.values()]))
    claimed = {key[2] for key in before if key[1] == "PersistentVolumeClaim"}  # namespaces
    changes: list[Change] = []
    hidden = 0
    for key in dict.fromkeys([*before, *after]):
        _, kind, namespace, name = key
        was, is_now = before.get(key), after.get(key)
        found, classify = [_Field((), was, is_now)], fields_of(was) if was else None
        if was is not None and is_now is not None:
            fields = list(_fields(was, is_now, shape(kind_of(is_now)), ()))
            found = [field for field in fields if not _is_masked(field)]
            hidden += len(fields) - len(found)
        for field in found:
            impact = (
                classify(field.path, field.old, field.new)
                if classify and field.path
                else of_object(kind, removed=is_now is None, holds_claims=name in claimed)
            )
            path = format_path(field.path)
            one, other = _plain(field.old, conceal), _plain(field.new, conceal)
            changes.append(
                Change(kind, name, namespace, path, one, other, impact, field.is_quantity)
            )
    return Difference(tuple(changes), hidden)


def _prepared(manifest: Manifest) -> Manifest:
    """Remove fields that only a server sets, and mark secrets' values."""
    concealed = _concealed(manifest, redact(manifest))
    concealed.pop("status", None)
    metadata = {
        key: each for key, each in concealed["metadata"].items() if key not in _SERVER_FIELDS
    }
    annotations = metadata.get("annotations")
    if isinstance(annotations, dict) and LAST_APPLIED_ANNOTATION in annotations:
        rest = {key: each for key, each in annotations.items() if key != LAST_APPLIED_ANNOTATION}
        metadata["annotations"] = rest or None
    return {**concealed, "metadata": metadata}


def _concealed(value: Any, redacted: Any) -> Any:
    if isinstance(value, dict) and isinstance(redacted, dict):
        return {key: _concealed(each, redacted[key]) for key, each in value.items()}
    if isinstance(value, list) and isinstance(redacted, list):
        return [_concealed(*pair) for pair in zip(value, redacted, strict=True)]
    return _Hidden(value) if redacted == MASK else value


def _fields(old: Any, new: Any, at: Shape, path: Path) -> Iterator[_Field]:
    """Find the fields that differ; null is the same as no value."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from _fields(old.get(key), new.get(key), at.child(key), (*path, key))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _items(old, new, at, path)
    elif not _same(old, new, at):
        yield _Field(path, old, new, at.is_quantity)


def _items(old: list[Any], new: list[Any], at: Shape, path: Path) -> Iterator[_Field]:
    old_names, new_names = at.names(old), at.names(new)
    if old_names is None or new_names is None:
        for i, (one, other) in enumerate(zip_longest(old, new)):
            yield from _fields(one, other, at.item(), (*path, i))
        return
    before = dict(zip(old_names, old, strict=True))
    after = dict(zip(new_names, new, strict=True))
    for name in dict.fromkeys([*before, *after]):
        yield from _fields(before.get(name), after.get(name), at.item(), (*path, name))
    was = [str(name) for name in before if name in after]
    is_now = [str(name) for name in after if name in before]
    if at.is_ordered and was != is_now:
        yield _Field(path, was, is_now)


def _same(old: Any, new: Any, at: Shape) -> bool:
    if at.is_quantity and old is not None and new is not None:
        try:
            return parse_quantity(old) == parse_quantity(new)
        except ValueError:
            pass
    # In Python, True == 1.
    return bool(old == new) and isinstance(old, bool) == isinstance(new, bool)


def _is_masked(field: _Field) -> bool:
    if isinstance(field.old, str) and isinstance(field.new, str):
        return MASK in field.old and field.old == mask_urls(field.new)  # a part of it is masked
    return isinstance(field.new, _Hidden) and field.old == _Hidden(MASK)


def _secrets(values: Iterable[Any]) -> set[str]:
    """Collect secrets' values, which a site's own fragment may print anywhere."""
    found: set[str] = set()
    for value in values:
        if isinstance(value, _Hidden):
            if isinstance(value.value, str) and len(value.value) >= _MIN_SECRET_LENGTH:
                found.add(value.value)
        elif isinstance(value, Mapping):
            found |= _secrets(value.values())
        elif isinstance(value, list):
            found |= _secrets(value)
    return found


def _plain(value: Any, conceal: Callable[[str], str]) -> Any:
    """Return a value of JSON types in which secrets are masked."""
    if isinstance(value, _Hidden):
        return MASK
    if isinstance(value, dict):
        return {key: _plain(each, conceal) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each, conceal) for each in value]
    if isinstance(value, str):
        return mask_urls(conceal(value))
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
