"""Writes the starter files and JSON Schemas."""

from __future__ import annotations

import shlex
from pathlib import Path

import typer

import labbuilder
from labbuilder.cli.options import SchemaKind
from labbuilder.cli.streams import EXIT_ERROR, say, write, writing
from labbuilder.data import read_folder
from labbuilder.escape import line
from labbuilder.models.jsonschema import config_schema, schema_text, user_schema

__all__ = ["print_schema", "write_starter"]

_STARTER = Path(labbuilder.__file__).parent / "starter"


def write_starter(folder: Path, *, force: bool) -> None:
    """Write the starter files to a folder; `force` overwrites existing files."""
    with writing("the files"):
        texts = {folder / name: text for name, text in _texts().items()}
        existing = [path for path in texts if path.exists() or path.is_symlink()]
        if existing and not force:
            for path in existing:
                say(f"{path}: already exists; use --force to overwrite it")
            raise typer.Exit(EXIT_ERROR)
        for link in sorted(each for each in {*texts, folder / "users"} if each.is_symlink()):
            say(f"{link}: is a symbolic link; remove it")  # which may lead anywhere
            raise typer.Exit(EXIT_ERROR)
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        user = shlex.quote(str(folder / "users" / "rosalind.yaml"))
        write("".join(f"{line(f'wrote {path}')}\n" for path in texts))
        write(f"{line(f'now try: labbuilder render {user}')}\n")


def _texts() -> dict[str, str]:
    starter = read_folder(_STARTER, ".yaml")
    return {
        "site.yaml": starter["site.yaml"],
        "users/rosalind.yaml": starter["rosalind.yaml"],
        "site.schema.json": schema_text(config_schema()),
        "user.schema.json": schema_text(user_schema()),
    }


def print_schema(kind: SchemaKind) -> None:
    """Print the JSON Schema of a kind of file."""
    with writing("the schema"):
        write(schema_text(user_schema() if kind is SchemaKind.USER else config_schema()))
