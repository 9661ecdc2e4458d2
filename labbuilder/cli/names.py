"""The command ``names``: what everything of users' labs will be called."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labbuilder.cli.site import SiteConfig, read_config
from labbuilder.cli.streams import FOUND, TROUBLE, give_up, say, standard_output, writing

if TYPE_CHECKING:
    from labbuilder.errors import Source
    from labbuilder.models import LabConfig

__all__ = ["Listing", "names"]

_LONGEST = 4096  # bytes of a line, of which no username has so many


class Listing(StrEnum):
    """Forms of output."""

    TEXT = "text"
    JSON = "json"


def names(
    *,
    usernames: Annotated[
        list[str],
        typer.Argument(metavar="USERNAME...", help="Users; - reads a name a line."),
    ],
    config: SiteConfig = None,
    output: Annotated[Listing, typer.Option("-o", "--output", help="The form.")] = Listing.TEXT,
) -> None:
    """Write what everything of users' labs will be called, and whose can't be called so.

    For example: labbuilder names rosalind --config site.yaml

    Of one user all names are written, of several as text the namespace:
    labbuilder names - < usernames.txt

    Exits with 0 if all is well, with 1 if a username isn't one, is there twice or makes a name
    too long for Kubernetes, and with 2 if it can't be told.
    """
    # Late, as in render.
    from labbuilder.errors import LabBuilderError  # noqa: PLC0415
    from labbuilder.users.roster import Roster  # noqa: PLC0415

    try:
        site = read_config(config)
        roster = Roster(site.namespace_prefix)
        roster.add(_names(usernames))
    except LabBuilderError as error:
        give_up(error.findings)
    say(roster.findings)
    if not roster.users and not roster.findings:
        typer.echo("there is no username on standard input", err=True)
        raise typer.Exit(TROUBLE)
    with writing("the names"):
        users = list(roster.users)
        alone = len(users) == 1 and not roster.findings
        lines = _json(site, users) if output is Listing.JSON else _text(site, users, alone=alone)
        stream = standard_output()
        stream.writelines(lines)
        stream.flush()
    if roster.findings:
        raise typer.Exit(FOUND)


def _names(given: Iterable[str]) -> Iterator[tuple[str, Source]]:
    from labbuilder.errors import Finding, LabBuilderError, Source  # noqa: PLC0415 (see names)

    for position, name in enumerate(given, 1):
        if name != "-":
            yield name, Source("<arguments>", position, 1)
            continue
        for number, line in enumerate(_lines(), 1):
            source = Source("<stdin>", number, 1)
            if len(line) == _LONGEST:  # it may have no end, as a device has none
                message, hint = f"the line is longer than {_LONGEST} bytes", "write a name a line"
                raise LabBuilderError([Finding("too-large", message, hint=hint, source=source)])
            if text := line.decode(errors="replace").strip():
                yield text, source


def _lines() -> Iterator[bytes]:
    return iter(lambda: sys.stdin.buffer.readline(_LONGEST), b"") if sys.stdin else iter(())


def _text(site: LabConfig, users: Sequence[str], *, alone: bool) -> Iterator[str]:
    from labbuilder.lab.names import build_object_names  # noqa: PLC0415 (see names)
    from labbuilder.lab.storage import Storage  # noqa: PLC0415 (see names)
    from labbuilder.users.roster import describe  # noqa: PLC0415 (see names)

    if alone:
        rows = list(_rows(describe(Storage(site), users[0])))
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
    from labbuilder.lab.storage import Storage  # noqa: PLC0415 (see names)
    from labbuilder.users.roster import describe  # noqa: PLC0415 (see names)

    storage = Storage(site)
    yield "["
    for i, user in enumerate(users):
        yield f"{',' * bool(i)}\n  {json.dumps(describe(storage, user))}"
    yield "\n]\n"
