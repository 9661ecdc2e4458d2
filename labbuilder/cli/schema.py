"""The command ``schema``: JSON Schema of the files that people write."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from labbuilder.cli.streams import writing, written

__all__ = ["What", "schema"]


class What(StrEnum):
    """Kinds of files."""

    USER = "user"
    CONFIG = "config"


def schema(
    what: Annotated[
        What, typer.Argument(metavar="user|config", help="User files, or sites' configurations.")
    ],
) -> None:
    """Write the JSON Schema of user files or of configurations, with which editors complete them.

    For example: labbuilder schema user > user.schema.json

    Then begin a user file with this line: # yaml-language-server: $schema=user.schema.json

    Exits with 0.
    """
    # Late, as in render.
    from labbuilder.models.jsonschema import config_schema, schema_text, user_schema  # noqa: PLC0415

    found = user_schema() if what is What.USER else config_schema()
    with writing("the schema"):
        written(schema_text(found))
