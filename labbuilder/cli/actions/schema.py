"""Prints JSON Schemas."""

from __future__ import annotations

from labbuilder.cli.options import SchemaKind
from labbuilder.cli.streams import write, writing
from labbuilder.models.jsonschema import config_schema, schema_text, user_schema

__all__ = ["print_schema"]


def print_schema(kind: SchemaKind) -> None:
    """Print the JSON Schema of a kind of file."""
    with writing("the schema"):
        write(schema_text(user_schema() if kind is SchemaKind.USER else config_schema()))
