"""The command ``schema``: the JSON Schema of the files that people write."""

from __future__ import annotations

from typing import Annotated

import typer

from labbuilder.cli.options import SchemaKind

__all__ = ["schema"]


def schema(
    kind: Annotated[
        SchemaKind,
        typer.Argument(metavar="user|config", help="User files, or site configurations."),
    ],
) -> None:
    """Print a JSON Schema, for completion in editors.

    For example: labbuilder schema user > user.schema.json

    Then make this the first line of a user file: # yaml-language-server: $schema=user.schema.json

    Exits with 0.
    """
    from labbuilder.cli.actions.schema import print_schema  # noqa: PLC0415 (see cli.options)

    print_schema(kind)
