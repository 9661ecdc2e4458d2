"""Volumes of a site and their mounts."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from labbuilder import quantity
from labbuilder.errors import shown
from labbuilder.models.base import (
    AbsolutePath,
    DnsLabel,
    Model,
    Word,
    matching,
    not_empty,
    number_or_text,
    refused,
)
from labbuilder.models.size import Memory
from labbuilder.names import is_dns_subdomain

__all__ = [
    "EmptyDirVolumeSource",
    "HostPathVolumeSource",
    "Medium",
    "NfsVolumeSource",
    "PersistentVolumeClaimVolumeSource",
    "Volume",
    "VolumeMount",
    "VolumeSource",
]


class Medium(StrEnum):
    """Where an empty directory is stored."""

    MEMORY = "memory"
    DISK = "disk"


class AccessMode(StrEnum):
    """Access modes of a claim that several nodes can use at once."""

    READ_ONLY_MANY = "ReadOnlyMany"
    READ_WRITE_MANY = "ReadWriteMany"


def _storage(value: Any) -> str:
    if isinstance(value, bool | float) or not quantity.is_storage(value):
        refused(
            "invalid-storage",
            f"{shown(value)} is not a valid storage quantity",
            "use whole bytes, or a number with Ki, Mi, Gi, Ti or k, M, G, T (10Gi)",
        )
    return str(value)


def _medium(value: Any) -> Any:
    return {"": "disk", "Memory": "memory"}.get(value, value) if isinstance(value, str) else value


def _is_sub_path(text: str) -> bool:
    return not text.startswith("/") and ".." not in text.split("/") and text.isprintable()


def _is_storage_class(text: str) -> bool:
    return not text or is_dns_subdomain(text)  # an empty class turns provisioning off


# fmt: off
SubPath = Annotated[str, matching(
    _is_sub_path, "invalid-path", "relative path",
    'remove a leading "/", ".." and control characters')]
StorageClass = Annotated[str, matching(
    _is_storage_class, "invalid-name", "DNS subdomain",
    'use lowercase letters, digits, "-" and ".", a letter or digit at both ends')]
# fmt: on


class HostPathVolumeSource(Model):
    """A directory of the node."""

    type: Literal["hostPath"]
    """`hostPath`."""
    path: AbsolutePath
    """Absolute path of the directory."""


class NfsVolumeSource(Model):
    """A directory of an NFS server."""

    type: Literal["nfs"]
    """`nfs`."""
    server: Word
    """Host name or IP address of the server."""
    server_path: AbsolutePath
    """Absolute path of the directory that the server exports."""
    read_only: bool = False
    """Whether the volume is read-only."""


class StorageRequests(Model):
    """The storage that a claim requests."""

    storage: Annotated[
        str,
        BeforeValidator(_storage),
        number_or_text("integer", 1, r"^[0-9]+(?:\.[0-9]+)?(?:[KMGTPE]i|[kMGTPE])?$"),
    ]
    """Bytes, or a number with a suffix such as `10Gi`."""


class StorageResources(Model):
    """The resources of a claim."""

    requests: StorageRequests
    """Storage that the claim requests."""


class PersistentVolumeClaimVolumeSource(Model):
    """A claim that is created for each lab."""

    type: Literal["persistentVolumeClaim"]
    """`persistentVolumeClaim`."""
    access_modes: Annotated[tuple[AccessMode, ...], AfterValidator(not_empty)]
    """Access modes: those that several nodes can use at once."""
    storage_class_name: StorageClass | None = None
    """Storage class; the cluster's default class by default."""
    resources: StorageResources
    """Resources of the claim."""
    read_only: bool = False
    """Whether the volume is read-only."""


class EmptyDirVolumeSource(Model):
    """A directory that is empty when the lab starts and deleted with it."""

    type: Literal["emptyDir"]
    """`emptyDir`."""
    medium: Annotated[
        Medium,
        BeforeValidator(_medium),
        WithJsonSchema({"type": "string", "enum": ["memory", "disk", "Memory", ""]}),
    ] = Medium.DISK
    """Where it is stored: on the node's `disk`, or in `memory`, which counts against the lab's
    memory limit."""
    size: Memory | None = None
    """Size limit, in bytes or as text such as `16Mi`."""


VolumeSource = Annotated[
    HostPathVolumeSource
    | NfsVolumeSource
    | PersistentVolumeClaimVolumeSource
    | EmptyDirVolumeSource,
    Field(discriminator="type"),
]


class Volume(Model):
    """A volume that containers can mount."""

    name: DnsLabel
    """Name of the volume: a DNS label, and not one of the builder's own."""
    source: VolumeSource
    """Source of the volume; `type` decides which other fields it has."""


class VolumeMount(Model):
    """The mount of a volume in a container."""

    container_path: AbsolutePath
    """Absolute path in the container."""
    sub_path: SubPath | None = None
    """Relative path of the part of the volume that is mounted; the whole volume by default."""
    read_only: bool = False
    """Whether the mount is read-only."""
    volume_name: DnsLabel
    """Name of the volume; one of `volumes`."""
