"""Volumes of a site and where they are mounted."""

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
    not_empty,
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
    """What an empty directory is kept on."""

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
            f"{shown(value)} is no amount of storage",
            "write whole bytes, or a number with Ki, Mi, Gi, Ti or k, M, G, T (10Gi)",
        )
    return str(value)


def _medium(value: Any) -> Any:
    return {"": "disk", "Memory": "memory"}.get(value, value) if isinstance(value, str) else value


def _sub_path(value: str) -> str:
    if value.startswith("/") or ".." in value.split("/") or not value.isprintable():
        refused(
            "invalid-path",
            f"{shown(value)} is not a path below the volume's root",
            "leave out a leading / and `..`",
        )
    return value


def _storage_class(value: str) -> str:
    if value and not is_dns_subdomain(value):  # the empty class asks for no provisioning
        refused(
            "invalid-name",
            f"{shown(value)} is not a DNS subdomain",
            "use lower-case letters, digits, - and ., a letter or digit at both ends",
        )
    return value


class HostPathVolumeSource(Model):
    """A directory of the node.

    Attributes
    ----------
    type
        ``hostPath``.
    path
        The directory, an absolute path.
    """

    type: Literal["hostPath"]
    path: AbsolutePath


class NfsVolumeSource(Model):
    """A directory of an NFS server.

    Attributes
    ----------
    type
        ``nfs``.
    server
        The server's name or address.
    server_path
        The directory that it exports, an absolute path.
    read_only
        Whether nothing may be written there.
    """

    type: Literal["nfs"]
    server: Word
    server_path: AbsolutePath
    read_only: bool = False


class StorageRequests(Model):
    """What a claim asks for, as text that Kubernetes reads.

    Attributes
    ----------
    storage
        How much: whole bytes, or a number with a suffix, such as ``10Gi``.
    """

    storage: Annotated[
        str,
        BeforeValidator(_storage),
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "integer", "minimum": 1},
                    {"type": "string", "pattern": r"^[0-9]+(?:\.[0-9]+)?(?:[KMGTPE]i|[kMGTPE])?$"},
                ]
            }
        ),
    ]


class StorageResources(Model):
    """Resources of a claim.

    Attributes
    ----------
    requests
        What it asks for.
    """

    requests: StorageRequests


class PersistentVolumeClaimVolumeSource(Model):
    """A claim that is made for each lab.

    Attributes
    ----------
    type
        ``persistentVolumeClaim``.
    access_modes
        How nodes may use it; those by which only one can don't do for labs.
    storage_class_name
        The storage class; the cluster's default one where it isn't given.
    resources
        How much storage it asks for.
    read_only
        Whether nothing may be written there.
    """

    type: Literal["persistentVolumeClaim"]
    access_modes: Annotated[tuple[AccessMode, ...], AfterValidator(not_empty)]
    storage_class_name: Annotated[str, AfterValidator(_storage_class)] | None = None
    resources: StorageResources
    read_only: bool = False


class EmptyDirVolumeSource(Model):
    """A directory that lives and dies with the lab.

    Attributes
    ----------
    type
        ``emptyDir``.
    medium
        What it is kept on.
    size
        The most that it may hold, such as ``16Mi``.
    """

    type: Literal["emptyDir"]
    medium: Annotated[
        Medium,
        BeforeValidator(_medium),
        WithJsonSchema({"type": "string", "enum": ["memory", "disk", "Memory", ""]}),
    ] = Medium.DISK
    size: Memory | None = None


VolumeSource = Annotated[
    HostPathVolumeSource
    | NfsVolumeSource
    | PersistentVolumeClaimVolumeSource
    | EmptyDirVolumeSource,
    Field(discriminator="type"),
]


class Volume(Model):
    """A volume that containers may mount.

    Attributes
    ----------
    name
        What mounts call it, a DNS label.
    source
        What it is; ``type`` says which other fields there are.
    """

    name: DnsLabel
    source: VolumeSource


class VolumeMount(Model):
    """Where a container sees a volume.

    Attributes
    ----------
    container_path
        Where, an absolute path.
    sub_path
        The part of the volume that it sees, a path below the volume's root; all of it where none
        is given.
    read_only
        Whether nothing may be written there.
    volume_name
        Which of the ``volumes``.
    """

    container_path: AbsolutePath
    sub_path: Annotated[str, AfterValidator(_sub_path)] | None = None
    read_only: bool = False
    volume_name: DnsLabel
