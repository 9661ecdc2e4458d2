"""Every decision about a lab, in Python; fragments only give the decisions their shape."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from labbuilder.lab.containers import Container, init_containers, notebook
from labbuilder.lab.names import LabObjectNames
from labbuilder.lab.storage import DISCOVERY_KEY, Claim, Storage, Volume
from labbuilder.lab.values import ARGO_CD, Particulars
from labbuilder.models.size import LabSizeDefinition
from labbuilder.names import LAB_PORT

__all__ = ["Facts", "arrange"]

PULL_SECRET = "pull-secret"  # noqa: S105 (its name)


@dataclass(frozen=True)
class Quota:
    """A ResourceQuota's numbers: cores and bytes as text."""

    cpu: str
    memory: str


@dataclass(frozen=True)
class Secret:
    """A Secret."""

    name: str
    type: str
    data: dict[str, str] = field(repr=False)


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


def arrange(
    storage: Storage, size: LabSizeDefinition, pull_secret_type: str | None, own: Particulars
) -> Facts:
    """Decide everything about a lab.

    Nothing here looks into the lab's own values, other than whether they are None: they may be
    the holes of a shape (`labbuilder.lab.plan`).

    Parameters
    ----------
    storage
        The configuration, and what it decides about volumes.
    size
        The size that the user asked for.
    pull_secret_type
        The type of the Secret with which images are pulled, if there is one.
    own
        The lab's own values.

    Returns
    -------
    Facts
        The decisions.
    """
    config, names = storage.config, own.names
    selector = {"nublado.lsst.io/category": "lab", "nublado.lsst.io/user": names.username}
    argo_cd = {"argocd.argoproj.io/instance": config.application} if config.application else {}
    return Facts(
        names=names,
        namespace=names.namespace,
        labels=selector | argo_cd,
        selector=selector,
        annotations=ARGO_CD,
        namespace_annotations=own.namespace_annotations,
        pod_annotations=own.pod_annotations,
        uid=own.uid,
        gid=own.gid,
        port=LAB_PORT,
        quota=_quota(own),
        env=own.env,
        nss={"passwd": own.passwd, "group": own.group},
        files={
            DISCOVERY_KEY: own.discovery,
            **{file.key: file.content for file in storage.files},
        },
        secrets=_secrets(own, pull_secret_type),
        claims=storage.claims(own),
        volumes=storage.volumes(own, size.resources.limits.memory),
        resources=_resources(size),
        notebook=notebook(storage, own),
        init_containers=init_containers(storage, own),
        affinity=config.affinity or None,
        node_selector=config.node_selector or None,
        tolerations=[*config.tolerations] or None,
        supplemental_groups=own.supplemental_groups,
        image_pull_secrets=[{"name": PULL_SECRET}] if config.pull_secret else None,
    )


def _quota(own: Particulars) -> Quota | None:
    if own.quota_cpu is None or own.quota_memory is None:
        return None
    return Quota(own.quota_cpu, own.quota_memory)


def _secrets(own: Particulars, pull_secret_type: str | None) -> list[Secret]:
    found = [Secret(own.names.secret, "Opaque", own.secrets)]
    if own.pull_secret is not None and pull_secret_type is not None:
        found.append(Secret(PULL_SECRET, pull_secret_type, own.pull_secret))
    return found


def _resources(size: LabSizeDefinition) -> dict[str, dict[str, str]]:
    found = {"limits": size.resources.limits, "requests": size.resources.requests}
    return {
        name: {"cpu": str(amount.cpu), "memory": str(amount.memory)}
        for name, amount in found.items()
    }
