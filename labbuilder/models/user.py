"""The user whose lab it is."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field, WithJsonSchema

from labbuilder import names
from labbuilder.errors import shown
from labbuilder.models.base import Model, NotBlank, Text, matching, refused
from labbuilder.quantity import MAX_BYTES

__all__ = ["Group", "NotebookQuota", "Quota", "User", "Username"]

GIB = 1024**3

_MAX_ID = 2**31 - 1


def _id(value: int) -> int:
    if not 1 <= value <= _MAX_ID:
        refused(
            "invalid-id",
            f"must be from 1 to {_MAX_ID}",
            "Kubernetes takes no higher ids, and nobody's lab runs as root",
        )
    return value


Id = Annotated[
    int,
    Field(strict=True),
    AfterValidator(_id),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": _MAX_ID}),
]
Username = Annotated[
    str,
    AfterValidator(
        matching(
            names.is_username,
            "invalid-username",
            "a username",
            "use lower-case letters, digits and single - between them, at most 63 characters; a "
            "letter must stand somewhere after the first character and not just after a -",
        )
    ),
]


def _group_name(value: str) -> str:
    if not value.strip() or names.printable(value) != value:
        refused(
            "invalid-group",
            f"{shown(value)} cannot stand in a group file",
            "use a name without : and control characters",
        )
    return value


def _may_spawn(value: bool) -> bool:  # noqa: FBT001 (pydantic calls it)
    if not value:
        refused(
            "spawn-forbidden",
            "this user's quota forbids labs",
            "ask whoever grants quotas to set spawn: true",
        )
    return value


class Group(Model):
    """A group that the user is in.

    Attributes
    ----------
    name
        Its name, as ``group`` files have it.
    id
        Its number, from 1 to 2147483647.
    """

    name: Annotated[Text, AfterValidator(_group_name)]
    id: Id


class NotebookQuota(Model):
    """What the user's labs may use in all.

    Attributes
    ----------
    cpu
        Cores.
    memory
        GiB.
    spawn
        Whether the user may have a lab at all.
    """

    cpu: Annotated[float, Field(strict=True, ge=0, le=10**9, allow_inf_nan=False)]
    memory: Annotated[float, Field(strict=True, ge=0, le=MAX_BYTES // GIB, allow_inf_nan=False)]
    spawn: Annotated[bool, AfterValidator(_may_spawn)] = True

    @property
    def memory_bytes(self) -> int:
        """Memory in bytes."""
        return int(self.memory * GIB)


class Quota(Model):
    """Quotas of a user, of which the notebook's is ours.

    Attributes
    ----------
    notebook
        What the user's labs may use in all; without it there is no limit.
    """

    model_config = ConfigDict(extra="ignore")

    notebook: NotebookQuota | None = None


class User(Model):
    """The user whose lab it is.

    Attributes
    ----------
    username
        What everything of the lab is named after: lower-case letters, digits and single ``-``
        between them.
    name
        The name for people.
    email
        Not used.
    uid, gid
        The numbers of the user and of their own group, from 1 to 2147483647.
    groups
        The groups that the user is in, their own among them.
    quota
        What the user may use in all.
    """

    username: Username
    name: Annotated[Text | None, NotBlank] = None
    email: Text | None = None
    uid: Id
    gid: Id
    groups: tuple[Group, ...] = ()
    quota: Quota | None = None
