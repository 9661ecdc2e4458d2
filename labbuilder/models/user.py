"""The user of a lab."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, WithJsonSchema

from labbuilder import names
from labbuilder.models.base import Model, NotBlank, Text, matching, refused
from labbuilder.quantity import MAX_BYTES

__all__ = ["USERNAME_HINT", "Group", "Id", "NotebookQuota", "Quota", "User", "Username"]

GIB = 1024**3
USERNAME_HINT = (
    "use lowercase letters, digits and single hyphens between them, at most 63 characters; "
    "at least one letter must directly follow a letter or digit"
)


def _id(value: int) -> int:
    if not 1 <= value <= names.MAX_ID:
        refused(
            "invalid-id",
            f"must be from 1 to {names.MAX_ID}",
            "use another id: 0 is root's, and Kubernetes accepts none that is higher",
        )
    return value


Id = Annotated[
    int,
    Field(strict=True),
    AfterValidator(_id),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": names.MAX_ID}),
]
Username = Annotated[
    str,
    matching(names.is_username, "invalid-username", "username", USERNAME_HINT),
]


def _is_group_name(text: str) -> bool:
    # Programs take a first "+" or "-" for an instruction, "#" for a comment.
    is_line = bool(text.strip()) and names.printable(text) == text
    return is_line and not text.startswith(("+", "-", "#")) and not names.has_invisible(text)


def _may_spawn(value: bool) -> bool:  # noqa: FBT001 (pydantic calls it)
    if not value:
        refused("spawn-forbidden", "the user's quota forbids labs", "set spawn: true in the quota")
    return value


class Group(Model):
    """A group that the user is in."""

    name: Annotated[
        Text,
        matching(
            _is_group_name,
            "invalid-group",
            "group name",
            'use a name without ":", control and invisible characters, and no "+", "-" or "#" at '
            "its start",
        ),
    ]
    """Name of the group; without `:`, control and invisible characters, and no `+`, `-` or `#` at
    its start."""
    id: Id
    """Numeric id of the group, from 1 to 2147483647."""


def _gibibytes(value: Any) -> Any:
    if isinstance(value, str):
        hint = "write a number without a unit and without quotes"
        refused("wrong-type", "must be a number of GiB, such as 16", hint)
    return value


class NotebookQuota(Model):
    """The resources that all of the user's labs can use together."""

    cpu: Annotated[float, Field(strict=True, ge=0, le=10**9, allow_inf_nan=False)]
    """Number of cores."""
    memory: Annotated[
        float,
        Field(strict=True, ge=0, le=MAX_BYTES // GIB, allow_inf_nan=False),
        BeforeValidator(_gibibytes),
    ]
    """Memory in GiB."""
    spawn: Annotated[bool, AfterValidator(_may_spawn)] = True
    """Whether the user can start a lab."""

    @property
    def memory_bytes(self) -> int:
        """Memory in bytes."""
        return int(self.memory * GIB)


class Quota(Model):
    """The user's quotas, of which only the notebook's is used."""

    model_config = ConfigDict(extra="ignore")

    notebook: NotebookQuota | None = None
    """Resources that all of the user's labs can use together; no limit by default."""


class User(Model):
    """The user of a lab."""

    username: Username
    """Username: lowercase letters, digits and single `-` between them, at most 63 characters."""
    name: Annotated[Text | None, NotBlank] = None
    """The user's full name."""
    email: Text | None = None
    """The user's email address, which isn't used."""
    uid: Id
    """Numeric id of the user, from 1 to 2147483647."""
    gid: Id
    """Numeric id of the user's primary group, from 1 to 2147483647."""
    groups: tuple[Group, ...] = ()
    """The user's groups, the primary group included."""
    quota: Quota | None = None
    """The user's quotas."""
