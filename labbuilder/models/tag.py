"""Tags of images, by Rubin Observatory's grammar, as people read them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import partial

from labbuilder.cache import cache_short

__all__ = ["display_name"]

# What may follow the head of a tag that is known.
_TAIL = (
    r"(?:_c(?P<cycle>\d+)\.(?P<build>\d+))?(?:_rsp(?P<rsp>\d+))?"
    r"(?:_(?P<text>.+?))?(?:-(?P<arch>[a-z0-9]+))?"
)
_RELEASE = r"r(?P<major>\d+)_(?P<minor>\d+)_(?P<patch>\d+)"


def _version(found: re.Match[str]) -> str:
    return "r" + ".".join(str(int(found[name])) for name in ("major", "minor", "patch"))


def _dated(kind: str, read: Callable[..., date], *numbers: str) -> str | None:
    """Describe a tag with a date; None if there is no such date."""
    try:
        read(*map(int, numbers))
    except (ValueError, OverflowError):
        return None
    return f"{kind} {'_'.join(numbers)}"


def _weekly(found: re.Match[str]) -> str | None:
    return _dated("Weekly", partial(date.fromisocalendar, day=1), *found.group("year", "week"))


def _daily(found: re.Match[str]) -> str | None:
    return _dated("Daily", date, *found.group("year", "month", "day"))


def _experimental(found: re.Match[str]) -> str:
    return f"Experimental {display_name(found[1])}"


_KINDS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]], ...] = tuple(
    (re.compile(pattern, re.ASCII), name)
    for pattern, name in (
        (
            rf"{_RELEASE}_(?P<rc>rc\d+){_TAIL}",
            lambda found: f"Release Candidate {_version(found)}-{found['rc']}",
        ),
        (rf"{_RELEASE}{_TAIL}", lambda found: f"Release {_version(found)}"),
        (r"r(\d\d)(\d)", lambda found: f"Release r{found[1]}.{found[2]}.0"),
        (rf"w_(?P<year>\d+)_(?P<week>\d+){_TAIL}", _weekly),
        (rf"d_(?P<year>\d+)_(?P<month>\d+)_(?P<day>\d+){_TAIL}", _daily),
        (r"exp_(.+)", _experimental),
        (r"(.+)_c(?P<cycle>\d+)(?:-(?P<arch>[a-z0-9]+))?", lambda found: found[1]),
        (r"(.+?)-(?P<arch>[a-z0-9]+)", lambda found: found[1]),
    )
)
"""Rubin Observatory's grammar of tags: the first kind that fits and has a name counts."""


@cache_short(1024)  # a site has few
def display_name(tag: str) -> str:
    """Describe a tag to people, such as ``Weekly 2077_43 (SAL Cycle 0020, Build 001)``.

    A tag that the grammar doesn't know describes itself.
    """
    for pattern, name in _KINDS:
        found = pattern.fullmatch(tag)
        head = name(found) if found else None
        if found and head:
            return head + "".join(_details(found.groupdict()))
    return tag


def _details(found: Mapping[str, str | None]) -> Iterator[str]:
    if found.get("cycle"):
        build = f", Build {found['build']}" if found.get("build") else ""
        yield f" (SAL Cycle {found['cycle']}{build})"
    if found.get("rsp"):
        yield f" (RSP Build {found['rsp']})"
    yield from (f" [{found[name]}]" for name in ("text", "arch") if found.get(name))
