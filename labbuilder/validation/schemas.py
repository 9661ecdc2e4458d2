"""What the schemas of Kubernetes say about a manifest, by Kubernetes version.

The only module that knows the validators: ``jsonschema_rs`` decides and ``jsonschema`` explains.
No message repeats a value, so none can show a secret.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import jsonschema_rs

from labbuilder.data import SCHEMAS
from labbuilder.errors import Finding, LabBuilderError
from labbuilder.manifest import MAX_SHORTENED, kind_of, object_name, shorten

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

__all__ = [
    "NEWEST",
    "VERSIONS",
    "check",
    "definition",
    "resolve_version",
]

VERSIONS: tuple[str, ...] = tuple(
    name.removeprefix("v").removesuffix(".json")
    for name in sorted(SCHEMAS, key=lambda name: [int(n) for n in re.findall("[0-9]+", name)])
    if name.startswith("v")
)
"""The Kubernetes minor versions whose schemas are carried, oldest first."""

NEWEST = VERSIONS[-1]
"""The newest of them."""

_VERSION = re.compile(r"v?(?P<minor>[0-9]+\.[0-9]+)(\.[0-9]+([-+][0-9A-Za-z.+-]+)?)?")

_JSON_TYPES = {
    bool: "boolean",
    dict: "object",
    float: "number",
    int: "integer",
    list: "array",
    str: "string",
    type(None): "null",
}

_ADDRESS = "kubernetes:schemas"  # nothing is looked for there: it is how schemas refer to it


def resolve_version(text: object) -> str:
    """Find the schemas that a Kubernetes version asks for.

    Parameters
    ----------
    text
        A version such as ``1.34``, ``v1.34.2`` or ``v1.34.2-gke.100``.

    Returns
    -------
    str
        One of `VERSIONS`, such as ``1.34``.

    Raises
    ------
    LabBuilderError
        If it is no version, or one without schemas here. A number is no version: YAML reads an
        unquoted 1.30 as 1.3.
    """
    if text in VERSIONS:
        return str(text)
    found = _VERSION.fullmatch(text) if isinstance(text, str) else None
    if found and found["minor"] in VERSIONS:
        return found["minor"]
    message = f"there are no schemas for Kubernetes version {shorten(repr(text))}"
    quote = "" if isinstance(text, str) else "put the version in quotes; "
    hint = f"{quote}there are schemas for {', '.join(VERSIONS)}"
    raise LabBuilderError([Finding("unknown-kubernetes-version", message, hint=hint)])


def check(manifest: Mapping[str, Any], version: str) -> list[Finding]:
    """Hold a manifest against the schema of its kind.

    Parameters
    ----------
    manifest
        The manifest, of plain dicts, lists and scalars.
    version
        The Kubernetes version, as `resolve_version` takes it.

    Returns
    -------
    list of Finding
        Everything that the schema forbids, nothing if it allows the manifest. A kind without a
        schema is an error too: what can't be checked does not pass.

    Raises
    ------
    LabBuilderError
        If there are no schemas for the version.
    """
    minor = version if version in VERSIONS else resolve_version(version)
    key = kind_of(manifest)
    try:
        if _decider(minor, key).is_valid(manifest):
            return []
    except KeyError:
        return [_no_schema(manifest, key, minor, list(_bundle(minor)["kinds"]))]
    except ValueError:  # it holds what JSON does not have
        pass
    return _explain(manifest, minor, key)


def definition(version: str, kind: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Give the schema of a kind, for others to read what else it says.

    Parameters
    ----------
    version
        One of `VERSIONS`.
    kind
        As `kind_of` gives it; there is a schema for it.

    Returns
    -------
    tuple
        The schema, and those that it refers to by their full names.
    """
    bundle = _bundle(version)
    return bundle["kinds"][kind], bundle["$defs"]


@cache
def _bundle(version: str) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(SCHEMAS[f"v{version}.json"]))


def _schema(version: str, key: str) -> dict[str, Any]:
    bundle = _bundle(version)
    return {"$schema": bundle["$schema"], "$defs": bundle["$defs"], **bundle["kinds"][key]}


@cache
def _registry(version: str) -> jsonschema_rs.Registry:
    return jsonschema_rs.Registry([(_ADDRESS, _bundle(version))])


@cache  # unbounded, for versions and kinds are few: only those with a schema get here
def _decider(version: str, key: str) -> jsonschema_rs.Draft202012Validator:
    if key not in _bundle(version)["kinds"]:
        raise KeyError(key)
    # From one place for all kinds, which saves each a copy of the types that they share.
    schema = {"$ref": f"{_ADDRESS}#/kinds/{key.replace('/', '~1')}"}
    return jsonschema_rs.Draft202012Validator(schema, registry=_registry(version))


def _no_schema(manifest: Mapping[str, Any], key: str, version: str, kinds: list[str]) -> Finding:
    message = f"there is no schema for {shorten(key)} of Kubernetes {version}"
    hint = _did_you_mean(key, kinds) or f"there are schemas for {', '.join(kinds)}"
    if absent := [field for field in ("apiVersion", "kind") if not manifest.get(field)]:
        message = f"a manifest needs {' and '.join(absent)}"
    return Finding("no-schema", message, hint=hint, object=object_name(manifest))


def _explain(manifest: Mapping[str, Any], version: str, key: str) -> list[Finding]:
    # Imported late because it costs 90 ms, and a manifest that is right never needs it.
    from jsonschema import Draft202012Validator  # noqa: PLC0415

    errors = Draft202012Validator(_schema(version, key)).iter_errors(manifest)
    # Several missing fields of one object are as many errors, each of which names them all.
    findings = dict.fromkeys(finding for error in errors for finding in _findings(error))
    if not findings:
        message = "the schema forbids something here that can't be named"
        hint = "look for keys that are not strings, and for what plain JSON does not have"
        findings = {Finding("schema-invalid-value", message, hint=hint): None}
    return [replace(finding, object=object_name(manifest)) for finding in findings]


def _findings(error: ValidationError) -> Iterator[Finding]:
    """Turn an error of jsonschema's, whose message may show a secret, into findings of ours."""
    path = tuple(step if type(step) is int else str(step) for step in error.absolute_path)
    value: Any = error.instance
    rule: Any = error.validator_value
    schema: Any = error.schema
    match error.validator:
        case "additionalProperties":
            known = list(schema["properties"])
            for field in (str(name) for name in value if name not in known):
                message = f"there is no field {shorten(repr(field))} here"
                hint = _did_you_mean(field, known)
                yield Finding("schema-unknown-field", message, (*path, field), hint)
        case "required":
            for field in (name for name in rule if name not in value):
                yield Finding("schema-missing-field", f"{field!r} is missing", (*path, field))
        case "type":
            names = [rule] if isinstance(rule, str) else rule
            given = _JSON_TYPES.get(type(value), f"Python's {type(value).__name__}")
            message = f"must be of type {' or '.join(names)}, not {given}"
            yield Finding("schema-wrong-type", message, path, _type_hint(value, names))
        case "minimum" | "maximum":
            bound = "less" if error.validator == "minimum" else "more"
            yield Finding("schema-invalid-value", f"must not be {bound} than {rule}", path)
        case other:
            yield Finding("schema-invalid-value", f"is forbidden by the schema's {other}", path)


def _type_hint(value: object, names: list[str]) -> str:
    if value is None:
        return "leave the field out"
    if "string" in names and not isinstance(value, dict | list):
        return "put the value in quotes"
    quoted = isinstance(value, str) and names not in (["object"], ["array"])
    return "write the value without quotes" if quoted else ""


def _did_you_mean(text: str, known: list[str]) -> str:
    close = get_close_matches(text[:MAX_SHORTENED], known, n=1)
    return f"did you mean {close[0]}?" if close else ""
