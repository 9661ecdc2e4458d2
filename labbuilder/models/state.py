"""The state of a lab in a cluster."""

from __future__ import annotations

from enum import StrEnum

from pydantic import ConfigDict

from labbuilder.models.base import Model, Text
from labbuilder.models.size import LabResources, LabSize, ResourceQuantity
from labbuilder.models.user import Group, Id, Username

__all__ = ["LabState", "LabStateOptions", "LabStatus", "UserGroup", "UserInfo"]


class LabStatus(StrEnum):
    """The status of a lab."""

    PENDING = "pending"
    RUNNING = "running"
    TERMINATING = "terminating"
    TERMINATED = "terminated"
    FAILED = "failed"


class UserGroup(Group):
    """A group that the user was in when the lab was built."""

    model_config = ConfigDict(extra="ignore")


class UserInfo(Model):
    """The user as the lab was built for them."""

    username: Username
    """The username."""
    name: Text | None
    """The user's full name, if it is known."""
    uid: Id
    """Numeric id of the user."""
    gid: Id
    """Numeric id of the user's primary group."""
    groups: tuple[UserGroup, ...]
    """The user's groups."""


class LabStateOptions(Model):
    """The choices with which the lab was built."""

    size: LabSize
    """The configured size that has the lab's resources, or `custom` if none has."""
    enable_debug: bool
    """Whether the lab logs debugging messages."""
    reset_user_env: bool
    """Whether the lab moved the user's own environment aside."""
    image: str
    """Reference of the image, with its digest."""


class LabState(Model):
    """The state of a lab."""

    user: UserInfo
    """The user."""
    options: LabStateOptions
    """The choices with which the lab was built."""
    status: LabStatus
    """Status of the lab."""
    internal_url: str
    """URL at which the lab is reached inside the cluster."""
    resources: LabResources
    """Resources of the lab, in cores and bytes."""
    quota: ResourceQuantity | None
    """Quota of the user's namespace in cores and bytes, if it has one."""
