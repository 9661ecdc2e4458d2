"""The commands and their options, read from the Typer app."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from enum import StrEnum
from typing import Any, get_args, get_type_hints

from tables import table
from typer.models import ArgumentInfo, OptionInfo

from labbuilder.cli import app


def commands() -> str:
    """List the commands with their summaries."""
    return table(
        "command|what it does",
        (
            [f"[`labbuilder {name}`](labbuilder/cli/README.md#{name})", summary(command)]
            for name, command in callbacks().items()
        ),
    )


def options(name: str) -> str:
    """List the arguments and options of a command."""
    command = callbacks()[name]
    hints = get_type_hints(command, include_extras=True)
    rows = []
    for parameter in inspect.signature(command).parameters.values():
        kind, info = get_args(hints[parameter.name])[:2]
        default = parameter.default
        if isinstance(info, ArgumentInfo):
            names = f"`{info.metavar or '|'.join(choices(kind)) or parameter.name.upper()}`"
        else:
            names = option_names(parameter.name, kind, info)
        shown = "" if default in (inspect.Parameter.empty, None, False) else f"`{default}`"
        if isinstance(info, ArgumentInfo) and default is inspect.Parameter.empty:
            shown = "required"
        text, _, noted = (info.help or "").partition("  [default: ")
        rows.append((names, text, shown or noted.rstrip("]")))
    return table("argument or option|meaning|default", rows)


def option_names(name: str, kind: Any, info: OptionInfo) -> str:
    """Write an option as one types it: ``-o, --output yaml|json``."""
    declared = [
        each for each in (info.default, *(info.param_decls or ())) if isinstance(each, str)
    ]
    *others, last = declared or [f"--{name.replace('_', '-')}"]
    value = "" if kind is bool else info.metavar or "|".join(choices(kind))
    return ", ".join(f"`{each}`" for each in (*others, f"{last} {value}".strip()))


def choices(kind: Any) -> list[str]:
    """List the values of an enumeration."""
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return [each.value for each in kind]
    return []


def callbacks() -> dict[str, Callable[..., Any]]:
    """Give the functions of the commands by name."""
    known = [command for command in app.registered_commands if command.callback]
    return {each.name or each.callback.__name__: each.callback for each in known if each.callback}


def summary(documented: Any) -> str:
    return (inspect.getdoc(documented) or "").partition("\n\n")[0]
