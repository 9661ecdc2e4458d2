"""A site's configuration of its labs: the ``lab`` section of a Nublado controller's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from labbuilder.errors import Path, shown
from labbuilder.models import reserved
from labbuilder.models.base import (
    AbsolutePath,
    AnnotationKey,
    ConfigMapKey,
    DnsLabel,
    LabelKey,
    LabelValue,
    Model,
    NotBlank,
    Text,
    Word,
    not_empty,
    refuse,
    refused,
)
from labbuilder.models.container import InitContainer
from labbuilder.models.duration import Duration
from labbuilder.models.foreign import plain_model, without_unknown
from labbuilder.models.kubernetes import Affinity, Toleration
from labbuilder.models.secret import LabSecret
from labbuilder.models.size import ConfigurableSize, LabSizeDefinition
from labbuilder.models.volume import Medium, Volume, VolumeMount

__all__ = [
    "HomedirSchema",
    "LabConfig",
    "Nss",
    "lab_section",
    "read_foreign_config",
]

_MAX_TEMPLATES = 1000


class HomedirSchema(StrEnum):
    """How home directories are laid out."""

    USERNAME = "username"
    INITIAL_THEN_USERNAME = "initialThenUsername"


class Nss(Model):
    """The lines of ``passwd`` and ``group`` before the user's own.

    Attributes
    ----------
    base_passwd, base_group
        The lines of each.
    """

    base_passwd: Text = "root:x:0:0:root:/root:/bin/bash\n"  # noqa: S105 (no password)
    base_group: Text = "root:x:0\n"


def _homedir_prefix(value: str) -> str:
    if not value.strip("/"):
        refused("invalid-path", "homes can't lie in the root folder", "write /home, for example")
    return value.rstrip("/")


def _homedir_suffix(value: str) -> str:
    value = value.strip("/")
    if ".." in value.split("/") or ":" in value or not value.isprintable():
        refused(
            "invalid-path",
            f"{shown(value)} is not a path below a home directory",
            "leave out `..`, : and control characters",
        )
    return value


def _file_path(value: str) -> str:
    name = value.rpartition("/")[2]
    if name in {"", "."} or name.startswith(".."):  # "..", since kubelets keep such names
        refused("invalid-path", f"{shown(value)} names no file", "end it with the file's name")
    return value


Homedir = Annotated[AbsolutePath, AfterValidator(_homedir_prefix)]
Folder = Annotated[AbsolutePath, AfterValidator(lambda value: value.rstrip("/") or "/")]


def _few(value: dict[str, str]) -> dict[str, str]:
    if len(value) > _MAX_TEMPLATES:  # each is compiled
        refused("too-many", f"holds more than {_MAX_TEMPLATES}", "leave some out")
    return value


class LabConfig(Model):
    """A site's configuration of its labs.

    Fields stand in the order in which they are checked: a later one may be held against an
    earlier one.

    Attributes
    ----------
    namespace_prefix
        What the name of each lab's namespace starts with: ``PREFIX-USERNAME``.
    sizes
        The sizes that users may ask for.
    default_size
        The size of who asks for none; the first one where it isn't given.
    runtime_mounts_dir
        The folder under which labs find their secrets, environment and limits.
    volumes
        The volumes that containers may mount.
    volume_mounts
        Where labs see them.
    home_volume_name
        Which of the volumes holds home directories.
    homedir_prefix
        The folder of all home directories.
    homedir_schema
        Whether homes are ``/home/rachel`` or ``/home/r/rachel``.
    homedir_suffix
        The folder below a user's own that is their home, if it isn't that itself.
    files
        Files that labs find: content by path.
    secrets
        The secrets that labs get besides ``token``.
    init_containers
        Containers that run before the lab.
    activity_interval
        How often labs tell the hub that they are in use.
    affinity
        Where labs may run, as Kubernetes has it.
    application
        The Argo CD application that shows labs.
    empty_dir_source
        What ``/tmp`` is kept on.
    env
        Environment variables of every lab.
    extra_annotations
        Annotations of every lab's pod.
    jupyterlab_config_dir
        Where JupyterLab's configuration lies in the image.
    lab_start_command
        What the lab's container runs.
    namespace_annotations
        Annotations of every lab's namespace: Jinja templates over ``uid`` and ``gid``.
    node_selector
        Labels of the nodes that labs may run on.
    nss
        The lines of ``passwd`` and ``group`` before the user's own.
    pull_secret
        The Secret with which images are pulled, if they need one.
    standard_inithome
        Whether labs make their home directories before they start.
    tolerations
        Taints of nodes that labs bear.
    delete_timeout, reconcile_interval, spawn_timeout
        For the controller: they change no manifest.
    """

    namespace_prefix: DnsLabel
    sizes: Annotated[tuple[LabSizeDefinition, ...], AfterValidator(not_empty)]
    default_size: ConfigurableSize | None = None
    runtime_mounts_dir: Folder = "/etc/nublado"
    volumes: tuple[Volume, ...] = ()
    volume_mounts: tuple[VolumeMount, ...] = ()
    home_volume_name: Annotated[DnsLabel, Field(validate_default=True)] = "home"
    homedir_prefix: Homedir = "/home"
    homedir_schema: HomedirSchema = HomedirSchema.USERNAME
    homedir_suffix: Annotated[Text, AfterValidator(_homedir_suffix)] = ""
    files: dict[Annotated[AbsolutePath, AfterValidator(_file_path)], Text] = {}
    secrets: tuple[LabSecret, ...] = ()
    init_containers: tuple[InitContainer, ...] = ()
    activity_interval: Duration = timedelta(hours=1)
    affinity: Affinity | None = None
    application: LabelValue | None = None
    empty_dir_source: Medium = Medium.MEMORY
    env: dict[ConfigMapKey, Text] = {}
    extra_annotations: dict[AnnotationKey, Text] = {}
    jupyterlab_config_dir: AbsolutePath = "/opt/lsst/software/jupyterlab"
    lab_start_command: tuple[Text, ...] = ("/opt/lsst/software/jupyterlab/runlab.sh",)
    namespace_annotations: Annotated[dict[AnnotationKey, Text], AfterValidator(_few)] = {}
    node_selector: dict[LabelKey, LabelValue] = {}
    nss: Nss = Nss()
    pull_secret: Annotated[Word | None, NotBlank] = None
    standard_inithome: bool = False
    tolerations: tuple[Toleration, ...] = ()
    delete_timeout: Duration = timedelta(minutes=1)
    reconcile_interval: Duration = timedelta(minutes=5)
    spawn_timeout: Duration = timedelta(minutes=10)

    @model_validator(mode="before")
    @classmethod
    def _take_section(cls, value: Any) -> Any:
        return lab_section(value)[0]

    def size(self, size: str | None) -> LabSizeDefinition | None:
        """Find a size by name, or the default one."""
        wanted = size or self.default_size or self.sizes[0].size
        return next((known for known in self.sizes if known.size == wanted), None)

    @field_validator(*reserved.CHECKS)
    @classmethod
    def _check(cls, value: Any, info: ValidationInfo) -> Any:
        refuse(reserved.CHECKS[info.field_name or ""](value, info.data))
        return value


def lab_section(value: Any) -> tuple[Any, Path]:
    """Find the lab section of a configuration.

    Parameters
    ----------
    value
        What a configuration file holds: the lab section, or a whole controller configuration
        with the section under ``lab``. Or Nublado's model of either.

    Returns
    -------
    tuple
        The section and its path in the value.
    """
    section = read_foreign_config(value)[0]
    if isinstance(section, Mapping) and "lab" in section:
        return section["lab"], ("lab",)
    return section, ()


def read_foreign_config(value: Any) -> tuple[Any, list[Path]]:
    """Read another library's model of a configuration, such as Nublado's ``LabConfig``.

    Parameters
    ----------
    value
        Such a model, or anything else.

    Returns
    -------
    tuple
        What `LabConfig` reads, and the paths of the keys that it doesn't know and that were
        removed. Anything but such a model comes back as it is.
    """
    plain = plain_model(value)
    if plain is value:
        return value, []
    return without_unknown(LabConfig, lab_section(plain)[0])
