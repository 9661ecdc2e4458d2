"""What differs between two sets of manifests, by object and field."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, NamedTuple

from labbuilder.diff.impact import Impact, of_field, of_object
from labbuilder.diff.shape import Item, Shape, shape
from labbuilder.errors import Path, format_path
from labbuilder.manifest import MASK, Manifest, identity, kind_of
from labbuilder.output import redact
from labbuilder.quantity import parse_quantity

__all__ = ["Change", "Difference", "compare", "field_text"]

_SERVERS = {
    "creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation",
    "managedFields", "resourceVersion", "selfLink", "uid",
}  # fmt: skip
"""Metadata that only a server sets."""

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"  # holds the whole object again
_TELLING = 8  # characters; shorter secrets would be found in any text
_NAME = re.compile(r"[\w./:=@+-]{1,300}", re.ASCII)
_LONGEST = 300  # characters of a name


@dataclass(frozen=True, slots=True)
class Change:
    """A field, or a whole object, that differs.

    Attributes
    ----------
    kind, name, namespace
        The object; the namespace is empty for one of the whole cluster.
    path
        The field, as `field_text` writes it; empty for the object itself.
    old, new
        The values, of JSON's types, or None where there is none. Secrets' values are `MASK`;
        they are the same here although they differ.
    impact
        What the change would do to a running lab.
    is_quantity
        Whether the values are amounts.
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
    """What differs.

    Attributes
    ----------
    changes
        In the order of the old manifests; then the objects that are added.
    hidden
        How many values could not be compared, since the old ones are hidden.
    """

    changes: tuple[Change, ...]
    hidden: int = 0


class _Hidden(NamedTuple):
    """A secret's value."""

    value: Any


class _Field(NamedTuple):
    path: Path
    old: Any
    new: Any
    is_quantity: bool = False


def compare(old: Iterable[Manifest], new: Iterable[Manifest]) -> Difference:
    """Compare two sets of manifests by value.

    Parameters
    ----------
    old, new
        Manifests with kind and name, none of them twice. What only a server sets is ignored.
        A secret's value that is asterisks in the old ones is taken for the same.

    Returns
    -------
    Difference
        Every change.
    """
    before = {identity(manifest): _prepared(manifest) for manifest in old}
    after = {identity(manifest): _prepared(manifest) for manifest in new}
    secrets = _secrets([*before.values(), *after.values()])
    claimed = {key[2] for key in before if key[1] == "PersistentVolumeClaim"}
    changes: list[Change] = []
    hidden = 0
    for key in dict.fromkeys([*before, *after]):
        was, is_now = before.get(key), after.get(key)
        found = [_Field((), was, is_now)]
        if was is not None and is_now is not None:
            fields = list(_fields(was, is_now, shape(kind_of(is_now)), ()))
            found = [field for field in fields if not _unknowable(field)]
            hidden += len(fields) - len(found)
        for field in found:
            impact = (
                of_field(was, field.path, field.old, field.new)
                if was and field.path
                else of_object(key[1], removed=is_now is None, holds_claims=key[3] in claimed)
            )
            changes.append(_change(key, field, impact, secrets))
    return Difference(tuple(changes), hidden)


def _change(
    key: tuple[str, str, str, str], field: _Field, impact: Impact, secrets: set[str]
) -> Change:
    _, kind, namespace, name = key
    old, new = _plain(field.old, secrets), _plain(field.new, secrets)
    return Change(
        kind, name, namespace, field_text(field.path), old, new, impact, field.is_quantity
    )


def field_text(path: Path) -> str:
    """Write a path: ``spec.containers[notebook].env[DEBUG].value``."""
    text = ""
    for step in path:
        if isinstance(step, Item):
            part = f"[{step if _NAME.fullmatch(step) else json.dumps(step[:_LONGEST])}]"
        else:
            part = format_path((step,))
        text += part if part.startswith("[") or not text else f".{part}"
    return text


def _prepared(manifest: Manifest) -> Manifest:
    """Leave out what only a server sets, and mark secrets' values."""
    concealed = _concealed(manifest, redact(manifest))
    concealed.pop("status", None)
    metadata = {key: each for key, each in concealed["metadata"].items() if key not in _SERVERS}
    annotations = metadata.get("annotations")
    if isinstance(annotations, dict) and _LAST_APPLIED in annotations:
        rest = {key: each for key, each in annotations.items() if key != _LAST_APPLIED}
        metadata["annotations"] = rest or None
    return {**concealed, "metadata": metadata}


def _concealed(value: Any, redacted: Any) -> Any:
    if isinstance(value, dict) and isinstance(redacted, dict):
        return {key: _concealed(each, redacted[key]) for key, each in value.items()}
    return _Hidden(value) if redacted == MASK else value


def _fields(old: Any, new: Any, at: Shape, path: Path) -> Iterator[_Field]:
    """Find the fields that differ; null is as good as nothing."""
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
    # To Python, true is 1.
    return bool(old == new) and isinstance(old, bool) == isinstance(new, bool)


def _unknowable(field: _Field) -> bool:
    return isinstance(field.new, _Hidden) and field.old == _Hidden(MASK)


def _secrets(values: Iterable[Any]) -> set[str]:
    """Collect secrets' values, for a site's own fragment may have put them anywhere."""
    found: set[str] = set()
    for value in values:
        if isinstance(value, _Hidden):
            if isinstance(value.value, str) and len(value.value) >= _TELLING:
                found.add(value.value)
        elif isinstance(value, Mapping):
            found |= _secrets(value.values())
    return found


def _plain(value: Any, secrets: set[str]) -> Any:
    """Give a value of JSON's types that shows no secret."""
    if isinstance(value, _Hidden):
        return MASK
    if isinstance(value, dict):
        return {key: _plain(each, secrets) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each, secrets) for each in value]
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, MASK)
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
