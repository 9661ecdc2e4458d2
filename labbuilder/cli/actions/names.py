"""Prints the names of labs' objects, and their URLs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import typer

from labbuilder.cli.options import TextFormat
from labbuilder.cli.streams import (
    EXIT_ERROR,
    EXIT_FINDINGS,
    fail,
    print_findings,
    say,
    standard_output,
    write,
    writing,
)
from labbuilder.errors import Finding, LabBuilderError, Source
from labbuilder.escape import visible, visible_json
from labbuilder.lab.names import build_object_names
from labbuilder.lab.storage import Storage
from labbuilder.models import LabConfig
from labbuilder.users.configuration import read_lab_config
from labbuilder.users.roster import describe_names, find_nameable, internal_url

__all__ = ["print_names", "print_url"]

_MAX_LINE_BYTES = 4096  # far more than a username has


def print_names(usernames: Sequence[str], config: str | None, output: TextFormat) -> None:
    """Print the names of users' labs, and report the users whose labs can't be named."""
    try:
        site = read_lab_config(config)
        users, findings = find_nameable(site.namespace_prefix, _usernames(usernames))
    except LabBuilderError as error:
        fail(error.findings)
    print_findings(findings)
    if not users and not findings:
        say("standard input has no username")
        raise typer.Exit(EXIT_ERROR)
    with writing("the names"):
        if output is TextFormat.JSON:
            lines = _json(site, users)
        else:
            lines = _text(site, users, is_only=len(users) == 1 and not findings)
        stream = standard_output()
        stream.writelines(lines)
        stream.flush()
    if findings:
        raise typer.Exit(EXIT_FINDINGS)


def print_url(username: str, config: str | None, prefix: str | None) -> None:
    """Print the URL of a user's lab inside the cluster."""
    try:
        found = internal_url(read_lab_config(config), username, prefix)
    except LabBuilderError as error:
        fail(error.findings)
    with writing("the URL"):
        write(f"{visible(found)}\n")


def _usernames(given: Iterable[str]) -> Iterator[tuple[str, Source]]:
    for position, name in enumerate(given, 1):
        if name != "-":
            yield name, Source("<arguments>", position, 1)
            continue
        for number, line in enumerate(_lines(), 1):
            source = Source("<stdin>", number, 1)
            if len(line) == _MAX_LINE_BYTES:  # perhaps a device, which has no end
                message = f"line is longer than {_MAX_LINE_BYTES} bytes"
                hint = "write one username per line"
                raise LabBuilderError([Finding("too-large", message, hint=hint, source=source)])
            if text := line.decode(errors="replace").strip():
                yield text, source


def _lines() -> Iterator[bytes]:
    if sys.stdin:
        yield from iter(lambda: sys.stdin.buffer.readline(_MAX_LINE_BYTES), b"")


def _text(site: LabConfig, users: Sequence[str], *, is_only: bool) -> Iterator[str]:
    if is_only:
        rows = list(_rows(describe_names(Storage(site), users[0])))
    else:
        prefix = site.namespace_prefix
        rows = [(user, build_object_names(prefix, user).namespace) for user in users]
    width = max((len(key) for key, _ in rows), default=0)
    return (f"{key:{width}}  {value}\n" for key, value in rows)


def _rows(described: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in described.items():
        if isinstance(value, dict):
            yield from ((f"{key}.{part}", name) for part, name in value.items())
        else:
            yield key, value


def _json(site: LabConfig, users: Sequence[str]) -> Iterator[str]:
    storage = Storage(site)
    yield "["
    for i, user in enumerate(users):
        yield f"{',' * bool(i)}\n  {visible_json(json.dumps(describe_names(storage, user)))}"
    yield "\n]\n"
