"""JSON Schema of the files that people write, for editors: completion, and first complaints.

It is made of the models. Editors are offered camelCase, as files have it; the models' own
snake_case stands under ``patternProperties``, where it is accepted and not offered.
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
        _TEXT | {"description": "The text itself."},
        {
            "type": "object",
            "properties": {
                "env": _TEXT | {"description": "The environment variable that holds it."},
                "file": _TEXT | {"description": "The file that holds it, from this one."},
                "base64": _TEXT | {"description": "Its base64 text."},
            },
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
        },
    ]
}
_REFERENCE = _TEXT | {
    "description": "As registry/repository:tag@digest.",
    "pattern": "@sha(256:[0-9a-f]{64}|384:[0-9a-f]{96}|512:[0-9a-f]{128})$",
}
_PATH = _TEXT | {"description": "A path, relative to this file."}


def config_schema() -> Schema:
    """Describe a configuration file.

    Returns
    -------
    dict
        JSON Schema 2020-12 of a site's configuration: the ``lab`` section of a Nublado
        controller's, or that controller's whole file.
    """
    return {
        "$schema": _DIALECT,
        "title": "Configuration of labbuilder",
        **_config(),
        "$defs": _definitions(models.LabConfig),
    }


def user_schema() -> Schema:
    """Describe a user file.

    Returns
    -------
    dict
        JSON Schema 2020-12 of one document of a user file.
    """
    definitions = _definitions(
        models.LabConfig, models.Site, models.User, models.LabSpecification, models.Image,
        models.PullSecret,
    )  # fmt: skip
    site, lab = definitions["Site"], definitions["LabSpecification"]
    # What a user file may leave out, and the documents that it may name rather than hold.
    for definition in (site, lab):
        definition.pop("required", None)
        definition.pop("allOf", None)
    site["properties"]["discovery"]["type"] = ["string", "object"]
    lab["properties"]["env"]["type"] = ["object", "null"]
    _nullable(lab["properties"], "options")
    definitions["Secret"] = {"description": "A secret, in one of four ways.", **_SECRET}
    secrets: Schema = {"type": "object", "additionalProperties": {"$ref": "#/$defs/Secret"}}
    definitions["PullSecret"]["properties"]["data"].update(secrets)
    return {
        "$schema": _DIALECT,
        "title": "User file of labbuilder",
        "description": "Who a lab is for, which image it runs and which secrets it gets.",
        "type": "object",
        "properties": _parts(secrets),
        "required": ["user", "image", "secrets"],
        "additionalProperties": False,
        "$defs": definitions,
    }


def schema_text(schema: Schema) -> str:
    """Write a schema as JSON, the same bytes each time."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _parts(secrets: Schema) -> Schema:
    """Describe the parts of a user file."""

    def part(description: str, *forms: Schema) -> Schema:
        return {
            "description": description,
            **(forms[0] if len(forms) == 1 else {"anyOf": [*forms]}),
        }

    def model(name: str) -> Schema:
        return {"$ref": f"#/$defs/{name}"}

    null: Schema = {"type": "null"}
    config = "The site's configuration: a path relative to this file, or the mapping itself."
    image = "The lab's image: a reference with tag and digest, or its parts."
    kept = "The lab's secrets by key; token is the user's access token."
    pull = "The Secret with which images are pulled."
    return {
        "config": part(config, _PATH, _config(), null),
        "site": part("Facts of the site.", model("Site"), null),
        "user": part("The user whose lab it is.", model("User")),
        "lab": part("What the user asks for.", model("LabSpecification"), null),
        "image": part(image, _REFERENCE, model("Image")),
        "secrets": part(kept, secrets | {"required": ["token"]}),
        "pullSecret": part(pull, model("PullSecret"), null),
    }


def _config() -> Schema:
    """Describe a configuration in either form; the section is told by its key."""
    section = {"$ref": "#/$defs/LabConfig"}
    whole = "The section about labs, in a controller's whole configuration."
    return {
        "type": "object",
        "properties": {"lab": {"description": whole}},
        "if": {"required": ["lab"]},
        "then": {"properties": {"lab": section}},
        "else": section,
    }


class _Generator(GenerateJsonSchema):
    """Pydantic's, but for what it says of defaults and unions."""

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
    """Describe models, and what they are made of, by name."""
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


def _nullable(properties: Schema, name: str) -> None:
    schema = properties[name]
    reference = schema.pop("$ref")
    schema["anyOf"] = [{"$ref": reference}, {"type": "null"}]
