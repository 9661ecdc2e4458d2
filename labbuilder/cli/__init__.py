"""The command line: reads files, prints, exits. A module a command."""

from __future__ import annotations

import gc
import io
import os
import sys
from typing import Annotated

import typer

from labbuilder.cli.check import check
from labbuilder.cli.diff import diff
from labbuilder.cli.init import init
from labbuilder.cli.krm import krm
from labbuilder.cli.names import names
from labbuilder.cli.render import render
from labbuilder.cli.schema import schema
from labbuilder.cli.state import state
from labbuilder.cli.streams import TROUBLE
from labbuilder.cli.url import url

__all__ = ["app", "main"]

_MANY = 50_000  # objects: labs are no garbage to look for, at a twentieth of a run's time

app = typer.Typer(
    help="Compile JupyterLab users into the Kubernetes manifests of their labs.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (init, render, check, diff, state, names, url, schema, krm):
    app.command()(command)


def _version(asked: bool) -> None:  # noqa: FBT001 (typer calls it)
    if asked:
        from importlib.metadata import version  # noqa: PLC0415 (costs time that others save)

        typer.echo(f"labbuilder {version('labbuilder')}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which one.")
    ] = False,
) -> None:
    """Compile JupyterLab users into the Kubernetes manifests of their labs."""


def main() -> None:
    """Run the command line."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # as YAML and JSON are, whatever the locale
    gc.set_threshold(_MANY)
    try:
        app()
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has had enough; Python would complain again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(TROUBLE)
