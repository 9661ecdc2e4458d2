"""Every decision about a lab, in Python; fragments only give the decisions their shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from labbuilder import models
from labbuilder.containers import Container, init_containers, notebook
from labbuilder.environment import group_file, groups_json, lab_environment, passwd_file
from labbuilder.inputs import Inputs
from labbuilder.models.scheduling import Affinity, Toleration
from labbuilder.models.size import LabSizeDefinition
from labbuilder.names import LAB_PORT, LabObjectNames, build_object_names, home_directory
from labbuilder.storage import DISCOVERY_KEY, Claim, Storage, Volume

__all__ = ["Facts", "derive"]

_ARGO_CD = {
    "argocd.argoproj.io/compare-options": "IgnoreExtraneous",
    "argocd.argoproj.io/sync-options": "Prune=false",
}


@dataclass(frozen=True)
class Quota:
    """A ResourceQuota's numbers: cores and bytes as text."""

    cpu: str
    memory: str


@dataclass(frozen=True)
class Secret:
    """A Secret, its values still hidden."""

    name: str
    type: str
    data: Mapping[str, SecretStr]


@dataclass(frozen=True)
class Facts:
    """What the fragments are given: the names that they may use.

    There are no models among them: a fragment could call what pydantic's classes offer.
    An optional list or mapping is None where it would be empty, so that its key is left out.
    """

    names: LabObjectNames
    namespace: str
    labels: dict[str, str]
    selector: dict[str, str]
    annotations: dict[str, str]
    namespace_annotations: dict[str, str]
    pod_annotations: dict[str, str]
    uid: int
    gid: int
    port: int
    quota: Quota | None
    env: dict[str, str]
    nss: dict[str, str]
    files: dict[str, str]
    secrets: list[Secret]
    claims: list[Claim]
    volumes: list[Volume]
    resources: dict[str, dict[str, str]]
    notebook: Container
    init_containers: list[Container]
    affinity: dict[str, Any] | None
    node_selector: dict[str, str] | None
    tolerations: list[dict[str, Any]] | None
    supplemental_groups: list[int] | None
    image_pull_secrets: list[dict[str, str]] | None


def derive(
    storage: Storage,
    inputs: Inputs,
    size: LabSizeDefinition,
    namespace_annotations: Mapping[str, str],
) -> Facts:
    """Decide everything about a lab.

    Parameters
    ----------
    storage
        The configuration, and what it decides about volumes.
    inputs
        The user, the request and the rest.
    size
        The size that the user asked for.
    namespace_annotations
        The configured ones, rendered.

    Returns
    -------
    Facts
        The decisions.
    """
    config, user = storage.config, inputs.user
    lab_names = build_object_names(config.namespace_prefix, user.username)
    selector = {"nublado.lsst.io/category": "lab", "nublado.lsst.io/user": user.username}
    argo_cd = {"argocd.argoproj.io/instance": config.application} if config.application else {}
    home = home_directory(
        config.homedir_prefix, config.homedir_schema, config.homedir_suffix, user.username
    )
    quota = user.quota.notebook if user.quota else None
    return Facts(
        names=lab_names,
        namespace=lab_names.namespace,
        labels=selector | argo_cd,
        selector=selector,
        annotations=_ARGO_CD,
        namespace_annotations={**_ARGO_CD, **namespace_annotations},
        pod_annotations=_pod_annotations(config, user),
        uid=user.uid,
        gid=user.gid,
        port=LAB_PORT,
        quota=Quota(str(quota.cpu), str(quota.memory_bytes)) if quota else None,
        env=lab_environment(config, inputs.site, inputs.lab, inputs.image, size),
        nss={
            "passwd": passwd_file(config.nss.base_passwd, user, home),
            "group": group_file(config.nss.base_group, user),
        },
        files={
            DISCOVERY_KEY: inputs.site.discovery_json,
            **{file.key: file.content for file in storage.files},
        },
        secrets=_secrets(lab_names, inputs),
        claims=storage.claims(lab_names),
        volumes=storage.volumes(lab_names, size.resources.limits.memory),
        resources=_resources(size),
        notebook=notebook(storage, inputs.image, home),
        init_containers=init_containers(storage, inputs.site.controller_image, user, home),
        affinity=_kubernetes(config.affinity) or None if config.affinity else None,
        node_selector=config.node_selector or None,
        tolerations=[_kubernetes(toleration) for toleration in config.tolerations] or None,
        supplemental_groups=[group.id for group in user.groups] or None,
        image_pull_secrets=[{"name": "pull-secret"}] if config.pull_secret else None,
    )


def _secrets(lab_names: LabObjectNames, inputs: Inputs) -> list[Secret]:
    found = [Secret(lab_names.secret, "Opaque", inputs.secrets.root)]
    if inputs.pull_secret:
        found.append(Secret("pull-secret", inputs.pull_secret.type, inputs.pull_secret.data))
    return found


def _pod_annotations(config: models.LabConfig, user: models.User) -> dict[str, str]:
    name = {"nublado.lsst.io/user-name": user.name} if user.name else {}
    groups = {"nublado.lsst.io/user-groups": groups_json(user)}
    return {**_ARGO_CD, **groups, **name, **config.extra_annotations}


def _resources(size: LabSizeDefinition) -> dict[str, dict[str, str]]:
    found = {"limits": size.resources.limits, "requests": size.resources.requests}
    return {
        name: {"cpu": str(amount.cpu), "memory": str(amount.memory)}
        for name, amount in found.items()
    }


def _kubernetes(model: Affinity | Toleration) -> dict[str, Any]:
    return model.model_dump(by_alias=True, exclude_none=True)
