"""The command ``init``: files to start with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["init"]


def init(
    *,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write to.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite existing files.")] = False,
) -> None:
    """Write a starter site, user and editor schemas.

    For example: labbuilder init labs

    Exits with 0 on success and with 2 if a file already exists or can't be written; without
    --force nothing is written then.
    """
    from labbuilder.cli.actions.init import write_starter  # noqa: PLC0415 (see cli.options)

    write_starter(folder, force=force)
