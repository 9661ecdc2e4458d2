"""The keys of configurations and user files, read from their JSON Schemas."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from tables import table

from labbuilder.models.jsonschema import config_schema, user_schema

Schema = dict[str, Any]

SCHEDULING = (
    "https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#scheduling"
)


def config_keys() -> str:
    """List the keys of a configuration, and below them those of its parts."""
    return keys(config_schema()["$defs"], ["LabConfig"])


def user_keys() -> str:
    """List the keys of a user file, and below them those of its parts; not the configuration's."""
    schema = user_schema()
    known = schema["$defs"]
    parts = keys(
        known,
        ["Site", "User", "LabSpecification", "Image", "PullSecret"],
        config_schema()["$defs"],
    )
    return f"{rows(schema, known)}\n\n{parts}"


def keys(known: Schema, wanted: list[str], without: Iterable[str] = ()) -> str:
    """List the keys of models and of all that they are made of, each once, in reading order."""
    sections = []
    for name in wanted:  # which grows meanwhile
        model = known[name]
        if "properties" not in model or name in without:
            continue
        inside = re.findall(r'"#/\$defs/(\w+)"', json.dumps(model["properties"]))
        wanted += [each for each in dict.fromkeys(inside) if each not in wanted]
        sections.append(f"#### {name}\n\n{model.get('description', '')}\n\n{rows(model, known)}")
    return "\n\n".join(sections)


def rows(model: Schema, known: Schema) -> str:
    required = {*model.get("required", ())}
    for either in model.get("allOf", ()):
        required |= {each["required"][0] for each in either["anyOf"]}
    return table(
        "key|type|default|meaning",
        (
            [
                f"`{name}`",
                " or ".join(dict.fromkeys(kinds(schema, known))),
                "required" if name in required else default(schema, known),
                schema.get("description", ""),
            ]
            for name, schema in model["properties"].items()
        ),
    )


def default(schema: Schema, known: Schema) -> str:
    """Write a default; a part's own table has those of its keys."""
    value = schema.get("default")
    if value is None:
        return "none"
    reference = schema.get("$ref", "").rpartition("/")[2]
    whole = isinstance(value, dict) and value and "properties" in known.get(reference, {})
    return "its keys' own" if whole else f"`{json.dumps(value)}`"


def kinds(schema: Schema, known: Schema) -> Iterator[str]:
    """Name the types that a schema allows, as people call them."""
    if reference := schema.get("$ref", "").rpartition("/")[2]:
        if reference not in known:  # nested: one of Kubernetes' own types
            yield f"[Kubernetes' {reference}]({SCHEDULING})"
            return
        inside = known[reference]
        linked = f"[{reference}](#{reference.lower()})"
        yield linked if "properties" in inside else " or ".join(kinds(inside, known))
    elif "anyOf" in schema or "oneOf" in schema:
        for each in schema.get("anyOf") or schema["oneOf"]:
            # The list of JupyterHub's form has an item of one of the types before it.
            yield from ["a list of one"] if each.get("maxItems") == 1 else kinds(each, known)
    elif "enum" in schema or "const" in schema:
        yield from (f"`{json.dumps(each)}`" for each in schema.get("enum", [schema.get("const")]))
    elif isinstance(schema.get("type"), list):
        for each in schema["type"]:
            yield from kinds({**schema, "type": each}, known)
    else:
        yield from simple_kind(schema, known)


def simple_kind(schema: Schema, known: Schema) -> Iterator[str]:
    match schema.get("type"):
        case "array":
            yield f"list of {' or '.join(dict.fromkeys(kinds(schema['items'], known)))}"
        case "object" if isinstance(schema.get("additionalProperties"), dict):
            values = dict.fromkeys(kinds(schema["additionalProperties"], known))
            yield f"mapping of string to {' or '.join(values)}"
        case "object":
            yield "mapping"
        case None if "pattern" not in schema:  # another spelling of what stands beside it
            yield "any"
        case None | "null":
            return
        case name:
            yield name
