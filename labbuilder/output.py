"""Manifests to text: YAML, JSON, files to apply in order, and copies that show no secret."""

from __future__ import annotations

import copy
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any, Literal, cast

import yaml

from labbuilder.errors import Finding, LabBuilderError, Path
from labbuilder.manifest import MASK

__all__ = ["LIST_END", "LIST_START", "redact", "to_files", "to_json", "to_line", "to_yaml"]

LIST_START = '{\n  "apiVersion": "v1",\n  "kind": "List",\n  "items": [\n'
LIST_END = "\n  ]\n}\n"
"""What `to_json` writes before and after the manifests."""

_FIRST = ("apiVersion", "kind", "metadata")

# Text that no reader of YAML 1.1 or 1.2 takes for anything else, in any context.
_PLAIN = re.compile(r"[A-Za-z/](?:[ :]?[A-Za-z0-9._/+@%=(),;-])*")
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none"}
_WORDS |= {"nan", "inf", "infinity"}
# Lines that YAML 1.1 and 1.2 read alike, and that PyYAML writes alike with and without
# libyaml: no tab, nothing beyond the basic plane, no space at the start of the text or
# the end of a line, no blank line at the start or the end of the text.
_LINES = "(?![ \n])(?:[{0}]*(?<! )\n)+(?:[{0}]+(?<! ))?(?<!\n\n)"
_ASCII = " -~"
_WIDE = f"{_ASCII}\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd"

_LABEL = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")
_SUBDOMAIN = re.compile(r"(?!.*\.\.)[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?")
_KIND = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_MAX_NAME = 240  # of 255 bytes that a file's name can have, less number and suffix


@cache  # and not made until it is needed: with the wide one, that takes a while
def _lines(is_ascii: bool) -> re.Pattern[str]:  # noqa: FBT001 (the one question)
    return re.compile(_LINES.format(_ASCII if is_ascii else _WIDE))


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """PyYAML's, but that it writes no anchors and that text stays text for every reader."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True

    def text(self, data: str) -> yaml.Node:
        style = '"'
        if _PLAIN.fullmatch(data) and data.lower() not in _WORDS:
            style = ""
        elif _lines(data.isascii()).fullmatch(data):
            style = "|"
        return cast(yaml.Node, self.represent_scalar("tag:yaml.org,2002:str", data, style=style))


_Dumper.add_representer(str, _Dumper.text)


def to_yaml(manifests: Iterable[Mapping[str, Any]]) -> str:
    """Write manifests as one YAML stream.

    Parameters
    ----------
    manifests
        Objects of JSON's types, in the order in which to write them.

    Returns
    -------
    str
        A document an object, with a line ``---`` between.

    Raises
    ------
    LabBuilderError
        If a number is infinite or not a number, which JSON can't say.
    """
    ordered = _ordered(manifests)
    _refuse_infinite(ordered)
    return "---\n".join(map(_yaml, ordered))


def to_json(manifests: Iterable[Mapping[str, Any]]) -> str:
    """Write manifests as one JSON object, a ``List``.

    Parameters
    ----------
    manifests
        Objects of JSON's types, in the order in which to write them.

    Returns
    -------
    str
        What ``kubectl apply`` takes.

    Raises
    ------
    LabBuilderError
        If a number is infinite or not a number, which JSON can't say.
    """
    return _dumps(_list(manifests), indent=2)


def to_line(manifests: Iterable[Mapping[str, Any]]) -> str:
    """Write manifests as one line of newline-delimited JSON, a ``List``.

    Parameters
    ----------
    manifests
        Objects of JSON's types, in the order in which to write them.

    Returns
    -------
    str
        What `to_json` writes, on a line.

    Raises
    ------
    LabBuilderError
        If a number is infinite or not a number, which JSON can't say.
    """
    import orjson  # noqa: PLC0415 (many labs need it, one doesn't)

    content = _list(manifests)
    try:  # what json would write, in a tenth of its time
        line = orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # a number is too large for that, or it is nested too deeply
        return _dumps(content, separators=(",", ":"))
    if b"null" in line:  # a text's, or instead of a number that JSON doesn't know
        return _dumps(content, separators=(",", ":"))
    return line.decode()


def to_files(
    manifests: Iterable[Mapping[str, Any]], form: Literal["yaml", "json"]
) -> dict[str, str]:
    """Write each manifest as a file of its own, so that ``kubectl apply -R -f`` keeps the order.

    Parameters
    ----------
    manifests
        Objects of JSON's types, in the order in which to apply them.
    form
        How to write them.

    Returns
    -------
    dict of str to str
        Texts by relative file name: ``NAMESPACE/NN-KIND-NAME.FORM``, without a folder
        for an object of the whole cluster; a Namespace is in its own folder.

    Raises
    ------
    LabBuilderError
        If a name can't be a file's name, if an object is there twice, or if a number is
        infinite or not a number.
    """
    write = {"yaml": _yaml, "json": _json}[form]
    ordered = _ordered(manifests)
    _refuse_infinite(ordered)
    findings = [finding for manifest in ordered for finding in _unfit_names(manifest)]
    if not findings:
        findings = list(_twice(ordered))
    if findings:
        raise LabBuilderError(findings)
    folders = [_folder(manifest) for manifest in ordered]
    totals, placed, files = Counter(folders), Counter[str](), {}
    for folder, manifest in zip(folders, ordered, strict=True):
        placed[folder] += 1
        # As wide as the folder's last number, for files are applied in the order of their names.
        number = f"{placed[folder]:0{max(2, len(str(totals[folder])))}}"
        stem = f"{number}-{manifest['kind'].lower()}-{manifest['metadata']['name']}"
        files[f"{folder}/{stem}.{form}" if folder else f"{stem}.{form}"] = write(manifest)
    return files


def redact(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Copy a manifest, without the values of a Secret.

    Parameters
    ----------
    manifest
        An object; it is left as it is.

    Returns
    -------
    dict
        A copy; of a Secret, every value under ``data`` and ``stringData`` is asterisks, and of a
        ConfigMap every one whose key ends in ``_TOKEN``.
    """
    redacted = copy.deepcopy(dict(manifest))
    if redacted.get("kind") == "Secret":
        for field in ("data", "stringData"):
            values = redacted.get(field)
            if isinstance(values, dict):
                redacted[field] = dict.fromkeys(values, MASK)
            elif values is not None:
                redacted[field] = MASK
    elif redacted.get("kind") == "ConfigMap" and isinstance(redacted.get("data"), dict):
        # JupyterHub hands labs its tokens in their environment.
        redacted["data"] |= {key: MASK for key in redacted["data"] if key.endswith("_TOKEN")}
    return redacted


def _list(manifests: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "List", "items": _ordered(manifests)}


def _yaml(manifest: Mapping[str, Any]) -> str:
    # libyaml takes the width as a C int; the widest folds no line.
    options: dict[str, Any] = {"allow_unicode": True, "sort_keys": False, "width": 2**31 - 1}
    return cast(str, yaml.dump(manifest, Dumper=_Dumper, **options))


def _json(manifest: Mapping[str, Any]) -> str:
    return _dumps(manifest, indent=2)


def _dumps(content: Mapping[str, Any], **options: Any) -> str:
    try:
        return json.dumps(content, ensure_ascii=False, allow_nan=False, **options) + "\n"
    except ValueError:  # there is a number that JSON doesn't know
        _refuse_infinite(content.get("items", [content]))
        raise


def _ordered(manifests: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Put what identifies an object first."""
    return [
        dict(manifest)
        if tuple(islice(manifest, len(_FIRST))) == _FIRST  # as most have it
        else {**{key: manifest[key] for key in _FIRST if key in manifest}, **manifest}
        for manifest in manifests
    ]


def _refuse_infinite(manifests: Iterable[Mapping[str, Any]]) -> None:
    """Refuse numbers that JSON doesn't know."""
    findings = [
        Finding("number-not-finite", "the number is not finite", path, object=_title(manifest))
        for manifest in manifests
        for path in _infinite(manifest, ())
    ]
    if findings:
        raise LabBuilderError(findings)


def _infinite(value: Any, path: Path) -> Iterator[Path]:
    if isinstance(value, float):
        if not math.isfinite(value):
            yield path
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _infinite(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _infinite(item, (*path, index))


def _metadata(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = manifest.get("metadata")
    return metadata if isinstance(metadata, Mapping) else {}


def _title(manifest: Mapping[str, Any]) -> str:
    parts = manifest.get("kind"), _metadata(manifest).get("name")
    return "/".join(part if isinstance(part, str) else "?" for part in parts)


def _folder(manifest: Mapping[str, Any]) -> str:
    field = "name" if manifest.get("kind") == "Namespace" else "namespace"
    return _metadata(manifest).get(field) or ""


def _unfit_names(manifest: Mapping[str, Any]) -> Iterator[Finding]:
    """Complain of what can't be part of a file's name, or would lead out of the folder."""
    metadata = _metadata(manifest)
    kind, name, namespace = manifest.get("kind"), metadata.get("name"), metadata.get("namespace")
    if len(f"{kind}-{name}") > _MAX_NAME:
        name = None
    checks: list[tuple[Path, Any, re.Pattern[str]]] = [
        (("kind",), kind, _KIND),
        (("metadata", "name"), name, _LABEL if kind == "Namespace" else _SUBDOMAIN),
    ]
    if namespace is not None:
        checks.append((("metadata", "namespace"), namespace, _LABEL))
    for path, text, pattern in checks:
        if not isinstance(text, str) or not pattern.fullmatch(text):
            problem = "this can't be part of a file's name"
            hint = "write the objects to standard output, or give it a name that is a DNS name"
            yield Finding("unfit-file-name", problem, path, hint, object=_title(manifest))


def _twice(manifests: Iterable[Mapping[str, Any]]) -> Iterator[Finding]:
    """Complain of objects that would overwrite each other in the cluster."""
    seen = Counter(
        (str(each.get("apiVersion")), _folder(each), _title(each)) for each in manifests
    )
    for (_, folder, title), count in seen.items():
        if count > 1:
            where = f" in the namespace {folder}" if folder else ""
            problem = f"the object is there {count} times{where}"
            yield Finding("duplicate-object", problem, hint="keep one of them", object=title)
