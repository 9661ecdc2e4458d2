"""Decisions about volumes, files and mounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from labbuilder import models
from labbuilder.lab.names import unique_key
from labbuilder.lab.values import Particulars
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

DISCOVERY_KEY = "discovery-v1-json"
DISCOVERY_PATH = "/etc/nublado/discovery/v1.json"
STARTUP_PATH = "/etc/nublado/startup"
STARTUP_BYTES = 640 * 1024
TMP_SHARE = 4


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume of the pod; which fields are set depends on the type.

    Attributes
    ----------
    type
        Kubernetes' name of the source.
    source_name
        The ConfigMap, Secret or claim.
    key, path
        The one key of the ConfigMap that is mounted, and its file name.
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
    """A file of the site: the key that holds it, where it is mounted, and what is in it."""

    key: str
    path: str
    content: str

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


class Storage:
    """What a configuration alone decides about volumes.

    Parameters
    ----------
    config
        The site's configuration.
    """

    def __init__(self, config: models.LabConfig) -> None:
        self.config = config
        taken = dict.fromkeys([*reserved.VOLUMES, *(volume.name for volume in config.volumes)], 1)
        self.files = [
            File(unique_key(path.rpartition("/")[2], taken), path, content)
            for path, content in config.files.items()
        ]
        mounts = [*config.volume_mounts]
        for container in config.init_containers:
            mounts += container.volume_mounts
        mounted = {mount.volume_name for mount in mounts}
        # A volume that nothing mounts would still keep the pod waiting for its claim.
        self.used = [volume for volume in config.volumes if volume.name in mounted]
        self.claimed = [
            volume.name
            for volume in self.used
            if isinstance(volume.source, PersistentVolumeClaimVolumeSource)
        ]

    def claims(self, own: Particulars) -> list[Claim]:
        """List the claims that the lab needs."""
        return [
            Claim(
                name=own.claims[volume.name],
                access_modes=tuple(mode.value for mode in volume.source.access_modes),
                storage=volume.source.resources.requests.storage,
                storage_class_name=volume.source.storage_class_name,
            )
            for volume in self.used
            if isinstance(volume.source, PersistentVolumeClaimVolumeSource)
        ]

    def volumes(self, own: Particulars, memory_limit: int) -> list[Volume]:
        """List the pod's volumes in order.

        Parameters
        ----------
        own
            The lab's own values.
        memory_limit
            The lab's limit in bytes, of which ``/tmp`` gets a share.
        """
        in_memory = "Memory" if self.config.empty_dir_source is Medium.MEMORY else None
        lab = own.names
        files, nss = lab.files_config_map, lab.nss_config_map
        return [
            *(_configured(volume, own.claims) for volume in self.used),
            Volume("passwd", "configMap", source_name=nss, key="passwd", path="passwd"),
            Volume("group", "configMap", source_name=nss, key="group", path="group"),
            *(
                Volume(file.key, "configMap", source_name=files, key=file.key, path=file.name)
                for file in self.files
            ),
            Volume(DISCOVERY_KEY, "configMap", source_name=files, key=DISCOVERY_KEY,
                   path="v1.json"),
            Volume("secrets", "secret", source_name=lab.secret),
            Volume("env", "configMap", source_name=lab.env_config_map),
            Volume("tmp", "emptyDir", medium=in_memory, size_limit=str(memory_limit // TMP_SHARE)),
            Volume("runtime", "downwardAPI"),
            Volume("lab-startup", "emptyDir", medium="Memory", size_limit=str(STARTUP_BYTES)),
        ]  # fmt: skip

    def mounts(self, *, startup_writable: bool) -> list[VolumeMount]:
        """List the mounts of the lab, or of an init container that prepares its startup."""
        runtime = self.config.runtime_mounts_dir.rstrip("/")  # the root folder is none
        return [
            *site_mounts(self.config.volume_mounts),
            VolumeMount("passwd", "/etc/passwd", "passwd", read_only=True),
            VolumeMount("group", "/etc/group", "group", read_only=True),
            *(VolumeMount(file.key, file.path, file.name, read_only=True) for file in self.files),
            VolumeMount(DISCOVERY_KEY, DISCOVERY_PATH, "v1.json", read_only=True),
            VolumeMount("secrets", f"{runtime}/secrets", read_only=True),
            VolumeMount("env", f"{runtime}/environment", read_only=True),
            VolumeMount("tmp", "/tmp"),  # noqa: S108 (the lab's, not ours)
            VolumeMount("runtime", f"{runtime}/runtime", read_only=True),
            VolumeMount("lab-startup", STARTUP_PATH,
                        read_only=None if startup_writable else True),
            *(
                VolumeMount("secrets", secret.path, secret.secret_key, read_only=True)
                for secret in self.config.secrets
                if secret.path
            ),
        ]  # fmt: skip

    def home_mounts(self) -> list[VolumeMount]:
        """List the mounts of the volume that has the home directories."""
        home = self.config.home_volume_name
        return list(site_mounts(m for m in self.config.volume_mounts if m.volume_name == home))


def site_mounts(mounts: Iterable[ConfiguredMount]) -> Iterator[VolumeMount]:
    """Turn configured mounts into a pod's."""
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
