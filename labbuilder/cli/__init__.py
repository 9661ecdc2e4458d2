"""The command line: reads files, prints, exits. Options are here, the work in ``actions``."""

from __future__ import annotations

import gc
import sys
from typing import Annotated

import typer

from labbuilder.cli.check import check
from labbuilder.cli.diff import diff
from labbuilder.cli.init import init, schema
from labbuilder.cli.krm import krm
from labbuilder.cli.names import names, url
from labbuilder.cli.process import end_on_signals, exit_status, open_streams
from labbuilder.cli.render import render
from labbuilder.cli.state import state
from labbuilder.cli.usage import Commands

__all__ = ["app", "main"]

_GC_THRESHOLD = 50_000  # objects; labs leave no cycles, and the default takes 5 % of a run

app = typer.Typer(
    cls=Commands,
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
        from importlib.metadata import version  # noqa: PLC0415 (slow, and seldom needed)

        typer.echo(f"labbuilder {version('labbuilder')}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Compile JupyterLab users into the Kubernetes manifests of their labs."""


def main() -> None:
    """Run the command line."""
    open_streams()
    end_on_signals()
    gc.set_threshold(_GC_THRESHOLD)
    sys.exit(exit_status(app))
