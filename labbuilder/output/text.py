"""Manifests to text: YAML, and JSON as a ``List``."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any, cast

import yaml

from labbuilder.errors import Finding, LabBuilderError, Path
from labbuilder.escape import has_hidden, visible_json, visible_yaml
from labbuilder.manifest import object_name
from labbuilder.sealed import sealed

__all__ = [
    "LIST_END", "LIST_START", "in_order", "refuse_infinite", "to_json", "to_line", "to_yaml",
    "too_deep", "write_json", "write_yaml",
]  # fmt: skip

LIST_START = '{\n  "apiVersion": "v1",\n  "kind": "List",\n  "items": [\n'
LIST_END = "\n  ]\n}\n"
"""What `to_json` writes before and after the manifests."""

_FIRST = ("apiVersion", "kind", "metadata")
_MAX_DEPTH = 200  # levels; files may have 100

# Text that every reader of YAML 1.1 and 1.2 reads as this text, in any context.
_PLAIN = re.compile(r"[A-Za-z/](?:[ :]?[A-Za-z0-9._/+@%=(),;-])*")
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none"}
_WORDS |= {"nan", "inf", "infinity"}
# Lines that YAML 1.1 and 1.2 read alike, and that PyYAML writes alike with and without
# libyaml: no tab, nothing beyond the basic plane, no space at the start of the text or
# the end of a line, no blank line at the start or the end of the text. (What is hidden or may be
# taken for a command is escaped in double quotes.)
_LINES = "(?![ \n])(?:[{0}]*(?<! )\n)+(?:[{0}]+(?<! ))?(?<!\n\n)"
_ASCII = " -~"
_WIDE = f"{_ASCII}\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd"


@cache  # compiled when first used: the wide one takes a while
def _lines(is_ascii: bool) -> re.Pattern[str]:  # noqa: FBT001 (the one question)
    return re.compile(_LINES.format(_ASCII if is_ascii else _WIDE))


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """PyYAML's dumper, without anchors, and with text that stays text for every reader."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True

    def text(self, data: str) -> yaml.Node:
        style = '"'
        if _PLAIN.fullmatch(data) and data.lower() not in _WORDS:
            style = ""
        elif _lines(data.isascii()).fullmatch(data) and not has_hidden(data):
            style = "|"
        return cast(yaml.Node, self.represent_scalar("tag:yaml.org,2002:str", data, style=style))


_Dumper.add_representer(str, _Dumper.text)


@sealed
def to_yaml(manifests: Iterable[Mapping[str, Any]]) -> str:
    """Write manifests as one YAML stream.

    Parameters
    ----------
    manifests
        Objects of JSON types, in the order in which to write them.

    Returns
    -------
    str
        One document per object, with a line ``---`` between them.

    Raises
    ------
    LabBuilderError
        If a number is infinite or not a number, which JSON doesn't have.
    """
    ordered = in_order(manifests)
    refuse_infinite(ordered)
    return "---\n".join(map(write_yaml, ordered))


@sealed
def to_json(manifests: Iterable[Mapping[str, Any]]) -> str:
    """Write manifests as one JSON object, a ``List``; takes and refuses what `to_yaml` does."""
    return write_json(_list(manifests))


@sealed
def to_line(manifests: Iterable[Mapping[str, Any]]) -> str:
    """Write what `to_json` writes on one line, for newline-delimited JSON."""
    import orjson  # noqa: PLC0415 (many labs need it, one doesn't)

    content = _list(manifests)
    try:  # writes what json does, in a tenth of its time
        line = orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # a number is too large for it, or the nesting too deep
        return _dumps(content, separators=(",", ":"))
    if b"null" in line:  # part of a text, or in place of a number that JSON doesn't have
        return _dumps(content, separators=(",", ":"))
    return visible_json(line.decode())


def _list(manifests: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "List", "items": in_order(manifests)}


def write_yaml(manifest: Mapping[str, Any]) -> str:
    """Write one object as YAML."""
    # No line is folded: the width is the largest C int, which is what libyaml takes.
    options: dict[str, Any] = {"allow_unicode": True, "sort_keys": False, "width": 2**31 - 1}
    return visible_yaml(yaml.dump(manifest, Dumper=_Dumper, **options))


def write_json(manifest: Mapping[str, Any]) -> str:
    """Write one object as JSON."""
    return _dumps(manifest, indent=2)


def _dumps(content: Mapping[str, Any], **options: Any) -> str:
    try:
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, **options)
    except (ValueError, RecursionError):  # a number that JSON doesn't have; a circle
        refuse_infinite(content.get("items", [content]))
        raise
    return visible_json(text) + "\n"


def in_order(manifests: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Copy objects with apiVersion, kind and metadata first."""
    return [
        dict(manifest)
        if tuple(islice(manifest, len(_FIRST))) == _FIRST  # usual, and faster
        else {**{key: manifest[key] for key in _FIRST if key in manifest}, **manifest}
        for manifest in manifests
    ]


def refuse_infinite(manifests: Iterable[Mapping[str, Any]]) -> None:
    """Refuse numbers that JSON doesn't have, and what contains itself."""
    message = "must be a finite number"
    findings = []
    for manifest in manifests:
        for path in _infinite(manifest, ()):
            if len(path) > _MAX_DEPTH:
                raise too_deep(manifest)
            name = object_name(manifest)
            findings.append(Finding("number-not-finite", message, path, object=name))
    if findings:
        raise LabBuilderError(findings)


def too_deep(manifest: Mapping[str, Any]) -> LabBuilderError:
    """Return the error about a manifest that is nested too deeply, or contains itself."""
    message, hint = "is nested too deeply", "reduce the nesting"
    return LabBuilderError([Finding("too-deep", message, (), hint, object=object_name(manifest))])


def _infinite(value: Any, path: Path) -> Iterator[Path]:
    if len(path) > _MAX_DEPTH:
        yield path
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield path
    elif isinstance(value, Mapping | list):
        for step, item in value.items() if isinstance(value, Mapping) else enumerate(value):
            yield from _infinite(item, (*path, step))
