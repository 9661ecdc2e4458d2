"""The commands ``init`` and ``schema``: files to start with, and their schemas."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from labbuilder.cli.options import SchemaKind, check_name

__all__ = ["init", "schema"]


def init(
    *,
    folder: Annotated[
        str, typer.Argument(callback=check_name, metavar="DIR", help="Folder to write to.")
    ],
    force: Annotated[bool, typer.Option("--force", help="Overwrite existing files.")] = False,
) -> None:
    """Write a starter site, user and editor schemas.

    For example: labbuilder init labs

    Exits with 0 on success and with 2 if a file already exists or can't be written; without
    --force nothing is written then.
    """
    from labbuilder.cli.actions.init import write_starter  # noqa: PLC0415 (see cli.options)

    write_starter(Path(folder), force=force)


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
    from labbuilder.cli.actions.init import print_schema  # noqa: PLC0415 (see cli.options)

    print_schema(kind)
