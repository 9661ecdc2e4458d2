"""Decisions about the containers of the pod."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labbuilder.lab.storage import Storage, VolumeMount, site_mounts
from labbuilder.lab.values import LabValues
from labbuilder.models import reserved
from labbuilder.models.image import PullPolicy
from labbuilder.models.secret import LabSecret
from labbuilder.names import NOTEBOOK_CONTAINER, NOTEBOOK_PORT_NAME

__all__ = ["Container", "EnvVar", "init_containers", "notebook"]


@dataclass(frozen=True, slots=True)
class EnvVar:
    """A variable of a container: a value, a key of the lab's Secret, or a field of the pod."""

    name: str
    """Its name."""
    value: str | None = None
    """Its value, if it has one of its own."""
    secret_key: str | None = None
    """The key of the lab's Secret that it takes its value from."""
    field_path: str | None = None
    """The field of the pod that it takes its value from, such as ``spec.nodeName``."""


@dataclass(frozen=True, slots=True)
class Container:
    """A container of the pod.

    Attributes
    ----------
    privileged
        Whether it runs as root with all privileges, rather than as the user with none.
    """

    name: str
    """Its name."""
    image: str
    """The reference of its image."""
    image_pull_policy: str
    """``Always``, ``IfNotPresent`` or ``Never``."""
    env: list[EnvVar]
    """Its variables, besides those of the environment ConfigMap."""
    volume_mounts: list[VolumeMount]
    """Its mounts."""
    command: tuple[str, ...] | None = None
    """The program that it runs rather than the entry point of its image."""
    args: tuple[str, ...] | None = None
    """The arguments of the program."""
    working_dir: str | None = None
    """The folder that the program starts in."""
    port_name: str | None = None
    """The name of the lab's port, if the container serves it."""
    privileged: bool = False


def notebook(storage: Storage, values: LabValues) -> Container:
    """Describe the container of the notebook."""
    node_name = "spec.nodeName"
    return Container(
        name=NOTEBOOK_CONTAINER,
        image=values.image,
        image_pull_policy=PullPolicy.IF_NOT_PRESENT,
        args=storage.config.lab_start_command or None,
        env=[
            *_secret_env(storage.config.secrets),
            EnvVar("KUBERNETES_NODE_NAME", field_path=node_name),
            EnvVar("K8S_NODE_NAME", field_path=node_name),
        ],
        working_dir=values.home,
        port_name=NOTEBOOK_PORT_NAME,
        volume_mounts=storage.mounts(startup_writable=False),
    )


def init_containers(storage: Storage, values: LabValues) -> list[Container]:
    """List the containers that run before the lab, in order."""
    config = storage.config
    env = [
        EnvVar("NUBLADO_HOME", values.home),
        EnvVar("NUBLADO_UID", values.uid_text),
        EnvVar("NUBLADO_GID", values.gid_text),
    ]

    def standard(
        function: str, env: list[EnvVar], mounts: list[VolumeMount], *, privileged: bool = False
    ) -> Container:
        return Container(
            name=reserved.standard_container(function),
            image=values.controller_image,
            image_pull_policy=values.controller_pull_policy,
            command=("nublado", function),
            env=env,
            volume_mounts=mounts,
            privileged=privileged,
        )

    found = []
    if config.standard_inithome:
        found.append(standard(reserved.INIT_HOME, env, storage.home_mounts(), privileged=True))
    found += [
        Container(
            name=container.name,
            image=container.image.reference,
            image_pull_policy=container.image.pull_policy,
            command=container.command or None,
            env=env,
            volume_mounts=list(site_mounts(container.volume_mounts)),
            privileged=container.privileged,
        )
        for container in config.init_containers
    ]
    mounts = storage.mounts(startup_writable=True)
    if config.env.get("RSP_SITE_TYPE") == "science":
        found.append(standard(reserved.LANDING_PAGE, env, mounts))
    found.append(standard(reserved.STARTUP, [*env, *_secret_env(config.secrets)], mounts))
    return found


def _secret_env(secrets: Sequence[LabSecret]) -> list[EnvVar]:
    return [
        EnvVar("ACCESS_TOKEN", secret_key=reserved.TOKEN_KEY),
        EnvVar("NUBLADO_TOKEN", secret_key=reserved.TOKEN_KEY),
        *(EnvVar(secret.env, secret_key=secret.secret_key) for secret in secrets if secret.env),
    ]
