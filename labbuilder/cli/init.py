"""The command ``init``: files to start with."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from labbuilder.cli.streams import TROUBLE, writing, written

__all__ = ["init"]

_STARTER = Path(__file__).parent.parent / "starter"


def init(
    *,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write them.")],
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite files that are there already.")
    ] = False,
) -> None:
    """Write a site and a user to start with, and schemas with which editors complete them.

    For example: labbuilder init labs

    Exits with 0 if all is well, and with 2 if a file is there already or can't be written; without
    --force nothing is written then.
    """
    with writing("the files"):
        texts = {folder / name: text for name, text in _texts().items()}
        there = [path for path in texts if path.exists() or path.is_symlink()]
        if there and not force:
            for path in there:
                typer.echo(f"{path}: is there already; --force overwrites it", err=True)
            raise typer.Exit(TROUBLE)
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        user = shlex.quote(str(folder / "users" / "rosalind.yaml"))
        written("".join(f"wrote {path}\n" for path in texts))
        written(f"now try: labbuilder render {user}\n")


def _texts() -> dict[str, str]:
    # Late, as in render.
    from labbuilder.data import read_folder  # noqa: PLC0415
    from labbuilder.models.jsonschema import config_schema, schema_text, user_schema  # noqa: PLC0415

    starter = read_folder(_STARTER, ".yaml")
    return {
        "site.yaml": starter["site.yaml"],
        "users/rosalind.yaml": starter["rosalind.yaml"],
        "site.schema.json": schema_text(config_schema()),
        "user.schema.json": schema_text(user_schema()),
    }
