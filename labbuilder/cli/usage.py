"""Complaints of the command line's parser, which quote what they were given."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from typer.core import TyperGroup

__all__ = ["Commands"]


class Commands(TyperGroup):
    """The commands, with the parser's complaints made visible."""

    def make_context(self, *arguments: Any, **options: Any) -> Any:
        """Parse the options before a command."""
        with _visible():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: Any) -> Any:
        """Parse the options of a command, and run it."""
        with _visible():
            return super().invoke(ctx)


@contextmanager
def _visible() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        # Click's exceptions have it, and those of the copy of Click in Typer. The lines of a
        # missing argument's are the command's own: its choices.
        written: Any = getattr(error, "format_message", None)
        if written and type(error).__name__ != "MissingParameter":
            from labbuilder.escape import line  # noqa: PLC0415 (see cli.options)

            message = line(written())
            error.format_message = lambda: message  # type: ignore[attr-defined]
        raise
