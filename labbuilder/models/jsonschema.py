"""JSON Schema of configurations and user files, for completion and errors in editors.

It is generated from the models. Keys are camelCase, as in files; snake_case is under
``patternProperties``, so that editors accept it and don't suggest it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from pydantic.alias_generators import to_snake
from pydantic.json_schema import GenerateJsonSchema, models_json_schema
from pydantic_core import core_schema

from labbuilder import models
from labbuilder.data import SCHEMAS
from labbuilder.models.base import Model
from labbuilder.models.descriptions import describe_fields
from labbuilder.models.reserved import TOKEN_KEY

__all__ = ["config_schema", "schema_text", "user_schema"]

Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"

_KUBERNETES = "#/$defs/Kubernetes/$defs/"
_REFERRED = re.compile(r'"#/\$defs/[a-z0-9.]+\.([A-Za-z]+)"')
# What the rules allow of these fields, which Kubernetes' schema doesn't say.
_OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist"]
_VALUES: dict[str, Schema] = {
    "LabelSelectorRequirement.operator": {"enum": _OPERATORS},
    "NodeSelectorRequirement.operator": {"enum": [*_OPERATORS, "Gt", "Lt"]},
    "PreferredSchedulingTerm.weight": {"minimum": 1, "maximum": 100},
    "Toleration.effect": {"enum": ["NoSchedule", "PreferNoSchedule", "NoExecute"]},
    "Toleration.operator": {"enum": ["Equal", "Exists"], "default": "Equal"},
    "WeightedPodAffinityTerm.weight": {"minimum": 1, "maximum": 100},
}

_TEXT: Schema = {"type": "string"}
_SECRET: Schema = {
    "anyOf": [
        _TEXT | {"description": "The secret itself."},
        {
            "type": "object",
            "properties": {
                "env": _TEXT | {"description": "Environment variable that holds the secret."},
                "file": _TEXT
                | {"description": "File that holds the secret; a path relative to this file."},
                "base64": _TEXT | {"description": "The secret as base64 text."},
            },
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        },
    ]
}
_REFERENCE = _TEXT | {
    "description": "Reference in the form registry/repository:tag@digest.",
    "pattern": "@sha(256:[0-9a-f]{64}|384:[0-9a-f]{96}|512:[0-9a-f]{128})$",
}
_PATH = _TEXT | {"description": "Path relative to this file."}


def config_schema() -> Schema:
    """Return JSON Schema of a configuration: the lab section, or a controller's whole file."""
    return {
        "$schema": _DIALECT,
        "title": "Configuration of labbuilder",
        **_config(),
        "$defs": _definitions(models.LabConfig),
    }


def user_schema() -> Schema:
    """Return JSON Schema of one document of a user file."""
    definitions = _definitions(
        models.LabConfig, models.Site, models.User, models.LabSpecification, models.Image,
        models.PullSecret,
    )  # fmt: skip
    site, lab = definitions["Site"], definitions["LabSpecification"]
    # What is optional in a user file, and the documents that it can name instead.
    for definition in (site, lab):
        definition.pop("required", None)
        definition.pop("allOf", None)
    site["properties"]["discovery"]["type"] = ["string", "object"]
    lab["properties"]["env"]["type"] = ["object", "null"]
    options = lab["properties"]["options"]
    options["anyOf"] = [{"$ref": options.pop("$ref")}, {"type": "null"}]
    definitions["Secret"] = {"description": "A secret, in one of four forms.", **_SECRET}
    secrets: Schema = {"type": "object", "additionalProperties": {"$ref": "#/$defs/Secret"}}
    definitions["PullSecret"]["properties"]["data"].update(secrets)
    return {
        "$schema": _DIALECT,
        "title": "User file of labbuilder",
        "description": "The user, image and secrets of a lab.",
        "type": "object",
        "properties": _parts(secrets),
        "required": ["user", "image", "secrets"],
        "additionalProperties": False,
        "$defs": definitions,
    }


def schema_text(schema: Schema) -> str:
    """Return a schema as JSON text, the same bytes each time."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _parts(secrets: Schema) -> Schema:
    """Describe the keys of a user file."""

    def part(description: str, *forms: Schema) -> Schema:
        return {
            "description": description,
            **(forms[0] if len(forms) == 1 else {"anyOf": [*forms]}),
        }

    def model(name: str) -> Schema:
        return {"$ref": f"#/$defs/{name}"}

    null: Schema = {"type": "null"}
    config = "The site's configuration, or its path relative to this file."
    image = "The lab's image: a reference with tag and digest, or a mapping of its parts."
    given = f"The lab's secrets by key; `{TOKEN_KEY}` is the user's access token."
    pull = "The Secret that holds the credentials for pulling images."
    return {
        "config": part(config, _PATH, _config(), null),
        "site": part("Facts of the site that aren't configuration.", model("Site"), null),
        "user": part("The user of the lab.", model("User")),
        "lab": part("The user's request.", model("LabSpecification"), null),
        "image": part(image, _REFERENCE, model("Image")),
        "secrets": part(given, secrets | {"required": [TOKEN_KEY]}),
        "pullSecret": part(pull, model("PullSecret"), null),
    }


def _config() -> Schema:
    """Describe a configuration in either form: the lab section, or a whole configuration."""
    section = {"$ref": "#/$defs/LabConfig"}
    whole = "The lab section of a controller's whole configuration."
    return {
        "type": "object",
        "properties": {"lab": {"description": whole}},
        "if": {"required": ["lab"]},
        "then": {"properties": {"lab": section}},
        "else": section,
    }


class _Generator(GenerateJsonSchema):
    """Pydantic's generator, with durations in seconds and without OpenAPI's discriminators."""

    def encode_default(self, dft: Any) -> Any:
        if isinstance(dft, timedelta):
            return int(dft.total_seconds())
        if isinstance(dft, BaseModel):
            return dft.model_dump(mode="json", by_alias=True, exclude_none=True)
        return super().encode_default(dft)

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> Schema:
        found = super().tagged_union_schema(schema)
        found.pop("discriminator", None)  # OpenAPI's
        return found


def _definitions(*wanted: type[BaseModel]) -> Schema:
    """Describe models and those in their fields, by name."""
    _, found = models_json_schema(
        [(model, "validation") for model in wanted], schema_generator=_Generator
    )
    definitions: Schema = found["$defs"]
    known = {model.__name__: describe_fields(model) for model in Model.__subclasses__()}
    for name, definition in definitions.items():
        _describe(definition, known.get(name, {}))
        if "properties" in definition:
            _accept_snake_case(definition, f"#/$defs/{name}")
    if "LabConfig" in definitions:
        properties = definitions["LabConfig"]["properties"]
        properties["affinity"] |= {"anyOf": [{"$ref": f"{_KUBERNETES}Affinity"}, {"type": "null"}]}
        properties["tolerations"]["items"] = {"$ref": f"{_KUBERNETES}Toleration"}
        definitions["Kubernetes"] = {"$defs": _kubernetes_types("Affinity", "Toleration")}
    return definitions


def _kubernetes_types(*names: str) -> Schema:
    """Describe Kubernetes' own types, and those that they refer to, by their short names."""
    newest = max(SCHEMAS, key=lambda name: [int(number) for number in re.findall(r"\d+", name)])
    bundle = {
        name.rpartition(".")[2]: each
        for name, each in json.loads(SCHEMAS[newest])["$defs"].items()
    }
    found: Schema = {}
    wanted = list(names)
    while wanted:
        name = wanted.pop()
        if name not in found:
            text = _REFERRED.sub(
                lambda match: f'"{_KUBERNETES}{match[1]}"', json.dumps(bundle[name])
            )
            found[name] = json.loads(text)
            wanted += _REFERRED.findall(json.dumps(bundle[name]))
            for field, described in found[name].get("properties", {}).items():
                described.update(_VALUES.get(f"{name}.{field}", {}))
            _accept_snake_case(found[name], f"{_KUBERNETES}{name}")
    return {name: found[name] for name in sorted(found)}


def _describe(definition: Schema, fields: Mapping[str, str]) -> None:
    """Add the docstrings of a model and its fields, and give fields their titles."""
    summary = definition.pop("description", "").partition("\n\n")[0]
    if summary:
        definition["description"] = " ".join(summary.replace("``", "`").split())
    for name, schema in definition.get("properties", {}).items():
        field = to_snake(name)
        schema["title"] = field.replace("_", " ").capitalize()
        if field in fields:
            schema["description"] = fields[field]
        if schema.get("default", "") is None:
            del schema["default"]


def _accept_snake_case(definition: Schema, reference: str) -> None:
    """Accept a field by its name in Python, as `labbuilder.models` do, too."""
    properties = definition["properties"]
    other = {name: to_snake(name) for name in properties if to_snake(name) != name}
    if not other:
        return
    definition["patternProperties"] = {
        f"^{snake}$": {"$ref": f"{reference}/properties/{name}"} for name, snake in other.items()
    }
    required = definition.pop("required", [])
    either = [name for name in required if name in other]
    if len(either) < len(required):
        definition["required"] = [name for name in required if name not in other]
    if either:
        definition["allOf"] = [
            {"anyOf": [{"required": [name]}, {"required": [other[name]]}]} for name in either
        ]
