"""A site's configuration of its labs: the ``lab`` section of a Nublado controller's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from labbuilder.errors import Path, shown
from labbuilder.models import checks
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

__all__ = ["HomedirSchema", "LabConfig", "Nss", "lab_section", "read_foreign_config"]

_MAX_TEMPLATES = 1000


class HomedirSchema(StrEnum):
    """Layout of home directories."""

    USERNAME = "username"
    INITIAL_THEN_USERNAME = "initialThenUsername"


class Nss(Model):
    """The lines of ``passwd`` and ``group`` before those of the user."""

    base_passwd: Text = "root:x:0:0:root:/root:/bin/bash\n"  # noqa: S105 (no password)
    """Lines of `/etc/passwd` before the user's; a user with another id can't have one of their
    names."""
    base_group: Text = "root:x:0\n"
    """Lines of `/etc/group` before those of the user's groups; a group with another id can't have
    one of their names."""


def _homedir_prefix(value: str) -> str:
    if not value.strip("/"):
        refused("invalid-path", "must not be the root folder", "use a folder such as /home")
    return value.rstrip("/")


def _homedir_suffix(value: str) -> str:
    value = value.strip("/")
    if ".." in value.split("/") or ":" in value or not value.isprintable():
        refused(
            "invalid-path",
            f"{shown(value)} is not a valid relative path",
            'remove "..", ":" and control characters',
        )
    return value


def _file_path(value: str) -> str:
    name = value.rpartition("/")[2]
    if name in {"", "."} or name.startswith(".."):  # kubelets reserve ".."
        refused("invalid-path", f"{shown(value)} does not name a file", "end it with a file name")
    return value


Homedir = Annotated[AbsolutePath, AfterValidator(_homedir_prefix)]
Folder = Annotated[AbsolutePath, AfterValidator(lambda value: value.rstrip("/") or "/")]


def _limit_templates(value: dict[str, str]) -> dict[str, str]:
    if len(value) > _MAX_TEMPLATES:  # each is compiled
        refused("too-many", f"must have at most {_MAX_TEMPLATES} entries", "remove some")
    return value


class LabConfig(Model):
    """A site's configuration of its labs.

    Fields are validated in this order, so that a later one can be checked against an earlier one.
    """

    namespace_prefix: DnsLabel
    """Prefix of each lab's namespace, which is `PREFIX-USERNAME`."""
    sizes: Annotated[tuple[LabSizeDefinition, ...], AfterValidator(not_empty)]
    """Sizes that users can choose; at least one, and no size twice."""
    default_size: ConfigurableSize | None = None
    """Size of a lab whose user chooses none; the first of `sizes` by default."""
    runtime_mounts_dir: Folder = "/etc/nublado"
    """Absolute path of the folder in which labs find their secrets, environment and resource
    limits."""
    volumes: tuple[Volume, ...] = ()
    """Volumes that containers can mount."""
    volume_mounts: tuple[VolumeMount, ...] = ()
    """Where the lab's container mounts volumes."""
    home_volume_name: Annotated[DnsLabel, Field(validate_default=True)] = "home"
    """Name of the volume that holds home directories; one of `volumes`."""
    homedir_prefix: Homedir = "/home"
    """Absolute path of the folder that holds all home directories; not `/`."""
    homedir_schema: HomedirSchema = HomedirSchema.USERNAME
    """Layout of home directories: `username` for `/home/rachel`, `initialThenUsername` for
    `/home/r/rachel`."""
    homedir_suffix: Annotated[Text, AfterValidator(_homedir_suffix)] = ""
    """Relative path that is appended to the user's folder, if the home directory is below it."""
    files: dict[Annotated[AbsolutePath, AfterValidator(_file_path)], Text] = {}
    """Files that are mounted in each lab: their contents by absolute path."""
    secrets: tuple[LabSecret, ...] = ()
    """Secrets that are given to each lab, besides the user's `token`."""
    init_containers: tuple[InitContainer, ...] = ()
    """Containers that run before the lab's, in this order."""
    activity_interval: Duration = timedelta(hours=1)
    """Interval at which a lab reports its activity to JupyterHub: seconds, or text such as `90m`
    or `1h30m`."""
    affinity: Affinity | None = None
    """Node affinity, pod affinity and pod anti-affinity of each lab, as in a pod's
    `spec.affinity`."""
    application: LabelValue | None = None
    """Argo CD application that owns the objects of labs; the value of the label
    `argocd.argoproj.io/instance`."""
    empty_dir_source: Medium = Medium.MEMORY
    """Where the lab's `/tmp` is stored: in `memory`, which counts against the lab's memory limit,
    or on the node's `disk`."""
    env: Annotated[dict[ConfigMapKey, Text], Field(repr=False)] = {}
    """Environment variables of each lab, which override all others."""
    extra_annotations: dict[AnnotationKey, Text] = {}
    """Annotations of each lab's pod."""
    jupyterlab_config_dir: AbsolutePath = "/opt/lsst/software/jupyterlab"
    """Absolute path of JupyterLab's configuration in the image; the variable
    `JUPYTERLAB_CONFIG_DIR`."""
    lab_start_command: tuple[Text, ...] = ("/opt/lsst/software/jupyterlab/runlab.sh",)
    """Command that the lab's container is given as its arguments."""
    namespace_annotations: Annotated[
        dict[AnnotationKey, Text], AfterValidator(_limit_templates)
    ] = {}
    """Annotations of each lab's namespace; the values are Jinja templates that can use `uid` and
    `gid`."""
    node_selector: dict[LabelKey, LabelValue] = {}
    """Labels that a node must have for a lab to run on it."""
    nss: Nss = Nss()
    """Lines of `/etc/passwd` and `/etc/group` before the user's."""
    pull_secret: Annotated[Word | None, NotBlank] = None
    """Name of the Secret in the controller's namespace that holds the credentials for pulling
    images."""
    standard_inithome: bool = False
    """Whether an init container creates the user's home directory."""
    tolerations: tuple[Toleration, ...] = ()
    """Taints of nodes that labs tolerate, as in a pod's `spec.tolerations`; `operator` is `Equal`
    by default, which needs `key` and `value`."""
    delete_timeout: Duration = timedelta(minutes=1)
    """Time in which a controller must delete a lab, in seconds or as text such as `1m`; no
    manifest depends on it."""
    reconcile_interval: Duration = timedelta(minutes=5)
    """Interval at which a controller compares its labs with the cluster, in seconds or as text
    such as `5m`; no manifest depends on it."""
    spawn_timeout: Duration = timedelta(minutes=10)
    """Time in which a lab must start, in seconds or as text such as `10m`; no manifest depends on
    it."""

    @model_validator(mode="before")
    @classmethod
    def _take_section(cls, value: Any) -> Any:
        return lab_section(value)[0]

    def size(self, size: str | None) -> LabSizeDefinition | None:
        """Return the size of this name, or the default size."""
        wanted = size or self.default_size or self.sizes[0].size
        return next((known for known in self.sizes if known.size == wanted), None)

    @field_validator(*checks.CHECKS)
    @classmethod
    def _check(cls, value: Any, info: ValidationInfo) -> Any:
        refuse(checks.CHECKS[info.field_name or ""](value, info.data))
        return value


def lab_section(value: Any) -> tuple[Any, Path]:
    """Return the lab section of a configuration, and its path in it.

    The configuration is what a file holds, which is the section itself or a whole controller
    configuration with the section under ``lab``; or Nublado's model of either.
    """
    section = read_foreign_config(value)[0]
    if isinstance(section, Mapping) and "lab" in section:
        return section["lab"], ("lab",)
    return section, ()


def read_foreign_config(value: Any) -> tuple[Any, list[Path]]:
    """Read another library's model of a configuration, such as Nublado's ``LabConfig``.

    It returns what `LabConfig` reads, and the paths of the keys that `LabConfig` doesn't know and
    that were removed. Anything but such a model is returned as it is.
    """
    plain = plain_model(value)
    if plain is value:
        return value, []
    return without_unknown(LabConfig, lab_section(plain)[0])
