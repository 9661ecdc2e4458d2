"""The users and groups that a site's base ``passwd`` and ``group`` have before the lab's own.

The first line with a name or a number wins, so another line would give the lab's user someone
else's number, home directory or name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from labbuilder.errors import Finding, Path, Severity, shown
from labbuilder.models import User
from labbuilder.models.config import Nss

__all__ = ["Accounts", "base_groups", "base_users", "check_accounts", "needs_primary_group"]

_NUMBER = re.compile(r"[ \t]*\+?([0-9]+)")
_MAX_DIGITS = 11  # one more than the highest id has


class Accounts(NamedTuple):
    """The users or groups of a file."""

    ids: Mapping[str, int]
    """Numbers by name."""
    names: Mapping[int, str]
    """Names by number."""


@lru_cache(maxsize=64)  # all labs of a site have the same text
def base_users(passwd: str) -> Accounts:
    """Read the users of ``passwd``, whose lines have a name, a password, a uid and a gid."""
    return _read(passwd, 2)


@lru_cache(maxsize=64)
def base_groups(group: str) -> Accounts:
    """Read the groups of ``group``, whose lines have a name, a password and a gid."""
    return _read(group, 1)


def _read(text: str, numbers: int) -> Accounts:
    """Read lines as glibc does: it ignores comments, and lines without their numbers."""
    ids: dict[str, int] = {}
    names: dict[int, str] = {}
    for line in text.split("\n"):
        name, *fields = line.lstrip(" \t\r\f\v").split(":")
        given = [match for each in fields[1 : 1 + numbers] if (match := _NUMBER.fullmatch(each))]
        if len(given) == numbers and not name.startswith(("#", "+", "-")):
            number = int(given[0][1].lstrip("0")[:_MAX_DIGITS] or "0")
            ids.setdefault(name, number)
            names.setdefault(number, name)
    return Accounts(ids, names)


def check_accounts(nss: Nss, user: User) -> Iterator[Finding]:
    """Find names and numbers of the user and of the groups that the base files have otherwise.

    Nearly always the base files have neither.
    """
    users, groups = base_users(nss.base_passwd), base_groups(nss.base_group)
    at = ("user", "username")
    if user.username in users.ids or user.uid in users.names:
        yield from _check(
            users, "nss.basePasswd", (user.username, at), (user.uid, ("user", "uid"))
        )
    for i, group in enumerate(user.groups):
        if group.name in groups.ids or group.id in groups.names:
            path = ("user", "groups", i)
            name, number = (group.name, (*path, "name")), (group.id, (*path, "id"))
            yield from _check(groups, "nss.baseGroup", name, number)
    is_known = user.username in users.ids
    if not is_known and user.username in groups.ids and needs_primary_group(groups, user):
        yield _taken(user.username, groups.ids[user.username], "nss.baseGroup", at)


def needs_primary_group(base: Accounts, user: User) -> bool:
    """Return whether nothing names the user's primary group."""
    return user.gid not in base.names and all(group.id != user.gid for group in user.groups)


def _check(
    base: Accounts, where: str, placed_name: tuple[str, Path], placed_number: tuple[int, Path]
) -> Iterator[Finding]:
    (name, name_at), (number, number_at) = placed_name, placed_number
    taken = base.ids.get(name)
    if taken == number:
        return
    if taken is not None:
        yield _taken(name, taken, where, name_at)
    else:
        message = f"is the id of {shown(base.names[number])} in {where}, whose name is shown"
        hint = f"use another id, or remove that line from {where}"
        yield Finding("id-taken", message, number_at, hint, Severity.WARNING)


def _taken(name: str, number: int, where: str, at: Path) -> Finding:
    message = f"{shown(name)} has the id {number} in {where}"
    hint = f"use another name, or remove that line from {where}"
    return Finding("name-taken", message, at, hint)
