"""Decisions about volumes, files and mounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from labbuilder import models
from labbuilder.lab.names import unique_key
from labbuilder.lab.values import LabValues
from labbuilder.models import reserved
from labbuilder.models.volume import (
    EmptyDirVolumeSource,
    HostPathVolumeSource,
    Medium,
    NfsVolumeSource,
    PersistentVolumeClaimVolumeSource,
)
from labbuilder.models.volume import Volume as ConfiguredVolume
from labbuilder.models.volume import VolumeMount as ConfiguredMount

__all__ = ["Claim", "File", "Storage", "Volume", "VolumeMount", "site_mounts"]

STARTUP_BYTES = 640 * 1024
TMP_SHARE = 4
"""``/tmp`` holds the memory limit divided by this."""


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume of the pod, with the fields that its type has.

    Attributes
    ----------
    type
        Kubernetes' name of the source.
    source_name
        The ConfigMap, Secret or claim.
    path
        The path of a hostPath or NFS volume; or the file name of ``key``.
    key
        The one key of the ConfigMap that is mounted, if not all are.
    size_limit
        Bytes as text.
    """

    name: str
    """The name by which mounts refer to it."""
    type: str
    path: str | None = None
    server: str | None = None
    """The NFS server."""
    source_name: str | None = None
    key: str | None = None
    medium: str | None = None
    """``Memory``, or None for the disk of the node."""
    size_limit: str | None = None
    read_only: bool | None = None
    """True, or None for Kubernetes' default."""


@dataclass(frozen=True, slots=True)
class VolumeMount:
    """A mount; ``read_only`` is None rather than False, which is Kubernetes' default."""

    name: str
    """The volume that it mounts."""
    mount_path: str
    """The path in the container."""
    sub_path: str | None = None
    """The path in the volume, if it isn't the volume's root."""
    read_only: bool | None = None
    """True, or None."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A PersistentVolumeClaim."""

    name: str
    """Its name."""
    access_modes: tuple[str, ...]
    """Its access modes, such as ``ReadWriteMany``."""
    storage: str
    """The storage that it requests, such as ``10Gi``."""
    storage_class_name: str | None
    """Its storage class; None for the cluster's default."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of the site: its key in the ConfigMap, its path in the lab, and its content."""

    key: str
    path: str
    content: str

    @property
    def name(self) -> str:
        """The last part of the path."""
        return _basename(self.path)


class Storage:
    """What a configuration alone decides about volumes."""

    def __init__(self, config: models.LabConfig) -> None:
        self.config = config
        taken = dict.fromkeys([*reserved.VOLUMES, *(volume.name for volume in config.volumes)], 1)
        self.files = [
            File(unique_key(_basename(path), taken), path, content)
            for path, content in config.files.items()
        ]
        # Where the configuration has what a manifest names.
        self.file_paths = {file.key: file.path for file in self.files}
        self.volume_numbers = {volume.name: i for i, volume in enumerate(config.volumes)}
        self.container_numbers = {each.name: i for i, each in enumerate(config.init_containers)}
        mounts = [*config.volume_mounts]
        for container in config.init_containers:
            mounts += container.volume_mounts
        mounted = {mount.volume_name for mount in mounts}
        # A volume that isn't mounted would still make the pod wait for its claim.
        self.used = [volume for volume in config.volumes if volume.name in mounted]
        self._claimed = {
            volume.name: volume.source
            for volume in self.used
            if isinstance(volume.source, PersistentVolumeClaimVolumeSource)
        }
        self.claimed = list(self._claimed)

    def claims(self, values: LabValues) -> list[Claim]:
        """List the claims that the lab needs."""
        return [
            Claim(
                name=values.claims[name],
                access_modes=tuple(mode.value for mode in source.access_modes),
                storage=source.resources.requests.storage,
                storage_class_name=source.storage_class_name,
            )
            for name, source in self._claimed.items()
        ]

    def volumes(self, values: LabValues, memory_limit: int) -> list[Volume]:
        """List the pod's volumes in order, given the lab's memory limit in bytes."""
        medium = "Memory" if self.config.empty_dir_source is Medium.MEMORY else None
        tmp_size, startup_size = str(memory_limit // TMP_SHARE), str(STARTUP_BYTES)
        names = values.names
        files, nss = names.files_config_map, names.nss_config_map
        return [
            *(_configured(volume, values.claims) for volume in self.used),
            _file_volume(reserved.PASSWD, nss, reserved.PASSWD),
            _file_volume(reserved.GROUP, nss, reserved.GROUP),
            *(_file_volume(file.key, files, file.name) for file in self.files),
            _file_volume(reserved.DISCOVERY, files, reserved.DISCOVERY_FILE),
            Volume(reserved.SECRETS, "secret", source_name=names.secret),
            Volume(reserved.ENV, "configMap", source_name=names.env_config_map),
            Volume(reserved.TMP, "emptyDir", medium=medium, size_limit=tmp_size),
            Volume(reserved.RUNTIME, "downwardAPI"),
            Volume(reserved.LAB_STARTUP, "emptyDir", medium="Memory", size_limit=startup_size),
        ]  # fmt: skip

    def mounts(self, *, startup_writable: bool) -> list[VolumeMount]:
        """List the mounts of the lab, or of an init container that prepares its startup."""
        folder = self.config.runtime_mounts_dir.rstrip("/")  # which may be the root
        runtime = {name: f"{folder}/{path}" for name, path in reserved.RUNTIME_FOLDERS.items()}
        return [
            *site_mounts(self.config.volume_mounts),
            VolumeMount(reserved.PASSWD, reserved.PASSWD_PATH, reserved.PASSWD, read_only=True),
            VolumeMount(reserved.GROUP, reserved.GROUP_PATH, reserved.GROUP, read_only=True),
            *(VolumeMount(file.key, file.path, file.name, read_only=True) for file in self.files),
            VolumeMount(reserved.DISCOVERY, reserved.DISCOVERY_PATH, reserved.DISCOVERY_FILE,
                        read_only=True),
            VolumeMount(reserved.SECRETS, runtime[reserved.SECRETS], read_only=True),
            VolumeMount(reserved.ENV, runtime[reserved.ENV], read_only=True),
            VolumeMount(reserved.TMP, reserved.TMP_PATH),
            VolumeMount(reserved.RUNTIME, runtime[reserved.RUNTIME], read_only=True),
            VolumeMount(reserved.LAB_STARTUP, reserved.STARTUP_PATH,
                        read_only=None if startup_writable else True),
            *(
                VolumeMount(reserved.SECRETS, secret.path, secret.secret_key, read_only=True)
                for secret in self.config.secrets
                if secret.path
            ),
        ]  # fmt: skip

    def home_mounts(self) -> list[VolumeMount]:
        """List the mounts of the volume with the home directories."""
        home = self.config.home_volume_name
        return list(site_mounts(m for m in self.config.volume_mounts if m.volume_name == home))


def _file_volume(key: str, config_map: str, name: str) -> Volume:
    return Volume(key, "configMap", source_name=config_map, key=key, path=name)


def _basename(path: str) -> str:
    return path.rpartition("/")[2]


def site_mounts(mounts: Iterable[ConfiguredMount]) -> Iterator[VolumeMount]:
    """Convert configured mounts to those of a container."""
    for mount in mounts:
        yield VolumeMount(
            name=mount.volume_name,
            mount_path=mount.container_path,
            sub_path=mount.sub_path or None,
            read_only=mount.read_only or None,
        )


def _configured(volume: ConfiguredVolume, claims: Mapping[str, str]) -> Volume:
    source = volume.source
    match source:
        case HostPathVolumeSource():
            return Volume(volume.name, source.type, path=source.path)
        case NfsVolumeSource():
            return Volume(
                volume.name,
                source.type,
                path=source.server_path,
                server=source.server,
                read_only=source.read_only or None,
            )
        case PersistentVolumeClaimVolumeSource():
            return Volume(
                volume.name,
                source.type,
                source_name=claims[volume.name],
                read_only=source.read_only or None,
            )
        case EmptyDirVolumeSource():
            medium = "Memory" if source.medium is Medium.MEMORY else None
            size = None if source.size is None else str(source.size)
            return Volume(volume.name, source.type, medium=medium, size_limit=size)
