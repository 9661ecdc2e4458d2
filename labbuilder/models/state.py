"""What is known of a lab that a cluster holds."""

from __future__ import annotations

from enum import StrEnum

from pydantic import ConfigDict, StrictInt

from labbuilder.models.base import Model
from labbuilder.models.size import LabResources, LabSize, ResourceQuantity

__all__ = ["LabState", "LabStateOptions", "LabStatus", "UserGroup", "UserInfo"]


class LabStatus(StrEnum):
    """How a lab is doing."""

    PENDING = "pending"
    RUNNING = "running"
    TERMINATED = "terminated"
    FAILED = "failed"


class UserGroup(Model):
    """A group that the user was in when the lab was built."""

    model_config = ConfigDict(extra="ignore")

    name: str
    id: StrictInt


class UserInfo(Model):
    """The user as the lab was built for them."""

    username: str
    name: str | None
    uid: int
    gid: int
    groups: tuple[UserGroup, ...]


class LabStateOptions(Model):
    """The choices with which the lab was built.

    Attributes
    ----------
    size
        The configured size that has the lab's resources; ``custom`` if none has.
    enable_debug, reset_user_env
        As in `labbuilder.models.LabOptions`.
    image
        The reference, with digest.
    """

    size: LabSize
    enable_debug: bool
    reset_user_env: bool
    image: str


class LabState(Model):
    """The state of a lab.

    Attributes
    ----------
    internal_url
        Where the lab is reached inside the cluster.
    resources
        What the lab may use and what it is promised: cores and bytes.
    quota
        What the user's namespace may use, if there is a limit: cores and bytes.
    """

    user: UserInfo
    options: LabStateOptions
    status: LabStatus
    internal_url: str
    resources: LabResources
    quota: ResourceQuantity | None
