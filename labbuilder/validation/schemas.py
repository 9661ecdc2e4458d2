"""Checks a manifest against the schema of its kind, by Kubernetes version.

The only module that imports the validators: ``jsonschema_rs`` decides, ``jsonschema`` explains.
No message repeats a value, so none can show a secret.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import jsonschema_rs

from labbuilder.data import SCHEMAS
from labbuilder.errors import MAX_FINDINGS, Finding, Findings, LabBuilderError
from labbuilder.manifest import MAX_SHORTENED, Manifest, kind_of, object_name, shorten

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

__all__ = [
    "NEWEST",
    "VERSIONS",
    "check",
    "definition",
    "has_kind",
    "resolve_version",
    "without_nulls",
]

VERSIONS: tuple[str, ...] = tuple(
    name.removeprefix("v").removesuffix(".json")
    for name in sorted(SCHEMAS, key=lambda name: [int(n) for n in re.findall("[0-9]+", name)])
    if name.startswith("v")
)
"""The Kubernetes minor versions that have schemas here, oldest first."""

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

_EMPTY: dict[str, Any] = {
    "array": [], "boolean": False, "integer": 0, "null": None, "number": 0, "object": {},
    "string": "",
}  # fmt: skip

_ADDRESS = "kubernetes:schemas"  # a name by which schemas refer to each other; never fetched


def resolve_version(text: object) -> str:
    """Resolve a version such as ``1.34``, ``v1.34.2`` or ``v1.34.2-gke.100`` to one of `VERSIONS`.

    Raises `LabBuilderError` if it is not a version, or has no schemas. A number is not a version:
    YAML reads an unquoted 1.30 as 1.3.
    """
    if text in VERSIONS:
        return str(text)
    found = _VERSION.fullmatch(text) if isinstance(text, str) else None
    if found and found["minor"] in VERSIONS:
        return found["minor"]
    message = f"no schemas for Kubernetes version {shorten(repr(text))}"
    quote = "" if isinstance(text, str) else "put the version in quotes; "
    hint = f"{quote}choose one of {', '.join(VERSIONS)}"
    raise LabBuilderError([Finding("unknown-kubernetes-version", message, hint=hint)])


def check(manifest: Mapping[str, Any], version: str) -> list[Finding]:
    """Return everything in a manifest that the schema of its kind forbids.

    The manifest is of plain dicts, lists and scalars. A kind without a schema is an error: what
    can't be checked doesn't pass. Raises `LabBuilderError` if the version has no schemas.
    """
    minor = resolve_version(version)
    key = kind_of(manifest)
    try:
        if _decider(minor, key).is_valid(manifest):
            return []
    except KeyError:
        return [_no_schema(manifest, key, minor, list(_bundle(minor)["kinds"]))]
    except ValueError:  # a value that JSON can't represent
        pass
    return _explain(manifest, minor, key)


def has_kind(kind: str) -> bool:
    """Return whether a kind such as ``v1/Pod`` has a schema, which it then has in all versions."""
    return kind in _bundle(NEWEST)["kinds"]


def without_nulls(manifest: Manifest, version: str) -> Manifest:
    """Return a manifest as an API server decodes it, for which null is no value.

    A field that is null is absent. An item or a value of a mapping that is null is the empty one
    of its type. A kind without a schema stays as it is.
    """
    bundle = _bundle(version)
    schema = bundle["kinds"].get(kind_of(manifest))
    try:
        filled = _without_nulls(manifest, schema, bundle["$defs"]) if schema else manifest
    except RecursionError:  # it is nested too deeply, which is said later
        return manifest
    return cast("Manifest", filled)


def _without_nulls(value: Any, schema: Mapping[str, Any], types: Mapping[str, Any]) -> Any:
    while "$ref" in schema:
        schema = types[schema["$ref"].rpartition("/")[2]]
    if isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        return [_filled(item, schema["items"], types) for item in value]
    if not isinstance(value, dict):
        return value
    fields, values = schema.get("properties", {}), schema.get("additionalProperties")
    return {
        key: _filled(each, fields.get(key, values) or {}, types)
        for key, each in value.items()
        if each is not None or key not in fields
    }


def _filled(value: Any, schema: Mapping[str, Any], types: Mapping[str, Any]) -> Any:
    if value is not None:
        return _without_nulls(value, schema, types)
    while "$ref" in schema:
        schema = types[schema["$ref"].rpartition("/")[2]]
    kinds = schema.get("type", "null")
    return _EMPTY[kinds if isinstance(kinds, str) else kinds[0]]


def definition(version: str, kind: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return the schema of a kind, and those that it refers to, by full name."""
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


@cache  # bounded by the kinds and versions that have a schema
def _decider(version: str, key: str) -> jsonschema_rs.Draft202012Validator:
    if key not in _bundle(version)["kinds"]:
        raise KeyError(key)
    # References into one registry, so that the kinds share the types that they have in common.
    schema = {"$ref": f"{_ADDRESS}#/kinds/{key.replace('/', '~1')}"}
    return jsonschema_rs.Draft202012Validator(schema, registry=_registry(version))


def _no_schema(manifest: Mapping[str, Any], key: str, version: str, kinds: list[str]) -> Finding:
    absent = [field for field in ("apiVersion", "kind") if not manifest.get(field)]
    if len(absent) > 1:
        message = "apiVersion and kind are missing"
        hint = "write them, or name a user file, which is checked with its configuration"
    else:
        message = f"no schema for {shorten(key)} in Kubernetes {version}"
        if absent:
            message = f"{absent[0]} is missing"
        hint = f"choose one of {', '.join(kinds)}" if absent else _meant_kind(key, kinds)
    return Finding("no-schema", message, hint=hint, object=object_name(manifest))


def _meant_kind(key: str, kinds: list[str]) -> str:
    """Ask whether a kind of ours is meant; but not of one of a custom resource's group."""
    group, _, name = key.rpartition("/")
    if "." in group.partition("/")[0].removesuffix(".k8s.io"):
        return ""
    meant = (each for each in kinds if each.rpartition("/")[2].lower() == name.lower())
    return next((f"did you mean {each}?" for each in meant), "")


def _explain(manifest: Mapping[str, Any], version: str, key: str) -> list[Finding]:
    # Imported late: it takes 90 ms, and a valid manifest doesn't need it.
    from jsonschema import Draft202012Validator  # noqa: PLC0415

    errors = Draft202012Validator(_schema(version, key)).iter_errors(manifest)
    findings: dict[Finding, None] = {}
    kept = Findings()
    name = object_name(manifest)
    try:
        for error in errors:
            for finding in _findings(error, hinted=len(findings) < MAX_FINDINGS):
                # For several missing fields there are as many errors, each listing them all.
                if finding not in findings and kept.add(finding.about(name)):
                    findings[finding] = None
    except RecursionError:
        message, hint = "is nested too deeply", "reduce the nesting"
        finding = Finding("schema-invalid-value", message, hint=hint)
        findings[finding] = None
        kept.add(finding.about(name))
    if not findings:
        message = "holds something that JSON can't represent"
        hint = "look for keys that are not strings, and for NaN, infinity and lone surrogates"
        kept.add(Finding("schema-invalid-value", message, hint=hint, object=name))
    return list(kept)


def _findings(error: ValidationError, *, hinted: bool) -> Iterator[Finding]:
    """Convert an error of jsonschema, whose message may show a secret.

    A hint that takes a search is there only if it is `hinted`, and for the first fields.
    """
    path = tuple(step if type(step) is int else str(step) for step in error.absolute_path)
    value: Any = error.instance
    rule: Any = error.validator_value
    schema: Any = error.schema
    match error.validator:
        case "additionalProperties":
            known = list(schema["properties"])
            for i, field in enumerate(str(name) for name in value if name not in known):
                message = f"field {shorten(repr(field))} is not defined"
                hint = _did_you_mean(field, known) if hinted and i < MAX_FINDINGS else ""
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
            bound = "least" if error.validator == "minimum" else "most"
            yield Finding("schema-invalid-value", f"must be at {bound} {rule}", path)
        case other:
            yield Finding("schema-invalid-value", f"breaks the schema's {other}", path)


def _type_hint(value: object, names: list[str]) -> str:
    if value is None:
        return "remove the field"
    if "string" in names and not isinstance(value, dict | list):
        return "put the value in quotes"
    quoted = isinstance(value, str) and names not in (["object"], ["array"])
    return "write the value without quotes" if quoted else ""


def _did_you_mean(text: str, known: list[str]) -> str:
    close = get_close_matches(text[:MAX_SHORTENED], known, n=1)
    return f"did you mean {close[0]}?" if close else ""
